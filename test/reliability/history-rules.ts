/**
 * The rules that hold for everything that clients read, whatever broke meanwhile (reliability.md REL-47).
 *
 * Knows: what each rule means for a history. Does not know: how the history came about.
 *
 * @module
 */
import {
  answeredBy,
  type Conversation,
  conversationsIn,
  type Entry,
  placeOf,
  type Read,
} from './history.js';

/** A history, and its connections. */
interface Told {
  readonly history: readonly Entry[];
  readonly conversations: readonly Conversation[];
}

/** Says what is wrong; nothing when all is well. */
type Rule = (told: Told) => string[];

const NONCE = /\bnonce-\w+/g;

/** Every rule, by the name that a fault begins with. */
export const RULES = {
  'own payloads only': ownPayloadsOnly,
  'one stream a connection': oneStream,
  'ids rise': idsRise,
  'no hole without a gap': noHoles,
  'one terminal message': oneTerminal,
  'no response is lost': nothingLost,
  'a response that was read stays': nothingTakenBack,
  'no response after cancel': cancelledForGood,
  'one stream a question': oneQuestion,
  'answers reach the asker': answersReachAsker,
  'nothing after DELETE': silenceAfterDelete,
} as const satisfies Record<string, Rule>;

/** All faults, each as `rule: what is wrong`. */
export function faultsIn(history: readonly Entry[]): string[] {
  const told = { history, conversations: conversationsIn(history) };
  return Object.entries(RULES).flatMap(([name, rule]) =>
    rule(told).map((fault) => `${name}: ${fault}`),
  );
}

function ownPayloadsOnly({ conversations }: Told): string[] {
  return conversations.flatMap(({ session, connection, reads }) =>
    reads.flatMap(({ message }) =>
      (JSON.stringify(message ?? null).match(NONCE) ?? [])
        .filter((nonce) => nonce !== session)
        .map((nonce) => `${session} read ${nonce}’s payload on ${connection}`),
    ),
  );
}

function oneStream({ conversations }: Told): string[] {
  const owners = new Map<string, string>();
  return conversations.flatMap(({ session, connection, reads }) => {
    const streams = new Set(reads.flatMap(({ id }) => placeOf(id)?.stream ?? []));
    const faults = streams.size > 1 ? [`${connection} carried ${[...streams].join(' and ')}`] : [];
    for (const stream of streams) {
      const owner = owners.get(stream) ?? session;
      owners.set(stream, owner);
      if (owner !== session) faults.push(`${stream} was read by ${owner} and ${session}`);
    }
    return faults;
  });
}

/** An id names one event for ever, and a connection is given events in their order. */
function idsRise({ conversations }: Told): string[] {
  const texts = new Map<string, string>();
  const highest = new Map<string, number>();
  return conversations.flatMap((conversation) => {
    const { connection, after, reads } = conversation;
    let last = placeOf(after);
    return reads.flatMap((read) => {
      const place = placeOf(read.id);
      if (place === undefined) return [];
      const { stream, position } = place;
      const before = last?.stream === stream ? last.position : undefined;
      const seen = highest.get(stream) ?? 0;
      last = place;
      highest.set(stream, Math.max(seen, position));
      if (before !== undefined && (isMark(read) ? position < before : position <= before)) {
        return [`${connection} read ${position} of ${stream} after ${before}`];
      }
      if (before === undefined && after === undefined && position < seen) {
        return [`${connection} began ${stream} at ${position}, ${seen} had been read`];
      }
      return isSecondMeaning(read) ? [`${read.id} was two events`] : [];
    });
  });

  function isSecondMeaning({ id = '', message }: Read): boolean {
    if (message === undefined) return false;
    const text = JSON.stringify(message);
    const known = texts.get(id) ?? text;
    texts.set(id, text);
    return known !== text;
  }
}

/** Says where the client is, and brings nothing. */
const isMark = ({ message, gap }: Read): boolean => message === undefined && gap === undefined;

function noHoles({ conversations }: Told): string[] {
  return conversations.flatMap(({ connection, requests, after, reads }) => {
    const named = placeOf(after);
    // The answer to a POST begins with its first event.
    let cursor = requests === undefined ? undefined : 0;
    let gap: Read['gap'] = 0;
    return reads.flatMap((read) => {
      if (read.gap !== undefined) gap = added(gap, read.gap);
      const place = placeOf(read.id);
      if (place === undefined) return [];
      if (named?.stream === place.stream) cursor ??= named.position;
      const missing = cursor === undefined || isMark(read) ? 0 : place.position - cursor - 1;
      const told = gap;
      cursor = place.position;
      gap = 0;
      // What comes twice is no hole; that ids rise is a rule of its own.
      if (told === 'unknown' || Math.max(0, missing) === told) return [];
      return [`${connection} missed ${missing} before ${read.id} and was told of ${told}`];
    });
  });
}

const added = (one: Read['gap'], other: Read['gap']): Read['gap'] =>
  typeof one === 'number' && typeof other === 'number' ? one + other : 'unknown';

/** What sets one request apart. */
const callOf = (session: string, request: string | number) =>
  `${session} ${typeof request} ${request}`;

/** What a refused request is told is no answer to a request of that id that was let in. */
const isServed = ({ status }: Conversation): boolean => status < 300;

/** The responses that were read, by their request, each with the names it came under. */
function terminalsIn(conversations: readonly Conversation[]): Map<string, Set<string>> {
  const terminals = new Map<string, Set<string>>();
  for (const { session, connection, reads } of conversations.filter(isServed)) {
    reads.forEach(({ id, message }, nth) => {
      const request = message && answeredBy(message);
      if (request === undefined) return;
      const call = callOf(session, request);
      const names = terminals.get(call) ?? new Set();
      terminals.set(call, names.add(id ?? `${nth} on ${connection}`));
    });
  }
  return terminals;
}

