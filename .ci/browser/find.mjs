// Search, chips and the address.
import assert from 'node:assert/strict';
import { chip, count, settled, test, until, visible, visit } from './driver.mjs';

const lines = page => page.locator('#index li').evaluateAll(list => list.filter(l => l.checkVisibility()).length);
const kinds = page => page.locator('main article').evaluateAll(list => list.filter(a => a.checkVisibility()).map(a => a.dataset.s ?? 'answered'));
const hits = page => page.evaluate(() => Array.from(CSS.highlights.get('hit'), r => r.startContainer.data.slice(r.startOffset, r.endOffset)));

await test('search finds, and a column filters', () => visit('kinds.html', {}, async page => {
  assert.equal(await count(page), '5 shown');
  await page.keyboard.press('/');
  await page.keyboard.type('REGULARLY exclusively');
  await settled(page, '1 of 5 shown');
  assert.equal(await visible(page), 1);
  assert.equal(await lines(page), 1);
  await page.keyboard.press('Escape');
  await settled(page, '5 shown');
  await page.getByLabel('Search').fill('no such words');
  await settled(page, '0 of 5 shown');
  assert.ok(await page.getByText('No answer matches.').isVisible());
  await page.getByRole('button', { name: 'Show all' }).click();
  await settled(page, '5 shown');
  await page.getByLabel('Column').selectOption({ label: 'Question' });
  await page.getByLabel('holds').fill('taxed');
  await settled(page, '1 of 5 shown');
  await page.getByLabel('Column').selectOption({ label: 'id' });
  await page.getByLabel('holds').fill('home');
  await settled(page, '1 of 5 shown');
}));

await test('a column filters by what it holds', () => visit('kinds.html', {}, async page => {
  await page.getByLabel('Column').selectOption({ label: 'Notes' });
  assert.deepEqual(await page.locator('#values option').evaluateAll(o => o.map(x => x.value)), ['-', '\\.', 'first,']);
  await page.getByLabel('holds').fill('FIRST');
  await settled(page, '1 of 5 shown');
  assert.equal(await page.locator('main article:not([hidden]) header a').textContent(), 'home');
}));

await test('a chip shows what it names, and its count is right', () => visit('clients.html', {}, async page => {
  const all = await kinds(page);
  for (const c of await page.locator('#statuses input').evaluateAll(list => list.map(i => [i.value, Number(i.nextElementSibling.querySelector('b').textContent)]))) {
    const [kind, n] = c;
    assert.equal(all.filter(k => k.split(' ').includes(kind)).length, n, `chip ${kind}`);
    await chip(page, kind).click();
    await settled(page, `${n} of 60 shown`);
    assert.ok((await kinds(page)).every(k => k.split(' ').includes(kind)), `${kind} shows others`);
    assert.equal(await visible(page), n);
    assert.equal(await lines(page), n);
    await chip(page, kind).click();
    await settled(page, '60 shown');
  }
  await chip(page, 'failed').click();
  await chip(page, 'truncated').click();
  await settled(page, '7 of 60 shown');
  assert.deepEqual(new Set(await kinds(page)), new Set(['failed', 'truncated']));
  const groups = await page.locator('#index summary').evaluateAll(list => list.filter(s => s.checkVisibility()).map(s => s.querySelector('b').textContent));
  assert.ok(groups.length > 0 && groups.every(g => /^\d+( of \d+)?$/.test(g)), groups.join());
  assert.equal(groups.reduce((sum, g) => sum + parseInt(g), 0), 7);
}));

await test('a chip is pressed with the keyboard', () => visit('clients.html', {}, async page => {
  await page.getByRole('checkbox', { name: /^failed/ }).focus();
  await page.keyboard.press('Space');
  await settled(page, '5 of 60 shown');
}));

await test('hits are marked, and what holds them opens', () => visit('clients.html', {}, async page => {
  await page.getByLabel('Search').fill('ordinary');
  await page.getByLabel('Search').press('Enter');
  await until(page, () => CSS.highlights.get('hit').size > 0);
  assert.ok((await hits(page)).every(h => h.toLowerCase() === 'ordinary'));
  // A word of the excerpts only: they open below the answers that cite them.
  await page.getByLabel('Search').fill('Sandbox excerpt');
  await settled(page, '55 of 60 shown');
  await page.getByLabel('Search').press('Enter');
  await page.locator('main .found').first().waitFor();
  await until(page, () => Array.from(CSS.highlights.get('hit')).some(r => r.startContainer.parentElement.matches('.found')));
  await page.getByLabel('Search').fill('');
  await settled(page, '60 shown');
  assert.equal(await page.locator('.found').count(), 0);
  assert.deepEqual(await hits(page), []);
}));

