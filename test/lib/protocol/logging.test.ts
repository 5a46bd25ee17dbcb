/**
 * Which log messages a client gets (RFC 5424 §6.2.1, 2025-11-25 server/utilities/logging).
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { isLogged, isLoggingLevel } from '../../../lib/protocol/logging.js';

const LEVELS = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const;

describe('the threshold', () => {
  it.each(LEVELS.map((level, index) => [level, index] as const))(
    'lets %s and what is more severe through',
    (threshold, index) => {
      const passed = LEVELS.filter((level) => isLogged(level, threshold));
      expect(passed).toEqual(LEVELS.slice(index));
    },
  );

  it('lets everything through as long as the client asked for none', () => {
    expect(LEVELS.filter((level) => isLogged(level, undefined))).toEqual(LEVELS);
  });

  it('does not hide a message whose level is not one', () => {
    expect(isLogged('loud', 'emergency')).toBe(true);
  });
});

it.each(['Debug', 'warn', '', undefined, null, 3, {}, 'toString'])(
  'does not take %j for a level',
  (value) => {
    expect(isLoggingLevel(value)).toBe(false);
  },
);
