/**
 * The revisions of the legacy era and how one is agreed on.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  ASSUMED_VERSION,
  allowsBatches,
  allowsPolling,
  isLegacyVersion,
  LEGACY_VERSIONS,
  negotiate,
  SSE_VERSIONS,
} from '../../../lib/protocol/versions.js';

describe('negotiation (2025-11-25 lifecycle §Version Negotiation)', () => {
  it.each(LEGACY_VERSIONS)('agrees to %s', (version) => {
    expect(negotiate(version)).toBe(version);
  });

  it.each(['2024-11-05', '2026-07-28', '1.0', '', 'DRAFT-2026-v1', undefined, null, 20251125])(
    'answers %j with the newest revision',
    (proposed) => {
      expect(negotiate(proposed)).toBe('2025-11-25');
    },
  );
});

describe('negotiation over HTTP+SSE', () => {
  it.each(SSE_VERSIONS)('agrees to %s', (version) => {
    expect(negotiate(version, SSE_VERSIONS)).toBe(version);
  });

  it.each(['2024-10-07', '2026-07-28', undefined])('answers %j with the newest', (proposed) => {
    expect(negotiate(proposed, SSE_VERSIONS)).toBe('2025-11-25');
  });

  it('knows neither batches nor polling at 2024-11-05', () => {
    expect([allowsBatches('2024-11-05'), allowsPolling('2024-11-05')]).toEqual([false, false]);
    expect(isLegacyVersion('2024-11-05')).toBe(false);
  });
});

it('takes 2025-03-26 for granted without a header (transports §Protocol Version Header)', () => {
  expect(ASSUMED_VERSION).toBe('2025-03-26');
});

it('batches at 2025-03-26 only (2025-06-18 changelog, 1)', () => {
  expect(LEGACY_VERSIONS.filter(allowsBatches)).toEqual(['2025-03-26']);
});

it.each(['2025-11-25 ', '2025-11-25, 2025-11-25', 'toString', '__proto__', undefined, {}])(
  'does not know a revision named %j',
  (value) => {
    expect(isLegacyVersion(value)).toBe(false);
  },
);
