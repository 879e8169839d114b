// What the checks of pages share: node page.mjs CHROMIUM FOLDER
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

export const [executablePath, folder] = process.argv.slice(2);
export const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
export const urlOf = name => pathToFileURL(join(folder, name)).href;

// visit opens a page, with a hash where there is one in its name, and fails for
// every error, dialog and request beyond it.
export async function visit(name, options, look) {
  const url = urlOf(name.split('#')[0]) + name.slice(name.split('#')[0].length);
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const wrong = [];
  page.on('console', m => { if (['error', 'warning'].includes(m.type())) wrong.push(`console: ${m.text()}`); });
  page.on('pageerror', e => wrong.push(`error: ${e}`));
  page.on('dialog', d => { wrong.push(`dialog: ${d.message()}`); d.dismiss(); });
  page.on('request', r => { if (r.url().split('#')[0] !== url.split('#')[0]) wrong.push(`request: ${r.url()}`); });
  await page.goto(url);
  await look(page);
  assert.deepEqual(wrong, [], name);
  await context.close();
}

export const visible = page => page.locator('main article').evaluateAll(list => list.filter(a => a.checkVisibility()).length);
export const count = page => page.locator('#count').textContent();
// settled waits until the page says how many rows it shows.
export const settled = (page, text) => page.waitForFunction(t => document.getElementById('count').textContent === t, text);
export const chip = (page, name) => page.locator(`#statuses .chip.${name}`);
// until waits until a condition in the page holds.
export const until = (page, condition, argument) => page.waitForFunction(condition, argument);

let passed = 0;
export async function test(name, run) {
  await run();
  passed++;
  console.log(`ok ${name}`);
}

export async function done() {
  await browser.close();
  console.log(`${passed} passed, 0 failed`);
}
