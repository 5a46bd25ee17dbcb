/**
 * Where everything is in Redis: all of one session in one Cluster slot, and all of one instance.
 *
 * What names a session, a principal or an address is hashed: Redis holds nothing that would let its reader
 * into a session, or tell who has one.
 *
 * Knows: names of keys and channels. Does not know: what is in them.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { SessionAddress } from './port.js';

/** Keys of one session. */
export interface SessionKeys {
  /** Its record. */
  readonly record: string;
  /** Requests in flight: who serves them. */
  readonly calls: string;
  /** Its subscriptions. */
  readonly subscriptions: string;
  /** Says that it was ended. */
  readonly tombstone: string;
}

const digest = (...parts: readonly (string | null)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** Keys of one endpoint's sessions. */
export class EndpointKeys {
  /** What stands for the endpoint in the names of keys. */
  readonly #endpoint: string;
  readonly #label: string;
  readonly #prefix: string;

  constructor(prefix: string, label: string) {
    this.#prefix = prefix;
    this.#label = label;
    this.#endpoint = digest('mcp1', 'endpoint', label).slice(0, 20);
  }

  /** Stands for a session: another principal or place makes it another one. */
  keyOf({ id, principal, place }: SessionAddress): string {
    return digest('mcp1', this.#label, principal ?? null, place, id).slice(0, 32);
  }

  session(key: string): SessionKeys {
    const slot = `${this.#prefix}:{${key}}`;
    return {
      record: `${slot}:s`,
      calls: `${slot}:f`,
      subscriptions: `${slot}:u`,
      tombstone: `${slot}:x`,
    };
  }

  /** Stands for whose limit a session counts against. */
  ownerOf(owner: string): string {
    return digest('mcp1', 'owner', this.#label, owner).slice(0, 20);
  }

  /** The sessions of one owner, in the order of their eviction. */
  owned(ownerHash: string): string {
    return `${this.#prefix}:{o${ownerHash}}:all`;
  }

  /** All sessions, in the order of their eviction. */
  get all(): string {
    return `${this.#prefix}:{e${this.#endpoint}}:all`;
  }

  /** The last notices, and their count. */
  get bus(): readonly [notices: string, count: string] {
    const slot = `${this.#prefix}:{e${this.#endpoint}}`;
    return [`${slot}:bus`, `${slot}:rev`];
  }

  get busChannel(): string {
    return `${this.#prefix}:e:${this.#endpoint}`;
  }
}

/** Says that an instance is alive. */
export const leaseKey = (prefix: string, instance: string): string => `${prefix}:{i${instance}}:l`;

/** Letters to an instance, and their count. */
export const inboxKeys = (prefix: string, instance: string): readonly [string, string] => [
  `${prefix}:{i${instance}}:in`,
  `${prefix}:{i${instance}}:n`,
];

export const instanceChannel = (prefix: string, instance: string): string =>
  `${prefix}:i:${instance}`;

/** Names that are taken into a key. */
export const isInstance = (name: string): boolean => /^[A-Za-z0-9]{1,64}$/.test(name);
