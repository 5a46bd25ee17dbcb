/**
 * A direct server that leaves its clients to another process: no request is refused, and it ends by itself.
 *
 * @module
 */
import { Agent } from 'node:http';
import { type McpRouterOptions, mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DirectServer } from '../../middleware/direct-server.js';
import { greeter, greeting } from '../support/greeter.js';
import { RawClient } from '../support/raw-client.js';
import { post } from '../support/raw-request.js';

/** Longer than a test may take: what needs it has failed. */
const DEADLINE_MS = 60_000;

async function started(options: McpRouterOptions = {}) {
  const gate = greeter();
  const router = mcpRouter(gate.server, options);
  const direct = new DirectServer(router);
  const url = `${await direct.start(0, '127.0.0.1')}/mcp`;
  onTestFinished(() => direct.close());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const client = await RawClient.connect(url, { agent });
  return { ...gate, direct, url, client };
}

describe('a direct server that hands over', () => {
  it('serves what comes on a connection that was idle, then closes it', async () => {
    const { direct, url, client } = await started();
    const handedOver = direct.handOver(DEADLINE_MS);
    await expect(post(url, greeting())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const call = client.callTool('greet');
    expect((await call.head).headers.connection).toBe('close');
    expect((await call.response)?.result).toBeDefined();
    await handedOver;
  });

  it('begins new sessions, too', async () => {
    const { direct, client } = await started();
    const handedOver = direct.handOver(DEADLINE_MS);
    client.sessionId = undefined;
    expect((await client.initialize()).result).toBeDefined();
    await handedOver;
  });

  it('waits for the calls that run', async () => {
    const { direct, client, waiting, open } = await started();
    const call = client.callTool('wait');
    await waiting();
    const handedOver = direct.handOver(DEADLINE_MS);
    open();
    expect((await call.response)?.result).toBeDefined();
    expect((await client.ask('ping')).result).toBeDefined();
    await handedOver;
  });

  it('waits for no stream that a client only listens on', async () => {
    const { direct, client } = await started();
    const stream = await client.listen();
    await direct.handOver(DEADLINE_MS);
    await stream.ended;
  });

  it('ends streams that clients go on listening on when it leaves', async () => {
    const { direct, client } = await started();
    const stream = await client.listen();
    await direct.leave();
    await stream.ended;
  });

  it('ends what is not done by its deadline with an error', async () => {
    const { direct, client, waiting } = await started();
    const call = client.callTool('wait');
    await waiting();
    await direct.handOver(1);
    expect((await call.response)?.error?.data).toMatchObject({ reason: 'shutting_down' });
  });
});
