/**
 * The pages of options, held against the options: none missing, none invented, defaults as they are.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { mcpRouter } from 'express-mcp-router';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { redisSettings } from '../../lib/store/redis-options.js';

const ROOT = new URL('../../', import.meta.url);
const page = read('docs/options.md');
const authPage = read('docs/auth.md');

const PUBLISHED = ['lib/auth/gate-options.ts', 'PublishedOptions'] as const;
const CACHE = ['lib/auth/gate-options.ts', 'CacheOptions'] as const;
const NETWORK = ['lib/auth/gate-options.ts', 'NetworkOptions'] as const;

describe('docs/options.md', () => {
  it.each([
    ['mcpRouter', 'lib/options.ts', 'McpRouterOptions'],
    ['session', 'lib/store/port.ts', 'SessionLimits'],
    ['limits', 'lib/options.ts', 'Limits'],
    ['cors', 'lib/options.ts', 'CorsOptions'],
    ['serve', 'middleware/serve-options.ts', 'ServeOptions'],
    ['drain', 'lib/host/lifecycle.ts', 'DrainOptions'],
    ['memoryStore', 'lib/store/memory.ts', 'MemoryStoreOptions'],
    ['keyvEventStore', 'lib/events/keyv.ts', 'KeyvEventStoreOptions'],
  ])('has every option of %s', (section, path, name) => {
    expect(namesOf(rowsOf(page, section)).sort()).toEqual(membersOf(path, name).sort());
  });

  it('tells the limits that are in force by default', () => {
    const server = new McpServer({ name: 'page', version: '1.0.0' });
    const { session, limits } = mcpRouter(server).mcp.settings;
    expect(defaultsOf(rowsOf(page, 'session'))).toEqual(session);
    expect(defaultsOf(rowsOf(page, 'limits'))).toEqual(limits);
  });

  it('knows the variables of the environment, and no others', () => {
    const variables = (text: string) => [...new Set(text.match(/\bMCP_[A-Z_]+/g))].sort();
    expect(variables(page)).toEqual(variables(read('lib/env.ts')));
  });
});

describe('docs/redis.md', () => {
  it('has every option of redisStore, with its default', () => {
    const rows = rowsOf(read('docs/redis.md'), 'redisStore');
    const members = membersOf('lib/store/redis-options.ts', 'RedisStoreOptions');
    expect(namesOf(rows).sort()).toEqual(members.sort());
    const { commandMs, leaseMs, maxEventsPerStream, ttlMs } = defaultsOf(rows);
    expect(redisSettings({})).toMatchObject({ commandMs, leaseMs, maxEventsPerStream, ttlMs });
  });
});

describe('docs/auth.md', () => {
  it.each<[string, readonly (readonly [path: string, name: string])[]]>([
    ['staticTokens', [['lib/auth/static-tokens.ts', 'StaticToken']]],
    [
      'jwtAuth',
      [
        ['lib/auth/jwt-auth.ts', 'JwtAuthOptions'],
        ['lib/auth/jwt-issuer.ts', 'JwtIssuer'],
        PUBLISHED,
        CACHE,
        NETWORK,
      ],
    ],
    [
      'introspectionAuth',
      [['lib/auth/introspection-auth.ts', 'IntrospectionAuthOptions'], PUBLISHED, CACHE, NETWORK],
    ],
    ['customAuth', [['lib/auth/custom-auth.ts', 'CustomAuthOptions'], PUBLISHED, CACHE]],
    ['fromRequest', [['lib/auth/from-request.ts', 'FromRequestOptions'], PUBLISHED]],
  ])('has every option of %s', (section, interfaces) => {
    const members = interfaces.flatMap(([path, name]) => membersOf(path, name));
    expect(namesOf(rowsOf(authPage, section)).sort()).toEqual(members.sort());
  });
});

/** Cells of the first table below a heading. */
function rowsOf(text: string, section: string): string[][] {
  const start = text.search(new RegExp(`^##+ \`${section}\`$`, 'm'));
  const [table = ''] = /(^\|.*\n)+/m.exec(text.slice(start)) ?? [];
  const lines = table.trim().split('\n').slice(2);
  return lines.map((line) => line.split('|').map((cell) => cell.trim()));
}

const namesOf = (rows: readonly string[][]) =>
  rows.map(([, name = '']) => name.replaceAll('`', ''));

function defaultsOf(rows: readonly string[][]): Record<string, number> {
  const numbers = rows.map(([, , value = '']) =>
    Number(/^[\d ]+/.exec(value)?.[0].replaceAll(' ', '')),
  );
  return Object.fromEntries(namesOf(rows).map((name, index) => [name, numbers[index] ?? 0]));
}

/** Names of an interface's own members. */
function membersOf(path: string, name: string): string[] {
  const file = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  const found = file.statements.find(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
  );
  if (found === undefined || !ts.isInterfaceDeclaration(found)) throw new Error(`no ${name}`);
  return found.members.map((member) => member.name?.getText(file) ?? '');
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}
