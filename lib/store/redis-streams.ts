/**
 * Streams that several instances share, in Redis: an event log.
 *
 * Time: a stream is kept for `ttlMs` after its last event, and for 5 minutes at most once it has finished; one
 * that is open here does not expire. Failure: what cannot be written is tried again, as long as there is room
 * and it could be replayed; a read that fails rejects. Size: `maxEventsPerStream`, `maxBytesPerStream`, and
 * the responses; 64 MiB of what waits to be written.
 *
 * Knows: which streams are written here, whom to ask about the others. Does not know: Redis' clients, what
 * events say.
 *
 * @module
 */
import type {
  SharedEventLog,
  SharedStream,
  StandaloneStream,
  StreamKey,
  StreamLog,
} from '../events/port.js';
import type { Logger } from '../log.js';
import type { RequestId } from '../protocol/json-rpc.js';
import type { Letter } from './port.js';
import type { RedisConnection, Reply } from './redis-connection.js';
import { FoundStreamLog, look, lostOf, unansweredOf } from './redis-stream-found.js';
import { isStreamKey, lifeIn, OWN, streamKeys } from './redis-stream-keys.js';
import { finishedMs, Outage, type StreamLimits, type StreamParts } from './redis-stream-parts.js';
import { QueueRoom } from './redis-stream-queue.js';
import { Rings } from './redis-stream-rings.js';
import { ADOPT, CHANGED, END, FOLLOW, WIPE } from './redis-stream-scripts.js';
import { Telling } from './redis-stream-telling.js';
import { StreamWriter } from './redis-stream-writer.js';
import { WrittenStreams } from './redis-written-streams.js';

/** What streams in Redis are made with. */
export interface RedisStreamsOptions extends StreamLimits {
  /** What every key begins with. */
  readonly prefix: string;
  /** Names this instance: letters and digits. */
  readonly self: string;
  readonly logger: Logger;
  /** False once an instance's lease is over. */
  alive(instance: string): Promise<boolean>;
  post(instance: string, letter: Letter): Promise<void>;
  /** In the place of a letter of this instance to itself. Default: it is posted like any other. */
  readonly ring?: (session: string, stream: string) => void;
}

/** Before the sequence number of the first event. */
const FIRST_PLACE = '0';
const MAX_QUEUED_BYTES = 67_108_864;
/** A writer that goes on while it is thought to be gone is left alone after so many looks. */
const MAX_LOOKS = 3;
const STREAMS_PER_WIPE = 100;

/** Keeps the streams of one endpoint in Redis. */
export const redisStreams = (
  connection: RedisConnection,
  options: RedisStreamsOptions,
): SharedEventLog => new RedisStreams(connection, options);

class RedisStreams implements SharedEventLog {
  readonly name = 'redis';
  readonly firstPlace = FIRST_PLACE;
  readonly #parts: StreamParts;
  readonly #alive: (instance: string) => Promise<boolean>;
  readonly #logger: Logger;
  readonly #written: WrittenStreams;
  readonly #telling: Telling;

  constructor(connection: RedisConnection, options: RedisStreamsOptions) {
    const { prefix, self, logger, ring } = options;
    const { maxEventsPerStream, maxBytesPerStream, ttlMs } = options;
    this.#logger = logger;
    this.#written = new WrittenStreams(ttlMs);
    this.#alive = (instance) => options.alive(instance);
    this.#parts = {
      connection,
      keys: streamKeys(prefix),
      self,
      limits: { maxEventsPerStream, maxBytesPerStream, ttlMs },
      room: new QueueRoom(MAX_QUEUED_BYTES),
      rings: new Rings({
        self,
        logger,
        ring,
        post: (instance, letter) => options.post(instance, letter),
      }),
      outage: new Outage(logger, () => this.#written.renewAll()),
    };
    this.#telling = new Telling(this.#parts);
  }

