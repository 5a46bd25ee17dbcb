/**
 * Room for sessions: limits of all instances together, and who goes when there is none.
 *
 * First go unfinished handshakes, then sessions never used, then the asker's own longest idle; never one in
 * which an instance that is alive has a call or the GET stream, or that was renewed as busy.
 *
 * Knows: limits and the order of eviction. Does not know: requests.
 *
 * @module
 */
import type { RedisConnection, Reply } from './redis-connection.js';
import { CANDIDATES, type Place, RedisIndex } from './redis-index.js';
import type { EndpointKeys } from './redis-keys.js';
import { EVICT } from './redis-session-scripts.js';

/** Whose limit a session counts against. */
export interface Owner {
  readonly hash: string;
  /** Most sessions of this owner. */
  readonly max: number;
}

/** What there is to know of instances. */
export type Alive = (instance: string) => Promise<boolean>;

const UNUSED = 1;
const USED = 2;
/** Candidates that are looked at before there is no room. */
const MAX_CANDIDATES = 8 * CANDIDATES;

/** Those of the instances that are gone. */
export async function goneOf(instances: readonly string[], alive: Alive): Promise<string[]> {
  const living = await Promise.all(instances.map(alive));
  return instances.filter((_, index) => living[index] === false);
}

export const textsOf = (reply: Reply | undefined): string[] =>
  Array.isArray(reply) ? reply.map(String) : [];

/** Takes and frees places. */
export class Room {
  readonly #connection: RedisConnection;
  readonly #keys: EndpointKeys;
  readonly #index: RedisIndex;
  readonly #max: number;
  readonly #alive: Alive;

  constructor(connection: RedisConnection, keys: EndpointKeys, max: number, alive: Alive) {
    this.#connection = connection;
    this.#keys = keys;
    this.#index = new RedisIndex(connection);
    this.#max = max;
    this.#alive = alive;
  }

  /** Takes a place for a session, evicting others if it must; false when there is no room. */
  async take(place: Place, { hash, max }: Owner): Promise<boolean> {
    const { all } = this.#keys;
    const owned = this.#keys.owned(hash);
    const [isOwn, isIn] = await Promise.all([
      this.#index.take(owned, place, max),
      this.#index.take(all, place, this.#max),
    ]);
    const hasRoom =
      (isOwn || (await this.#makeRoom(owned, place, max, owned, USED))) &&
      (isIn ||
        (await this.#makeRoom(all, place, this.#max, all, UNUSED)) ||
        (await this.#makeRoom(all, place, this.#max, owned, USED)));
    if (!hasRoom) await this.free(place.key, hash);
    return hasRoom;
  }

  /** The session lives on: its place moves behind those that are longer idle. */
  async move(place: Place, ownerHash: string): Promise<void> {
    const sets = [this.#keys.all, this.#keys.owned(ownerHash)];
    await Promise.all(sets.map((set) => this.#index.move(set, place)));
  }

  async free(key: string, ownerHash: string): Promise<void> {
    const sets = [this.#keys.all, this.#keys.owned(ownerHash)];
    await Promise.all(sets.map((set) => this.#index.free(set, key)));
  }

  count(): Promise<number> {
    return this.#index.count(this.#keys.all);
  }

  /** Takes a place in `set` by evicting from `from` what has come no further than `lastPhase`. */
  async #makeRoom(
    set: string,
    place: Place,
    max: number,
    from: string,
    lastPhase: number,
  ): Promise<boolean> {
    let passedOver = 0;
    while (passedOver < MAX_CANDIDATES) {
      const candidates = await this.#index.first(from, passedOver, lastPhase);
      for (const candidate of candidates) {
        if (candidate === place.key || !(await this.#evict(candidate, from, lastPhase))) {
          passedOver += 1;
        } else if (await this.#index.take(set, place, max)) return true;
      }
      if (candidates.length < CANDIDATES) return false;
    }
    return false;
  }

  /** Evicts a session, unless somebody uses it. */
  async #evict(key: string, from: string, lastPhase: number): Promise<boolean> {
    const { record, calls, subscriptions } = this.#keys.session(key);
    const keys = [record, calls, subscriptions];
    let gone: string[] = [];
    for (;;) {
      const reply = await this.#connection.run(EVICT, keys, [lastPhase, gone.join()]);
      const [became, detail] = Array.isArray(reply) ? reply : [];
      if (became === 'gone') {
        await this.#index.free(from, key);
        await this.free(key, String(detail ?? ''));
        return true;
      }
      const more = became === 'used' ? await goneOf(textsOf(detail), this.#alive) : [];
      if (more.length === 0) return false;
      gone = [...gone, ...more];
    }
  }
}
