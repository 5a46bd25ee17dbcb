/**
 * Bearer credentials and challenges, as RFC 6750 and RFC 9728 §5.1 write them.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { bearerChallenge, bearerOf, isBearerToken, isScope } from '../../../lib/protocol/bearer.js';

describe('bearerOf', () => {
  it.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['Bearer', undefined],
    ['Bearer ', undefined],
    ['Bearer   ', undefined],
    ['Basic YTpi', undefined],
    ['Bearerx', undefined],
    [' Bearer x', undefined],
    ['Token Bearer x', undefined],
    ['Bearer x', 'x'],
    ['bEARER   x', 'x'],
    ['Bearer a b', 'a b'],
    ['Bearer Bearer x', 'Bearer x'],
  ])('of %j is %j', (header, token) => {
    expect(bearerOf(header)).toBe(token);
  });
});

describe('a challenge', () => {
  it('has its parameters in order, and leaves out what is not said', () => {
    const challenge = bearerChallenge({
      error: 'insufficient_scope',
      description: 'More is needed',
      scopes: ['a', 'b'],
      resourceMetadata: 'https://h/.well-known/oauth-protected-resource/mcp',
    });
    expect(challenge).toBe(
      'Bearer error="insufficient_scope", error_description="More is needed", scope="a b", resource_metadata="https://h/.well-known/oauth-protected-resource/mcp"',
    );
    expect(bearerChallenge({ scopes: [] })).toBe('Bearer realm="mcp"');
  });

  it('cannot be left by what is in it', () => {
    const scopes = ['a", error="x', 'b\r\nSet-Cookie: c=d', 'é\\"', '\0'];
    const header = bearerChallenge({ scopes, description: '"\\\n' });
    expect(header).toMatch(/^[\x20-\x7e]*$/);
    expect(header.match(/"/g)).toHaveLength(4);
    expect(header).not.toContain('\\');
  });
});

it.each([
  ['abc', true],
  ['a.b-c_d~e+f/g==', true],
  ['', false],
  ['=', false],
  ['a b', false],
  ['a=b', false],
  ['a:b', false],
  ['é', false],
])('%j is a token: %j', (text, expected) => {
  expect(isBearerToken(text)).toBe(expected);
});

it.each([
  ['mcp:read', true],
  ['https://h/x', true],
  ["!#[]~'", true],
  ['', false],
  ['a b', false],
  ['a"b', false],
  ['a\\b', false],
  ['é', false],
])('%j is a scope: %j', (text, expected) => {
  expect(isScope(text)).toBe(expected);
});
