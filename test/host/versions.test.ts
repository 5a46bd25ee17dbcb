/**
 * Protocol revisions: negotiated by `initialize`, named by a header afterwards.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { messagesOf, refusalOf, send } from '../support/http-client.js';
import { text } from '../support/tool-result.js';

const SERVED = ['2025-11-25', '2025-06-18', '2025-03-26'];

function createServer(): McpServer {
  const server = new McpServer({ name: 'versions', version: '1.0.0' }, { instructions: 'Read me' });
  server.registerTool('tool', {}, () => text('called'));
  return server;
}

const start = (stateless = false) => endpoint(createServer(), { stateless });

const initialize = (protocolVersion: unknown) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});

const LIST = { jsonrpc: '2.0', id: 7, method: 'tools/list' };

describe.each([false, true])('negotiation (2025-11-25 lifecycle), stateless: %s', (stateless) => {
  const versionFor = async (proposed: unknown) => {
    const { url } = await start(stateless);
    const [response] = messagesOf(await send(url, { body: initialize(proposed) }));
    return response?.result?.protocolVersion;
  };

  it.each(SERVED)('%s is served as it is proposed', async (version) => {
    expect(await versionFor(version)).toBe(version);
  });

  it.each(['2024-11-05', '2024-10-07', '2099-01-01', '1.0', ''])(
    '%s is answered with the newest',
    async (version) => {
      expect(await versionFor(version)).toBe(SERVED[0]);
    },
  );

  it.each([20251125, null, ['2025-11-25']])('%s is no version', async (version) => {
    const { url } = await start(stateless);
    expect(refusalOf(await send(url, { body: initialize(version) }))).toMatchObject({
      status: 400,
      code: -32602,
      reason: 'invalid_initialize',
    });
  });
});

describe('negotiation', () => {
  it('is each client’s own on a shared server', async () => {
    const { url } = await start();
    const answers = await Promise.all(
      [...SERVED, ...SERVED].map((version) => send(url, { body: initialize(version) })),
    );
    const agreed = answers.map((answer) => messagesOf(answer)[0]?.result?.protocolVersion);
    expect(agreed).toEqual([...SERVED, ...SERVED]);
  });

  it('gives the server’s own name, capabilities and instructions', async () => {
    const { url } = await start();
    const [response] = messagesOf(await send(url, { body: initialize('2025-06-18') }));
    expect(response?.result).toMatchObject({
      serverInfo: { name: 'versions', version: '1.0.0' },
      capabilities: { tools: {} },
      instructions: 'Read me',
    });
  });
});

describe('the MCP-Protocol-Version header', () => {
  const ask = async (version: string | undefined, method = 'POST') => {
    const { url, client } = await start();
    const { sessionId } = await client();
    const body = method === 'POST' ? LIST : undefined;
    const headers = { 'Mcp-Session-Id': sessionId, 'MCP-Protocol-Version': version };
    return send(url, { method, body, headers });
  };

  it.each([...SERVED, undefined])('%s is served', async (version) => {
    expect((await ask(version)).status).toBe(200);
  });

  it.each(['2024-11-05', '1999-01-01', 'latest', '2025-06-18, 2025-06-18'])(
    '%s is 400 and says what is served',
    async (version) => {
      const answer = await ask(version);
      expect(refusalOf(answer)).toEqual({
        status: 400,
        code: -32000,
        reason: 'unsupported_version',
        id: 7,
      });
      expect(messagesOf(answer)[0]?.error?.data).toMatchObject({
        supported: SERVED,
        requested: version,
      });
    },
  );

  it.each(['GET', 'DELETE'])('counts for %s too', async (method) => {
    const answer = await ask('1999-01-01', method);
    expect(refusalOf(answer)).toMatchObject({ status: 400, reason: 'unsupported_version' });
  });

  it('is repeated in part only, however long it is', async () => {
    const answer = await ask('9'.repeat(4_000));
    expect(answer.text.length).toBeLessThan(500);
  });

  it('does not end a session by a DELETE that it spoils', async () => {
    const { url, client } = await start();
    const ada = await client();
    const headers = { 'Mcp-Session-Id': ada.sessionId, 'MCP-Protocol-Version': '1999-01-01' };
    expect((await send(url, { method: 'DELETE', headers })).status).toBe(400);
    expect((await ada.ask('tools/list')).result).toBeDefined();
  });
});
