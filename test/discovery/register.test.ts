/**
 * What the process knows of an endpoint's documents: only proof is a fault.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { discoveryCheck, Registration, whereaboutsOf } from '../../lib/discovery/register.js';
import { ownGate, remoteGate } from '../support/gates.js';
import { discoverable, documented } from './endpoints.js';

let hosts = 0;

/** An endpoint that the process has not heard of yet. */
function unheardOf(auth = remoteGate('https://login.example.com')) {
  hosts += 1;
  return documented({ baseUrl: `https://h${hosts}.example.com/api`, auth });
}

const reasonOf = (endpoint: ReturnType<typeof unheardOf>) => whereaboutsOf(endpoint).fault?.reason;

describe('an endpoint', () => {
  it('without documents has nothing to look for', () => {
    expect(discoveryCheck(discoverable({ baseUrl: 'https://h.example.com' }))()).toBeUndefined();
  });

  it('that no wellKnownRouter was given is at fault, until one is', () => {
    const endpoint = unheardOf();
    const check = discoveryCheck(endpoint);
    expect(check()?.reason).toBe('well_known_missing');
    new Registration([endpoint]);
    expect(check()).toBeUndefined();
    expect(whereaboutsOf(endpoint)).toEqual({ fault: undefined, isAtRoot: false });
  });

  it('is known by value: the same options are the same endpoint', () => {
    const endpoint = unheardOf();
    new Registration([documented({ baseUrl: endpoint.address.baseUrl, auth: endpoint.gate })]);
    expect(reasonOf(endpoint)).toBeUndefined();
  });

  it('is not mistaken for its neighbour', () => {
    const endpoint = unheardOf();
    const { baseUrl } = endpoint.address;
    new Registration([documented({ baseUrl, mcpPath: '/other', auth: endpoint.gate })]);
    expect(reasonOf(endpoint)).toBe('well_known_missing');
  });

  it('whose documents name other authorization servers is at fault, with both lists', () => {
    const endpoint = unheardOf(ownGate('https://login.example.com/'));
    const { baseUrl } = endpoint.address;
    new Registration([documented({ baseUrl, auth: remoteGate('https://login.example.com') })]);
    expect(whereaboutsOf(endpoint).fault).toMatchObject({
      reason: 'well_known_differs',
      expected: `${baseUrl}, https://login.example.com/`,
      actual: 'https://login.example.com',
    });
  });
});

describe('a wellKnownRouter', () => {
  it('that sees requests under a prefix proves that its documents are misplaced', () => {
    const endpoint = unheardOf();
    const registration = new Registration([endpoint]);
    registration.seenUnder('/api');
    const { origin } = new URL(endpoint.address.url);
    expect(whereaboutsOf(endpoint).fault).toMatchObject({
      reason: 'well_known_misplaced',
      expected: `${origin}/.well-known/oauth-protected-resource/api/mcp`,
      actual: `${origin}/api/.well-known/oauth-protected-resource/api/mcp`,
    });
  });

  it('that has seen the root is right from then on, wherever else it is mounted', () => {
    const endpoint = unheardOf();
    const check = discoveryCheck(endpoint);
    const registration = new Registration([endpoint]);
    for (const prefix of ['/api', '/api', '/other']) registration.seenUnder(prefix);
    expect(check()?.reason).toBe('well_known_misplaced');
    registration.seenUnder('');
    registration.seenUnder('/api');
    expect(check()).toBeUndefined();
    expect(whereaboutsOf(endpoint)).toEqual({ fault: undefined, isAtRoot: true });
  });

  it('is not taken for right before it has seen the root', () => {
    const endpoint = unheardOf();
    const check = discoveryCheck(endpoint);
    const registration = new Registration([endpoint]);
    expect(check()).toBeUndefined();
    registration.seenUnder('/api');
    expect(check()?.reason).toBe('well_known_misplaced');
  });

  it('proves nothing while another one may be at the root', () => {
    const endpoint = unheardOf();
    const [first, second] = [new Registration([endpoint]), new Registration([endpoint])];
    first.seenUnder('/api');
    expect(reasonOf(endpoint)).toBeUndefined();
    second.seenUnder('/v1');
    expect(reasonOf(endpoint)).toBe('well_known_misplaced');
    first.seenUnder('');
    expect(reasonOf(endpoint)).toBeUndefined();
  });

  it('counts once, although it was given an endpoint twice', () => {
    const endpoint = unheardOf();
    const registration = new Registration([endpoint, endpoint]);
    registration.seenUnder('/api');
    expect(reasonOf(endpoint)).toBe('well_known_misplaced');
    registration.seenUnder('');
    expect(reasonOf(endpoint)).toBeUndefined();
  });
});

it('says what to change in every fault', () => {
  const [missing, differing, misplaced] = [unheardOf(), unheardOf(), unheardOf()];
  new Registration([{ ...differing, gate: remoteGate('https://other.example.com') }]);
  new Registration([misplaced]).seenUnder('/api');
  for (const endpoint of [missing, differing, misplaced]) {
    const { expected, actual, message } = whereaboutsOf(endpoint).fault ?? {};
    for (const told of [expected, 'app.use(wellKnownRouter(router))'])
      expect(message).toContain(told);
    expect(message?.includes(actual ?? '?') || actual === 'nothing').toBe(true);
  }
  expect(whereaboutsOf(missing).fault?.message).toContain('wellKnown: "external"');
});
