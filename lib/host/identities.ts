/**
 * Equal handshakes share one object: most sessions come from a few kinds of client.
 *
 * Knows: the handshakes seen of late. Does not know: sessions.
 *
 * @module
 */
import type { ClientIdentity } from '../protocol/client.js';

const MAX_KEPT = 1_000;

/** Larger ones are hardly those of many sessions, and would be kept twice. */
const MAX_SHARED_CHARACTERS = 2_000;

export class Identities {
  readonly #kept = new Map<string, ClientIdentity>();

  /** The object that stands for all handshakes equal to this one. */
  shared(identity: ClientIdentity): ClientIdentity {
    const { version, capabilities, clientInfo } = identity;
    const key = JSON.stringify([version, capabilities, clientInfo]);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    if (key.length > MAX_SHARED_CHARACTERS) return identity;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(key, identity);
    return identity;
  }
}
