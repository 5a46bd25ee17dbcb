/**
 * The protocol revisions of the legacy era and what differs between them.
 *
 * Knows: their names, their order, which of them batches.
 * Does not know: the modern era (2026-07-28 and later).
 *
 * @module
 */

/** Revisions served at the endpoint, newest first. */
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const;

/** Revisions served over HTTP+SSE: its own, and the newer ones of clients that still know it. */
export const SSE_VERSIONS = [...LEGACY_VERSIONS, '2024-11-05'] as const;

/** One of {@link SSE_VERSIONS}. */
export type LegacyVersion = (typeof SSE_VERSIONS)[number];

/** What a request without a version header speaks (2025-11-25 transports §Protocol Version Header). */
export const ASSUMED_VERSION: LegacyVersion = '2025-03-26';

/** True when `value` names one of the revisions served. */
export const isLegacyVersion = (
  value: unknown,
  served: readonly LegacyVersion[] = LEGACY_VERSIONS,
): value is LegacyVersion => (served as readonly unknown[]).includes(value);

/** The revision that answers a client's proposal: its own if served, else the newest (lifecycle §Version Negotiation). */
export const negotiate = (proposed: unknown, served?: readonly LegacyVersion[]): LegacyVersion =>
  isLegacyVersion(proposed, served) ? proposed : LEGACY_VERSIONS[0];

/** JSON arrays of messages exist in 2025-03-26 only; 2025-06-18 removed them. */
export const allowsBatches = (version: LegacyVersion): boolean => version === '2025-03-26';

/** Whether clients take an event without data, and a connection that closes before the answer (SEP-1699). */
export const allowsPolling = (version: LegacyVersion): boolean => version === '2025-11-25';
