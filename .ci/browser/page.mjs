// Opens the pages that TestInChromium (batch/report) wrote into a folder, and
// checks what people do with them: node page.mjs CHROMIUM FOLDER
import { done } from './driver.mjs';

for (const checks of ['find', 'read', 'safe', 'paper', 'large']) await import(`./${checks}.mjs`);
await done();
