/**
 * What every refusal has in common, asserted in one place.
 *
 * Knows: the shape of a JSON-RPC error over HTTP. Does not know: which refusals there are.
 *
 * @module
 */
import { expect } from 'vitest';
import type { Answer } from './raw-request.js';

/** The answer that a test expects. */
export interface ExpectedRefusal {
  readonly status: number;
  readonly reason: string;
  /** The request's id; undefined when it could not be read. */
  readonly id?: string | number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Members of `error.data`. */
export type RefusalData = Readonly<Record<string, unknown>>;

/**
 * A JSON-RPC error with JSON's content type, the request's id or none, a stable reason, and neither
 * markup nor a stack trace; returns `error.data`.
 */
export function expectRefusal(answer: Answer, expected: ExpectedRefusal): RefusalData {
  const { status, reason, id, headers } = expected;
  expect(answer.text).not.toMatch(/<[a-z!/]/i);
  expect(answer.text).not.toMatch(/\bat \S+ \(|\.[jt]s:\d+|node_modules/);
  const body = JSON.parse(answer.text);
  expect({ status: answer.status, reason: body.error?.data?.reason }).toEqual({ status, reason });
  expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
  expect(body).toEqual({
    jsonrpc: '2.0',
    ...(id !== undefined && { id }),
    error: { code: expect.any(Number), message: expect.any(String), data: body.error.data },
  });
  expect(Number.isSafeInteger(body.error.code)).toBe(true);
  if (headers !== undefined) expect(answer.headers).toMatchObject(headers);
  return body.error.data;
}
