/**
 * SEC-11, SEC-17, SEC-18 and SEC-19 over Redis: what others learn of a session that all instances share.
 *
 * @module
 */
import { hashTagOf, RedisMonitor, type Seen, scriptKeys } from '../support/redis-monitor.js';
import { ResumingClient } from '../support/resuming-client.js';
import { requestText, Wire } from '../support/wire.js';
import { atLeast, type Experiment, exactly, type Figure, type Scale, told } from './experiment.js';
import { type Fleet, withFleet } from './fleet.js';
import { ADA, compare, EVE, VERBS } from './foreign-sessions.js';
import type { RedisUnderTest } from './redis-under-test.js';
import { none } from './trips.js';
import { overRedis } from './variants.js';

const TOKENS = { [ADA]: 'ada', [EVE]: 'eve' };
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

async function foreign(fleet: Fleet, scale: Scale): Promise<Figure[]> {
  const client = await ResumingClient.connect(fleet.url, bearer(ADA));
  const stream = client.listen(fleet.at('a').url);
  await stream.opened();
  const figures: Figure[] = [];
  for (const verb of Object.keys(VERBS)) {
    figures.push(...(await compare(fleet.url, verb, scale === 'long' ? 500 : 50)));
  }
  const connections = stream.statuses.length;
  await stream.close();
  return [...figures, exactly('connections of the victim’s stream', connections, '', 1)];
}

async function otherMount(fleet: Fleet): Promise<Figure[]> {
  const [a, b] = [fleet.at('a'), fleet.at('b')];
  const client = await ResumingClient.connect(a.urlAt('/one'), bearer(ADA));
  const own = await client.ask('echo', { nonce: 'own' }, { at: b.urlAt('/one') });
  const statuses: number[] = [];
  for (const [verb, ask] of Object.entries(VERBS)) {
    for (const instance of fleet.all) {
      const headers = { Authorization: `Bearer ${ADA}`, 'Mcp-Session-Id': client.sessionId };
      const { status } = await ask(instance.urlAt('/two'), headers);
      statuses.push(status);
      if (status !== 404) console.error(`${verb} at ${instance.name}: ${status}`);
    }
  }
  const again = await client.ask('echo', { nonce: 'again' }, { at: a.urlAt('/one') });
  return [
    exactly('own mount, other instance', own.words === 'own' ? 1 : 0, 'served', 1),
    exactly('other mount', statuses.length, 'requests', 2 * Object.keys(VERBS).length),
    exactly('of them 404', statuses.filter((it) => it === 404).length, '', statuses.length),
    exactly('own mount, afterwards', again.words === 'again' ? 1 : 0, 'served', 1),
  ];
}

/** Event ids that nobody was given. */
function forgeries(own: string, others: string): string[] {
  const [stream = '', epoch = '', position = ''] = own.split('.');
  const [otherStream = ''] = others.split('.');
  const places = [
    '-1',
    '9007199254740992',
    '9007199254740993',
    '1e3',
    '0x1',
    '',
    ' 1',
    `${position};`,
  ];
  return [
    others,
    `${otherStream}.${epoch}.0`,
    `${stream}.${epoch.split('').reverse().join('')}x.${position}`,
    ...places.map((place) => `${stream}.${epoch}.${place}`),
    ...['*', '$', '+', '?', '[a-z]*', '{}', '}{', '..', '.', `${stream}*.${epoch}.0`],
    ...["redis.call('FLUSHALL')", "');return redis.call('KEYS','*')--", '\u00ff\u00fe'],
    ...[`${stream}\0.${epoch}.0`, 'x'.repeat(8_000), `${'1'.repeat(400)}.a.1`, `{x}.${epoch}.0`],
  ];
}

