/**
 * What `redisStore` refuses while it is being built.
 *
 * @module
 */
import { OptionError } from 'express-mcp-router';
import { redisStore } from 'express-mcp-router/redis';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '../support/thrown.js';

const URL_TEXT = 'redis://127.0.0.1:1';
const anything = (value: unknown) => value as never;

describe('redisStore', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 6379],
    ['an object', {}],
    ['options of a client', { host: '127.0.0.1', port: 6379 }],
    ['a URL object', new URL(URL_TEXT)],
    ['an empty text', ''],
    ['a host', '127.0.0.1:6379'],
    ['another scheme', 'http://127.0.0.1:6379'],
    ['no host', 'redis:///0'],
    ['a path', 'redis://127.0.0.1/name'],
  ])('takes a client or a URL, not %s', (_name, value) => {
    expect(thrownBy(() => redisStore(anything(value)))).toBeInstanceOf(OptionError);
  });

  it.each(['redis://h', 'redis://:p@h:6379', 'rediss://u:p@h:6380/0', 'redis://[::1]:6379/15'])(
    'takes %s, and connects nowhere before it is used',
    (url) => {
      expect(redisStore(url)).toMatchObject({ name: 'redis', isShared: true });
    },
  );

  it.each([
    'http://someone:a-secret-word@h',
    'redis://someone:a-secret-word@h/name',
    'redis://someone:a-secret-word@h:99999',
    'a-secret-word',
    'redis://someone:a-secret-word@',
  ])('shows no password of %s', (url) => {
    const error = thrownBy(() => redisStore(url)) as Error;
    expect(error).toBeInstanceOf(OptionError);
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain('secret');
  });

  it.each([
    ['prefix', ['', ' ', 'a{b}', 'x'.repeat(65), 1, null]],
    ['commandMs', [0, 99, 60_001, 1.5, Number.NaN, '1000', null]],
    ['leaseMs', [0, 499, 300_001, '15000']],
    ['maxEventsPerStream', [0, -1, 10_001, 2.5, '10']],
    ['maxBytesPerStream', [0, -1, 67_108_865, '1']],
    ['ttlMs', [0, -1, 2 ** 31, Number.POSITIVE_INFINITY]],
    ['durability', [null, 1, true, [], {}, { replicas: 1 }, { timeoutMs: 1 }]],
    [
      'durability',
      [
        { replicas: 0, timeoutMs: 1 },
        { replicas: 17, timeoutMs: 1 },
        { replicas: 1, timeoutMs: 0 },
        { replicas: 1, timeoutMs: 1_000 },
        { replicas: 1, timeoutMs: 10, more: 1 },
      ],
    ],
  ])('refuses %s out of its range', (name, values) => {
    for (const value of values) {
      const error = thrownBy(() => redisStore(URL_TEXT, anything({ [name]: value })));
      expect(error, String(value)).toBeInstanceOf(OptionError);
      expect((error as Error).message).toContain(name);
    }
  });

  it('refuses options that are none, and names that it does not know', () => {
    for (const options of [null, 1, 'x', []]) {
      expect(thrownBy(() => redisStore(URL_TEXT, anything(options)))).toBeInstanceOf(OptionError);
    }
    const error = thrownBy(() => redisStore(URL_TEXT, anything({ prefixx: 'a' })));
    expect((error as Error).message).toContain('"prefix"');
  });

  it('takes every limit, and undefined for what is left out', () => {
    const least = { commandMs: 100, leaseMs: 500, maxEventsPerStream: 1, maxBytesPerStream: 1 };
    const most = { commandMs: 60_000, leaseMs: 300_000, maxEventsPerStream: 10_000 };
    const durability = { replicas: 1, timeoutMs: 99 };
    for (const options of [least, most, { ...least, durability }, { ttlMs: undefined }]) {
      expect(redisStore(URL_TEXT, options)).toMatchObject({ isShared: true });
    }
  });
});
