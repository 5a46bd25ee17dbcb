/**
 * What the cases of the stores' contract are written with: endpoints of their own, and sessions.
 *
 * Knows: the port. Does not know: what a store has to promise.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { silentLogger } from '../log.js';
import type {
  EndpointStore,
  SessionAddress,
  SessionLimits,
  SessionPhase,
  SessionRecord,
  SessionStore,
  Store,
} from './port.js';

/** One case's work with a new endpoint of a store. */
export type Work = (open: OpenEndpoint) => Promise<void>;

/** The cases of one subject by what they say. */
export type Cases = Readonly<Record<string, Work>>;

/** Opens an endpoint of the case's own. */
export type OpenEndpoint = (limits?: Partial<SessionLimits>, label?: string) => Kept;

/** One endpoint's sessions, and what keeps them busy. */
export interface Kept {
  readonly sessions: SessionStore;
  /** Ids of sessions that have a call or an open stream here. */
  readonly busy: Set<string>;
}

export const HOUR_MS = 3_600_000;

const LIMITS: SessionLimits = {
  idleMs: HOUR_MS,
  absoluteMs: 24 * HOUR_MS,
  max: 100,
  perPrincipal: 100,
  perAddress: 100,
};

/** A name that nothing had before. */
export const newName = (): string => randomBytes(12).toString('hex');

/** A session that nobody has opened yet, last used now. */
export function recordOf(more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    id: newName(),
    client: { version: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
    principal: undefined,
    owner: more.principal ?? 'address 192.0.2.1',
    place: '/mcp',
    endsAt: Date.now() + 24 * HOUR_MS,
    lastSeenAt: Date.now(),
    phase: 'used',
    logLevel: undefined,
    subscriptions: undefined,
    ...more,
  };
}

/** Opens an endpoint, to be closed by the one who opened it. */
export function openOne(
  store: Store,
  { limits = {}, label = newName(), callsPerSession = 64, busy = new Set<string>() } = {},
): EndpointStore {
  return store.open({
    label,
    limits: { ...LIMITS, ...limits },
    callsPerSession,
    hooks: { busy: (id) => busy.has(id), dropped: () => {} },
    logger: silentLogger,
  });
}

/** Admits sessions one after the other, each later than the one before. */
export async function admitAll(
  sessions: SessionStore,
  ...records: readonly Partial<SessionRecord>[]
): Promise<SessionRecord[]> {
  const admitted: SessionRecord[] = [];
  for (const more of records) {
    await later();
    const record = await sessions.admit(recordOf(more), Date.now());
    assert.ok(record, 'there is no room');
    admitted.push(record);
  }
  return admitted;
}

/** True when there was room for a session. */
export async function fits(
  sessions: SessionStore,
  more: Partial<SessionRecord> = {},
): Promise<boolean> {
  await later();
  return (await sessions.admit(recordOf(more), Date.now())) !== undefined;
}

/** The record at an address; fails when there is none. */
export async function found(
  sessions: SessionStore,
  address: SessionAddress,
  now = Date.now(),
): Promise<SessionRecord> {
  const sought = await sessions.find(address, now);
  assert.ok(typeof sought === 'object', `the session is ${String(sought)}`);
  return sought;
}

/** Which of some sessions are still there. */
export async function kept(
  sessions: SessionStore,
  records: readonly SessionRecord[],
): Promise<boolean[]> {
  const sought = await Promise.all(records.map((record) => sessions.find(record, Date.now())));
  return sought.map((it) => typeof it === 'object');
}

export const phase = (of: SessionPhase, owner = 'bob'): Partial<SessionRecord> => ({
  phase: of,
  principal: owner,
});

/** Resolves when the clock has gone on, so that what comes after is later. */
export async function later(ms = 3): Promise<void> {
  const end = Date.now() + ms;
  while (Date.now() < end) await pause(1);
}

const POLL_MS = 10;
const PATIENCE_MS = 10_000;

/** Resolves when it is so; fails when it does not become so. */
export async function eventually(what: string, isSo: () => boolean | Promise<boolean>) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `${what}: not within ${PATIENCE_MS} ms`);
    await pause(POLL_MS);
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
