/**
 * An endpoint as a store sees it, and its instances for the length of a test.
 *
 * Knows: the store's port. Does not know: which store it is.
 *
 * @module
 */
import { onTestFinished } from 'vitest';
import { newName, recordOf } from '../../lib/store/contract-bench.js';
import type {
  EndpointStore,
  Instances,
  Notice,
  SessionLimits,
  SessionRecord,
  SessionStore,
  SharedSessions,
  Store,
} from '../../lib/store/port.js';
import { RecordedLogger } from './recorded-logger.js';

export { newName, recordOf };

const LIMITS: SessionLimits = {
  idleMs: 60_000,
  absoluteMs: 3_600_000,
  max: 20_000,
  perPrincipal: 20_000,
  perAddress: 20_000,
};

/** An instance and what it heard. */
export interface StoredInstance {
  readonly self: string;
  readonly sessions: SessionStore;
  readonly shared: SharedSessions;
  readonly instances: Instances;
  readonly letters: unknown[];
  readonly notices: Notice[];
  readonly missed: number[];
  readonly logger: RecordedLogger;
  /** Begins to hear. */
  start(): void;
}

/** How an endpoint is opened. */
export interface EndpointOptions {
  readonly label?: string;
  readonly limits?: Partial<SessionLimits>;
}

/** Opens an instance that is closed when the running test ends. */
export function instanceOf(
  store: Store,
  { label = newName(), limits = {} }: EndpointOptions = {},
): StoredInstance {
  const logger = new RecordedLogger();
  const opened: EndpointStore = store.open({
    label,
    limits: { ...LIMITS, ...limits },
    callsPerSession: 64,
    hooks: { busy: () => false, dropped: () => {} },
    logger,
  });
  onTestFinished(async () => void (await opened.close()));
  const { sessions, shared } = opened;
  if (shared === undefined) throw new Error('the store shares nothing');
  const letters: unknown[] = [];
  const notices: Notice[] = [];
  const missed: number[] = [];
  const { self, instances } = shared;
  return {
    self,
    sessions,
    shared: shared.sessions,
    instances,
    letters,
    notices,
    missed,
    logger,
    start: () =>
      instances.start({
        letter: (letter) => void letters.push(letter),
        notice: (notice) => void notices.push(notice),
        missed: (revision) => void missed.push(revision),
      }),
  };
}

/** A session that was just opened. */
export async function admitted(
  { sessions }: StoredInstance,
  more: Partial<SessionRecord> = {},
): Promise<SessionRecord> {
  const record = await sessions.admit(recordOf(more), Date.now());
  if (record === undefined) throw new Error('there is no room');
  return record;
}

/** What a promise is rejected with: its code. */
export async function codeOf(work: unknown): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return 'it did not reject';
}
