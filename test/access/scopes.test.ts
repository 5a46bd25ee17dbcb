/**
 * Scopes of single tools, prompts and resources: refused before dispatch, hidden from lists, not to be walked
 * around (DESIGN §6).
 *
 * @module
 */
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { fromRequest, type McpRouterOptions } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import type { RawClient } from '../support/raw-client.js';
import { post } from '../support/raw-request.js';
import { text } from '../support/tool-result.js';

const SCOPES: McpRouterOptions['scopes'] = {
  tools: { delete_file: ['files:write', 'files:delete'], 'admin_*': 'admin' },
  prompts: { audit: 'audit' },
  resources: { 'test://a/secret': 'secrets', 'test://vault/*': 'vault' },
  implies: { admin: ['files:delete', 'secrets'], 'files:delete': ['files:write'] },
};

/** A server with something of each kind, and what of it has run. */
function offices() {
  const capabilities = { resources: { subscribe: true, listChanged: true } };
  const server = new McpServer({ name: 'offices', version: '1.0.0' }, { capabilities });
  const ran: string[] = [];
  for (const name of ['read_file', 'delete_file', 'admin_users', 'admin_keys']) {
    server.registerTool(name, {}, () => text(ran.push(name)));
  }
  for (const name of ['greet', 'audit']) {
    server.registerPrompt(name, {}, () => {
      ran.push(name);
      return { messages: [] };
    });
  }
  for (const path of ['public', 'secret']) {
    server.registerResource(path, `test://a/${path}`, {}, ({ href }) => {
      ran.push(href);
      return { contents: [{ uri: href, text: path }] };
    });
  }
  const template = new ResourceTemplate('test://vault/{box}', { list: undefined });
  server.registerResource('vault', template, {}, ({ href }) => {
    ran.push(href);
    return { contents: [{ uri: href, text: 'gold' }] };
  });
  for (const schema of [SubscribeRequestSchema, UnsubscribeRequestSchema]) {
    server.server.setRequestHandler(schema, () => ({}));
  }
  return { server, ran };
}

const BY_LOGIN = fromRequest(({ auth }) => auth);

async function start(options: McpRouterOptions = { scopes: SCOPES }) {
  const { server, ran } = offices();
  const { client, router, url } = await endpoint(server, { auth: BY_LOGIN, ...options });
  const as = (user: string, ...scopes: string[]) =>
    client({ headers: { 'X-User': user, 'X-Scopes': scopes.join(' ') } });
  return { server, ran, as, router, client, url };
}

/** Status of a request, and the challenge that it met. */
async function outcome(ada: RawClient, method: string, params: Record<string, unknown>) {
  const call = ada.request(method, params);
  const { statusCode, headers } = await call.head;
  await call.response;
  return { status: statusCode, challenge: headers['www-authenticate'] };
}

const names = async (ada: RawClient, method: string, member: string) => {
  const { result } = await ada.ask(method);
  const items = Object(result)[member] as { name: string }[];
  return items.map(({ name }) => name);
};

const call = (name: string) => ['tools/call', { name, arguments: {} }] as const;

describe('a call without its scopes', () => {
  it('is refused with 403 and every scope that it needs, and does not run', async () => {
    const { ran, as } = await start();
    const ada = await as('ada', 'files:write');
    expect(await outcome(ada, ...call('delete_file'))).toEqual({
      status: 403,
      challenge: expect.stringMatching(
        /^Bearer error="insufficient_scope", .*scope="files:write files:delete"/,
      ),
    });
    expect(ran).toEqual([]);
  });

  it('runs with them, and what has no rule runs without any', async () => {
    const { ran, as } = await start();
    const ada = await as('ada', 'files:write', 'files:delete');
    const bob = await as('bob');
    expect((await outcome(ada, ...call('delete_file'))).status).toBe(200);
    expect((await outcome(bob, ...call('read_file'))).status).toBe(200);
    expect(ran).toEqual(['delete_file', 'read_file']);
  });

  it('runs with a scope that contains them, at any depth', async () => {
    const { as } = await start();
    const root = await as('root', 'admin');
    for (const name of ['delete_file', 'admin_users', 'admin_keys']) {
      expect((await outcome(root, ...call(name))).status).toBe(200);
    }
    expect((await outcome(root, 'resources/read', { uri: 'test://a/secret' })).status).toBe(200);
    expect((await outcome(root, 'prompts/get', { name: 'audit' })).status).toBe(403);
  });

  it('is one that comes in with a scope that contains what the endpoint requires', async () => {
    const { url, client } = await start({ scopes: SCOPES, requiredScopes: ['files:write'] });
    const statusOf = async (...scopes: string[]) => {
      const headers = { 'X-User': 'ada', 'X-Scopes': scopes.join(' ') };
      return (await post(url, { jsonrpc: '2.0', id: 1, method: 'ping' }, { headers })).status;
    };
    expect(await statusOf('files:read')).toBe(403);
    expect(await statusOf('toString', '__proto__')).toBe(403);
    const root = await client({ headers: { 'X-User': 'root', 'X-Scopes': 'admin' } });
    expect((await outcome(root, ...call('delete_file'))).status).toBe(200);
  });

  it('names what the endpoint requires as well', async () => {
    const { as } = await start({ scopes: SCOPES, requiredScopes: ['mcp'] });
    const ada = await as('ada', 'mcp');
    const { challenge } = await outcome(ada, ...call('admin_users'));
    expect(challenge).toContain('scope="mcp admin"');
  });
});

