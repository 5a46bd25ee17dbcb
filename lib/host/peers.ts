/**
 * The other instances of an endpoint: what they are told, and what follows from what they tell.
 *
 * Knows: letters, notices, and which session they are about. Does not know: how they travel.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { JsonRpcResponse, Params, RequestId } from '../protocol/json-rpc.js';
import { allowsPolling } from '../protocol/versions.js';
import type { Letter, Notice, Shared } from '../store/port.js';
import type { EventIds } from './event-ids.js';
import type { StreamSettings } from './event-stream.js';
import { type Mail, type Received, readLetter } from './letters.js';
import type { LiveSession } from './live-session.js';
import type { Outside } from './live-sessions.js';
import { Renewal } from './renewal.js';
import { changedJson, isNotice, resync } from './resync.js';
import { Roaming } from './roaming.js';
import { type Roamer, RoamingStream } from './roaming-stream.js';
import type { ServerSource } from './server-source.js';
import type { Sessions } from './sessions.js';
import type { Streams } from './streams.js';
import { ifMayHear } from './subscriptions.js';

/** Notices that could not be published are tried again after this time, milliseconds. */
const RETRY_MS = 1_000;

/** What the name of a session's own stream begins with. */
const STANDALONE = 'g';

type AboutStream = Received & { readonly kind: 'appended' | 'taken' };

const isAboutStream = (received: Received): received is AboutStream =>
  received.kind === 'appended' || received.kind === 'taken';

/** What the other instances are reached with, and what follows from what they tell. */
export interface PeersParts {
  readonly shared: Shared;
  readonly sessions: Sessions;
  readonly streams: Streams;
  readonly source: ServerSource;
  readonly ids: EventIds;
  readonly settings: StreamSettings;
  readonly idleMs: number;
  readonly logger: Logger;
}

export class Peers implements Outside {
  readonly #parts: PeersParts;
  readonly #renewal: Renewal;
  /** Notices that the others have not been told of, by their text. */
  readonly #unpublished = new Map<string, Notice>();
  #retry: NodeJS.Timeout | undefined;
  #isStarted = false;

  constructor(parts: PeersParts) {
    this.#parts = parts;
    const { sessions, shared, idleMs } = parts;
    this.#renewal = new Renewal(sessions, shared.sessions, idleMs);
  }

  get self(): string {
    return this.#parts.shared.self;
  }

  /** Begins to listen; called again, it does nothing. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#renewal.start();
    this.#parts.shared.instances.start({
      letter: (letter) => this.#receive(letter),
      notice: (notice, revision) => this.#hear(notice, revision),
      missed: (revision) => this.#resyncAll(revision),
    });
  }

  /** Rejects while the others cannot be reached. */
  ready(): Promise<void> {
    this.start();
    return this.#parts.shared.instances.ready();
  }

  /** The others need not wait for this instance any more. */
  async leave(): Promise<void> {
    this.#renewal.stop();
    clearInterval(this.#retry);
    await this.#parts.shared.instances.resign().catch(this.#unheard);
  }

  roam(session: LiveSession): Roaming {
    const { shared, sessions, ids, settings } = this.#parts;
    const { self, events, instances } = shared;
    const open = () =>
      new RoamingStream(this.#roamerOf(session), { events, instances, ids, settings });
    return new Roaming(self, open, () => sessions.reload(session));
  }

  publish(method: string, uri?: string): void {
    this.start();
    const notice: Notice = uri === undefined ? { method } : { method, uri };
    this.#parts.shared.instances.publish(notice).catch((error) => {
      this.#parts.logger.warn({ err: error }, 'a notice could not be published; it will be later');
      if (!this.#unpublished.has(JSON.stringify(notice))) this.#hear(notice, undefined);
      this.#unpublished.set(JSON.stringify(notice), notice);
      this.#retry ??= setInterval(() => void this.#publishAgain(), RETRY_MS).unref();
    });
  }

  post(instances: readonly string[], kind: 'ended' | 'changed', session: string): void {
    for (const instance of instances) void this.#send(instance, session, { kind });
  }

  listenAgain(session: LiveSession): void {
    const { sessions } = this.#parts.shared;
    sessions.listen(session.record).then(() => session.roaming?.stream.wake(), this.#unheard);
  }

  left(session: LiveSession): void {
    this.#parts.source.left(session, [...(session.roaming?.told ?? [])]);
  }

  /** The session's client listens here from now on. */
  async listenHere(session: LiveSession): Promise<void> {
    const { record } = session;
    const before = await this.#parts.shared.sessions.listen(record);
    record.listener = this.self;
    if (before !== undefined && before !== this.self) {
      void this.#send(before, record.key, { kind: 'taken', stream: STANDALONE });
    }
    this.#parts.source.catchUp(session);
  }

  /** The session's client has not come back. */
  unlisten({ record }: LiveSession): void {
    if (record.listener === this.self) record.listener = undefined;
    this.#parts.shared.sessions.unlisten(record).catch(this.#unheard);
  }

  /** Passes a client's answer on to the instance that asked. */
  async answer(
    asker: string,
    { record }: LiveSession,
    message: JsonRpcResponse & { readonly id: RequestId },
  ): Promise<void> {
    await this.#post(asker, record.key, { kind: 'answer', message });
  }

  /** Passes a client's progress on to the instance that asked. */
  async progress(asker: string, { record }: LiveSession, params: Params): Promise<void> {
    await this.#post(asker, record.key, { kind: 'progress', params });
  }

  /** Tells the instance that serves a request that its client no longer wants it. */
  async cancel({ record }: LiveSession, id: RequestId, reason: unknown): Promise<void> {
    const runner = await this.#parts.shared.sessions.runner(record, id);
    if (runner === undefined || runner === this.self) return;
    const why = typeof reason === 'string' ? { reason } : {};
    await this.#post(runner, record.key, { kind: 'cancel', id, ...why });
  }

  /** Tells a session's client of a resource, wherever it listens. */
  pass({ record }: LiveSession, uri: string): void {
    const { listener } = record;
    if (listener !== undefined) void this.#send(listener, record.key, { kind: 'updated', uri });
  }

  async #post(instance: string, session: string | undefined, mail: Mail): Promise<void> {
    const letter: Letter = { ...mail, session: session ?? '' };
    await this.#parts.shared.instances.post(instance, letter);
  }

  #send(instance: string, session: string | undefined, mail: Mail): Promise<void> {
    return this.#post(instance, session, mail).catch(this.#unheard);
  }

