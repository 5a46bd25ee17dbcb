/**
 * The addresses of an endpoint, and what path a right mount is asked for.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { beside, placeOf, writtenPath } from '../../lib/places.js';
import {
  type AddressOptions,
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
    [
      { baseUrl: 'https://example.com/café', mcpPath: '/ж' },
      'https://example.com/caf%C3%A9/%D0%B6',
    ],
    [{ baseUrl: 'https://example.com/caf%c3%a9' }, 'https://example.com/caf%c3%a9/mcp'],
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
    { mcpPath: '/a/../b' },
    { mcpPath: '/a/%2E%2e/b' },
    { mcpPath: '/a\\b' },
    { mcpPath: '/a b' },
    { baseUrl: 'https://example.com/a/%2e%2E/b' },
    { baseUrl: 'https://example.com/:from-:to' },
    { baseUrl: 'https://example.com/:1' },
    { baseUrl: 'https://example.com/:' },
    { baseUrl: 'https://example.com/:a/b/:a' },
    { baseUrl: 'https://example.com/:a', issuerUrl: 'https://example.com' },
    { baseUrl: 'https://example.com/:a', resourceBaseUrl: 'https://example.com/:b' },
    { baseUrl: 'https://example.com', resourceBaseUrl: 'https://example.com/:a' },
    { issuerUrl: 'https://example.com/:a' },
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

describe('mountCheck', () => {
  it('takes the resource for the endpoint when its base is another', () => {
    const options = { baseUrl: 'https://auth.h/oauth', resourceBaseUrl: 'https://h/api' };
    for (const target of ['/oauth/mcp', '/api/mcp'])
      expect(faultAt(options, target)).toBeUndefined();
    expect(faultAt(options, '/mcp')).toMatchObject({ expected: 'https://auth.h/oauth/mcp' });
  });

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

  it.each(['/t/mcp', '/t/a/b/mcp', '/t//mcp', '/x/acme/mcp', '/t/../mcp', '/t/%2e%2e/mcp'])(
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

describe('urlMap', () => {
  it('names the public endpoint and the one bound to', () => {
    const address = resolveAddress({ baseUrl: 'https://h/api' });
    const map = urlMap(address, 'http://127.0.0.1:8000', undefined);
    expect(map.join('\n')).toContain('https://h/api/mcp');
    expect(map.join('\n')).toContain('http://127.0.0.1:8000/mcp');
  });

  it('names the bound endpoint once when it is the only one', () => {
    const address = resolveAddress({ mcpPath: '/' });
    const [first, second] = urlMap(address, 'http://127.0.0.1:8000', undefined);
    expect(first).toMatch(/ http:\/\/127\.0\.0\.1:8000$/);
    expect(second).toMatch(/healthz$/);
  });

  it('names the metadata that a client starts from, if there is any', () => {
    const metadata = 'https://h/.well-known/oauth-protected-resource/mcp';
    const map = urlMap(resolveAddress({ baseUrl: 'https://h' }), 'http://127.0.0.1:8000', metadata);
    expect(map).toContainEqual(expect.stringMatching(`^Metadata +${metadata}$`));
  });

  it('names the deprecated transport where there is one, without mcpPath', () => {
    const map = (options: AddressOptions) =>
      urlMap(resolveAddress(options), 'http://127.0.0.1:8000', undefined, true).join('\n');
    expect(map({ mcpPath: '/v1/tools' })).toContain(' http://127.0.0.1:8000/sse (deprecated)');
    expect(map({ baseUrl: 'https://h/api' })).toContain(' https://h/api/sse (deprecated)');
  });
});

describe('what stands beside the endpoint', () => {
  it.each([
    ['/sse', '/mcp', '/mcp'],
    ['/api/sse', '/mcp', '/api/mcp'],
    ['/api/sse', '/v1/tools', '/api/v1/tools'],
    ['/api/mcp/sse', '/', '/api/mcp'],
    ['/sse', '/', '/'],
    ['/t/a%2Fb/messages', '/sse', '/t/a%2Fb/sse'],
  ])('%s and %s of one mount', (place, path, expected) => {
    expect(beside(place, path)).toBe(expected);
  });

  it.each([
    ['/api/sse', '/api/sse'],
    ['/api/sse/?x=/y#z', '/api/sse'],
    ['http://evil.example/api/sse', '/api/sse'],
    ['//evil.example/sse', '/evil.example/sse'],
    ['/\\evil.example/sse', '/%5Cevil.example/sse'],
    ['/b%20c/%D0%B6/%2F/%25/%2525/100%/sse', '/b%20c/%D0%B6/%2F/%25/%2525/100%/sse'],
    ['/\u00c3"<\r\n/sse', '/%C3%83%22%3C%0D%0A/sse'],
    ['', '/'],
  ])('%j is written %s', (target, expected) => {
    expect(writtenPath(target)).toBe(expected);
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
