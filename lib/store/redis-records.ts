/**
 * Records of sessions as they are in Redis, and those that this instance knows.
 *
 * Knows: the fields of a record, versions. Does not know: how they are read.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { ClientIdentity } from '../protocol/client.js';
import { isLoggingLevel } from '../protocol/logging.js';
import { isLegacyVersion, SSE_VERSIONS } from '../protocol/versions.js';
import type { SessionAddress, SessionChange, SessionPhase, SessionRecord } from './port.js';
import type { Reply } from './redis-connection.js';

/** Longest value that leaves a hash compact (`hash-max-listpack-value`), and how much of them is worth it. */
const PIECE = 64;
const MAX_COMPACT = 4_096;
/** Code units that take more than a byte; JSON can say them in ASCII. */
const NOT_ASCII = /[^\0-\x7f]/g;

/** Phases in their order. */
export const PHASES: readonly SessionPhase[] = ['handshake', 'unused', 'used'];

export const rankOf = (phase: SessionPhase): number => PHASES.indexOf(phase);

/** Names a state of a record. */
export const newVersion = (): string => randomBytes(6).toString('base64url');

/** An owner that only its hash is known of begins with it. */
export const HASHED = '#';

/** A record that this instance knows. */
export interface Known {
  readonly record: SessionRecord & { readonly key: string };
  readonly ownerHash: string;
  /** What it is up to date with; empty when it is not. */
  version: string;
  /** When Redis was last told that it is used, milliseconds of this process. */
  touchedAt: number;
}

/** Where a record was found. */
export interface FoundAt {
  readonly address: SessionAddress;
  readonly key: string;
  readonly version: string;
  readonly endsAt: number;
  readonly now: number;
}

/** Reads a record; undefined when it is none. */
export function readRecord(
  fields: Reply | undefined,
  uris: Reply | undefined,
  { address, key, version, endsAt, now }: FoundAt,
): Known | undefined {
  if (!Array.isArray(fields) || !Array.isArray(uris)) return undefined;
  const [ownerHash = '', rank, logLevel, listener, json] = fields.map(String);
  const client = readClient(json);
  const phase = PHASES[Number(rank)];
  if (client === undefined || phase === undefined) return undefined;
  const { id, principal, place } = address;
  const record = {
    id,
    principal,
    place,
    client,
    owner: principal ?? HASHED + ownerHash,
    endsAt,
    lastSeenAt: now,
    phase,
    logLevel: isLoggingLevel(logLevel) ? logLevel : undefined,
    subscriptions: uris.length > 0 ? new Set(uris.map(String)) : undefined,
    key,
    listener: listener === '' ? undefined : listener,
  };
  return { record, ownerHash, version, touchedAt: 0 };
}

/**
 * A client as Redis keeps it: in pieces that leave its record compact, unless there are many of them.
 */
export function piecesOf(client: ClientIdentity): string[] {
  const json = JSON.stringify(client).replace(NOT_ASCII, escaped);
  const length = json.length > MAX_COMPACT ? json.length : PIECE;
  return Array.from({ length: Math.ceil(json.length / length) }, (_, nth) =>
    json.slice(nth * length, (nth + 1) * length),
  );
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

function readClient(json: string | undefined): ClientIdentity | undefined {
  const client = parsed(json) as Partial<Record<keyof ClientIdentity, unknown>> | undefined;
  if (!isObject(client)) return undefined;
  const { version, capabilities, clientInfo } = client;
  if (!isLegacyVersion(version, SSE_VERSIONS)) return undefined;
  if (!isObject(capabilities) || !isObject(clientInfo)) return undefined;
  return { version, capabilities, clientInfo };
}

/** What a JSON text says; undefined when it is none. */
export function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Writes a change into a record. */
export function apply(record: SessionRecord, change: SessionChange): void {
  if ('logLevel' in change) {
    record.logLevel = change.logLevel;
    return;
  }
  const uris = new Set(record.subscriptions);
  if ('subscribe' in change) uris.add(change.subscribe);
  else uris.delete(change.unsubscribe);
  record.subscriptions = uris.size > 0 ? uris : undefined;
}

/** The records used last. */
export class KnownRecords {
  readonly #max: number;
  /** In the order of their last use. */
  readonly #byAddress = new Map<string, Known>();

  constructor(max: number) {
    this.#max = max;
  }

  get(address: SessionAddress): Known | undefined {
    const name = nameOf(address);
    const known = this.#byAddress.get(name);
    if (known === undefined) return undefined;
    this.#byAddress.delete(name);
    this.#byAddress.set(name, known);
    return known;
  }

  set(address: SessionAddress, known: Known): void {
    const name = nameOf(address);
    this.#byAddress.delete(name);
    this.#byAddress.set(name, known);
    if (this.#byAddress.size <= this.#max) return;
    const [oldest] = this.#byAddress.keys();
    if (oldest !== undefined) this.#byAddress.delete(oldest);
  }

  delete(address: SessionAddress): void {
    this.#byAddress.delete(nameOf(address));
  }

  clear(): void {
    this.#byAddress.clear();
  }
}

const nameOf = ({ id, principal, place }: SessionAddress): string =>
  JSON.stringify([id, principal, place]);
