/**
 * Severity of `notifications/message` (RFC 5424 §6.2.1).
 *
 * Knows: the order of levels. Does not know: who asked for which.
 *
 * @module
 */

/** Levels from the least to the most severe. */
const LOGGING_LEVELS = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const;

/** A level that a client can ask for with `logging/setLevel`. */
export type LoggingLevel = (typeof LOGGING_LEVELS)[number];

/** True for a level of the specification. */
export const isLoggingLevel = (value: unknown): value is LoggingLevel =>
  (LOGGING_LEVELS as readonly unknown[]).includes(value);

/** True when a message of `level` is wanted by a client that asked for `threshold` and above. */
export function isLogged(level: unknown, threshold: LoggingLevel | undefined): boolean {
  if (threshold === undefined || !isLoggingLevel(level)) return true;
  return LOGGING_LEVELS.indexOf(level) >= LOGGING_LEVELS.indexOf(threshold);
}
