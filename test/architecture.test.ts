/**
 * The floor plan and the house rules, held against every file of the project.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { floorFaults } from './architecture/floors.js';
import { houseFaults, libraryFaults, longFunctionFaults } from './architecture/house-rules.js';
import { readSource, type Source } from './architecture/source.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CODE = /\.(ts|mts|cts|js|mjs|cjs)$/;

describe('the project', () => {
  const library = [...sourcesIn('lib'), ...sourcesIn('middleware')];
  const others = [sourceAt('vitest.config.ts'), ...sourcesIn('examples'), ...sourcesIn('test')];
  const everything = [...library, ...others];

  it('imports from its own floor or below (DESIGN §10)', () => {
    expect(library.length).toBeGreaterThan(40);
    expect(library.flatMap(floorFaults)).toEqual([]);
  });

  it('says in every module what it knows, and reads the environment in one place', () => {
    expect(library.flatMap(libraryFaults)).toEqual([]);
  });

  it('keeps names, sizes and words in every file, tests and examples included', () => {
    expect(everything.flatMap(houseFaults)).toEqual([]);
  });

  it('keeps its functions short', () => {
    expect(longFunctionFaults(library)).toEqual([]);
  });
});

describe('the floor plan', () => {
  it.each([
    ['lib/protocol/sse.ts', "import { a } from '../host/call.js';", 'floor 1 imports'],
    ['lib/host/call.ts', "import { a } from '../assemble.js';", 'floor 3 imports'],
    ['lib/errors.ts', "export { a } from './urls.js';", 'floor 0 imports'],
    ['lib/errors.ts', "type A = import('./urls.js').A;", 'floor 0 imports'],
    ['lib/urls.ts', "const a = await import('./env.js');", 'floor 1 imports'],
    ['middleware/serve.ts', "import { a } from '../lib/index.js';", 'imports the door'],
    ['lib/cli/run.ts', "import { a } from '../index.js';", 'imports the door'],
    ['lib/host/call.ts', "import { a } from 'express-mcp-router';", 'by its own name'],
    ['lib/auth/jwt.ts', "import { a } from '../store/memory.js';", 'enters the room store'],
    ['lib/host/call.ts', "import { a } from '../store/memory.js';", 'enters the room store'],
    ['lib/host/call.ts', "import { a } from '../options.js';", 'more than types'],
    ['lib/utilities/text.ts', '', 'has no floor'],
    ['lib/host/call.ts', "import { a } from '../utilities/text.js';", 'which has no floor'],
  ])('refuses in %s: %s', (path, text, fault) => {
    expect(floorFaults(readSource({ path, text }))).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    ['lib/index.ts', "export { a } from '../middleware/serve.js';"],
    ['lib/index.ts', "export { memoryStore } from './store/memory.js';"],
    ['lib/assemble.ts', "import { a } from './store/memory.js';"],
    ['lib/auth/jwt.ts', "import { a } from '../store/port.js';"],
    ['lib/auth/jwt.ts', "import { a } from './claims.js';"],
    ['lib/host/call.ts', "import { a } from '../store/port.js';"],
    ['lib/host/call.ts', "import type { A } from '../options.js';"],
    ['lib/cli/run.ts', "import { a } from './list.js';"],
  ])('allows in %s: %s', (path, text) => {
    expect(floorFaults(readSource({ path, text }))).toEqual([]);
  });
});

describe('the home of a dependency', () => {
  it.each([
    ['middleware/guard.ts', "import cors from 'cors';", 'away from its home'],
    ['lib/urls.ts', "import { z } from 'zod';", 'away from its home'],
    ['lib/host/call.ts', "import type { Request } from 'express';", 'away from its home'],
    ['lib/store/memory.ts', "import lru from 'lru-cache';", 'has no home'],
    ['lib/host/a.ts', "import { S } from '@modelcontextprotocol/sdk/types.js';", 'from its home'],
    ['lib/host/call.ts', "import type { IncomingMessage } from 'node:http';", 'knows node:http'],
    ['lib/protocol/sse.ts', "import { readFile } from 'node:fs/promises';", 'knows node:fs'],
    ['lib/log.ts', "import { createHash } from 'crypto';", 'without "node:"'],
    ['middleware/serve.ts', "import cluster from 'node:cluster';", 'away from its home'],
    ['lib/host/a.ts', "import cluster from 'node:cluster';", 'away from its home'],
  ])('is enforced in %s: %s', (path, text, fault) => {
    expect(floorFaults(readSource({ path, text }))).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    ['middleware/cors.ts', "import cors from 'cors';"],
    ['middleware/guard.ts', "import type { IncomingMessage } from 'node:http';"],
    ['lib/host/a.ts', "import type { S } from '@modelcontextprotocol/sdk/types.js';"],
    ['lib/host/a.ts', "import { type S } from '@modelcontextprotocol/sdk/types.js';"],
    ['lib/host/a.ts', "import { AsyncLocalStorage } from 'node:async_hooks';"],
  ])('is open in %s: %s', (path, text) => {
    expect(floorFaults(readSource({ path, text }))).toEqual([]);
  });
});

describe('the house rules', () => {
  it.each([
    ['says any', 'test/a.ts', 'let a: any;'],
    ['asserts with !', 'test/a.ts', 'const a = b!.c;'],
    ['asserts with !', 'test/a.ts', 'let a!: string;'],
    ['asserts with !', 'test/a.ts', 'class A { a!: string; }'],
    ['declares an enum', 'test/a.ts', 'enum A { B }'],
    ['exports a default', 'test/a.ts', 'export default 1;'],
    ['exports a default', 'test/a.ts', 'export default function a() {}'],
    ['exports a default', 'test/a.ts', 'export { a as default };'],
    ['exports then', 'test/a.ts', 'export function then() {}'],
    ['exports then', 'test/a.ts', 'export const then = 1;'],
    ['exports then', 'test/a.ts', 'export { a as then };'],
    ['says nothing', 'test/utils.ts', ''],
    ['is not kebab-case', 'test/twoWords.ts', ''],
    ['has 401 lines', 'test/a.ts', 'a();\n'.repeat(401)],
  ])('refuse what %s in %s', (fault, path, text) => {
    expect(houseFaults(readSource({ path, text }))).toEqual([expect.stringContaining(fault)]);
  });

  it('allow 400 lines, a default clause, and a default export where a tool reads it', () => {
    const files = [
      { path: 'test/two-words.test.ts', text: 'a();\n'.repeat(400) },
      { path: 'test/a.ts', text: 'switch (a) { default: b(); }' },
      { path: 'vitest.config.ts', text: 'export default {};' },
    ];
    expect(files.map(readSource).flatMap(houseFaults)).toEqual([]);
  });

  it.each([
    ['const a = process.env.A;', 'reads the environment'],
    ['const { env } = process;', 'reads the environment'],
    ["import { env } from 'node:process';", 'reads the environment'],
    ['function a(b: Request) {}', "knows the web's Request"],
    ['return new Response();', "knows the web's Response"],
  ])('refuse in the core: %s', (text, fault) => {
    const faults = libraryFaults(readSource({ path: 'lib/host/a.ts', text: `${HEADER}${text}` }));
    expect(faults).toEqual([expect.stringContaining(fault)]);
  });

  it.each([
    ['', 'does not start with'],
    ['/** One line. @module */\n', 'does not start with'],
    ['/**\n * Something.\n *\n * Knows: a.\n */\n', 'has no @module'],
    ['/**\n * Something.\n *\n * @module\n */\n', 'does not say what it knows'],
  ])('want a header: %j', (text, fault) => {
    const faults = libraryFaults(readSource({ path: 'lib/host/a.ts', text }));
    expect(faults).toEqual([expect.stringContaining(fault)]);
  });

  it('count long functions, and forgive one in twenty', () => {
    const long = `function a() {\n${'  b();\n'.repeat(45)}}\n`;
    const short = 'function c() {}\n';
    const [alone, among] = [long, long + short.repeat(19)].map((text) =>
      longFunctionFaults([readSource({ path: 'lib/a.ts', text })]),
    );
    expect(alone).toEqual(['lib/a.ts:1: a function of 47 lines']);
    expect(among).toEqual([]);
  });
});

const HEADER = '/**\n * Something.\n *\n * Knows: a. Does not know: b.\n *\n * @module\n */\n';

function sourcesIn(folder: string): Source[] {
  return readdirSync(`${ROOT}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesIn(path);
    return CODE.test(entry.name) ? [sourceAt(path)] : [];
  });
}

function sourceAt(path: string): Source {
  return readSource({ path, text: readFileSync(`${ROOT}${path}`, 'utf8') });
}