  readonly #unheard = (error: unknown): void => {
    this.#parts.logger.warn({ err: error }, 'other instances could not be told');
  };

  async #publishAgain(): Promise<void> {
    for (const [text, notice] of [...this.#unpublished]) {
      try {
        await this.#parts.shared.instances.publish(notice);
      } catch {
        return;
      }
      this.#unpublished.delete(text);
    }
    clearInterval(this.#retry);
    this.#retry = undefined;
  }

  #hear({ method, uri }: Notice, revision: number | undefined): void {
    const { source, sessions } = this.#parts;
    if (!isNotice(method, uri)) return;
    if (method === 'notifications/tools/list_changed') source.toolsChanged();
    sessions.live.broadcast(changedJson(method, uri), uri, revision);
  }

  #receive(letter: unknown): void {
    const received = readLetter(letter);
    if (received === undefined) {
      this.#parts.logger.debug({}, 'dropped a letter that cannot be read');
      return;
    }
    const session = this.#parts.sessions.live.byKey(received.session);
    if (isAboutStream(received)) return this.#actOnStream(received, session);
    if (session !== undefined) this.#act(received, session);
  }

  #actOnStream({ kind, ...key }: AboutStream, session: LiveSession | undefined): void {
    const { streams } = this.#parts;
    const isStandalone = key.stream.startsWith(STANDALONE);
    if (kind === 'appended' && isStandalone) return session?.roaming?.stream.wake();
    if (kind === 'appended') return streams.appended(key);
    if (!isStandalone) return streams.taken(key, session);
    if (session !== undefined) this.#giveUp(session);
  }

  #act(received: Exclude<Received, AboutStream>, session: LiveSession): void {
    const { sessions } = this.#parts;
    switch (received.kind) {
      case 'answer':
        session.questions.get(String(received.message.id))?.answer(received.message);
        return;
      case 'progress':
        session.questions.get(String(received.params.progressToken))?.progress(received.params);
        return;
      case 'cancel': {
        const running = session.calls.get(received.id);
        running?.server.cancel(running.call, received.reason);
        return;
      }
      case 'ended':
        return sessions.forget(session);
      case 'changed':
        return this.#reload(session);
      case 'updated':
        return this.#tellUpdate(session, received.uri, undefined);
      case 'close':
        return session.roaming?.stream.close();
    }
  }

  /** Another instance has the session's GET stream. */
  #giveUp(session: LiveSession): void {
    session.record.listener = undefined;
    session.detach();
    this.#parts.sessions.tidy(session);
  }

  #reload(session: LiveSession): void {
    const { sessions, source } = this.#parts;
    sessions.reload(session).then(() => {
      if (session.listensHere) source.catchUp(session);
    }, this.#unheard);
  }

  /** Notices are lost when their store is, and with them what it knew of the sessions. */
  #resyncAll(revision: number): void {
    this.#renewal.restore();
    this.#parts.source.toolsChanged();
    for (const session of this.#parts.sessions.live) this.#resync(session, revision);
  }

  #resync(session: LiveSession, revision?: number): void {
    const { source } = this.#parts;
    resync({
      offers: (capability) => source.offers(session, capability, 'listChanged'),
      subscriptions: session.record.subscriptions ?? [],
      tell: (json, uri) => {
        if (uri !== undefined) this.#tellUpdate(session, uri, revision);
        else if (session.listensHere) session.hear(json, revision);
      },
    });
  }

  #tellUpdate(session: LiveSession, uri: string, revision: number | undefined): void {
    if (!session.listensHere || session.record.subscriptions?.has(uri) !== true) return;
    const json = changedJson('notifications/resources/updated', uri);
    ifMayHear(session.mayHear, uri, () => session.hear(json, revision));
  }

  #roamerOf(session: LiveSession): Roamer {
    const { record } = session;
    return {
      key: record.key ?? '',
      get allowsPolling() {
        return allowsPolling(record.client.version);
      },
      get isListening() {
        return record.listener !== undefined || session.roaming?.mayListen === true;
      },
      tell: ({ method, uri }) => {
        if (uri !== undefined) this.#tellUpdate(session, uri, undefined);
        else if (isNotice(method, uri)) session.hear(changedJson(method));
      },
      closeElsewhere: () => {
        const { listener } = record;
        if (listener !== undefined) void this.#send(listener, record.key, { kind: 'close' });
      },
      resync: () => this.#resync(session),
    };
  }
}
