/**
 * What a handler learns of its caller, while others call at the same time.
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import type { RawClient } from '../support/raw-client.js';
import { text, told } from '../support/tool-result.js';

interface Seen {
  readonly sessionId?: string;
  readonly subject?: string;
  readonly url?: string;
  readonly user?: string;
}

/** A server whose tool tells what it knows of its caller, after others had their turn. */
function curious(): McpServer {
  const server = new McpServer({ name: 'curious', version: '1.0.0' });
  server.registerTool('who', {}, async (extra) => {
    await setImmediate();
    const { sessionId, authInfo, requestInfo } = extra;
    return text({
      sessionId,
      subject: authInfo?.extra?.sub,
      url: requestInfo?.url,
      user: requestInfo?.headers['x-user'],
    });
  });
  return server;
}

const seen = async (client: RawClient) => told(await client.callTool('who').response).value as Seen;
const user = (name: string) => ({ headers: { 'X-User': name } });

describe('with sessions', () => {
  it('a handler sees its own caller’s session, token and headers', async () => {
    const { client } = await endpoint(curious());
    const clients = [await client(user('ada')), await client(user('bob')), await client()];
    const answers = await Promise.all(clients.map(seen));
    expect(answers).toMatchObject([
      { sessionId: clients[0]?.sessionId, subject: 'ada', user: 'ada' },
      { sessionId: clients[1]?.sessionId, subject: 'bob', user: 'bob' },
      { sessionId: clients[2]?.sessionId },
    ]);
    expect(new Set(answers.map(({ sessionId }) => sessionId)).size).toBe(3);
  });

  it('requestInfo carries the public URL', async () => {
    const { client, url } = await endpoint(curious());
    expect((await seen(await client())).url).toBe(url.href);
    const behindProxy = await endpoint(curious(), { baseUrl: 'https://api.example.com' });
    expect((await seen(await behindProxy.client())).url).toBe('https://api.example.com/mcp');
  });
});

describe('stateless', () => {
  it('the session is the principal, so that nothing of the SDK mixes two callers', async () => {
    const { client } = await endpoint(curious(), { stateless: true });
    const [ada, bob] = [await client(user('ada')), await client(user('bob'))];
    const [first, second, other] = await Promise.all([seen(ada), seen(ada), seen(bob)]);
    expect(first.sessionId).toMatch(/^[\w-]{43}$/);
    expect(second.sessionId).toBe(first.sessionId);
    expect(other.sessionId).not.toBe(first.sessionId);
  });

  it('each anonymous request is a caller of its own', async () => {
    const { client } = await endpoint(curious(), { stateless: true });
    const ada = await client();
    const answers = await Promise.all([seen(ada), seen(ada), seen(ada)]);
    expect(new Set(answers.map(({ sessionId }) => sessionId)).size).toBe(3);
    expect(answers.every(({ sessionId }) => sessionId !== undefined)).toBe(true);
  });
});
