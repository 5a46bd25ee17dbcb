/**
 * What the package tells its operator.
 *
 * Knows: the logger's shape.
 * Does not know: where lines end up.
 *
 * @module
 */
/** Where log lines go; the argument order is pino's. A pino logger fits as it is. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Levels of {@link stderrLogger}, quietest last. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

const drop = () => {};

/** Says nothing. */
export const silentLogger: Logger = { debug: drop, info: drop, warn: drop, error: drop };

/** Errors have no members of their own that JSON would show. */
const readable = (_name: string, value: unknown) =>
  value instanceof Error
    ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
    : value;

/** Writes one JSON object a line to standard error, from `level` up. */
export function stderrLogger(level: LogLevel): Logger {
  const lowest = LOG_LEVELS.indexOf(level);
  const at = (name: LogLevel) =>
    LOG_LEVELS.indexOf(name) < lowest
      ? drop
      : (fields: object, message: string) => {
          const line = { time: new Date().toISOString(), level: name, ...fields, msg: message };
          process.stderr.write(`${JSON.stringify(line, readable)}\n`);
        };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The same logger, but a fault of its own never reaches a request. */
export function faultless(logger: Logger): Logger {
  if (logger === silentLogger) return logger;
  const at = (name: keyof Logger) => (fields: object, message: string) => {
    try {
      logger[name](fields, message);
    } catch {
      // There is nowhere left to tell it.
    }
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
