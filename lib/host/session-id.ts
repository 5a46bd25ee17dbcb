/**
 * `Mcp-Session-Id`: where it is read, made and opened.
 *
 * With a secret the id itself holds the handshake, sealed, so that a session outlives the process that
 * opened it. Without one, or when the handshake is too long, it is random.
 *
 * Knows: the header and what is inside a sealed id. Does not know: which sessions exist.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { deriveKey } from '../crypto/keys.js';
import { Sealer } from '../crypto/seal.js';
import type { ClientIdentity } from '../protocol/client.js';
import { isLegacyVersion, type LegacyVersion } from '../protocol/versions.js';
import type { Exchange } from './exchange.js';

/** Name of the header as it is sent. */
export const SESSION_HEADER = 'Mcp-Session-Id';

/** The session that a request names. */
export function readSessionId({ headers }: Exchange): string | undefined {
  const value = headers['mcp-session-id'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What a sealed id proves. */
export interface SealedSession {
  readonly client: ClientIdentity;
  readonly principal: string | undefined;
  /** URL or path of the endpoint that sealed it. */
  readonly resource: string;
  /** Unix milliseconds. */
  readonly endsAt: number;
}

/** Longer ids do not pass all proxies. */
const MAX_SEALED_CHARACTERS = 2_000;
const RANDOM_BYTES = 24;

type Wire = [
  LegacyVersion,
  ClientIdentity['capabilities'],
  ClientIdentity['clientInfo'],
  string | null,
  string,
  number,
];

/** An id that says nothing. */
export const randomSessionId = (): string => randomBytes(RANDOM_BYTES).toString('base64url');

export class SessionIds {
  readonly #sealer: Sealer | undefined;

  /**
   * @param secrets - key ring, the current one first; empty for random ids.
   * @param label - what sets this endpoint's keys apart from others of the same secret.
   */
  constructor(secrets: readonly string[], label: string) {
    const [current, ...old] = secrets.map((secret) => deriveKey(secret, 'session', label));
    this.#sealer = current && new Sealer([current, ...old]);
  }

  /** A new id, visible ASCII only. */
  mint(session: SealedSession): string {
    const { client, principal, resource, endsAt } = session;
    const { version, capabilities, clientInfo } = client;
    const wire: Wire = [version, capabilities, clientInfo, principal ?? null, resource, endsAt];
    const sealed = this.#sealer?.seal(wire);
    if (sealed !== undefined && sealed.length <= MAX_SEALED_CHARACTERS) return sealed;
    return randomSessionId();
  }

  /** What a sealed id holds; undefined for ids that are not ours, damaged, or random. */
  open(id: string): SealedSession | undefined {
    if (this.#sealer === undefined || id.length > MAX_SEALED_CHARACTERS) return undefined;
    const wire = this.#sealer.open(id) as Wire | undefined;
    if (wire === undefined || !isLegacyVersion(wire[0])) return undefined;
    const [version, capabilities, clientInfo, principal, resource, endsAt] = wire;
    const client = { version, capabilities, clientInfo };
    return { client, principal: principal ?? undefined, resource, endsAt };
  }
}
