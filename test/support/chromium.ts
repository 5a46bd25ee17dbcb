/**
 * Debian's Chromium for the length of a test file, away from every network but loopback.
 *
 * Knows: where Chromium is and how it is started. Does not know: MCP, which pages are opened.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** Path of `chromium` on the PATH; undefined when there is none. */
export const CHROMIUM = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find((path) => existsSync(path));

/** Names that are this machine, so that pages have origins that do not look like loopback. */
const HOSTS =
  'MAP *.example.com 127.0.0.1, MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=${HOSTS}`,
];

/** Says what is not tested, once per file; in CI `.ci/summary.mjs` takes the skip for a failure. */
export function lacksChromium(what: string): boolean {
  if (CHROMIUM === undefined) console.log(`skipped: ${what} (chromium is not on the PATH)`);
  return CHROMIUM === undefined;
}

/** Starts a browser for the tests of a `describe`; the result opens empty profiles in it. */
export function useChromium(): () => Promise<BrowserContext> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterAll(() => browser?.close());
  return async () => {
    if (browser === undefined) throw new Error('Chromium has not been started');
    const profile = await browser.newContext();
    onTestFinished(() => profile.close());
    return profile;
  };
}
