// What hostile texts do to a page: nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, test, visit } from './driver.mjs';

await test('every string comes back equal', () => visit('nasty.html', {}, async page => {
  const want = JSON.parse(readFileSync(join(folder, 'nasty.json'), 'utf8'));
  const got = await page.locator('main article').evaluateAll(list => list.map(a => a.querySelector('h2:not(.quiet)')?.textContent ?? ''));
  assert.equal(got.length, want.length);
  // HTML has one kind of line end, and no NUL.
  want.forEach((s, i) => assert.equal(got[i], s.replace(/\r\n?/g, '\n').replace(/\0/g, '\ufffd'), `string ${i}`));
}));

await test('a hostile answer stays harmless', () => visit('hostile.html', {}, async page => {
  const protocols = await page.locator(':is(main, .needs, nav, #excerpted) a').evaluateAll(list => Array.from(new Set(list.map(a => a.protocol))).sort());
  assert.deepEqual(protocols, ['file:', 'https:']); // file: is the page itself
  assert.equal(await page.locator(':is(main, .needs, nav, #excerpted) a').evaluateAll(list => list.filter(a => a.protocol === 'file:' && !a.getAttribute('href').startsWith('#')).length), 0);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.locator('script').count(), 1);
  assert.equal(await page.locator(':is(main, .needs, nav, #excerpted) :is(img, iframe, object, embed, form, style, meta, base, link, input, svg)').count(), 0);
  const attributes = await page.locator(':is(main, .needs, nav, #excerpted) *').evaluateAll(list => list.flatMap(e => Array.from(e.attributes, a => `${a.name}=${a.value}`)));
  assert.deepEqual(attributes.filter(a => /^on|^style=|=\s*(javascript|data|vbscript|file):/i.test(a)), []);
  const text = await page.locator('main').textContent();
  for (const shown of ['<script>', 'onerror=', '<iframe', '-->', 'javascript']) assert.ok(text.includes(shown), `${shown} is lost`);
  assert.equal(await page.locator('main > :not(.group), .group > :not(article)').count(), 0);
}));

for (const [width, colorScheme] of [[1440, 'light'], [390, 'dark'], [320, 'light']]) {
  await test(`fits a width of ${width}, ${colorScheme}`, () => visit('kinds.html', { viewport: { width, height: 800 }, colorScheme }, async page => {
    assert.ok(await page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth), 'it scrolls sideways');
    const [ink, paper] = await page.evaluate(() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor].map(c => c.match(/\d+/g).reduce((a, b) => a + Number(b), 0)); });
    assert.equal(ink < paper, colorScheme === 'light');
  }));
}
