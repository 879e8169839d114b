// Takes the pictures of a page for docs/: node pictures.mjs CHROMIUM PAGE FOLDER
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, file, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
async function picture(name, width, height, colorScheme, look) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  await page.goto(pathToFileURL(file).href);
  await look(page);
  await page.screenshot({ path: join(folder, name) });
}
await picture('report.png', 1080, 720, 'light', () => {});
await picture('report-source.png', 1140, 440, 'light', async page => {
  await page.locator('#q1').evaluate(a => a.scrollIntoView());
  await page.locator('#q1 .answer a').nth(1).click();
});
await picture('report-phone.png', 390, 620, 'dark', page => page.locator('#q2').evaluate(a => a.scrollIntoView()));
const page = await browser.newPage();
await page.goto(pathToFileURL(file).href);
await page.pdf({ path: join(folder, 'report.pdf'), format: 'A4' });
await browser.close();
