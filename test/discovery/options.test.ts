/**
 * The options that discovery documents are made from: what is refused, and in which words.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { McpRouterOptions } from '../../lib/options.js';
import { resolveOptions } from '../../lib/resolve-options.js';
import { bareGate, ownGate, remoteGate } from '../support/gates.js';
import { optionErrorOf } from '../support/thrown.js';

const resolved = (options: object, environment = {}) =>
  resolveOptions(options as McpRouterOptions, environment);

const refusalOf = (options: object) => optionErrorOf(() => resolved(options));

describe('auth', () => {
  it('is a gate, or false for an endpoint that is open on purpose', () => {
    const gate = bareGate();
    expect(resolved({ auth: gate }).settings.auth).toBe(gate);
    expect(Object.isFrozen(gate)).toBe(false);
    for (const auth of [false, undefined]) expect(resolved({ auth }).settings.auth).toBe(false);
  });

  it.each([
    true,
    null,
    {},
    () => bareGate(),
    { ...bareGate(), verify: undefined },
    { ...bareGate(), authorizationServers: undefined },
    { ...bareGate(), authorizationServers: 'https://login.example.com' },
    { ...bareGate(), authorizationServers: [''] },
    { ...bareGate(), authorizationServers: [5] },
  ])('is nothing else: %o', (auth) => {
    expect(refusalOf({ baseUrl: 'https://h', auth })).toMatch(/^auth: expected /);
  });

  it('never repeats what may be a token', () => {
    expect(refusalOf({ auth: 'hunter2' })).toMatch(/, got 7 bytes\.$/);
  });
});

describe('baseUrl is required with an authorization server (DESIGN §2)', () => {
  it.each([remoteGate('https://login.example.com'), ownGate()])('%o', (auth) => {
    expect(refusalOf({ auth })).toMatch(/^baseUrl: expected a URL with auth/);
    expect(resolved({ auth, baseUrl: 'https://h' }).settings.auth).toBe(auth);
    expect(resolved({ auth }, { baseUrl: 'https://h' }).settings.address.url).toBe('https://h/mcp');
  });

  it('and not without one', () => {
    expect(resolved({ auth: bareGate() }).settings.address.url).toBeUndefined();
  });
});

describe('a refusal', () => {
  it.each<[object, string]>([
    [{ wellKnown: 'none' }, 'wellKnown: expected "internal" or "external", got "none".'],
    [{ wellKnown: false }, 'wellKnown: expected "internal" or "external", got false.'],
    [{ resourceName: '' }, 'resourceName: expected a name, got "".'],
    [{ resourceName: 5 }, 'resourceName: expected a name, got 5.'],
    [{ rootAliases: 'yes' }, 'rootAliases: expected true or false, got "yes".'],
    [{ answerUnknownProbes: 1 }, 'answerUnknownProbes: expected true or false, got 1.'],
    [{ scopesSupported: 'read' }, 'scopesSupported: expected an array of scopes, got "read".'],
    [{ scopesSupported: [5] }, 'scopesSupported.0: expected a scope, got 5.'],
    [
      { scopesSupported: ['read write'] },
      'scopesSupported.0: expected a scope without spaces and quotes, got "read write".',
    ],
    [
      { scopesSupported: ['read', 'offline_access'] },
      'scopesSupported.1: expected a scope that tokens have (clients ask for offline_access by themselves), got "offline_access".',
    ],
  ])('says where, what was expected and what was given: %o', (options, message) => {
    expect(refusalOf(options)).toBe(message);
  });

  it.each([
    '',
    'docs',
    '/docs',
    'ftp://h/docs',
    'javascript:alert(1)',
    'https://h/a b',
    'https://',
    5,
  ])('meets a resourceDocumentation that is no page: %o', (resourceDocumentation) => {
    expect(refusalOf({ resourceDocumentation })).toMatch(/^resourceDocumentation: expected /);
  });

  it.each(['', 'a"b', 'a\\b', 'é', 'a\nb'])(
    'meets a scope that no header can carry: %o',
    (scope) => {
      expect(refusalOf({ scopesSupported: [scope] })).toMatch(/^scopesSupported\.0: expected /);
    },
  );
});

it('freezes and copies what it is given', () => {
  const scopesSupported = ['read'];
  const { settings } = resolved({ scopesSupported });
  expect(Object.isFrozen(settings.scopesSupported)).toBe(true);
  expect(Object.isFrozen(scopesSupported)).toBe(false);
});