describe('rules cannot be walked around', () => {
  const SECRET = 'test://a/secret';

  it.each([
    ['its normal form', SECRET],
    ['a scheme in capitals', 'TEST://a/secret'],
    ['dot segments', 'TEST://a/x/../secret'],
    ['escaped dot segments', 'test://a/x/%2e%2e/secret'],
    ['escaped letters', 'test://a/%73ecret'],
    ['a template’s values', 'test://vault/7'],
    ['escapes in a template’s values', 'test://v%61ult/7'],
  ])('by %s: read, subscribe', async (_how, uri) => {
    const { ran, as } = await start();
    const ada = await as('ada');
    expect((await outcome(ada, 'resources/read', { uri })).status).toBe(403);
    expect((await outcome(ada, 'resources/subscribe', { uri })).status).toBe(403);
    expect(ran).toEqual([]);
  });

  it('by a batch: one forbidden element, and none of it is acted on', async () => {
    const { ran, as, client } = await start();
    await as('ada');
    const headers = { 'X-User': 'ada', 'X-Scopes': '' };
    const old = await client({ version: '2025-03-26', headers });
    const request = (id: number, name: string) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: {} },
    });
    const status = await old.post([request(1, 'read_file'), request(2, 'admin_keys')]);
    expect([status, ran]).toEqual([403, []]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    [
      'a completion of a prompt',
      'completion/complete',
      { ref: { type: 'ref/prompt', name: 'audit' } },
    ],
    [
      'a completion of a resource',
      'completion/complete',
      { ref: { type: 'ref/resource', uri: 'test://vault/{box}' } },
    ],
    ['a task', 'tools/call', { name: 'admin_keys', arguments: {}, task: { ttl: 1_000 } }],
    ['a prompt', 'prompts/get', { name: 'audit' }],
  ])('by %s', async (_how, method, params) => {
    const { as } = await start();
    const argument = { name: 'x', value: '' };
    expect((await outcome(await as('ada'), method, { ...params, argument })).status).toBe(403);
  });

  it('in stateless mode', async () => {
    const { server, ran } = offices();
    const options = { auth: BY_LOGIN, scopes: SCOPES, stateless: true };
    const { client } = await endpoint(server, options);
    const ada = await client({ headers: { 'X-User': 'ada' } });
    expect((await outcome(ada, ...call('admin_keys'))).status).toBe(403);
    expect(ran).toEqual([]);
  });
});

describe('lists', () => {
  it('hide what the caller may not use, and only from that caller', async () => {
    const { as } = await start();
    const ada = await as('ada');
    const root = await as('root', 'admin', 'audit', 'vault');
    const LISTS: [string, string, string[], string[]][] = [
      [
        'tools/list',
        'tools',
        ['read_file'],
        ['read_file', 'delete_file', 'admin_users', 'admin_keys'],
      ],
      ['prompts/list', 'prompts', ['greet'], ['greet', 'audit']],
      ['resources/list', 'resources', ['public'], ['public', 'secret']],
      ['resources/templates/list', 'resourceTemplates', [], ['vault']],
    ];
    for (const [method, member, hers, all] of LISTS) {
      expect([method, await names(ada, method, member)]).toEqual([method, hers]);
      expect([method, await names(root, method, member)]).toEqual([method, all]);
      expect([method, await names(ada, method, member)]).toEqual([method, hers]);
    }
  });
});

