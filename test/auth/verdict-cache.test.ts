/**
 * Verified tokens are remembered shortly, without their bytes, and each caller gets what is its own.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import type { Presented, Verdict } from '../../lib/auth/port.js';
import { VerdictCache } from '../../lib/auth/verdict-cache.js';
import { invalid, unavailable, type Valid } from '../../lib/auth/verdicts.js';
import { silentLogger } from '../../lib/log.js';

const presented = (resource = 'https://h/mcp'): Presented => ({
  bearer: undefined,
  request: undefined,
  endpoint: { resource, logger: silentLogger },
});

const valid = (token: string, expiresAt?: number): Valid => ({
  kind: 'valid',
  authInfo: { token, clientId: 'app', scopes: ['a'], extra: { sub: 'ada' }, expiresAt },
  principal: 'p',
});

/** A cache, a clock, and how often a token was judged. */
function start(maxAgeMs = 60_000) {
  const clock = { now: 1_000_000 };
  const judged: string[] = [];
  const cache = new VerdictCache({ maxAgeMs, now: () => clock.now });
  const ask = async (token: string, verdict: Verdict = valid(token), resource?: string) =>
    cache.verdict(presented(resource), token, async () => {
      judged.push(token);
      return verdict;
    });
  return { clock, judged, cache, ask };
}

describe('a valid verdict', () => {
  it('is kept for maxAgeMs', async () => {
    const { clock, judged, ask } = start();
    await ask('one');
    clock.now += 59_999;
    expect(await ask('one')).toEqual(valid('one'));
    expect(judged).toEqual(['one']);
    clock.now += 1;
    await ask('one');
    expect(judged).toEqual(['one', 'one']);
  });

  it('is kept no longer than the token lives', async () => {
    const { clock, judged, ask } = start();
    await ask('one', valid('one', clock.now / 1_000 + 10));
    clock.now += 10_000;
    await ask('one', valid('one', clock.now / 1_000 - 1));
    await ask('one');
    expect(judged).toHaveLength(3);
  });

  it('is not kept at all with maxAgeMs 0', async () => {
    const { judged, ask } = start(0);
    await ask('one');
    await ask('one');
    expect(judged).toHaveLength(2);
  });

  it('counts for its resource only', async () => {
    const { judged, ask } = start();
    await ask('one', valid('one'), 'https://h/t/a/mcp');
    await ask('one', invalid('foreign'), 'https://h/t/b/mcp');
    expect(judged).toHaveLength(2);
    expect(await ask('one', undefined, 'https://h/t/b/mcp')).toMatchObject({ kind: 'valid' });
  });

  it('is written into by nobody else', async () => {
    const { ask } = start();
    const [first, second] = (await Promise.all([ask('one'), ask('one')])) as Valid[];
    first?.authInfo.scopes.push('admin');
    Object.assign(first?.authInfo.extra ?? {}, { sub: 'eve' });
    Object.assign(first?.authInfo ?? {}, { clientId: 'eve' });
    expect(second).toEqual(valid('one'));
    expect(await ask('one')).toEqual(valid('one'));
  });

  it('is kept without the token', async () => {
    const { cache, ask } = start();
    const kept: unknown[] = [];
    const { set } = Map.prototype;
    Map.prototype.set = function (key, value) {
      kept.push([key, value]);
      return set.call(this, key, value);
    };
    try {
      await ask('a-token-that-is-secret');
    } finally {
      Map.prototype.set = set;
    }
    expect(cache).toBeDefined();
    expect(kept.length).toBeGreaterThan(0);
    expect(JSON.stringify(kept)).not.toContain('a-token-that-is-secret');
  });
});

describe('other verdicts', () => {
  it.each([invalid('no'), unavailable(new Error('down'))])(
    'are not kept: $kind',
    async (verdict) => {
      const { judged, ask } = start();
      expect(await ask('one', verdict)).toBe(verdict);
      expect(await ask('one')).toEqual(valid('one'));
      expect(judged).toHaveLength(2);
    },
  );

  it('that are thrown are not kept either', async () => {
    const { cache, ask } = start();
    const fail = async () =>
      cache.verdict(presented(), 'one', () => Promise.reject(new Error('x')));
    await expect(fail()).rejects.toThrow('x');
    expect(await ask('one')).toEqual(valid('one'));
  });
});

it('asks once for all who come at the same time', async () => {
  const { judged, ask } = start();
  await Promise.all([ask('one'), ask('two'), ask('one'), ask('one')]);
  expect(judged).toEqual(['one', 'two']);
});

it('forgets the oldest of more than 10 000', async () => {
  const { judged, ask } = start();
  for (let nth = 0; nth <= 10_000; nth += 1) await ask(`token-${nth}`);
  judged.length = 0;
  await ask('token-1');
  await ask('token-0');
  expect(judged).toEqual(['token-0']);
});
