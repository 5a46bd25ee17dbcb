/**
 * Which sessions of an endpoint follow which resources.
 *
 * Knows: uris and session ids. Does not know: who has changed what.
 *
 * @module
 */
import type { SessionRecord } from '../store/port.js';
import type { Client } from './client.js';

/** Tells a subscriber that a resource has changed, if it may know. */
export function sendUpdate({ standalone, mayHear }: Client, uri: string, json: string): void {
  if (standalone === undefined) return;
  if (mayHear === undefined) {
    void standalone.send(json);
    return;
  }
  const decided = new Promise<boolean>((resolve) => resolve(mayHear(uri)));
  decided.then((may) => may && standalone.send(json)).catch(() => {});
}

/** Resources that one session may follow. */
export const MAX_SUBSCRIPTIONS = 1_000;

export class Subscriptions {
  readonly #sessions = new Map<string, Set<string>>();

  add(record: SessionRecord, uri: string): void {
    record.subscriptions ??= new Set();
    record.subscriptions.add(uri);
    const followers = this.#sessions.get(uri);
    if (followers === undefined) this.#sessions.set(uri, new Set([record.id]));
    else followers.add(record.id);
  }

  delete(record: SessionRecord, uri: string): void {
    record.subscriptions?.delete(uri);
    if (record.subscriptions?.size === 0) record.subscriptions = undefined;
    const followers = this.#sessions.get(uri);
    followers?.delete(record.id);
    if (followers?.size === 0) this.#sessions.delete(uri);
  }

  /** Forgets a session; returns what it followed. */
  drop(record: SessionRecord): readonly string[] {
    const uris = [...(record.subscriptions ?? [])];
    for (const uri of uris) this.delete(record, uri);
    return uris;
  }

  /** Ids of the sessions that follow `uri`. */
  followers(uri: string): Iterable<string> {
    return this.#sessions.get(uri) ?? [];
  }
}