function oneTerminal({ conversations }: Told): string[] {
  return [...terminalsIn(conversations)]
    .filter(([, names]) => names.size > 1)
    .map(([call, names]) => `${call} was answered as ${[...names].join(' and ')}`);
}

/** Who has read the answer to a request to its end has the response that was handed over before. */
function nothingLost({ history, conversations }: Told): string[] {
  const terminals = terminalsIn(conversations);
  return history.flatMap((entry, at) => {
    if (entry.what !== 'sent') return [];
    const call = callOf(entry.session, entry.request);
    if (terminals.has(call)) return [];
    const own = conversations.find(
      (it) => it.session === entry.session && it.requests?.includes(entry.request) && isServed(it),
    );
    const stream = placeOf(own?.reads.find(({ id }) => id !== undefined)?.id)?.stream;
    const readers = conversations.filter(({ after }) => placeOf(after)?.stream === stream);
    const later = stream === undefined ? [own] : readers.filter((reader) => reader.at > at);
    const end = later.find((it) => it !== undefined && hasReadAll(it, readers));
    return end === undefined ? [] : [`${call} was answered, ${end.connection} ended without it`];
  });
}

/** Who goes back to before a response that was read once is given it again. */
function nothingTakenBack({ history, conversations }: Told): string[] {
  const deleted = new Set(history.flatMap((it) => (it.what === 'deleted' ? [it.session] : [])));
  return conversations.filter(isServed).flatMap(({ session, reads }) =>
    reads.flatMap(({ id, message, at }) => {
      const request = message && answeredBy(message);
      const place = placeOf(id);
      if (request === undefined || place === undefined || deleted.has(session)) return [];
      const readers = conversations.filter(({ after }) => placeOf(after)?.stream === place.stream);
      return readers
        .filter((it) => it.at > at && (placeOf(it.after)?.position ?? 0) < place.position)
        .filter((it) => hasReadAll(it, readers) && !it.reads.some((read) => read.id === id))
        .map(({ connection }) => `${callOf(session, request)} is not in ${connection}`);
    }),
  );
}

/** It was ended by the server, and not because its client has opened another connection. */
const hasReadAll = (it: Conversation, readers: readonly Conversation[]): boolean =>
  it.end?.by === 'server' && isServed(it) && !isTakenOver(it, readers);

const isTakenOver = ({ at, end }: Conversation, readers: readonly Conversation[]): boolean =>
  readers.some((other) => other.at > at && end !== undefined && other.at < end.at);

function cancelledForGood({ history, conversations }: Told): string[] {
  const sent = new Set<string>();
  return history.flatMap((entry, at) => {
    if (entry.what === 'sent') sent.add(callOf(entry.session, entry.request));
    if (entry.what !== 'cancelled') return [];
    const { session, request } = entry;
    if (sent.has(callOf(session, request))) return [];
    return conversations
      .filter((it) => it.session === session && isServed(it))
      .flatMap(({ reads, connection }) =>
        reads
          .filter(
            ({ message, at: when }) => when > at && message && answeredBy(message) === request,
          )
          .map(() => `${callOf(session, request)} was answered on ${connection}`),
      );
  });
}

function oneQuestion({ conversations }: Told): string[] {
  const places = new Map<unknown, Set<string>>();
  for (const { session, connection, reads } of conversations) {
    for (const { id, message } of reads) {
      if (message?.method === undefined || message.id === undefined) continue;
      const names = places.get(message.id) ?? new Set();
      places.set(message.id, names.add(`${session} ${id ?? connection}`));
    }
  }
  return [...places]
    .filter(([, names]) => names.size > 1)
    .map(([question, names]) => `${question} was asked at ${[...names].join(' and ')}`);
}

function answersReachAsker({ history }: Told): string[] {
  const firsts = new Map<string, string>();
  const allowed = new Set<string>();
  const heard = new Set<string>();
  return history.flatMap((entry) => {
    if (entry.what === 'answered') {
      const { session, question, content } = entry;
      const first = firsts.get(callOf(session, question)) ?? content;
      firsts.set(callOf(session, question), first);
      allowed.add(`${session} ${first}`);
    }
    if (entry.what !== 'heard') return [];
    const words = `${entry.session} ${entry.content}`;
    if (heard.has(words)) return [`${entry.session} heard ${entry.content} twice`];
    heard.add(words);
    return allowed.has(words) ? [] : [`${entry.session} heard ${entry.content}`];
  });
}

function silenceAfterDelete({ history, conversations }: Told): string[] {
  return history.flatMap((entry, at) => {
    if (entry.what !== 'deleted') return [];
    return conversations
      .filter((conversation) => conversation.session === entry.session && isServed(conversation))
      .flatMap(({ connection, status, at: began, reads }) => {
        const late = reads.filter((read) => read.at > at && !isSessionEnded(read));
        const faults = late.map(({ id }) => `${connection} read ${id ?? 'a message'}`);
        const isLetIn = began > at && !reads.some(isSessionEnded);
        return isLetIn ? [...faults, `${connection} was answered with ${status}`] : faults;
      });
  });
}

/** The definite end of a call that ran when its session ended. */
const isSessionEnded = ({ message }: Read): boolean =>
  (message?.error?.data as { reason?: unknown } | undefined)?.reason === 'session_ended';
