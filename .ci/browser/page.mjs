// Opens the pages that TestInChromium (batch/report) wrote into a folder, and
// checks what people do with them: node page.mjs CHROMIUM FOLDER
import assert from 'node:assert/strict';
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

// visit opens a page and fails for every error, dialog and request beyond it.
async function visit(name, options, look) {
  const url = pathToFileURL(join(folder, name)).href;
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const wrong = [];
  page.on('console', m => { if (['error', 'warning'].includes(m.type())) wrong.push(`console: ${m.text()}`); });
  page.on('pageerror', e => wrong.push(`error: ${e}`));
  page.on('dialog', d => { wrong.push(`dialog: ${d.message()}`); d.dismiss(); });
  page.on('request', r => { if (r.url().split('#')[0] !== url) wrong.push(`request: ${r.url()}`); });
  await page.goto(url);
  await look(page);
  assert.deepEqual(wrong, [], name);
  await context.close();
}

const visible = page => page.locator('main article').evaluateAll(list => list.filter(a => a.checkVisibility()).length);
const count = page => page.locator('#count').textContent();
// settled waits until the page says how many rows it shows.
const settled = (page, text) => page.waitForFunction(t => document.getElementById('count').textContent === t, text);

const passed = [];
async function test(name, run) {
  await run();
  passed.push(name);
  console.log(`ok ${name}`);
}

await test('search finds, filters filter', () => visit('kinds.html', {}, async page => {
  assert.equal(await count(page), '5 shown');
  await page.keyboard.press('/');
  await page.keyboard.type('REGULARLY exclusively');
  await settled(page, '1 of 5 shown');
  assert.equal(await visible(page), 1);
  await page.keyboard.press('Escape');
  await settled(page, '5 shown');
  await page.getByLabel('Search').fill('no such words');
  await settled(page, '0 of 5 shown');
  await page.getByRole('button', { name: 'Show all' }).click();
  await settled(page, '5 shown');
  await page.locator('#statuses .chip.answered').click();
  await settled(page, '4 of 5 shown');
  assert.equal(await page.locator('article[data-s=answered]').isVisible(), false);
  await page.locator('#statuses .chip.answered').click();
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
  assert.equal(await page.locator('main article:not([hidden]) h2 a').textContent(), 'home');
}));

await test('more than a group of answers', () => visit('nasty.html', {}, async page => {
  const all = await page.locator('main article').count();
  assert.ok(await page.locator('main > .group').count() > 20);
  assert.equal(await visible(page), all);
  await page.getByLabel('Search').fill('=cmd');
  await page.waitForFunction(() => / of .* shown$/.test(document.getElementById('count').textContent));
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

for (const javaScriptEnabled of [true, false]) {
  await test(`a citation opens its excerpt, scripts ${javaScriptEnabled ? 'on' : 'off'}`, () => visit('kinds.html', { javaScriptEnabled }, async page => {
    const source = page.locator('#q1-1');
    assert.equal(await source.isVisible(), false);
    await page.locator('#q1 a.c').first().click();
    await source.waitFor({ state: 'visible' });
    assert.match(await source.textContent(), /\(c\) <certain> uses/);
    assert.equal(await page.locator('article').first().isVisible(), true);
    assert.equal(await page.locator('#tools').isVisible(), javaScriptEnabled);
  }));
}

await test('every string comes back equal', () => visit('nasty.html', {}, async page => {
  const want = JSON.parse(readFileSync(join(folder, 'nasty.json'), 'utf8'));
  const got = await page.locator('main article').evaluateAll(list => list.map(a => a.querySelector('.question')?.textContent ?? ''));
  assert.equal(got.length, want.length);
  // HTML has one kind of line end, and no NUL.
  want.forEach((s, i) => assert.equal(got[i], s.replace(/\r\n?/g, '\n').replace(/\0/g, '\ufffd'), `string ${i}`));
}));

await test('a hostile answer stays harmless', () => visit('hostile.html', {}, async page => {
  const protocols = await page.locator('main a').evaluateAll(list => Array.from(new Set(list.map(a => a.protocol))).sort());
  assert.deepEqual(protocols, ['file:', 'https:']); // file: is the page itself
  assert.equal(await page.locator('main a').evaluateAll(list => list.filter(a => a.protocol === 'file:' && !a.getAttribute('href').startsWith('#')).length), 0);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.locator('script').count(), 1);
  assert.equal(await page.locator('main :is(img, iframe, object, embed, form, style, meta, base, link, input, svg)').count(), 0);
  const attributes = await page.locator('main *').evaluateAll(list => list.flatMap(e => Array.from(e.attributes, a => `${a.name}=${a.value}`)));
  assert.deepEqual(attributes.filter(a => /^on|^style=|=\s*(javascript|data|vbscript|file):/i.test(a)), []);
  const text = await page.locator('main').textContent();
  for (const shown of ['<script>', 'onerror=', '<iframe', '-->', 'javascript']) assert.ok(text.includes(shown), `${shown} is lost`);
  assert.equal(await page.locator('main > :not(.group), .group > :not(article)').count(), 0);
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

await test('plots say in words what they show', () => visit('kinds.html', {}, async page => {
  const titles = await page.locator('figure h2').allTextContents();
  assert.deepEqual(titles, ['Progress', 'Time for an answer', 'Where time went', 'Failures by reason', 'Money by day', 'Settings']);
  assert.ok((await page.locator('figcaption').allTextContents()).every(t => t.trim().length > 5));
}));

for (const [width, colorScheme] of [[1280, 'light'], [360, 'dark']]) {
  await test(`fits a width of ${width}, ${colorScheme}`, () => visit('kinds.html', { viewport: { width, height: 800 }, colorScheme }, async page => {
    assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'it scrolls sideways');
    const [ink, paper] = await page.evaluate(() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor].map(c => c.match(/\d+/g).reduce((a, b) => a + Number(b), 0)); });
    assert.equal(ink < paper, colorScheme === 'light');
  }));
}

await test('prints whole', () => visit('kinds.html', {}, async page => {
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('#tools').isVisible(), false);
  assert.equal(await page.locator('#q1-1').isVisible(), true);
}));

if (existsSync(join(folder, 'big.html'))) {
  await test('10,000 answers', () => visit('big.html', { viewport: { width: 1280, height: 800 } }, async page => {
    console.log(`   loaded in ${await page.evaluate(() => Math.round(performance.getEntriesByType('navigation')[0].loadEventEnd))} ms`);
    // Measured in the page, for to find the field the driver searches all of it.
    await page.evaluate(() => document.getElementById('find').focus());
    for (const key of ['Q', '7', '7', 'Backspace', '8', 'Escape']) {
      await page.evaluate(() => {
        const start = new Promise(done => addEventListener('keydown', () => done(performance.now()), { once: true, capture: true }));
        const counted = new Promise(done => new MutationObserver((_, o) => {
          if (/shown$/.test(document.getElementById('count').textContent)) { o.disconnect(); done(); }
        }).observe(document.getElementById('count'), { childList: true }));
        window.measured = start.then(async begun => {
          await counted;
          await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
          return Math.round(performance.now() - begun);
        });
      });
      await page.keyboard.press(key);
      console.log(`   ${key}: ${await page.evaluate(() => window.measured)} ms until all is found and drawn, ${await count(page)}`);
    }
  }));
}

await browser.close();
console.log(`${passed.length} passed, 0 failed`);
