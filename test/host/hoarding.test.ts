/**
 * What a client cannot make a session keep (reliability.md SEC-23).
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { greeter, greeting } from '../support/greeter.js';
import { JSON_HEADERS, post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const CLIENT_INFO = { name: 'hoarder', version: '1.0.0' };

const initialize = (params: object) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: CLIENT_INFO, ...params },
});

const icon = (characters: number) => ({ src: `data:image/png;base64,${'A'.repeat(characters)}` });

describe('a handshake', () => {
  it.each<[string, object]>([
    ['capabilities', { capabilities: { experimental: { x: 'x'.repeat(17_000) } } }],
    ['a name', { clientInfo: { ...CLIENT_INFO, name: 'x'.repeat(17_000) } }],
    ['other members', { clientInfo: { ...CLIENT_INFO, more: Array(9_000).fill(1) } }],
  ])('of 16 KiB and more is refused: %s', async (_name, params) => {
    const { url, router } = await endpoint(greeter().server);
    const answer = await post(url, initialize(params));
    expectRefusal(answer, { status: 413, reason: 'handshake_too_large', id: 1 });
    expect(await router.mcp.sessions.count()).toBe(0);
  });

  it.each([
    [100, 200],
    [500_000, 413],
  ])('may nest: %i deep is answered with %i', async (depth, status) => {
    const { url, router } = await endpoint(greeter().server);
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const body = JSON.stringify(initialize({ capabilities: { experimental: 0 } }));
    const sent = { headers: JSON_HEADERS, body: body.replace('"experimental":0', `"x":${deep}`) };
    expect((await send(url, sent)).status).toBe(status);
    expect(await router.mcp.sessions.count()).toBe(status === 200 ? 1 : 0);
  });

  it('with large icons is served, and kept without them', async () => {
    const told: unknown[] = [];
    const create = () => {
      const server = new McpServer({ name: 'icons', version: '1.0.0' });
      server.registerTool('who', {}, () => {
        told.push(server.server.getClientVersion());
        return { content: [] };
      });
      return server;
    };
    const { url } = await endpoint(create());
    for (const icons of [[icon(100)], [icon(100_000)]]) {
      const clientInfo = { ...CLIENT_INFO, icons };
      const { status, headers } = await post(url, initialize({ clientInfo }));
      expect(status).toBe(200);
      const params = { name: 'who', arguments: {} };
      await post(url, { ...greeting(), params }, { headers: sessionOf(headers) });
    }
    expect(told).toEqual([{ ...CLIENT_INFO, icons: [icon(100)] }, CLIENT_INFO]);
  });
});

describe('a subscription', () => {
  it('to a uri of more than 4096 characters is refused', async () => {
    const capabilities = { resources: { subscribe: true } };
    const server = new McpServer({ name: 'news', version: '1.0.0' }, { capabilities });
    const client = await (await endpoint(server)).client();
    const subscribe = (characters: number) =>
      client.ask('resources/subscribe', { uri: `news://${'x'.repeat(characters - 7)}` });
    expect((await subscribe(4_096)).result).toEqual({});
    expect((await subscribe(4_097)).error).toMatchObject({ code: -32602 });
  });
});

const sessionOf = (headers: Readonly<Record<string, unknown>>) => ({
  'Mcp-Session-Id': String(headers['mcp-session-id']),
});
