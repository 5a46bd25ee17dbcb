/**
 * What an option of a gate may be, and the sentence when it is something else.
 *
 * Knows: forms of single options. Does not know: which gate has which.
 *
 * @module
 */
import { OptionError, shown, unknownOption } from '../errors.js';
import { isScope } from '../protocol/bearer.js';
import { isLoopbackName, readUrl } from '../urls.js';

/** Options as they were given; members are unchecked. */
export type Given<T> = { readonly [Name in keyof T]?: unknown };

/** How a wrong option is told. */
export const refusal = (where: string, expected: string, got: string): OptionError =>
  new OptionError(`${where}: expected ${expected}, got ${got}.`);

/** What a value is, without what is in it. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'none';
  return Array.isArray(value) ? 'an array' : typeof value;
}

/** A value as errors show it: a plain one itself, of others the kind. */
export function told(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'object' || typeof value === 'function' ? kindOf(value) : shown(value);
}

/** A group of options, none of them unknown. */
export function readGroup<T extends object>(
  where: string,
  value: unknown,
  names: readonly (keyof T & string)[],
): Given<T> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refusal(where, 'an object', kindOf(value));
  }
  const stranger = Object.keys(value).find((name) => !names.some((known) => known === name));
  if (stranger !== undefined) throw unknownOption(where, stranger, names);
  return value as Given<T>;
}

/** A text that is not empty. */
export function readText(where: string, value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw refusal(where, 'a text', told(value));
}

/** One text or several. */
export function readTexts(where: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [readText(where, value)];
  if (value.length === 0) throw refusal(where, 'at least one text', 'none');
  return value.map((one, index) => readText(`${where}.${index}`, one));
}

export function readFlag(where: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value === 'boolean') return value;
  throw refusal(where, 'true or false', told(value));
}

/** Limits of a number and what it is without one. */
export interface Range {
  readonly unit: string;
  readonly least: number;
  readonly most: number;
  readonly usual: number;
}

export function readInteger(where: string, value: unknown, range: Range): number {
  const { unit, least, most, usual } = range;
  if (value === undefined) return usual;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) {
    return Number(value);
  }
  throw refusal(where, `${unit}, an integer from ${least} to ${most}`, told(value));
}

/** One of a few words. */
export function readWord<T extends string>(
  where: string,
  value: unknown,
  [usual, ...others]: readonly [T, ...T[]],
): T {
  if (value === undefined) return usual;
  const words = [usual, ...others];
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw refusal(where, words.map((word) => `"${word}"`).join(' or '), told(value));
}

/** Scopes, without repetitions. */
export function readScopes(where: string, value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw refusal(where, 'an array of scopes', told(value));
  const wrong = value.findIndex((one) => typeof one !== 'string' || !isScope(one));
  if (wrong === -1) return [...new Set<string>(value)];
  throw refusal(`${where}.${wrong}`, 'a scope without spaces and quotes', told(value[wrong]));
}

/** A URL that is asked over the network: https, or http on loopback; a query is its owner's business. */
export function readRemoteUrl(where: string, value: unknown): URL {
  const text = value instanceof URL ? value.href : readText(where, value);
  const [address = ''] = text.split('?', 1);
  readUrl(where, address);
  if (text.includes('#')) throw refusal(where, 'a URL without fragment', told(text));
  return new URL(text);
}

/** An issuer as it calls itself, to the letter (RFC 8414 §2). */
export function readIssuer(where: string, value: unknown): string {
  const text = readText(where, value);
  readUrl(where, text);
  return text;
}

/** Issuers of the authorization servers that clients are sent to. */
export function readIssuers(where: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw refusal(where, 'an array of issuers', told(value));
  return [...new Set(value.map((one, index) => readIssuer(`${where}.${index}`, one)))];
}

/** True for https, and for http on this machine. */
export const isSecure = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && isLoopbackName(hostname));

/** A function with the signature of `fetch`. */
export function readFetch(where: string, value: unknown): typeof fetch {
  if (value === undefined) return fetch;
  if (typeof value === 'function') return value as typeof fetch;
  throw refusal(where, 'a function like fetch', told(value));
}
