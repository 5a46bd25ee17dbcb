/**
 * `Mcp-Session-Id`: where it is read, made and opened.
 *
 * With a secret the id itself holds the handshake, sealed, so that a session outlives the process that
 * opened it. When the handshake is too long, the id says only whose session it is. Without a secret it is
 * random.
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
  /** The handshake; undefined in the id of a session that cannot be woken. */
  readonly client: ClientIdentity | undefined;
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
  LegacyVersion | null,
  ClientIdentity['capabilities'] | null,
  ClientIdentity['clientInfo'] | null,
  string | null,
  string,
  number,
];

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
    if (this.#sealer === undefined) return randomBytes(RANDOM_BYTES).toString('base64url');
    const { client, principal, resource, endsAt } = session;
    const rest = [principal ?? null, resource, endsAt] as const;
    const unnamed: Wire = [null, null, null, ...rest];
    if (client === undefined) return this.#sealer.seal(unnamed);
    const { version, capabilities, clientInfo } = client;
    const named: Wire = [version, capabilities, clientInfo, ...rest];
    const sealed = this.#sealer.seal(named);
    return sealed.length <= MAX_SEALED_CHARACTERS ? sealed : this.#sealer.seal(unnamed);
  }

  /** What a sealed id holds; undefined for ids that are not ours, damaged, or random. */
  open(id: string): SealedSession | undefined {
    if (this.#sealer === undefined || id.length > MAX_SEALED_CHARACTERS) return undefined;
    const wire = this.#sealer.open(id) as Wire | undefined;
    if (wire === undefined) return undefined;
    const [version, capabilities, clientInfo, principal, resource, endsAt] = wire;
    if (version !== null && !isLegacyVersion(version)) return undefined;
    const client =
      version === null || capabilities === null || clientInfo === null
        ? undefined
        : { version, capabilities, clientInfo };
    return { client, principal: principal ?? undefined, resource, endsAt };
  }
}
