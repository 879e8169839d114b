// The page on paper.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chip, folder, settled, test, visit } from './driver.mjs';

const pages = pdf => pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
const canRead = spawnSync('pdftotext', ['-v']).error === undefined;

// texts are those of a file's pages.
function texts(pdf) {
  const path = join(folder, 'paper.pdf');
  writeFileSync(path, pdf);
  return execFileSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\f').slice(0, -1);
}

await test('on paper, the tools go and all opens', () => visit('kinds.html', {}, async page => {
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('#tools').isVisible(), false);
  assert.equal(await page.locator('#s1').isVisible(), true);
  assert.equal(await page.locator('.figures figure').first().isVisible(), true);
}));

for (const format of ['A4', 'Letter']) {
  await test(`60 answers on ${format}`, () => visit('clients.html', { colorScheme: 'dark' }, async page => {
    const whole = await page.pdf({ format });
    assert.ok(pages(whole) <= 45, `${pages(whole)} pages`);
    console.log(`   ${pages(whole)} pages`);
    if (!canRead) return;
    const read = texts(whole);
    assert.ok(read.at(-1).includes('The runs in figures') && read.slice(0, -1).every(t => !t.includes('The runs in figures')), 'the figures are not last');
    assert.ok(read.some(t => t.includes('(Sandbox excerpt)')));
    // Where an answer begins, some of it stands on the same page.
    for (const [i, t] of read.entries()) {
      const rows = t.trimEnd().split('\n').filter(r => r.trim() !== '').slice(0, -1); // without the page's number
      const begins = rows.findLastIndex(r => /^ *TQ-\d{3}( (failed|truncated|refused|to check))*$/.test(r));
      assert.ok(begins < 0 || rows.length - begins > 4, `an answer begins at the end of page ${i + 1}: ${rows.slice(begins).join('|')}`);
    }
    await page.uncheck('#excerpts');
    assert.ok(texts(await page.pdf({ format })).every(t => !t.includes('(Sandbox excerpt)')), 'excerpts that were left out');
  }));
}

await test('only what is shown is printed', () => visit('clients.html', {}, async page => {
  await chip(page, 'truncated').click();
  await settled(page, '2 of 60 shown');
  const cited = new Set(await page.locator('main article[data-s~=truncated] footer ol a').evaluateAll(list => list.map(a => a.hash.slice(1))));
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  assert.deepEqual(new Set(await page.locator('.source:not([hidden])').evaluateAll(list => list.map(s => s.id))), cited);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  assert.equal(await page.locator('.source[hidden]').count(), 0);
  assert.ok(pages(await page.pdf()) <= 5);
}));
