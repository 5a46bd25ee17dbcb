/**
 * A session's GET stream where several instances serve the session: any of them appends, one has the
 * connection.
 *
 * What is meant for everybody is not appended to each session's stream. Its place in event ids is a number
 * of its own, `<position>-<revision>`, so that a client which comes back is told what it missed of that too.
 *
 * Knows: the shared log, the notices and the one connection. Does not know: who may listen.
 *
 * @module
 */
import type { Position, Replay, SharedEventLog, StreamLog } from '../events/port.js';
import { gapEvent, messageEvent, retryField } from '../protocol/sse.js';
import type { Instances, Notice } from '../store/port.js';
import type { EventIds } from './event-ids.js';
import type { Resumed, StreamSettings } from './event-stream.js';
import type { EventSink } from './exchange.js';
import { Replaying } from './replaying.js';
import type { ListenedStream } from './standalone.js';
import { Tail } from './tail.js';

/** Letters ring; this is for those that are lost with their store, milliseconds. */
const POLL_MS = 60_000;
const RETRY_MS = 500;

/** Whose stream it is. */
export interface Roamer {
  /** Key of the session. */
  readonly key: string;
  /** Whether its client takes priming events and connections that are closed early. */
  readonly allowsPolling: boolean;
  /** True while some instance has its GET stream, or waits for its client to come back. */
  readonly isListening: boolean;
  /** Tells the client of a notice, if it may know. */
  tell(notice: Notice): void;
  /** Tells the client that everything may have changed. */
  resync(): void;
  /** Closes the connection that another instance has. */
  closeElsewhere(): void;
}

/** What roaming streams share. */
export interface RoamingParts {
  readonly events: SharedEventLog;
  readonly instances: Instances;
  readonly ids: EventIds;
  readonly settings: StreamSettings;
}

/** A connection that is read on. */
interface Reading {
  readonly prefix: string;
  readonly replaying: Replaying;
  tail: Tail | undefined;
  /** The client knows of notices up to this one. */
  revision: number;
  /** False while it is told of notices that it missed. */
  isCurrent: boolean;
}

export class RoamingStream implements ListenedStream {
  readonly #roamer: Roamer;
  readonly #parts: RoamingParts;
  #reading: Reading | undefined;
  /** Connections that went before they were read on. */
  readonly #gone = new WeakSet<EventSink>();

  constructor(roamer: Roamer, parts: RoamingParts) {
    this.#roamer = roamer;
    this.#parts = parts;
  }

  get isConnected(): boolean {
    return this.#reading !== undefined;
  }

  get isOpen(): boolean {
    return this.isConnected || this.#roamer.isListening;
  }

