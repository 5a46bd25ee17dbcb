/**
 * The errors a developer meets while building an endpoint.
 *
 * Knows: their codes and the sentence they are told in.
 * Does not know: JSON-RPC refusals, which go to clients (`protocol/refusals.ts`).
 *
 * @module
 */

/** Stable codes of {@link McpRouterError}; match these, never the message. */
export type McpRouterErrorCode =
  | 'ERR_MCP_OPTION'
  | 'ERR_MCP_SERVER_CONNECTED'
  | 'ERR_MCP_SERVER_KIND'
  | 'ERR_MCP_SHARED_STATE'
  | 'ERR_MCP_ENV_AMBIGUOUS'
  | 'ERR_MCP_NO_CLIENT'
  | 'ERR_MCP_CLOSED'
  | 'ERR_MCP_STORE'
  | 'ERR_MCP_WORKER';

/** Base of every error thrown by this package. */
export class McpRouterError extends Error {
  /** Stable identifier of the fault. */
  readonly code: McpRouterErrorCode;

  constructor(code: McpRouterErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'McpRouterError';
    this.code = code;
  }
}

/** An option or an environment variable is missing, unknown or out of range. */
export class OptionError extends McpRouterError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MCP_OPTION', message, options);
    this.name = 'OptionError';
  }
}

/** A store gave no answer in time, or refused; callers answer with 503. Its `cause` is the store's own error. */
export class StoreError extends McpRouterError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MCP_STORE', message, options);
    this.name = 'StoreError';
  }
}

/** A value as it is shown in a message: quoted, on one line, never longer than 80 characters. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The same for what may be of any type: anything but a short value is named by its kind. */
export function told(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : shown(value);
}

/** The error for an option that does not exist; names the one that was probably meant. */
export function unknownOption(where: string, key: string, known: readonly string[]): OptionError {
  const near = known
    .map((name) => ({ name, distance: distanceBetween(name.toLowerCase(), key.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  const hint = near !== undefined && near.distance <= 3 ? ` Did you mean "${near.name}"?` : '';
  return new OptionError(`${where}: unknown option "${key}".${hint}`);
}

/** Levenshtein distance. */
function distanceBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
