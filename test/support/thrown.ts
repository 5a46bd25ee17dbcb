/**
 * The error that a function throws, when it is one of the package's own.
 *
 * Knows: the error classes. Does not know: what was wrong.
 *
 * @module
 */
import { OptionError } from 'express-mcp-router';
import { expect } from 'vitest';

/** Message of the `OptionError` that `act` throws; a one-line text with its stable code. */
export function optionErrorOf(act: () => unknown): string {
  const error = thrownBy(act);
  expect(error).toBeInstanceOf(OptionError);
  const { code, message } = error as OptionError;
  expect(code).toBe('ERR_MCP_OPTION');
  expect(message).not.toMatch(/\n|undefined|\[object/);
  return message;
}

/** Whatever `act` throws; undefined when it does not. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}