  open(key: StreamKey, requests: readonly RequestId[], fenced = () => {}): StreamLog {
    const writer: StreamWriter = new StreamWriter(key, requests, this.#parts, {
      opened: () => this.#written.add(writer),
      closed: () => this.#written.delete(writer),
      fenced: () => {
        try {
          fenced();
        } catch (error) {
          this.#logger.error({ err: error }, 'a call could not be told that its stream is over');
        }
      },
      wasLost: () => this.#written.renewAll(),
    });
    this.#written.add(writer);
    return writer;
  }

  async find(key: StreamKey): Promise<SharedStream | undefined> {
    if (!isStreamKey(key)) return undefined;
    if (lifeIn(key.stream) !== undefined) return this.#findOwn(key);
    const writer = this.#written.get(key);
    await writer?.settled();
    if (writer?.isOpen === true) return openHere(writer, this.#parts.self);
    const looked = await look(this.#parts, key, false);
    if (looked === undefined) return undefined;
    const { name, isDone } = looked;
    if (isDone) return this.#findDone(key);
    if (name === this.#parts.self || (await this.#alive(name))) {
      return new FoundStreamLog(this.#parts, key, name, undefined);
    }
    const left = await look(this.#parts, key, true);
    if (left === undefined) return undefined;
    const gone = left.isDone ? undefined : left.name;
    return new FoundStreamLog(this.#parts, key, gone, gone === undefined ? [] : unansweredOf(left));
  }

  async follow(key: StreamKey): Promise<string | undefined> {
    const { connection, keys, self } = this.#parts;
    const [meta] = keys.of(key);
    const before = String(await connection.run(FOLLOW, [meta], [self]));
    return before === '' || before === self ? undefined : before;
  }

  async adopt(
    key: StreamKey,
    writer: string,
    respond: (id: RequestId) => string,
  ): Promise<boolean> {
    const { connection, keys, self, limits, rings } = this.#parts;
    const { maxEventsPerStream, maxBytesPerStream } = limits;
    const bounds = [finishedMs(limits), maxEventsPerStream, maxBytesPerStream];
    const own = this.#written.get(key);
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      await own?.settled();
      const looked = await look(this.#parts, key, true);
      if (looked === undefined || looked.isDone || looked.name !== writer) return false;
      const responses = unansweredOf(looked).map(respond);
      const args = [key.stream, self, writer, looked.last, ...bounds, ...responses];
      const reply = await connection.run(ADOPT, keys.of(key), args);
      if (reply === CHANGED) continue;
      if (!Array.isArray(reply)) return false;
      own?.fence();
      rings.ring(String(reply[0]), key);
      return true;
    }
    return false;
  }

  tell(session: string, json: string): Promise<void> {
    return this.#telling.tell(session, json);
  }

  async standalone(session: string): Promise<StandaloneStream> {
    const { name, last } = await this.#telling.look(session);
    const log = new FoundStreamLog(this.#parts, { session, stream: name }, undefined, []);
    return { name, end: String(last), log };
  }

  async drop(session: string): Promise<void> {
    const streams = this.#written.end(session);
    const { connection, keys, limits } = this.#parts;
    const [, , names] = keys.of({ session, stream: OWN });
    const reply = await connection.run(END, [names], [limits.ttlMs]);
    const known = Array.isArray(reply) ? (reply as readonly Reply[]).map(String) : [];
    const all = [...new Set([OWN, ...streams, ...known])].filter((stream) =>
      isStreamKey({ session, stream }),
    );
    for (let first = 0; first < all.length; first += STREAMS_PER_WIPE) {
      const some = all.slice(first, first + STREAMS_PER_WIPE);
      const gone = some.flatMap((stream) => keys.of({ session, stream }).slice(0, 2));
      await connection.run(WIPE, [names, ...gone], some);
    }
  }

  async close(): Promise<void> {
    await this.#written.close();
    this.#parts.rings.close();
  }

  /** One that has finished, with what of it was lost. */
  async #findDone(key: StreamKey): Promise<SharedStream | undefined> {
    const looked = await look(this.#parts, key, true);
    return looked && new FoundStreamLog(this.#parts, key, undefined, lostOf(looked));
  }

  async #findOwn(key: StreamKey): Promise<SharedStream | undefined> {
    const log = new FoundStreamLog(this.#parts, key, undefined, []);
    const isThere = await log.replay('0', { missed: () => {}, event: () => false });
    return isThere ? log : undefined;
  }
}

const openHere = (writer: StreamWriter, self: string): SharedStream => ({
  log: writer,
  unanswered: undefined,
  get writer() {
    return writer.isOpen ? self : undefined;
  },
});