async function resumeRaw(url: string, client: ResumingClient, id: string) {
  const wire = await Wire.open(url);
  const headers = Object.entries(client.headers).map(([name, value]) => `${name}: ${value}`);
  const lines = ['GET /mcp HTTP/1.1', 'Host: localhost', 'Accept: text/event-stream', ...headers];
  await wire.send(requestText([...lines, 'Connection: close', `Last-Event-ID: ${id}`]));
  const over = Promise.race([wire.ended, new Promise((resolve) => setTimeout(resolve, 500))]);
  await over;
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(wire.unread)?.[1] ?? 0);
  const text = wire.unread;
  wire.destroy();
  return { status, text };
}

/** Hash tags of what scripts were given, and whether one script was given several. */
function tagsIn(seen: readonly Seen[]): { readonly tags: Set<string>; readonly mixed: string[] } {
  const tags = new Set<string>();
  const mixed: string[] = [];
  for (const one of seen) {
    const keys = one.isFromScript ? one.words.slice(1, 2) : scriptKeys(one);
    const own = new Set(keys.map((key) => hashTagOf(key) ?? key));
    for (const tag of own) tags.add(tag);
    if (own.size > 1) mixed.push(keys.join(' '));
  }
  return { tags, mixed };
}

const settled = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function forged(fleet: Fleet, redis: RedisUnderTest): Promise<Figure[]> {
  const monitor = await RedisMonitor.open(redis.plan.ports[0] ?? 0);
  const mine = await ResumingClient.connect(fleet.url, bearer(ADA));
  const theirs = await ResumingClient.connect(fleet.url, bearer(EVE));
  const others = await theirs.ask('slow', { nonce: 'theirs', ms: 50, reports: 3 });
  await settled(500);
  monitor.take();
  await settled(3_500);
  const idle = tagsIn(monitor.take()).tags;
  const own = await mine.ask('slow', { nonce: 'mine', ms: 50, reports: 3 });
  await mine.ask('echo', { nonce: 'more' });
  await settled(500);
  const used = tagsIn(monitor.take()).tags;
  const ids = forgeries(own.events.at(-1)?.id ?? '', others.events.at(-1)?.id ?? '');
  const odd: string[] = [];
  const leaked: string[] = [];
  for (const instance of fleet.all) {
    for (const id of ids) {
      const { status, text } = await resumeRaw(instance.url, mine, id);
      const isOwn = status === 200 && !text.includes('theirs');
      if (status !== 400 && status !== 431 && !isOwn) odd.push(`${JSON.stringify(id)}: ${status}`);
      if (text.includes('theirs')) leaked.push(`${JSON.stringify(id)}: ${text.slice(-300)}`);
    }
  }
  const { tags, mixed } = tagsIn(monitor.take());
  monitor.close();
  const strange = [...tags].filter((tag) => !used.has(tag) && !idle.has(tag));
  const alive = await mine.ask('echo', { nonce: 'alive' });
  return [
    atLeast('forged ids', ids.length * fleet.all.length, '', 40),
    none('answers that are neither 400 nor the own stream', odd),
    none('events of somebody else', leaked),
    told('hash tags of the session itself', [...used].filter((tag) => !idle.has(tag)).length, ''),
    none('hash tags that are neither its own nor every minute’s', strange),
    none('scripts with keys of several slots', mixed),
    exactly('served afterwards', alive.words === 'alive' ? 1 : 0, '', 1),
  ];
}

/** Everything that must not be found in Redis, by what it is. */
const secretsOf = (sessionIds: readonly string[]): Record<string, string> => ({
  'the token of ada': ADA,
  'the token of eve': EVE,
  'the token of ada in base64': Buffer.from(ADA).toString('base64url').slice(2, -4),
  'the name of its header': 'authorization',
  'the scheme of its header': 'bearer ',
  ...Object.fromEntries(sessionIds.map((id, nth) => [`session id ${nth}`, id])),
  ...Object.fromEntries(sessionIds.map((id, nth) => [`end of session id ${nth}`, id.slice(-24)])),
});