  async connect(sink: EventSink): Promise<void> {
    const { events, instances, settings } = this.#parts;
    settings.keepAlive.add(sink);
    try {
      const { name, end, log } = await events.standalone(this.#roamer.key);
      if (this.#gone.has(sink)) return;
      const { revision } = instances;
      const reading = this.#begin(name, log, placeOf(end, revision), () => sink);
      reading.replaying.opened();
      this.#readOn(reading);
    } catch (error) {
      settings.logger.warn({ err: error }, 'a stream could not be opened');
      settings.keepAlive.delete(sink);
      sink.end();
    }
  }

  async resume(after: Position, open: () => EventSink): Promise<Resumed> {
    const { events, settings } = this.#parts;
    const { name, log } = await events.standalone(this.#roamer.key);
    const reading = this.#begin(name, log, after, () => {
      const sink = open();
      settings.keepAlive.add(sink);
      return sink;
    });
    const { replaying } = reading;
    reading.isCurrent = false;
    if (!(await replaying.read())) {
      this.#forget(reading);
      return 'unknown';
    }
    replaying.opened();
    this.#readOn(reading);
    const isWhole = await this.#tellMissed(reading);
    return replaying.hasMissed || !isWhole ? 'gap' : 'connected';
  }

  async send(json: string): Promise<void> {
    const { events, settings } = this.#parts;
    try {
      await events.tell(this.#roamer.key, json);
      this.wake();
    } catch (error) {
      settings.logger.warn({ err: error }, 'an event could not be kept');
      this.#reading?.replaying.sink?.write(messageEvent(json));
    }
  }

  /** Sends what is told to everybody; it is in no log. */
  broadcast(json: string, revision?: number): void {
    const reading = this.#reading;
    const sink = reading?.replaying.sink;
    if (reading === undefined || sink === undefined) return;
    if (revision !== undefined && reading.isCurrent) reading.revision = revision;
    const place = placeOf(positionIn(reading.replaying.place), reading.revision);
    sink.write(messageEvent(json, reading.prefix + place));
  }

  /** Something was appended. */
  wake(): void {
    this.#reading?.tail?.wake();
  }

  close(retryMs = this.#parts.settings.retryMs): void {
    if (!this.isConnected) return this.#roamer.closeElsewhere();
    this.#reading?.replaying.sink?.write(retryField(retryMs));
    this.end();
  }

  end(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { sink } = reading.replaying;
    this.#forget(reading);
    if (sink === undefined) return;
    this.#parts.settings.keepAlive.delete(sink);
    sink.end();
  }

  disconnect(sink: EventSink): void {
    this.#parts.settings.keepAlive.delete(sink);
    this.#gone.add(sink);
    if (this.#reading?.replaying.sink === sink) this.#forget(this.#reading);
  }

  tellGap(): void {
    this.#reading?.replaying.sink?.write(gapEvent(undefined));
  }

  #begin(name: string, log: StreamLog, after: Position, open: () => EventSink): Reading {
    this.end();
    const { ids, settings } = this.#parts;
    const prefix = ids.prefixOf({ session: this.#roamer.key, stream: name });
    const revised: Pick<StreamLog, 'replay'> = {
      replay: (place, to) =>
        log.replay(
          positionIn(place),
          revisedBy(() => reading.revision, to),
        ),
    };
    const resumable = {
      log: { ...NOTHING, ...revised },
      idPrefix: prefix,
      allowsPolling: this.#roamer.allowsPolling,
    };
    const reading: Reading = {
      prefix,
      replaying: new Replaying(resumable, settings.retryMs, after, open),
      tail: undefined,
      revision: revisionIn(after),
      isCurrent: true,
    };
    this.#reading = reading;
    return reading;
  }

  #readOn(reading: Reading): void {
    if (this.#reading !== reading) return;
    reading.tail = new Tail(() => this.#readMore(reading), POLL_MS);
    void reading.tail.run();
  }

  async #readMore(reading: Reading): Promise<'more' | 'over'> {
    try {
      if (await reading.replaying.read()) return 'more';
      await this.#startAgain(reading);
      return 'over';
    } catch (error) {
      this.#parts.settings.logger.debug({ err: error }, 'a stream cannot be read now');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      reading.tail?.wake();
      return 'more';
    }
  }

  /** The log has lost the stream, and has begun another. */
  async #startAgain(before: Reading): Promise<void> {
    const { sink } = before.replaying;
    if (this.#reading !== before || sink === undefined) return;
    const { name, log } = await this.#parts.events.standalone(this.#roamer.key);
    if (this.#reading !== before) return;
    this.#forget(before);
    const place = placeOf('0', this.#parts.instances.revision);
    const reading = this.#begin(name, log, place, () => sink);
    reading.replaying.opened();
    this.tellGap();
    this.#readOn(reading);
    this.#roamer.resync();
  }

  /** Tells of the notices that the client missed, each once; false when nobody knows which. */
  async #tellMissed(reading: Reading): Promise<boolean> {
    const { instances, settings } = this.#parts;
    const missed = await instances.noticesAfter(reading.revision).catch((error) => {
      settings.logger.warn({ err: error }, 'notices could not be read');
      return 'lost' as const;
    });
    reading.isCurrent = true;
    reading.revision = instances.revision;
    if (missed === 'lost') return false;
    const byText = new Map(missed.map((notice) => [JSON.stringify(notice), notice]));
    for (const notice of byText.values()) this.#roamer.tell(notice);
    return true;
  }

  #forget(reading: Reading): void {
    reading.replaying.stop();
    reading.tail?.stop();
    if (this.#reading === reading) this.#reading = undefined;
  }
}

/** What is only read takes no part in writing. */
const NOTHING = {
  prime: (): Position => '0',
  append: (): Position => '0',
  finish: (): void => {},
};

const placeOf = (position: Position, revision: number): Position => `${position}-${revision}`;
const positionIn = (place: Position): Position => place.split('-', 1)[0] ?? place;

function revisionIn(place: Position): number {
  const [, revision] = /-(\d{1,15})$/.exec(place) ?? [];
  return revision === undefined ? 0 : Number(revision);
}

const revisedBy = (revision: () => number, to: Replay): Replay => ({
  missed: (count) => to.missed(count),
  event: (position, json) => to.event(placeOf(position, revision()), json),
});
