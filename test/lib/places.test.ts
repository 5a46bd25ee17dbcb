/**
 * Paths as they are compared, and the shapes that they may have.
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathShape, placeOf } from '../../lib/places.js';

describe('placeOf', () => {
  it.each([
    ['/api/mcp', '/api/mcp'],
    ['/', '/'],
    ['', '/'],
    ['/mcp?session=1', '/mcp'],
    ['/mcp/?a=/b/', '/mcp'],
    ['/mcp#a', '/mcp'],
    ['/mcp/', '/mcp'],
    ['//api///mcp//', '/api/mcp'],
    ['/API/mcp', '/API/mcp'],
    ['/%6dcp', '/mcp'],
    ['/a%2Fb/mcp', '/a%2Fb/mcp'],
    ['/a%2fb/mcp', '/a%2Fb/mcp'],
    ['/a%252Fb/mcp', '/a%252Fb/mcp'],
    ['/%zz/mcp', '/%zz/mcp'],
    ['/%ff/mcp', '/%ff/mcp'],
    ['/caf%C3%A9/mcp', '/café/mcp'],
    ['/a%0D%0ab/mcp', '/a%0D%0Ab/mcp'],
    ['/a%22b/mcp', '/a%22b/mcp'],
    ['/a"b/mcp', '/a%22b/mcp'],
    ['/a%1b%7F%c2%85%e2%80%a8/mcp', '/a%1B%7F%C2%85%E2%80%A8/mcp'],
    ['http://example.com/api/mcp?a=1', '/api/mcp'],
    ['http://example.com', '/'],
  ])('%s is at %s', (target, place) => {
    expect(placeOf(target)).toBe(place);
  });
});

describe('pathShape', () => {
  it.each([
    ['/api/mcp', '/api/mcp'],
    ['/api/mcp', '/API/Mcp'],
    ['/API/mcp/', '/api/mcp'],
    ['/t/:tenant/mcp', '/t/acme/mcp'],
    ['/t/:tenant/mcp', '/T/:tenant/MCP'],
    ['/', '/'],
  ])('%s fits %s', (path, place) => {
    expect(pathShape(path).fits(place)).toBe(true);
  });

  it.each([
    ['/api/mcp', '/api'],
    ['/api', '/api/mcp'],
    ['/api/mcp', '/api%2Fmcp'],
    ['/t/:tenant/mcp', '/t/mcp'],
    ['/t/:tenant/mcp', '/t/a/b/mcp'],
    ['/t/:tenant/mcp', '/t/../mcp'],
    ['/t/:tenant/mcp', '/t/./mcp'],
    ['/', '/mcp'],
  ])('%s does not fit %s', (path, place) => {
    expect(pathShape(path).fits(place)).toBe(false);
    expect(pathShape(path).valuesIn(place)).toBeUndefined();
  });

  it.each([
    ['/t/acme/mcp', { tenant: 'acme', area: 'mcp' }],
    ['/t/Acme/MCP', { tenant: 'Acme', area: 'MCP' }],
    ['/t/b%20c/%D0%B6', { tenant: 'b c', area: 'ж' }],
    ['/t/a%2Fb/a%252Fb', { tenant: 'a/b', area: 'a%2Fb' }],
    ['/t/__proto__/constructor', { tenant: '__proto__', area: 'constructor' }],
  ])('reads the values of its parameters, decoded: %s', (target, values) => {
    expect(pathShape('/t/:tenant/:area').valuesIn(placeOf(target))).toEqual(values);
  });

  it.each(['/t/%zz/a', '/t/%ff/a', '/t/a/%'])('reads no malformed value: %s', (target) => {
    expect(pathShape('/t/:tenant/:area').fits(placeOf(target))).toBe(true);
    expect(pathShape('/t/:tenant/:area').valuesIn(placeOf(target))).toBeUndefined();
  });

  it('reads back every value that a client may have encoded', () => {
    const value = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((it) => !/^\.{1,2}$/.test(it));
    fc.assert(
      fc.property(value, (tenant) => {
        const place = placeOf(`/t/${encodeURIComponent(tenant)}/mcp`);
        expect(pathShape('/t/:tenant/mcp').valuesIn(place)).toEqual({ tenant });
      }),
    );
  });
});