async function dumped(fleet: Fleet, redis: RedisUnderTest): Promise<Figure[]> {
  const monitor = await RedisMonitor.open(redis.plan.ports[0] ?? 0);
  const answer = () => ({ action: 'accept', content: { words: 'yes' } });
  const clients = await Promise.all(
    [ADA, EVE].map((token) =>
      ResumingClient.connect(fleet.url, { ...bearer(token), onRequest: answer }),
    ),
  );
  const [a, b] = [fleet.at('a').url, fleet.at('b').url];
  for (const [nth, client] of clients.entries()) {
    const stream = client.listen(a);
    await stream.opened();
    await client.ask('echo', { nonce: `echo-${nth}` });
    await client.ask('ask', { nonce: `ask-${nth}` }, { at: b });
    await client.ask('announce', { nonce: `said-${nth}`, count: 5, everyMs: 10 }, { at: b });
    const { trip, finished } = client.call('slow', { nonce: `slow-${nth}`, ms: 1_500, reports: 5 });
    await trip.primed;
    trip.hangUp();
    await finished;
    await stream.close();
  }
  const keys = await redis.keys();
  const values = await Promise.all(
    keys.map(async (key) => `${key} ${await contentOf(redis, key)}`),
  );
  const deleted = await clients[0]?.delete();
  await settled(500);
  const seen = monitor.lines.join('\n');
  monitor.close();
  const dump = values.join('\n');
  const found = Object.entries(secretsOf(clients.map(({ sessionId }) => sessionId))).flatMap(
    ([what, secret]) => [
      ...(dump.toLowerCase().includes(secret.toLowerCase()) ? [`${what}, kept`] : []),
      ...(seen.toLowerCase().includes(secret.toLowerCase()) ? [`${what}, passed on`] : []),
    ],
  );
  return [
    atLeast('keys', keys.length, '', 4),
    atLeast('commands seen', seen.split('\n').length, '', 20),
    exactly('DELETE', deleted ?? 0, '', 200),
    none('secrets found', found),
    exactly('payloads found, which are meant to be there', dump.includes('slow-0') ? 1 : 0, '', 1),
  ];
}

async function contentOf(redis: RedisUnderTest, key: string): Promise<string> {
  const type = await redis.at(key, 'TYPE', key);
  if (type === 'string') return String(await redis.at(key, 'GET', key));
  if (type === 'hash') return JSON.stringify(await redis.at(key, 'HGETALL', key));
  if (type === 'list') return JSON.stringify(await redis.at(key, 'LRANGE', key, '0', '-1'));
  if (type === 'set') return JSON.stringify(await redis.at(key, 'SMEMBERS', key));
  if (type === 'zset') return JSON.stringify(await redis.at(key, 'ZRANGE', key, '0', '-1'));
  if (type === 'stream') return JSON.stringify(await redis.at(key, 'XRANGE', key, '-', '+'));
  return '';
}

const experiment = (
  id: string,
  title: string,
  options: { readonly mounts?: readonly string[] },
  work: (fleet: Fleet, redis: RedisUnderTest, scale: Scale) => Promise<Figure[]>,
): Experiment => ({
  id,
  title,
  run: (scale) =>
    overRedis(scale, 'one', (redis) =>
      withFleet(
        { options: { responseMode: 'sse' }, tokens: TOKENS, redis: redis.plan, ...options },
        (fleet) => work(fleet, redis, scale),
      ),
    ),
});

export const SHARED_SECRETS: readonly Experiment[] = [
  experiment('SEC-11/redis', 'Sessions of somebody else, over Redis', {}, (fleet, _, scale) =>
    foreign(fleet, scale),
  ),
  experiment('SEC-17', 'A session id of another mount', { mounts: ['/one', '/two'] }, (fleet) =>
    otherMount(fleet),
  ),
  experiment('SEC-18', 'Forged event ids over Redis', {}, forged),
  experiment('SEC-19', 'Everything that Redis holds or is told', {}, dumped),
];
