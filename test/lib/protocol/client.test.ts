/**
 * What may be sent to a client (2025-11-25 lifecycle §Capability Negotiation).
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import {
  acceptsElicitationComplete,
  type ClientIdentity,
  capabilityFault,
  EVERY_CAPABILITY,
} from '../../../lib/protocol/client.js';
import type { LegacyVersion } from '../../../lib/protocol/versions.js';

const client = (
  capabilities: Record<string, unknown>,
  version: LegacyVersion = '2025-11-25',
): ClientIdentity => ({ version, capabilities, clientInfo: { name: 'test', version: '1' } });

const SAMPLING = 'sampling/createMessage';
const ELICITATION = 'elicitation/create';

describe('a client that can', () => {
  it.each([
    [{ sampling: {} }, SAMPLING, {}],
    [{ sampling: {} }, SAMPLING, { includeContext: 'none' }],
    [{ sampling: { tools: {} } }, SAMPLING, { tools: [] }],
    [{ sampling: { context: {} } }, SAMPLING, { includeContext: 'thisServer' }],
    [{ elicitation: {} }, ELICITATION, {}],
    [{ elicitation: {} }, ELICITATION, { mode: 'form' }],
    [{ elicitation: { form: {} } }, ELICITATION, { mode: 'form' }],
    [{ elicitation: { url: {} } }, ELICITATION, { mode: 'url' }],
    [{ elicitation: { form: {}, url: {} } }, ELICITATION, { mode: 'form' }],
    [{ roots: {} }, 'roots/list', undefined],
    [{}, 'ping', undefined],
    [{}, 'vendor/anything', {}],
  ])('%j is sent %s with %j', (capabilities, method, params) => {
    expect(capabilityFault(client(capabilities), method, params)).toBeUndefined();
  });
});

describe('a client that cannot', () => {
  it.each([
    [{}, SAMPLING, {}],
    [{ sampling: {} }, SAMPLING, { tools: [] }],
    [{ sampling: {} }, SAMPLING, { toolChoice: { mode: 'auto' } }],
    [{ sampling: {} }, SAMPLING, { includeContext: 'allServers' }],
    [{}, ELICITATION, {}],
    [{ elicitation: null }, ELICITATION, {}],
    [{ elicitation: {} }, ELICITATION, { mode: 'url' }],
    [{ elicitation: { url: {} } }, ELICITATION, {}],
    [{ elicitation: { form: {} } }, ELICITATION, { mode: 'url' }],
    [{}, 'roots/list', undefined],
    [{ elicitation: {} }, ELICITATION, { task: {} }],
    [{ elicitation: {}, tasks: {} }, ELICITATION, { task: {} }],
    [{ sampling: {}, tasks: { requests: { elicitation: {} } } }, SAMPLING, { task: {} }],
    [{ sampling: {}, tasks: 'yes' }, SAMPLING, { task: {} }],
  ])('%j is not sent %s with %j', (capabilities, method, params) => {
    expect(capabilityFault(client(capabilities), method, params)).toBeTypeOf('string');
  });
});

it('wants sampling.context since the revision that has it', () => {
  const params = { includeContext: 'thisServer' };
  const fault = capabilityFault(client({ sampling: {} }, '2025-06-18'), SAMPLING, params);
  expect(fault).toBeUndefined();
});

it.each([
  [SAMPLING, { tools: [], includeContext: 'allServers', task: {} }],
  [ELICITATION, { mode: 'form', task: {} }],
  [ELICITATION, { mode: 'url' }],
  ['roots/list', {}],
])('tells a shared server that its clients can do %s', (method, params) => {
  expect(capabilityFault(client(EVERY_CAPABILITY), method, params)).toBeUndefined();
});

it('tells clients that open URLs, and no others, when an elicitation is complete', () => {
  expect(acceptsElicitationComplete(client({ elicitation: { url: {} } }))).toBe(true);
  expect(acceptsElicitationComplete(client({ elicitation: {} }))).toBe(false);
  expect(acceptsElicitationComplete(client({}))).toBe(false);
});