describe('updates of a resource', () => {
  it('reach the subscribers who may know of it now', async () => {
    const { server, as } = await start();
    const root = await as('root', 'secrets');
    const uri = 'test://a/secret';
    await root.ask('resources/subscribe', { uri });
    const stream = await root.listen();
    await server.server.sendResourceUpdated({ uri });
    await stream.inbox.method('notifications/resources/updated');
    stream.close();
    const lesser = await as('root');
    lesser.sessionId = root.sessionId;
    const second = await lesser.listen();
    await server.server.sendResourceUpdated({ uri });
    server.sendResourceListChanged();
    await second.inbox.method('notifications/resources/list_changed');
    expect(second.inbox.methods).toEqual(['notifications/resources/list_changed']);
  });
});

describe('authorize', () => {
  it('is asked with what it needs, and decides beside the rules', async () => {
    const asked: unknown[] = [];
    const { as, ran } = await start({
      scopes: SCOPES,
      authorize: (context) => {
        asked.push(context);
        return context.name === 'read_file' ? { scopes: ['files:read'] } : true;
      },
    });
    const ada = await as('ada', 'files:write');
    const { status, challenge } = await outcome(ada, ...call('read_file'));
    expect([status, challenge]).toEqual([403, expect.stringContaining('scope="files:read"')]);
    expect(asked).toEqual([
      {
        kind: 'tool',
        name: 'read_file',
        method: 'tools/call',
        params: {},
        principal: expect.any(String),
        authInfo: expect.objectContaining({ clientId: 'app', scopes: ['files:write'] }),
      },
    ]);
    expect((await outcome(ada, ...call('admin_keys'))).status).toBe(403);
    expect(ran).toEqual([]);
  });

  it('may take its time, and hides what it refuses', async () => {
    const authorize: McpRouterOptions['authorize'] = async ({ kind, name, authInfo }) => {
      await new Promise((resolve) => setImmediate(resolve));
      const isOwn = name.startsWith(String(authInfo?.extra?.sub));
      return kind !== 'tool' || isOwn ? true : { scopes: [] };
    };
    const { as } = await start({ authorize });
    const admin = await as('admin');
    expect(await names(admin, 'tools/list', 'tools')).toEqual(['admin_users', 'admin_keys']);
    expect((await outcome(admin, ...call('read_file'))).status).toBe(403);
    expect((await outcome(admin, ...call('admin_keys'))).status).toBe(200);
  });

  it('refuses when it fails: calls and lists', async () => {
    const { as, ran } = await start({
      authorize: () => {
        throw new Error('the policy service is out of reach');
      },
    });
    const ada = await as('ada');
    expect((await outcome(ada, ...call('read_file'))).status).toBe(500);
    expect(await ada.ask('tools/list')).toMatchObject({ error: { code: -32603 } });
    expect(ran).toEqual([]);
  });
});

describe('wrong options', () => {
  it.each<[McpRouterOptions, string]>([
    [{ scopes: { tools: { a: '' } } }, 'scopes.tools.a: expected'],
    [{ scopes: { tools: { a: [] } } }, 'scopes.tools.a: expected'],
    [{ scopes: { tools: { a: 'two scopes' } } }, 'scopes.tools.a: expected'],
    [{ scopes: { tool: {} } as never }, 'scopes: unknown option "tool". Did you mean "tools"?'],
    [{ scopes: { implies: { admin: 'write' } } as never }, 'scopes.implies.admin: expected'],
    [{ authorize: true as never }, 'authorize: expected a function (context), got true.'],
  ])('%j', async (options, message) => {
    const { server } = offices();
    const built = endpoint(server, { auth: BY_LOGIN, ...options });
    await expect(built).rejects.toMatchObject({ code: 'ERR_MCP_OPTION' });
    await expect(built).rejects.toThrow(message);
  });

  it.each<McpRouterOptions>([{ scopes: SCOPES }, { authorize: () => true }])(
    'rules without a gate: %j',
    async (options) => {
      await expect(endpoint(offices().server, options)).rejects.toThrow('expected a gate in auth');
    },
  );
});
