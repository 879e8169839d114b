// What stands where, and the sources beside the sentences that cite them.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { test, until, visit } from './driver.mjs';

await test('what needs attention and the index lead to the answers', () => visit('clients.html', {}, async page => {
  const order = await page.evaluate(() => ['.top', '.needs', '#tools', '#index', '#answers', '#excerpted', '.figures'].map(s => document.querySelector(s))
    .every((e, i, all) => i === 0 || all[i - 1].compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING));
  assert.ok(order);
  const links = await page.locator('.needs li a, #index li a').evaluateAll(list => list.map(a => {
    const article = document.querySelector(a.hash);
    return [a.textContent, article?.querySelector('header a').textContent];
  }));
  for (const [link, id] of links) assert.equal(link, id);
  assert.deepEqual(await page.locator('.needs summary .chip').allTextContents(), ['failed 5', 'to check 4', 'refused 1', 'truncated 2']);
  assert.deepEqual(await page.locator('#index li a').evaluateAll(list => list.map(a => a.hash.slice(1))), await page.locator('main article').evaluateAll(list => list.map(a => a.id)));
  assert.equal(await page.locator('#contents').textContent(), 'Questions by Client');
  assert.equal(await page.locator('#index details').count(), 10);
  const line = await page.locator('#index li').first().textContent();
  assert.match(line, /^TQ-001 .*\?? ?.*A made-up answer to/);
  await page.locator('.needs li a').last().click();
  await until(page, () => { const { top } = document.querySelector(location.hash).getBoundingClientRect(); return top >= 0 && top < innerHeight / 2; });
}));

await test('the summary that was paid for, status and checks are in sight', () => visit('clients.html', {}, async page => {
  assert.match(await page.locator('#q1 .summary').textContent(), /^A made-up answer to/);
  assert.match(await page.locator('article[data-s~=look] .findings').first().textContent(), /1 of \d citations has no source/);
  assert.equal(await page.locator('article[data-s~=truncated] .chip.truncated').count(), 2);
  assert.match(await page.locator('#q1 footer > p').textContent(), /^answered \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]{3,}.* · checks: ok/);
}));

await test('the figures are last, folded, and say something', () => visit('kinds.html', {}, async page => {
  assert.equal(await page.locator('.figures dl').first().isVisible(), false);
  await page.locator('.figures summary').click();
  assert.deepEqual(await page.locator('figure h3').allTextContents(), ['Where time went', 'Money by day', 'Orders', 'Settings']);
  assert.ok((await page.locator('figcaption').allTextContents()).every(t => t.trim().length > 5));
  assert.ok(await page.getByText('Half took').isVisible());
}));

const boxes = (page, citation, source) => page.evaluate(([c, s]) => [c, s].map(q => document.querySelector(q).getBoundingClientRect().toJSON()), [citation, source]);
for (const [width, colorScheme] of [[1440, 'light'], [390, 'dark']]) {
  await test(`a source opens beside the sentence at ${width}, and leads back`, () => visit('clients.html', { viewport: { width, height: 900 }, colorScheme }, async page => {
    const citation = page.locator('#q2 .answer a[href^="#s"]').nth(1);
    const source = await citation.getAttribute('href');
    await citation.evaluate(c => c.setAttribute('id', 'cited'));
    await citation.scrollIntoViewIfNeeded();
    await citation.click();
    await page.locator(source).waitFor();
    assert.match(await page.locator(source).textContent(), /Sandbox excerpt/);
    const [c, s] = await boxes(page, '#cited', source);
    if (width > 1000) {
      assert.ok(s.left > c.right && s.top <= c.top && s.bottom >= c.bottom, `not beside: ${JSON.stringify([c, s])}`);
    } else {
      assert.ok(s.top >= c.bottom || s.bottom <= c.top, `over it: ${JSON.stringify([c, s])}`);
    }
    assert.ok(s.top >= 0 && s.bottom <= 900 && s.left >= 0 && s.right <= width, `not in sight: ${JSON.stringify(s)}`);
    await page.keyboard.press('Escape');
    await page.locator(source).waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'cited');
    // With the keyboard alone.
    await page.keyboard.press('Enter');
    await page.locator(source).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Back');
    await page.keyboard.press('Enter');
    await page.locator(source).waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'cited');
    await page.locator('#q2 footer ol a').first().click();
    assert.equal(await page.locator('.source:popover-open').count(), 1);
  }));
}

await test('a source that the address names opens', () => visit('clients.html#s2', {}, page => page.locator('#s2:popover-open').waitFor()));

await test('all is there without scripts', () => visit('clients.html', { javaScriptEnabled: false }, async page => {
  assert.equal(await page.locator('main article').count(), 60);
  assert.equal(await page.locator('#tools').isVisible(), false);
  assert.equal(await page.locator('#s1').isVisible(), false);
  const citation = page.locator('#q1 .answer a[href^="#s"]').first();
  const source = page.locator(await citation.getAttribute('href'));
  await citation.click();
  await source.waitFor({ state: 'visible' });
  assert.match(await source.textContent(), /Sandbox excerpt/);
  await page.goBack();
  await source.waitFor({ state: 'hidden' });
}));

await test('a source of which no excerpt came says so', () => visit('kinds.html', {}, async page => {
  await page.locator('#q1 footer ol a').nth(2).click();
  assert.match(await page.locator('.source:popover-open').textContent(), /No excerpt came with this source/);
}));

await test('keyboard, names and headings', () => visit('kinds.html', {}, async page => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the answers');
  const unnamed = await page.locator('input:not([hidden]), select, button').evaluateAll(list => list.filter(e => !e.labels?.length && !e.textContent.trim()).length);
  assert.equal(unnamed, 0);
  const levels = await page.locator('h1, h2, h3, h4, h5, h6').evaluateAll(list => list.map(h => Number(h.tagName[1])));
  assert.equal(levels[0], 1);
  levels.forEach((l, i) => assert.ok(i === 0 || l <= levels[i - 1] + 1, `heading ${i} is at level ${l} after ${levels[i - 1]}`));
  const ids = await page.locator('[id]').evaluateAll(list => list.map(e => e.id));
  assert.equal(new Set(ids).size, ids.length);
}));

for (const [name, width, colorScheme] of [['kinds.html', 1440, 'light'], ['kinds.html', 1440, 'dark'], ['clients.html', 1440, 'light'], ['clients.html', 1440, 'dark'], ['clients.html', 390, 'light']]) {
  await test(`axe finds nothing in ${name}, ${colorScheme}, ${width}`, () => visit(name, { viewport: { width, height: 900 }, colorScheme }, async page => {
    await page.evaluate(axe.source);
    const look = () => page.evaluate(async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(' ')}`));
    await page.locator('.figures summary').click();
    assert.deepEqual(await look(), []);
    if (name === 'kinds.html') return;
    await page.getByLabel('Search').fill('excerpt');
    await page.getByLabel('Search').press('Enter');
    await page.locator('main .found').first().waitFor();
    await page.locator('main article:not([hidden]) .answer a[href^="#s"]').first().click();
    assert.deepEqual(await look(), []);
  }));
}
