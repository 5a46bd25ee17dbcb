/**
 * A body that is refused while it is still coming: the client gets to read why.
 *
 * @module
 */
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { post, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';
import { postLines, Wire } from '../support/wire.js';

const LIMIT_BYTES = 10_000;
const CHUNK = Buffer.alloc(65_536, 'x');
const CHUNKED_HEAD = `${[...postLines('/mcp'), 'Transfer-Encoding: chunked'].join('\r\n')}\r\n\r\n`;

async function endpoint(): Promise<string> {
  const limits = { bodyBytes: LIMIT_BYTES };
  const router = mcpRouter(greeter().server, { stateless: true, limits });
  onTestFinished(() => router.mcp.close());
  return `${await listen(express().use(router))}/mcp`;
}

describe('a body over the limit', () => {
  it.each([false, true])('is read on while the refusal travels (chunked: %s)', async (chunked) => {
    const url = await endpoint();
    const body = Buffer.alloc(20_000_000, 'x');
    const headers = { 'Content-Type': 'application/json' };
    for (let time = 0; time < 20; time += 1) {
      const answer = await send(url, { body, chunked, headers });
      expectRefusal(answer, {
        status: 413,
        reason: 'body_too_large',
        headers: { connection: 'close' },
      });
    }
    expect(greetingIn(await post(url, greeting()))).toBe('greeter greets world');
  });

  it('is cut off when its end does not come', async () => {
    const wire = await Wire.open(await endpoint());
    onTestFinished(() => wire.destroy());
    await wire.send(`${CHUNKED_HEAD}4e20\r\n${'x'.repeat(20_000)}`);
    expect((await wire.answer())?.status).toBe(413);
    await wire.ended;
  });

  it('is cut off when it does not stop coming', async () => {
    const wire = await Wire.open(await endpoint());
    onTestFinished(() => wire.destroy());
    await wire.send(CHUNKED_HEAD);
    let sentBytes = 0;
    while (!wire.isOver && sentBytes < 1e9) {
      await wire.send('10000\r\n');
      await wire.send(CHUNK);
      await wire.send('\r\n');
      sentBytes += CHUNK.length;
    }
    expect((await wire.answer())?.status).toBe(413);
    expect(sentBytes).toBeLessThan(2e8);
  });
});
