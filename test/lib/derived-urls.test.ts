/**
 * What follows from an endpoint's address: what a token is for, and where metadata is.
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf } from '../../lib/places.js';
import {
  type AddressOptions,
  endpointUrl,
  parametersAt,
  resolveAddress,
  resourceMetadataUrl,
  resourceUrl,
  wellKnownUrl,
} from '../../lib/urls.js';

describe('endpointUrl', () => {
  const address = resolveAddress({ baseUrl: 'https://h/t/:tenant' });

  it('fills in the parameters of the mount, encoded', () => {
    expect(endpointUrl(address, { tenant: 'a/b c' })).toBe('https://h/t/a%2Fb%20c/mcp');
  });

  it('keeps a parameter that has no value', () => {
    expect(endpointUrl(address, {})).toBe('https://h/t/:tenant/mcp');
  });

  it('does not take a port for a parameter', () => {
    const { url } = resolveAddress({ baseUrl: 'http://localhost:3000' });
    expect(endpointUrl(resolveAddress({ baseUrl: 'http://localhost:3000' }), {})).toBe(url);
  });

  it('is undefined without baseUrl', () => {
    expect(endpointUrl(resolveAddress({}), { tenant: 'a' })).toBeUndefined();
  });
});

describe('what a token has to be for (RFC 8707 §2)', () => {
  it.each<[AddressOptions, Record<string, string>, string | undefined]>([
    [{ baseUrl: 'https://h/api' }, {}, 'https://h/api/mcp'],
    [{ baseUrl: 'https://h', mcpPath: '/' }, {}, 'https://h'],
    [{ baseUrl: 'https://h/a', resourceBaseUrl: 'https://r/b' }, {}, 'https://r/b/mcp'],
    [{ baseUrl: 'https://h/t/:tenant' }, { tenant: 'a/b c' }, 'https://h/t/a%2Fb%20c/mcp'],
    [{ baseUrl: 'https://h/t/:tenant' }, { tenant: 'ж?#%' }, 'https://h/t/%D0%B6%3F%23%25/mcp'],
    [
      { baseUrl: 'https://h/t/:tenant' },
      { tenant: 'a@b:c;d=e,f+g&h$' },
      'https://h/t/a@b:c;d=e,f+g&h$/mcp',
    ],
    [{ baseUrl: 'https://h/t/:tenant' }, { tenant: ':area' }, 'https://h/t/:area/mcp'],
    [{}, {}, undefined],
  ])('%o with %o is %s', (options, params, resource) => {
    expect(resourceUrl(resolveAddress(options), params)).toBe(resource);
  });

  it('is written as a client writes it, whatever RFC 3986 §3.3 allows in a segment', () => {
    const address = resolveAddress({ baseUrl: 'https://h/t/:tenant' });
    const legal = fc.stringMatching(/^[A-Za-z0-9._~!$&'()*+,;=:@-]+$/);
    fc.assert(
      fc.property(legal, (tenant) => {
        fc.pre(!/^\.{1,2}$/.test(tenant));
        const asked = new URL(`https://h/t/${tenant}/mcp`).href;
        expect(resourceUrl(address, { tenant })).toBe(asked);
      }),
    );
  });

  it('stays within its segment, whatever the tenant is called', () => {
    const address = resolveAddress({ baseUrl: 'https://h/t/:tenant' });
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (tenant) => {
        fc.pre(!/^\.{1,2}$/.test(tenant));
        const { origin, pathname, search, hash } = new URL(resourceUrl(address, { tenant }) ?? '');
        const parts = { origin, segments: pathname.split('/').length, search, hash };
        expect(parts).toEqual({ origin: 'https://h', segments: 4, search: '', hash: '' });
      }),
    );
  });
});

describe('where metadata is', () => {
  it.each<[AddressOptions, Record<string, string>, string | undefined]>([
    [{ baseUrl: 'https://h/api' }, {}, 'https://h/.well-known/oauth-protected-resource/api/mcp'],
    [{ baseUrl: 'https://h' }, {}, 'https://h/.well-known/oauth-protected-resource/mcp'],
    [{ baseUrl: 'https://h', mcpPath: '/' }, {}, 'https://h/.well-known/oauth-protected-resource'],
    [
      { baseUrl: 'https://h/api', resourceBaseUrl: 'https://r' },
      {},
      'https://r/.well-known/oauth-protected-resource/mcp',
    ],
    [
      { baseUrl: 'http://[::1]:3000/t/:tenant' },
      { tenant: 'b c' },
      'http://[::1]:3000/.well-known/oauth-protected-resource/t/b%20c/mcp',
    ],
    [
      { baseUrl: 'https://h/edge/api', proxyPrefix: '/edge' },
      {},
      'https://h/.well-known/oauth-protected-resource/edge/api/mcp',
    ],
    [{}, {}, undefined],
  ])('of the resource: %o (RFC 9728 §3.1)', (options, params, url) => {
    expect(resourceMetadataUrl(resolveAddress(options), params)).toBe(url);
  });

  it('of an issuer: between host and path, or at the root (RFC 8414 §3.1)', () => {
    expect(wellKnownUrl('oauth-authorization-server', 'https://h/api')).toBe(
      'https://h/.well-known/oauth-authorization-server/api',
    );
    expect(wellKnownUrl('openid-configuration', 'https://h:8443')).toBe(
      'https://h:8443/.well-known/openid-configuration',
    );
  });

  it('fits into a header, whatever the path is called', () => {
    const address = resolveAddress({ baseUrl: 'https://h/café/:tenant', mcpPath: '/ж' });
    expect(resourceMetadataUrl(address, { tenant: 'ü"\r\n' })).toMatch(/^[\x21\x23-\x7e]+$/);
  });
});

describe('parametersAt', () => {
  it.each<[AddressOptions, string, Record<string, string>]>([
    [{ baseUrl: 'https://h/t/:tenant' }, '/t/b%20c/mcp', { tenant: 'b c' }],
    [{ baseUrl: 'https://h/gw/:tenant', proxyPrefix: '/gw' }, '/acme/mcp', { tenant: 'acme' }],
    [{ baseUrl: 'https://h/t/:tenant' }, '/elsewhere/acme/mcp', {}],
    [{ baseUrl: 'https://h/api' }, '/api/mcp', {}],
    [{}, '/api/mcp', {}],
  ])('of %o at %s are %o', (options, target, params) => {
    expect(parametersAt(resolveAddress(options), placeOf(target))).toEqual(params);
  });
});
