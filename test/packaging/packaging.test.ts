/**
 * The tarball that npm would publish, checked and used by the kinds of projects there are.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BUNDLED_TYPESCRIPT,
  CJS_JAVASCRIPT,
  CJS_TYPESCRIPT,
  compile,
  complaints,
  ESM_JAVASCRIPT,
  ESM_TYPESCRIPT,
  EXACT_TYPES,
  install,
  newestPeers,
  oldestPeers,
  place,
  start,
} from './consumer.js';
import { run } from './run.js';
import { PROJECT, pack, type Tarball } from './tarball.js';

const SLOW_MS = 240_000;

let workshop: string;
let tarball: Tarball;

beforeAll(async () => {
  workshop = await mkdtemp(join(tmpdir(), 'express-mcp-router-'));
  tarball = await pack(workshop);
}, SLOW_MS);

afterAll(() => rm(workshop, { recursive: true, force: true }), SLOW_MS);

describe('the tarball', () => {
  it('holds the library, its types, its maps and its papers, and nothing else', () => {
    const code = /^dist\/(lib|middleware)\/[a-z0-9/-]+\.(js|js\.map|d\.ts)$/;
    expect(tarball.paths.filter((path) => !code.test(path)).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'package.json',
    ]);
  });

  it('holds for every source its code, types and map, and no file without a source', () => {
    const built = tarball.paths.filter((path) => path.startsWith('dist/'));
    const sources = new Set(
      built.map((path) => path.replace(/^dist\/|\.(js|js\.map|d\.ts)$/g, '')),
    );
    for (const source of sources)
      expect(existsSync(join(PROJECT, `${source}.ts`)), source).toBe(true);
    expect(built).toHaveLength(sources.size * 3);
  });

  it('runs nothing when it is installed', async () => {
    const text = await readFile(join(PROJECT, 'package.json'), 'utf8');
    const { scripts } = JSON.parse(text) as { scripts: Record<string, string> };
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(Object.keys(scripts).filter((name) => hooks.includes(name))).toEqual([]);
  });

  it('passes publint', async () => {
    const bytes = Uint8Array.from(await readFile(tarball.file)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('passes attw as a package of ES modules', { timeout: SLOW_MS }, async () => {
    const attw = join(PROJECT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    await run(process.execPath, [attw, tarball.file, '--profile', 'esm-only'], workshop);
  });
});

describe.each([
  ['the newest peers and Express 5', newestPeers],
  ['the oldest peers and Express 4', oldestPeers],
])('with %s', (title, peers) => {
  let installation: string;

  beforeAll(async () => {
    installation = join(workshop, title.replaceAll(' ', '-'));
    await install(installation, tarball.file, await peers());
  }, SLOW_MS);

  it.each([
    ['an ES module', ESM_JAVASCRIPT],
    ['CommonJS', CJS_JAVASCRIPT],
  ])('works in %s', { timeout: SLOW_MS }, async (name, program) => {
    const folder = await place(installation, name, program);
    expect(await start(folder, program)).toBe('called 5\n');
  });

  it.each([
    ['TypeScript, ES modules', ESM_TYPESCRIPT],
    ['TypeScript, CommonJS', CJS_TYPESCRIPT],
  ])('compiles and works in %s', { timeout: SLOW_MS }, async (name, program) => {
    const folder = await place(installation, name, program);
    await compile(folder);
    expect(await start(folder, program)).toBe('called 2\n');
  });

  it('compiles in TypeScript for a bundler', { timeout: SLOW_MS }, async () => {
    await compile(await place(installation, 'bundler', BUNDLED_TYPESCRIPT));
  });

  it('has declarations that hold when read strictly', { timeout: SLOW_MS }, async () => {
    const folder = await place(installation, 'exact', EXACT_TYPES);
    expect(await complaints(folder, EXACT_TYPES)).toEqual([]);
  });
});
