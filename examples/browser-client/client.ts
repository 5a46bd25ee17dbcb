/**
 * Opens the page in Chromium and does what a user would do, a lost network included.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { cableTo } from './cable.js';

const endpoint = new URL(process.argv[2] ?? 'http://127.0.0.1:3000/api/mcp');
const website = new URL(process.argv[3] ?? 'http://localhost:3001/');

const browser = await chromium.launch({
  executablePath: onPath('chromium'),
  args: [
    ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
    ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    '--host-resolver-rules=MAP *.example.com 127.0.0.1',
  ],
});

// On localhost the defaults are enough.
const cable = await cableTo(endpoint);
const page = await open(`http://localhost:${website.port}/`, cable.url);
await until(page, 'status', 'connected');
const session = await text(page, 'session');
assert.match(session, /^\S{20,}$/);
console.log(`connected from ${new URL(page.url()).origin} in the session ${session.slice(0, 6)}…`);

// A tool asks, the user fills in the form.
await page.getByRole('button', { name: 'brew_tea' }).click();
await page.getByLabel('Kind').selectOption('mint');
await page.getByLabel('Lumps of sugar').fill('2');
await page.getByRole('button', { name: 'Answer' }).click();
await until(page, 'result', 'A cup of mint tea, 2 lumps of sugar, without milk');
console.log(await text(page, 'result'));

// The network is lost while another question is open, and comes back: nothing is lost with it.
await page.getByRole('button', { name: 'brew_tea' }).click();
await page.getByLabel('Kind').selectOption('green');
await page.context().setOffline(true);
cable.cut();
await until(page, 'status', 'offline');
await fetch(new URL('/api/coffee', endpoint), { method: 'PUT' });
cable.mend();
await page.context().setOffline(false);
await until(page, 'status', 'connected');
assert.equal(await text(page, 'session'), session);
await page.getByRole('button', { name: 'Answer' }).click();
await until(page, 'result', 'A cup of green tea');
console.log(`${await text(page, 'result')}, in spite of the network`);

// The news that there is coffee was missed, and came afterwards.
await page.getByRole('button', { name: 'brew_coffee' }).click();
await until(page, 'result', 'A cup of coffee');
console.log(await text(page, 'result'));

// From elsewhere the page's exact origin has to be listed.
const published = await open(`http://app.example.com:${website.port}/`, endpoint);
await until(published, 'status', 'connected');
console.log(`connected from ${new URL(published.url()).origin}, which is listed`);
const foreign = await open(`http://other.example.com:${website.port}/`, endpoint);
await until(foreign, 'status', 'Failed to fetch');
console.log(`refused from ${new URL(foreign.url()).origin}, which is not`);

await browser.close();
cable.remove();

async function open(address: string, of: URL): Promise<Page> {
  const opened = await browser.newPage();
  await opened.goto(`${address}?endpoint=${of}`);
  return opened;
}

/** Waits until the page shows a text. */
function until(shown: Page, id: string, wanted: string): Promise<void> {
  return shown.locator(`#${id}`, { hasText: wanted }).waitFor();
}

function text(shown: Page, id: string): Promise<string> {
  return shown.locator(`#${id}`).innerText();
}

function onPath(command: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, command)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  console.error(`${command} is not on the PATH; open ${website} in a browser of your own instead`);
  process.exit(1);
}
