/**
 * What the cases of the shared stores' contract are written with: instances that serve one endpoint.
 *
 * Knows: the port. Does not know: what a store has to promise.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { RequestId } from '../protocol/json-rpc.js';
import { admitAll, newName, openOne } from './contract-bench.js';
import type {
  Claim,
  EndpointStore,
  Instances,
  Notice,
  SessionLimits,
  SessionRecord,
  SessionStore,
  SharedSessions,
  Store,
} from './port.js';

/** One case's work with instances of one endpoint. */
export type PairWork = (open: OpenInstance) => Promise<void>;

/** The cases of one subject by what they say. */
export type PairCases = Readonly<Record<string, PairWork>>;

/** Opens another instance of the case's endpoint. */
export type OpenInstance = (options?: InstanceOptions) => Promise<Instance>;

/** How an instance is opened. All of an endpoint have the same limits. */
export interface InstanceOptions {
  readonly limits?: Partial<SessionLimits>;
  readonly callsPerSession?: number;
  /** False for one that never takes its lease, as if it had been killed long ago. Default: true. */
  readonly isAlive?: boolean;
}

/** One instance, and what it heard. */
export interface Instance {
  readonly self: string;
  readonly sessions: SessionStore;
  readonly shared: SharedSessions;
  readonly instances: Instances;
  readonly letters: readonly unknown[];
  readonly notices: readonly { readonly notice: Notice; readonly revision: number }[];
  readonly missed: readonly number[];
  close(): Promise<void>;
}

/** Runs a case and closes the instances that it has opened. */
export async function withPair(open: () => Store | Promise<Store>, work: PairWork): Promise<void> {
  const label = newName();
  const opened: Instance[] = [];
  try {
    await work(async (options = {}) => {
      const instance = await instanceOf(await open(), label, options);
      opened.push(instance);
      return instance;
    });
  } finally {
    await Promise.all(opened.map((one) => one.close()));
  }
}

async function instanceOf(
  store: Store,
  label: string,
  { limits = {}, callsPerSession = 64, isAlive = true }: InstanceOptions,
): Promise<Instance> {
  assert.equal(store.isShared, true);
  const kept: EndpointStore = openOne(store, { label, limits, callsPerSession });
  const { sessions, shared } = kept;
  assert.ok(shared, 'a shared store has nothing to share');
  const letters: unknown[] = [];
  const notices: { notice: Notice; revision: number }[] = [];
  const missed: number[] = [];
  const { self, instances } = shared;
  if (isAlive) {
    instances.start({
      letter: (letter) => void letters.push(letter),
      notice: (notice, revision) => void notices.push({ notice, revision }),
      missed: (revision) => void missed.push(revision),
    });
    await instances.ready();
  }
  let closing: Promise<void> | undefined;
  return {
    self,
    sessions,
    shared: shared.sessions,
    instances,
    letters,
    notices,
    missed,
    close: () => {
      closing ??= Promise.all([shared.events.close(), kept.close()]).then(() => {});
      return closing;
    },
  };
}

/** A session that was opened at an instance. */
export async function opened(
  { sessions }: Instance,
  more: Partial<SessionRecord> = {},
): Promise<SessionRecord> {
  const [record] = await admitAll(sessions, more);
  assert.ok(record);
  return record;
}

/** A claim of some ids under a token that no other has. */
export const claimOf = (...ids: readonly RequestId[]): Claim => ({ token: newName(), ids });

/** What a find with a claim comes to. */
export async function claimed(
  { sessions }: Instance,
  record: SessionRecord,
  claim: Claim,
): Promise<'claimed' | 'unknown' | 'ended' | 'duplicate' | 'full'> {
  const sought = await sessions.find(record, Date.now(), claim);
  return typeof sought === 'object' ? 'claimed' : sought;
}
