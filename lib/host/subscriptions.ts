/**
 * Which sessions of an endpoint follow which resources.
 *
 * Knows: uris and session ids. Does not know: who has changed what.
 *
 * @module
 */
import type { SessionRecord } from '../store/port.js';
import type { Client } from './client.js';
import type { LiveSession } from './live-session.js';
import type { Multiplexer } from './multiplexer.js';

/** Tells a subscriber that a resource has changed, if it may know. */
export function sendUpdate({ standalone, mayHear }: Client, uri: string, json: string): void {
  if (standalone !== undefined) ifMayHear(mayHear, uri, () => void standalone.send(json));
}

/** Does `tell` when the client may hear that the resource has changed. */
export function ifMayHear(mayHear: Client['mayHear'], uri: string, tell: () => void): void {
  if (mayHear === undefined) return tell();
  const decided = new Promise<boolean>((resolve) => resolve(mayHear(uri)));
  decided.then((may) => may && tell()).catch(() => {});
}

/** Tells a server, in the session's name, what the session follows and the server does not know yet. */
export async function followHere(server: Multiplexer, session: LiveSession): Promise<void> {
  if (!server.handles('resources/subscribe')) return;
  for (const uri of session.record.subscriptions ?? []) {
    if (session.roaming?.told.has(uri) === true) continue;
    session.roaming?.told.add(uri);
    const params = { uri };
    await server.ask({ jsonrpc: '2.0', id: 0, method: 'resources/subscribe', params }, session);
  }
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

  /** Takes over what another instance has written into the session's record. */
  replace(record: SessionRecord, subscriptions: ReadonlySet<string> | undefined): void {
    const before = [...(record.subscriptions ?? [])];
    for (const uri of before) if (subscriptions?.has(uri) !== true) this.delete(record, uri);
    for (const uri of subscriptions ?? []) this.add(record, uri);
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
