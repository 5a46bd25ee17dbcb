/**
 * Our pages: every link leads somewhere, every program in the README is one.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { anchors, type CodeBlock, codeBlocks, relativeLinks } from './markdown.js';
import { compileSnippets } from './snippets.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ANY_PORT = fileURLToPath(new URL('any-port.mjs', import.meta.url));

const PAGES = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...pagesIn('docs'),
  ...pagesIn('examples'),
];

describe('links', () => {
  it.each(PAGES)('lead somewhere in %s', (page) => {
    expect(relativeLinks(read(page)).filter((target) => !leadsSomewhere(page, target))).toEqual([]);
  });

  it('are found in all their forms, and tested', () => {
    const page = '[a](no.md) [b](<no.md#c> "t") ![d](no.png) <a href="no.html">e</a> `[f](g)`';
    const targets = relativeLinks(`${page}\n[h](https://i.example) [j](mailto:k@l.example)\n`);
    expect(targets).toEqual(['no.md', 'no.md#c', 'no.png', 'no.html']);
    expect(targets.filter((target) => leadsSomewhere('README.md', target))).toEqual([]);
    expect(leadsSomewhere('README.md', 'SECURITY.md#no-such-heading')).toBe(false);
    expect([...anchors('# A `b`, c!\n## Same\n## Same\n')]).toEqual(['a-b-c', 'same', 'same-1']);
  });
});

describe('the README', () => {
  const programs = codeBlocks(read('README.md')).filter(({ language }) => isProgram(language));

  it('has programs that compile', { timeout: 60_000 }, () => {
    const said = compileSnippets(ROOT, [...programs.map(({ code }) => code), 'missing();']);
    expect(said.pop()).toEqual([expect.stringContaining("Cannot find name 'missing'")]);
    const faults = said.flatMap((faults, index) => faults.map((it) => `block ${index}: ${it}`));
    expect(faults).toEqual([]);
  });

  it('begins with at most 12 lines that run as a server for the official client', async () => {
    const [first] = programs;
    if (first === undefined) throw new Error('README.md has no program');
    expect(first.code.trim().split('\n').length).toBeLessThanOrEqual(12);

    const client = new Client({ name: 'reader', version: '1.0.0' });
    const url = await started(first, mcpPathIn(read('README.md')));
    await client.connect(new StreamableHTTPClientTransport(url));
    onTestFinished(() => client.close());
    const [tool] = (await client.listTools()).tools;
    if (tool === undefined) throw new Error('the first program has no tool');
    const given = Object.keys(tool.inputSchema.properties ?? {}).map((name) => [name, 2] as const);
    const result = await client.callTool({
      name: tool.name,
      arguments: Object.fromEntries(given),
    });
    expect(result).toMatchObject({ content: [{ type: 'text', text: '4' }] });
  });
});

/** Runs a program where a user's would be, on a port of its own, until the test ends. */
async function started({ language, code }: CodeBlock, path: string): Promise<URL> {
  mkdirSync(join(ROOT, '.vitest'), { recursive: true });
  const folder = await mkdtemp(join(ROOT, '.vitest/readme-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, /^(js|javascript)$/.test(language) ? 'first.mjs' : 'first.mts');
  await writeFile(file, code);

  const child = fork(file, { execArgv: ['--import', 'tsx', '--import', ANY_PORT] });
  onTestFinished(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const [port] = await Promise.race([once(child, 'message'), ended(child)]);
  return new URL(path, `http://127.0.0.1:${port}`);
}

async function ended(child: ReturnType<typeof fork>): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`The README's first program ended with ${code}.`);
}

/** The path of the address that the README says the first program is at. */
function mcpPathIn(page: string): string {
  const address = /http:\/\/localhost:\d+(\/[\w/-]+)/.exec(page)?.[1];
  if (address === undefined) throw new Error('README.md does not say where the endpoint is');
  return address;
}

function isProgram(language: string): boolean {
  return /^(ts|js|typescript|javascript)$/.test(language);
}

function leadsSomewhere(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : join(dirname(page), decodeURI(path));
  if (!existsSync(join(ROOT, file))) return false;
  if (anchor === undefined || statSync(join(ROOT, file)).isDirectory()) return true;
  return !file.endsWith('.md') || anchors(read(file)).has(anchor);
}

function pagesIn(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : pagesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}
