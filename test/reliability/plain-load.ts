/**
 * As many calls of `plain` as can be made, each connection one after the other.
 *
 * Knows: sessions over single connections. Does not know: what is measured.
 *
 * @module
 */
import { postLines, requestText, Wire } from '../support/wire.js';
import { callText, SessionWire } from './session-wire.js';

export interface PlainLoad {
  /** Endpoints; each session uses them in turn. */
  readonly urls: readonly string[];
  readonly connections: number;
  /** How long, milliseconds, or how many calls. */
  readonly ms?: number;
  readonly calls?: number;
}

export interface PlainResult {
  readonly calls: number;
  readonly wrong: number;
  /** Milliseconds. */
  readonly took: number;
}

/** Opens a session for each connection, then calls. */
export async function load({ urls, connections, ms, calls }: PlainLoad): Promise<PlainResult> {
  const sessions = await Promise.all(
    Array.from({ length: connections }, async (_, nth) => {
      const session = await SessionWire.open(urls[nth % urls.length] ?? '');
      return { session, wires: await Promise.all(urls.map((url) => Wire.open(url))) };
    }),
  );
  const began = performance.now();
  const endsAt = began + (ms ?? Number.POSITIVE_INFINITY);
  let done = 0;
  let wrong = 0;
  await Promise.all(
    sessions.map(async ({ session, wires }) => {
      for (let id = 1; done < (calls ?? Number.POSITIVE_INFINITY); id += 1) {
        if (performance.now() >= endsAt) return;
        done += 1;
        const nonce = `n${id}`;
        const wire = wires[id % wires.length] as Wire;
        const body = callText(id, 'plain', { nonce });
        await wire.send(requestText(postLines('/mcp', ...session.headers), body));
        const answer = await wire.answer();
        if (!answer?.text.includes(`"${nonce}"`)) wrong += 1;
      }
    }),
  );
  const took = performance.now() - began;
  for (const { session, wires } of sessions) {
    session.close();
    for (const wire of wires) wire.destroy();
  }
  return { calls: done, wrong, took };
}
