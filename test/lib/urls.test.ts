/**
 * The addresses of an endpoint, and what path a right mount is asked for.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { placeOf } from '../../lib/places.js';
import {
  type AddressOptions,
  endpointUrl,
  isHost,
  isLoopbackName,
  isOrigin,
  mountCheck,
  resolveAddress,
  urlMap,
} from '../../lib/urls.js';
import { optionErrorOf } from '../support/thrown.js';

const faultAt = (options: AddressOptions, target: string) =>
  mountCheck(resolveAddress(options))(placeOf(target));

describe('resolveAddress', () => {
  it.each<[AddressOptions, string | undefined]>([
    [{}, undefined],
    [{ baseUrl: undefined, mcpPath: undefined }, undefined],
    [{ mcpPath: '/tools' }, undefined],
    [{ baseUrl: 'https://example.com' }, 'https://example.com/mcp'],
    [{ baseUrl: 'https://example.com/' }, 'https://example.com/mcp'],
    [{ baseUrl: 'https://example.com/api' }, 'https://example.com/api/mcp'],
    [{ baseUrl: 'https://example.com/api/' }, 'https://example.com/api/mcp'],
    [{ baseUrl: new URL('https://example.com/api/') }, 'https://example.com/api/mcp'],
    [{ baseUrl: 'HTTPS://Example.COM:443/Api' }, 'https://example.com/Api/mcp'],
    [{ baseUrl: 'https://example.com:8443' }, 'https://example.com:8443/mcp'],
    [{ baseUrl: 'https://example.com/t/:tenant' }, 'https://example.com/t/:tenant/mcp'],
    [{ baseUrl: 'https://example.com/api', mcpPath: '/' }, 'https://example.com/api'],
    [{ baseUrl: 'https://example.com', mcpPath: '/' }, 'https://example.com'],
    [{ baseUrl: 'https://example.com', mcpPath: '/a/b/' }, 'https://example.com/a/b'],
    [{ baseUrl: 'https://example.com/apis', mcpPath: '/api' }, 'https://example.com/apis/api'],
    [{ baseUrl: 'http://localhost:3000' }, 'http://localhost:3000/mcp'],
    [{ baseUrl: 'http://app.localhost' }, 'http://app.localhost/mcp'],
    [{ baseUrl: 'http://127.8.9.10' }, 'http://127.8.9.10/mcp'],
    [{ baseUrl: 'http://[::1]:3000' }, 'http://[::1]:3000/mcp'],
  ])('joins %o', (options, url) => {
    expect(resolveAddress(options).url).toBe(url);
  });

  it('derives the issuer and the resource from baseUrl unless they are given', () => {
    const baseUrl = 'https://example.com/api';
    expect(resolveAddress({ baseUrl })).toEqual({
      url: `${baseUrl}/mcp`,
      baseUrl,
      mcpPath: '/mcp',
      issuerUrl: baseUrl,
      resourceBaseUrl: baseUrl,
      resource: `${baseUrl}/mcp`,
      proxyPrefix: '',
    });
    const issuerUrl = 'https://id.example.com/';
    const resourceBaseUrl = 'https://mcp.example.com/v1/';
    expect(
      resolveAddress({ baseUrl, issuerUrl, resourceBaseUrl, proxyPrefix: '/api/' }),
    ).toMatchObject({
      issuerUrl: 'https://id.example.com',
      resourceBaseUrl: 'https://mcp.example.com/v1',
      resource: 'https://mcp.example.com/v1/mcp',
      proxyPrefix: '/api',
    });
  });

  it.each<AddressOptions>([
    { baseUrl: '' },
    { baseUrl: 'example.com' },
    { baseUrl: '/api' },
    { baseUrl: 'ftp://example.com' },
    { baseUrl: 'https:/example.com/api' },
    { baseUrl: 'https:example.com/api' },
    { baseUrl: 'https:///example.com' },
    { baseUrl: 'https://example.com\\api' },
    { baseUrl: ' https://example.com' },
    { baseUrl: 'https://example.com/api ' },
    { baseUrl: 'https://example.com/api?' },
    { baseUrl: 'https://example.com/api?a=1' },
    { baseUrl: 'https://example.com/api#' },
    { baseUrl: 'https://example.com//api' },
    { baseUrl: 'https://example.com/api//' },
    { baseUrl: 'https://example.com/a/../b' },
    { baseUrl: 'https://example.com/.' },
    { baseUrl: 'http://example.com' },
    { baseUrl: 'http://localhost.example.com' },
    { baseUrl: 'http://127.0.0.1.example.com' },
    { baseUrl: 'http://10.0.0.1' },
    { issuerUrl: 'http://example.com' },
    { resourceBaseUrl: 'https://example.com#a' },
    { mcpPath: '' },
    { mcpPath: 'mcp' },
    { mcpPath: '/mcp?a=1' },
    { mcpPath: '/mcp#a' },
    { mcpPath: '//mcp' },
    { mcpPath: '/:tenant/mcp' },
    { mcpPath: '/mcp*' },
    { mcpPath: '/{mcp}' },
    { proxyPrefix: 'api' },
    { baseUrl: 'https://example.com/v1', proxyPrefix: '/api' },
    { baseUrl: 'https://example.com/apis', proxyPrefix: '/api' },
  ])('refuses %o', (options) => {
    const [name] = Object.keys(options).slice(-1);
    expect(optionErrorOf(() => resolveAddress(options))).toMatch(new RegExp(`^${name}: expected `));
  });

  it.each([
    'https://admin:hunter2@example.com',
    'https://admin:hun@ter2@example.com',
    'https://admin:hunter2/x@example.com',
    'https:admin:hunter2@example.com',
    'admin:hunter2@example.com',
    'https://hunter2@example.com',
  ])('refuses credentials without repeating them: %s', (baseUrl) => {
    const told = optionErrorOf(() => resolveAddress({ baseUrl }));
    expect(told).not.toMatch(/hunter2|ter2|admin/);
    expect(told).toContain('example.com');
  });

  it.each([
    ['https://h/api', '/api/mcp', ['mcpPath: "/mcp"', 'baseUrl: "https://h"']],
    ['https://h/API', '/api/Mcp', ['mcpPath: "/Mcp"', 'baseUrl: "https://h"']],
    ['https://h/api/v1', '/api/v1/mcp', ['mcpPath: "/mcp"', 'baseUrl: "https://h"']],
    ['https://h/v1/api', '/api/mcp', ['mcpPath: "/mcp"', 'baseUrl: "https://h/v1"']],
    ['https://h/mcp', undefined, ['mcpPath: "/"', 'baseUrl: "https://h"']],
    ['https://h/api/mcp', undefined, ['mcpPath: "/"', 'baseUrl: "https://h/api"']],
  ])('names both ways out of a doubled prefix: %s and %s (W3)', (baseUrl, mcpPath, fixes) => {
    const told = optionErrorOf(() => resolveAddress({ baseUrl, mcpPath }));
    for (const fix of fixes) expect(told).toContain(fix);
  });
});

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
    ['http://example.com/api/mcp?a=1', '/api/mcp'],
    ['http://example.com', '/'],
  ])('%s is at %s', (target, place) => {
    expect(placeOf(target)).toBe(place);
  });
});

describe('mountCheck', () => {
  it('has nothing to check without baseUrl', () => {
    expect(faultAt({ mcpPath: '/tools' }, '/anywhere')).toBeUndefined();
  });

  it.each([
    '/api/mcp',
    '/api/mcp/',
    '/API/Mcp',
    '//api//mcp',
    '/api/%6dcp',
    '/%41PI/mcp?a=1',
    'http://example.com/api/mcp',
  ])('takes %s for /api/mcp', (target) => {
    expect(faultAt({ baseUrl: 'https://h/api' }, target)).toBeUndefined();
  });

  it.each([
    '/mcp',
    '/api',
    '/api/mcp/x',
    '/x/api/mcp',
    '/api/api/mcp',
    '/api%2Fmcp',
    '/api/mcp%20',
    '/api/../api/mcp',
    '/',
  ])('does not take %s for /api/mcp', (target) => {
    expect(faultAt({ baseUrl: 'https://h/api' }, target)?.reason).toBe('base_url_mismatch');
  });

  it.each(['/t/acme/mcp', '/T/42/mcp/', '/t/a%2Fb/mcp', '/t/%/mcp', '/t/:tenant/mcp'])(
    'lets :params stand for one segment: %s',
    (target) => {
      expect(faultAt({ baseUrl: 'https://h/t/:tenant' }, target)).toBeUndefined();
    },
  );

  it.each(['/t/mcp', '/t/a/b/mcp', '/t//mcp', '/x/acme/mcp'])(
    'lets :params stand for no more and no less: %s',
    (target) => {
      expect(faultAt({ baseUrl: 'https://h/t/:tenant' }, target)).toBeDefined();
    },
  );

  it.each([
    [{ baseUrl: 'https://h/api', proxyPrefix: '/api' }, '/mcp'],
    [{ baseUrl: 'https://h/edge/api', proxyPrefix: '/edge' }, '/api/mcp/'],
    [{ baseUrl: 'https://h/api', proxyPrefix: '/api', mcpPath: '/' }, '/'],
    [{ baseUrl: 'https://h', mcpPath: '/' }, '/'],
    [{ baseUrl: 'https://h/caf%C3%A9' }, '/caf%c3%a9/mcp'],
    [{ baseUrl: 'https://h/100%25' }, '/100%25/mcp'],
  ])('finds %o at %s', (options, target) => {
    expect(faultAt(options, target)).toBeUndefined();
  });

  it.each<[string, AddressOptions, string, string, string[]]>([
    [
      'the prefix is missing',
      { baseUrl: 'https://h/api' },
      '/mcp',
      'https://h/mcp',
      ['app.use("/api", …)', 'proxyPrefix: "/api"', 'baseUrl: "https://h"'],
    ],
    [
      'the prefix is another',
      { baseUrl: 'https://h/api' },
      '/v1/mcp',
      'https://h/v1/mcp',
      ['app.use("/api", …)', 'baseUrl: "https://h/v1"'],
    ],
    [
      'the prefix is not in baseUrl',
      { baseUrl: 'https://h' },
      '/api/mcp',
      'https://h/api/mcp',
      ['app.use("/", …)', 'baseUrl: "https://h/api"'],
    ],
    [
      'the prefix is there twice',
      { baseUrl: 'https://h/api' },
      '/api/api/mcp',
      'https://h/api/api/mcp',
      ['app.use("/api", …)', 'baseUrl: "https://h/api/api"'],
    ],
    [
      'a proxy strips the first segment',
      { baseUrl: 'https://h/edge/api' },
      '/api/mcp',
      'https://h/api/mcp',
      ['app.use("/edge/api", …)', 'proxyPrefix: "/edge"', 'baseUrl: "https://h/api"'],
    ],
    [
      'the proxy does not strip',
      { baseUrl: 'https://h/api', proxyPrefix: '/api' },
      '/api/mcp',
      'https://h/api/api/mcp',
      ['app.use("/", …)', 'remove proxyPrefix', 'baseUrl: "https://h/api/api"'],
    ],
  ])('names both URLs and the lines to change when %s', (_name, options, target, actual, fixes) => {
    const fault = faultAt(options, target);
    const { url: expected } = resolveAddress(options);
    expect(fault).toMatchObject({ reason: 'base_url_mismatch', expected, actual });
    for (const part of [expected, actual, ...fixes]) expect(fault?.message).toContain(part);
  });
});

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

describe('urlMap', () => {
  it('names the public endpoint and the one bound to', () => {
    const map = urlMap(resolveAddress({ baseUrl: 'https://h/api' }), 'http://127.0.0.1:8000');
    expect(map.join('\n')).toContain('https://h/api/mcp');
    expect(map.join('\n')).toContain('http://127.0.0.1:8000/mcp');
  });

  it('names the bound endpoint once when it is the only one', () => {
    const [first, second] = urlMap(resolveAddress({ mcpPath: '/' }), 'http://127.0.0.1:8000');
    expect(first).toMatch(/ http:\/\/127\.0\.0\.1:8000$/);
    expect(second).toMatch(/healthz$/);
  });
});

describe('the names of hosts and origins', () => {
  it.each(['localhost', 'LOCALHOST', 'app.localhost', '127.0.0.1', '127.255.0.1', '[::1]'])(
    'knows that %s is this machine',
    (name) => expect(isLoopbackName(name)).toBe(true),
  );

  it.each([
    '',
    'localhost.example.com',
    '127.0.0.1.nip.io',
    'xlocalhost',
    '.localhost',
    '10.0.0.1',
  ])('knows that %o is not', (name) => expect(isLoopbackName(name)).toBe(false));

  it.each(['https://app.example.com', 'http://localhost:3000', 'HTTPS://[::1]:8443'])(
    'takes %s for an origin',
    (origin) => expect(isOrigin(origin)).toBe(true),
  );

  it.each([
    '*',
    'null',
    'app.example.com',
    'https://h/',
    'https://u@h',
    'https://*.h',
    'https://h ',
  ])('does not take %o for one', (origin) => expect(isOrigin(origin)).toBe(false));

  it.each(['example.com', 'example.com:8443', '[::1]', '[::1]:80', 'my_host', '10.0.0.1'])(
    'takes %s for a host',
    (host) => expect(isHost(host)).toBe(true),
  );

  it.each(['', '*', '*.example.com', 'https://example.com', 'example.com/x', 'u@h', '::1', 'h:x'])(
    'does not take %o for one',
    (host) => expect(isHost(host)).toBe(false),
  );
});
