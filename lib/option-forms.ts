/**
 * The forms that single options have, and how each is told to somebody who missed it.
 *
 * Knows: types, units and limits. Does not know: names of options, defaults.
 *
 * @module
 */
import { z } from 'zod';
import type { AuthGate } from './auth/port.js';
import { MIN_SECRET_BYTES } from './env.js';
import type { Middleware } from './options.js';
import { isScope } from './protocol/bearer.js';
import { isHost, isOrigin } from './urls.js';

const MAX_TIMER_MS = 2_147_483_647;

/** An amount. */
export const count = (expected = 'a positive integer') =>
  z.int({ error: expected }).positive({ error: expected });

/** Milliseconds, as a timer takes them. */
export const duration = () =>
  z
    .int({ error: 'milliseconds, a positive integer' })
    .positive({ error: 'milliseconds, a positive integer' })
    .max(MAX_TIMER_MS, { error: `at most ${MAX_TIMER_MS} milliseconds` });

/** For a group of options; unknown members have a message of their own (`unknownOption`). */
export const notAnObject = { error: 'an object' };

/** On or off. */
export const flag = () => z.boolean({ error: 'true or false' });

/** A handler of whatever framework. */
export const anyFunction = z.custom<Middleware>((value) => typeof value === 'function', {
  error: 'a function (req, res, next)',
});

/** An object of somebody else's, known by its functions. */
export const having = <T>(error: string, ...names: string[]) =>
  z.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function'),
    { error },
  );

/** A scheme and a host, as in `Origin`. */
export const origin = z.string({ error: 'an origin' }).refine(isOrigin, {
  error: 'a bare origin such as "https://app.example.com" (dangerouslyAllowAnyOrigin lets all in)',
});

/** A host with or without a port, as in `Host`. */
export const host = z.string({ error: 'a host' }).refine(isHost, {
  error: ({ input }) => `a host such as "${suggestedHost(String(input))}", without scheme and path`,
});

/** A key; its text is never shown. */
export const secret = z
  .string({ error: 'a string of at least 32 bytes' })
  .refine((value) => Buffer.byteLength(value) >= MIN_SECRET_BYTES, {
    error: `at least ${MIN_SECRET_BYTES} bytes`,
  });

/** A scope-token (RFC 6749 §3.3). */
export const scope = z
  .string({ error: 'a scope' })
  .refine(isScope, { error: 'a scope without spaces and quotes' })
  .refine((value) => value !== 'offline_access', {
    error: 'a scope that tokens have (clients ask for offline_access by themselves)',
  });

/** An address; `urls.ts` says what is wrong with it. */
export const url = z.union([z.string(), z.instanceof(URL)], { error: 'a URL' }).optional();

/** A path; `urls.ts` says what is wrong with it. */
export const path = z.string({ error: 'a path' }).optional();

/** Names and patterns, each with what it needs. */
export const rules = () =>
  z.record(
    z.string(),
    z.union([scope, z.array(scope).min(1, { error: 'at least one scope' })], {
      error: 'a scope, or an array of them',
    }),
    { error: 'an object of names and scopes' },
  );

/** Who may come in. */
export const gate = z.custom<AuthGate>(isGate, { error: 'a gate' });

/** An address for people. */
export const page = z
  .union([z.string(), z.instanceof(URL)], { error: 'a URL' })
  .refine((value) => isPage(String(value)), {
    error: 'the URL of a page, such as "https://h/docs"',
  });

function isGate(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { verify, authorizationServers: servers } = value as Partial<AuthGate>;
  return typeof verify === 'function' && Array.isArray(servers) && servers.every(isText);
}

const isPage = (text: string) => /^https?:\/\/[^\s"<>\\^`{|}]+$/i.test(text) && URL.canParse(text);

const isText = (value: unknown) => typeof value === 'string' && value !== '';

/** The host of a URL that was given instead of one. */
function suggestedHost(text: string): string {
  const host = URL.canParse(text) ? new URL(text).host : '';
  return isHost(host) ? host : 'example.com:8443';
}
