/**
 * Pages of any origin, with an official client in them, and that client as a handle.
 *
 * Knows: how a page gets its script, and what `in-page/` exposes. Does not know: endpoints, CORS.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { BrowserContext, Frame, JSHandle, Page } from 'playwright-core';
import { listen } from '../support/listen.js';
import type {
  PageBundle,
  PageClient,
  PageClientOptions,
  PageFailure,
} from './in-page/page-client.js';

/** Generations of the official client. */
export const GENERATIONS = ['v1', 'v2'] as const;
export type Generation = (typeof GENERATIONS)[number];

/** The global of every page. */
declare const mcp: PageBundle;

/** Opens a page of `http://<host>:<a port of its own>` that has nothing but a client in it. */
export async function openPage(
  profile: BrowserContext,
  host: string,
  generation: Generation = 'v1',
): Promise<Page> {
  const script = await bundleOf(generation);
  const { port } = new URL(
    await listen((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
      res.end('<!doctype html><title>A page</title>');
    }),
  );
  const page = await profile.newPage();
  await page.goto(`http://${host}:${port}/`);
  await page.addScriptTag({ content: script });
  return page;
}

/** What the browser sends as `Origin` of a page. */
export const originOf = (page: Page): string => new URL(page.url()).origin;

/** Connects the page's client. */
export function connect(
  page: Page,
  url: URL,
  options?: PageClientOptions,
): Promise<JSHandle<PageClient>> {
  return page.evaluateHandle(([to, told]) => mcp.connect(to, told), [
    String(url),
    options,
  ] as const);
}

/** Lets the page's client try to connect; what it is told when it fails. */
export function failureToConnect(page: Page, url: URL): Promise<PageFailure | undefined> {
  return page.evaluate((to) => mcp.failureOf(mcp.connect(to)), String(url));
}

/** Calls a tool; what the page is told when that fails. */
export function failureToCall(
  client: JSHandle<PageClient>,
  tool: string,
): Promise<PageFailure | undefined> {
  return client.evaluate((it, name) => mcp.failureOf(it.call(name)), tool);
}

/** The answer to a request of the page's own, as far as the browser lets it be read. */
export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends a request as the page's own code would; the browser's error when it may not. */
export function fetchIn(
  page: Page | Frame,
  url: URL | string,
  init: RequestInit = {},
): Promise<PageAnswer | string> {
  return page.evaluate(
    async ([to, how]) => {
      try {
        const answer = await fetch(to, how);
        const headers = Object.fromEntries(answer.headers);
        return { status: answer.status, headers, text: await answer.text() };
      } catch (error) {
        return String(error);
      }
    },
    [String(url), init] as const,
  );
}

/** What `fetch` rejects with when the browser does not let a page ask, or does not let it read. */
export const FORBIDDEN = 'TypeError: Failed to fetch';

const bundles = new Map<Generation, Promise<string>>();

function bundleOf(generation: Generation): Promise<string> {
  const known = bundles.get(generation) ?? bundle(generation);
  bundles.set(generation, known);
  return known;
}

async function bundle(generation: Generation): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`in-page/${generation}.ts`, import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'mcp',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}
