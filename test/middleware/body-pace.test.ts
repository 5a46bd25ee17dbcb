/**
 * Bodies that come too slowly, and bodies in very small pieces (reliability.md SEC-22, REL-41).
 *
 * @module
 */
import { EventEmitter, once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type BodyOutcome, readBody } from '../../middleware/body.js';
import { PaceKeeper } from '../../middleware/body-pace.js';
import { listen } from '../support/listen.js';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const LIMIT_BYTES = 10_000;

/** A server that reads bodies at `pace`, and tells what became of each by the path asked for. */
async function reader(pace: PaceKeeper) {
  const outcomes = new EventEmitter();
  const origin = await listen(async (req, res) => {
    outcomes.emit(req.url ?? '', await readBody(req, { limitBytes: LIMIT_BYTES, pace }));
    res.setHeader('Connection', 'close').end();
  });
  const begin = (path: string, start: string, bytes: number) => {
    const headers = { ...JSON_TYPE, 'Content-Length': bytes };
    const sending = request(`${origin}${path}`, { method: 'POST', headers, agent: false });
    onTestFinished(() => {
      sending.destroy();
    });
    sending.on('error', () => {}).write(start);
    return { sending, outcome: once(outcomes, path).then(([it]) => toldBy(it)) };
  };
  return { origin, outcomes, begin };
}

function toldBy(outcome: BodyOutcome): unknown {
  return outcome.ok ? outcome.value : outcome.refusal.data.reason;
}

const finish = (sending: ClientRequest, rest: string) => void sending.end(rest);

describe('a body that comes too slowly', () => {
  it('is refused with 408 and no longer watched', async () => {
    const pace = new PaceKeeper({ graceMs: 50, bytesPerSecond: 1_000 });
    const { origin, begin, outcomes } = await reader(pace);
    const { outcome } = begin('/slow', '"', 9);
    expect(await outcome).toBe('body_timeout');
    expect(pace.size).toBe(0);
    const refused = once(outcomes, '/headers-only');
    request(`${origin}/headers-only`, { method: 'POST', headers: JSON_TYPE })
      .on('error', () => {})
      .flushHeaders();
    const [{ refusal }] = await refused;
    expect(refusal).toMatchObject({ status: 408, data: { reason: 'body_timeout' } });
  });

  it('may take longer the more of it has come', async () => {
    const { begin } = await reader(new PaceKeeper({ graceMs: 250, bytesPerSecond: 1 }));
    const large = begin('/large', `"${'x'.repeat(199)}`, 202);
    const small = begin('/small', '', 2);
    expect(await small.outcome).toBe('body_timeout');
    finish(large.sending, 'y"');
    expect(await large.outcome).toBe(`${'x'.repeat(199)}y`);
  });

  it.each<[string, (sending: ClientRequest) => void, unknown]>([
    ['has come', (sending) => finish(sending, '5"'), '5'],
    ['has been left', (sending) => void sending.destroy(), 'body_truncated'],
  ])('is not watched any more when it %s', async (_name, end, expected) => {
    const pace = new PaceKeeper();
    const { begin } = await reader(pace);
    const { sending, outcome } = begin('/', '"', 3);
    await expect.poll(() => pace.size).toBe(1);
    end(sending);
    expect(await outcome).toBe(expected);
    expect(pace.size).toBe(0);
  });
});

describe('a body in pieces of one byte', () => {
  const pace = new PaceKeeper();
  const sendPieces = async (text: string) => {
    const { origin, outcomes } = await reader(pace);
    const outcome = once(outcomes, '/').then(([it]) => toldBy(it));
    const { hostname, port } = new URL(origin);
    const pieces = [...Buffer.from(text)].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`);
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
    const socket = connect(Number(port), hostname);
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n${pieces.join('')}0\r\n\r\n`, 'latin1');
    return outcome;
  };

  it.each([
    ['characters of several bytes', 'é€𝄞'],
    ['thousands of pieces', 'x'.repeat(5_000)],
    ['next to nothing', ''],
  ])('is put together: %s', async (_name, value) => {
    expect(await sendPieces(JSON.stringify(value))).toBe(value);
  });

  it('has the same limit', async () => {
    expect(await sendPieces(`"${'x'.repeat(LIMIT_BYTES - 1)}"`)).toBe('body_too_large');
    expect(pace.size).toBe(0);
    expect(await sendPieces(`"${'x'.repeat(LIMIT_BYTES - 2)}"`)).toHaveLength(LIMIT_BYTES - 2);
  });
});
