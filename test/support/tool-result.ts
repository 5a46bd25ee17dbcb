/**
 * The text that a tool returned.
 *
 * Knows: the shape of a `tools/call` result. Does not know: tools.
 *
 * @module
 */
import type { Message } from './inbox.js';

/** A tool's result that holds one value as JSON. */
export const text = (value: unknown) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(value) ?? 'null' }],
});

/** What a tool returned, and whether it failed. */
export interface Told {
  readonly value: unknown;
  readonly isError: boolean;
}

/** Reads what `text` wrote; a failure's value is its message. */
export function told(response: Message | undefined): Told {
  if (response?.error !== undefined) return { value: response.error.message, isError: true };
  const { content, isError = false } = (response?.result ?? {}) as {
    content?: { text: string }[];
    isError?: boolean;
  };
  const written = content?.[0]?.text ?? '';
  return { value: isError ? written : JSON.parse(written), isError };
}
