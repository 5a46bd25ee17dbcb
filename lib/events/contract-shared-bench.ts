/**
 * What the cases of the shared logs' contract are written with.
 *
 * Knows: the port. Does not know: what a log has to promise.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { RequestId } from '../protocol/json-rpc.js';
import { newKey } from './contract-bench.js';
import type { SharedEventLog, SharedStream, StreamKey, StreamLog } from './port.js';

/** One of the instances that share a log. */
export interface SharingInstance {
  /** Names it. */
  readonly self: string;
  readonly log: SharedEventLog;
  /** Letters that were left for it, oldest first. */
  readonly letters: readonly unknown[];
  /** From now on nothing that it does reaches the store, until what is returned is called. */
  halt(): () => void;
  /** Ends its lease: to the others it is gone. */
  lapse(): void;
}

/** Two instances over one log. */
export type Opened = readonly [SharingInstance, SharingInstance];

/** One case's work with two instances. */
export type SharedWork = (one: SharingInstance, two: SharingInstance) => Promise<void>;

/** The cases of one subject by what they say. */
export type SharedCases = Readonly<Record<string, SharedWork>>;

/** A stream with its prime kept, and how often its writer was told that it is over. */
export interface Written {
  readonly key: StreamKey;
  readonly stream: StreamLog;
  fences: number;
}

export async function write(
  { log }: SharingInstance,
  { key = newKey(), requests = [1] }: { key?: StreamKey; requests?: readonly RequestId[] } = {},
): Promise<Written> {
  const stream = log.open(key, requests, () => {
    written.fences += 1;
  });
  const written = { key, stream, fences: 0 };
  await stream.prime();
  return written;
}

/** The stream as an instance finds it; fails when it does not. */
export async function found({ log }: SharingInstance, key: StreamKey): Promise<SharedStream> {
  const stream = await log.find(key);
  assert.ok(stream, 'the stream is not found');
  return stream;
}

const POLL_MS = 10;
const PATIENCE_MS = 10_000;

/** Resolves when it is so; fails when it does not become so. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `${what}: not within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** How many letters say that something was appended to a stream. */
export const ringsOf = ({ letters }: SharingInstance, { session, stream }: StreamKey): number =>
  letters.filter((letter) => {
    const said = letter as Partial<Record<string, unknown>>;
    return said.kind === 'appended' && said.session === session && said.stream === stream;
  }).length;