await test('a letter that folds into several is marked as it stands', () => visit('nasty.html', {}, async page => {
  await page.evaluate(() => document.querySelector('main h2').firstChild.data = 'eﬃcient use');
  await page.getByLabel('Search').fill('efficient');
  await page.getByLabel('Search').press('Enter');
  await until(page, () => Array.from(CSS.highlights.get('hit')).length === 1);
  assert.deepEqual(await hits(page), ['eﬃcient']);
}));

await test('Enter goes from hit to hit', () => visit('clients.html', {}, async page => {
  await chip(page, 'failed').click();
  await settled(page, '5 of 60 shown');
  const failed = await page.locator('main article[data-s=failed]').evaluateAll(list => list.map(a => a.id));
  for (const id of [...failed, failed[0]]) {
    await page.getByLabel('Search').press('Enter');
    await until(page, id => { const { top } = document.getElementById(id).getBoundingClientRect(); return top >= 0 && top < innerHeight; }, id);
  }
}));

await test('the address keeps search, filter and place', () => visit('clients.html', {}, async page => {
  await page.getByLabel('Search').fill('the');
  await chip(page, 'failed').click();
  await page.getByLabel('Column').selectOption({ label: 'Client' });
  await page.getByLabel('holds').fill('client 4');
  await until(page, () => location.hash.includes('holds='));
  const shown = await count(page);
  assert.match(shown, /^1 of 60 shown$/);
  const id = await page.locator('#index li:not([hidden]) a').first().getAttribute('href');
  await page.locator('#index li:not([hidden]) a').first().click();
  await until(page, id => location.hash.startsWith(`${id}?`) && location.hash.includes('show=failed'), id);
  const at = page.url();
  await page.goto('about:blank');
  await page.goto(at);
  await settled(page, shown);
  assert.equal(await page.getByLabel('Search').inputValue(), 'the');
  assert.equal(await page.getByLabel('holds').inputValue(), 'client 4');
  assert.equal(await page.getByRole('checkbox', { name: /^failed/ }).isChecked(), true);
  await until(page, id => { const { top } = document.querySelector(id).getBoundingClientRect(); return top >= 0 && top < innerHeight; }, id);
  await page.getByRole('button', { name: 'Show all' }).click();
  await until(page, id => location.hash === id, id);
}));

await test('more than a group of answers', () => visit('nasty.html', {}, async page => {
  const all = await page.locator('main article').count();
  assert.ok(await page.locator('main > .group').count() > 20);
  assert.equal(await visible(page), all);
  await page.getByLabel('Search').fill('=cmd');
  await until(page, () => / of .* shown$/.test(document.getElementById('count').textContent));
  const found = Number((await count(page)).split(' ')[0]);
  assert.ok(found > 0 && found < 20, `${found} found`);
  assert.equal(await visible(page), found);
  // A link leads to an answer that was not found, and to no other.
  const far = await page.locator('main > .group[hidden]').first().evaluate(g => g.lastElementChild.id);
  await page.evaluate(id => { location.hash = id; }, far);
  await page.locator(`.group:not([hidden]) > #${far}`).waitFor();
  assert.equal(await visible(page), found + 1);
  await page.getByLabel('Search').fill('no such words');
  await settled(page, `0 of ${all} shown`);
  assert.equal(await visible(page), 0);
  await page.getByLabel('Search').fill('');
  await settled(page, `${all} shown`);
  assert.equal(await visible(page), all);
}));

await test('a search makes way for the next key', () => visit('nasty.html', {}, async page => {
  const said = await page.evaluate(async () => {
    let now = 0;
    performance.now = () => now += 1000; // so that each group is long in coming
    const find = document.getElementById('find'), count = document.getElementById('count'), said = [];
    const ended = new Promise(done => new MutationObserver(() => {
      said.push(count.textContent);
      if (/^1 of .* shown$/.test(count.textContent)) done();
    }).observe(count, { childList: true }));
    for (const text of ['no such words', '=cmd']) {
      find.value = text;
      find.dispatchEvent(new Event('input'));
    }
    await ended;
    return said;
  });
  assert.equal(said[0], 'searching …');
  assert.equal(said.filter(text => text.endsWith('shown')).length, 1, 'a search that was given up went on');
  assert.equal(await visible(page), 1);
}));
