/**
 * The sessions of a store by their ids alone, and what they are made of in tests.
 *
 * Knows: `lib/store/port.ts`. Does not know: how a store keeps anything.
 *
 * @module
 */
import { silentLogger } from '../../lib/log.js';
import type {
  SessionAddress,
  SessionLimits,
  SessionPhase,
  SessionRecord,
  SessionStore,
  StoredEndpoint,
} from '../../lib/store/port.js';

export const NOW = 1_000_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const LIMITS: SessionLimits = {
  idleMs: 30 * MINUTE,
  absoluteMs: 24 * HOUR,
  max: 100,
  perPrincipal: 100,
  perAddress: 100,
};

export const endpointWith = (some: Partial<StoredEndpoint>): StoredEndpoint => ({
  label: '/mcp',
  limits: LIMITS,
  callsPerSession: 64,
  hooks: { busy: () => false, dropped: () => {} },
  logger: silentLogger,
  ...some,
});

export const recordOf = (id: string, more: Partial<SessionRecord>): SessionRecord => ({
  id,
  client: { version: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
  principal: undefined,
  owner: more.principal ?? 'address 192.0.2.1',
  place: '/mcp',
  endsAt: NOW + 24 * HOUR,
  lastSeenAt: NOW,
  phase: 'used',
  logLevel: undefined,
  subscriptions: undefined,
  ...more,
});

/** The sessions of a store by their ids alone: each is asked for by whom it was admitted for. */
export interface ById {
  find(id: string, now: number): Promise<SessionRecord | undefined>;
  admit(record: SessionRecord, now: number): Promise<SessionRecord | undefined>;
  touch(record: SessionRecord, phase: SessionPhase, now: number): Promise<void>;
  end(id: string, until: number, now: number): Promise<boolean>;
  ended(id: string, now: number): Promise<boolean>;
  count(): Promise<number>;
}

export function byId(store: SessionStore): ById {
  const addresses = new Map<string, SessionAddress>();
  const at = (id: string) => addresses.get(id) ?? recordOf(id, {});
  return {
    find: async (id, now) => {
      const sought = await store.find(at(id), now);
      return typeof sought === 'string' ? undefined : sought;
    },
    admit: async (record, now) => {
      addresses.set(record.id, record);
      return store.admit(record, now);
    },
    touch: async (record, phase, now) => store.touch(record, phase, now),
    end: async (id, until, now) => (await store.end(at(id), until, now)).wasThere,
    ended: async (id, now) => store.ended(at(id), now),
    count: async () => store.count(),
  };
}
