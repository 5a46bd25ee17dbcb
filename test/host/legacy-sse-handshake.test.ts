/**
 * The handshake over HTTP+SSE: what a connection may do before it, and that there is only one.
 *
 * @module
 */
import { InitializeRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { greeter } from '../support/greeter.js';
import { expectRefusal } from '../support/refusal.js';
import { INITIALIZE, PING, sseEndpoint, TELL } from '../support/sse-endpoint.js';

const UNKNOWN = { status: 404, reason: 'session_not_found' };

/** Builds greeters, and counts them. */
function countingFactory() {
  const factory = {
    built: 0,
    build: () => {
      factory.built += 1;
      return greeter().server;
    },
  };
  return factory;
}

describe('before the handshake', () => {
  it.each([
    ['a call', TELL],
    ['a probe for a newer revision', { ...TELL, method: 'server/discover' }],
  ])('%s is refused on the stream, and no server is built for it', async (_what, request) => {
    const factory = countingFactory();
    const { open } = await sseEndpoint(factory.build);
    const client = await open();
    expect((await client.post(request)).status).toBe(202);
    const { error } = await client.inbox.until(({ id }) => id === 9);
    expect(error).toMatchObject({ code: -32_600, data: { reason: 'not_initialized' } });
    expect(factory.built).toBe(0);
    expect((await client.initialize()).result).toBeDefined();
  });

  it('a ping is answered (2024-11-05 lifecycle §Initialization)', async () => {
    const { open } = await sseEndpoint(greeter().server);
    expect((await (await open()).ask('ping')).result).toEqual({});
  });

  it.each([
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['an answer', { jsonrpc: '2.0', id: 's.x.1', result: {} }],
  ])('%s changes nothing', async (_what, message) => {
    const factory = countingFactory();
    const { open } = await sseEndpoint(factory.build);
    const client = await open();
    expect((await client.post(message)).status).toBe(202);
    expect(factory.built).toBe(0);
    expect((await client.initialize()).result).toBeDefined();
    expect(client.inbox.all).toHaveLength(1);
  });

  it.each([undefined, {}, { ...INITIALIZE, capabilities: [] }, { ...INITIALIZE, clientInfo: 'x' }])(
    'initialize with %j is refused, and may be sent again',
    async (params) => {
      const { open } = await sseEndpoint(greeter().server);
      const client = await open();
      const request = { jsonrpc: '2.0', id: 1, method: 'initialize', params };
      const refusal = { status: 400, reason: 'invalid_initialize', id: 1 };
      expectRefusal(await client.post(request), refusal);
      expect((await client.initialize()).result).toBeDefined();
    },
  );

  it('nothing is sent but the address', async () => {
    const { open, router } = await sseEndpoint(greeter().server);
    const client = await open();
    router.mcp.notify.toolsChanged();
    await client.initialize();
    router.mcp.notify.promptsChanged();
    await client.inbox.method('notifications/prompts/list_changed');
    expect(client.inbox.methods).toEqual([undefined, 'notifications/prompts/list_changed']);
  });

  it('a client is given a while, and no more', async () => {
    const { open, router } = await sseEndpoint(greeter().server, { session: { idleMs: 100 } });
    const silent = await open();
    await silent.ended;
    expect(await router.mcp.sessions.count()).toBe(0);
    expectRefusal(await silent.post(PING), { ...UNKNOWN, id: 9 });
  });
});

describe('after the handshake', () => {
  it('a second one is refused, and changes nothing', async () => {
    const { connect } = await sseEndpoint(greeter().server);
    const client = await connect();
    const request = { jsonrpc: '2.0', id: 9, method: 'initialize', params: INITIALIZE };
    const refusal = { status: 400, reason: 'already_initialized', id: 9 };
    expectRefusal(await client.post(request), refusal);
    expect((await client.callTool('greet')).result).toBeDefined();
  });

  it('two at once are one', async () => {
    const { open } = await sseEndpoint(() => greeter().server);
    const client = await open();
    const request = { jsonrpc: '2.0', method: 'initialize', params: INITIALIZE };
    const answers = await Promise.all([1, 2].map((id) => client.post({ ...request, id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 400]);
  });

  it('a quiet client stays, however short the idle time-out is', async () => {
    const { connect, open, router } = await sseEndpoint(greeter().server, {
      session: { idleMs: 1_000 },
    });
    const client = await connect();
    await (await open()).ended;
    expect(await router.mcp.sessions.count()).toBe(1);
    expect((await client.callTool('greet')).result).toBeDefined();
  });

  it('a server that refuses the client ends the connection', async () => {
    const { open, router } = await sseEndpoint(() => {
      const { server } = greeter();
      server.server.setRequestHandler(InitializeRequestSchema, () => {
        throw new Error('not you');
      });
      return server;
    });
    const client = await open();
    expect((await client.initialize()).error?.message).toBe('not you');
    await client.ended;
    expect(await router.mcp.sessions.count()).toBe(0);
  });

  it('a server that cannot be built ends the connection', async () => {
    const { open, router } = await sseEndpoint(() => Promise.reject(new Error('no database')));
    const client = await open();
    const request = { jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE };
    expectRefusal(await client.post(request), { status: 500, reason: 'internal', id: 1 });
    await client.ended;
    expect(await router.mcp.sessions.count()).toBe(0);
  });
});
