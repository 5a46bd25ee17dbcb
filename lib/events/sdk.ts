/**
 * Events in an event store of the SDK's kind: what somebody already has for `StreamableHTTPServerTransport`.
 *
 * Streams are named `<session>:<stream>`, so that one store serves every session. What such a store cannot
 * do is not done: it keeps what and how long it likes, `drop` only sees to it that nothing is handed over,
 * and of a stream that another process began nobody can tell what is unanswered.
 *
 * Knows: which streams this process began. Does not know: what a stream does with the store.
 *
 * @module
 */
import type { RequestId } from '../protocol/json-rpc.js';
import { KnownStreams } from './known-streams.js';
import type { EventLog, FoundStream, SdkEventStore, StreamKey } from './port.js';
import { SdkStream } from './sdk-stream.js';

/** How long the order of a finished stream is remembered. */
const REMEMBER_MS = 3_600_000;
const MAX_FINISHED = 1_000;
const NAME = /^[A-Za-z0-9]{1,128}$/;

/** An event log of a store that has the methods `storeEvent` and `replayEventsAfter`. */
export function sdkEventLog(store: SdkEventStore): EventLog {
  return new SdkEventLog(store);
}

class SdkEventLog implements EventLog {
  readonly name = 'sdk';
  readonly #store: SdkEventStore;
  readonly #known = new KnownStreams<SdkStream>(REMEMBER_MS, MAX_FINISHED);

  constructor(store: SdkEventStore) {
    this.#store = store;
  }

  open(key: StreamKey, requests: readonly RequestId[]): SdkStream {
    const stream = this.#stream(key, requests);
    if (!this.#known.hasEnded(key.session)) this.#known.add(key, stream);
    return stream;
  }

  find(key: StreamKey): FoundStream | undefined {
    if (!NAME.test(key.session) || !NAME.test(key.stream)) return undefined;
    if (this.#known.hasEnded(key.session)) return undefined;
    const log = this.#known.get(key, Date.now()) ?? this.#stream(key, undefined);
    return { log, unanswered: log.unanswered };
  }

  drop(session: string): void {
    this.#known.end(session);
  }

  async close(): Promise<void> {
    await Promise.all(this.#known.all().map((stream) => stream.settled()));
    this.#known.clear();
  }

  /** A stream of another process is remembered once this one writes to it. */
  #remember(key: StreamKey, stream: SdkStream): void {
    if (this.#known.hasEnded(key.session)) return;
    if (this.#known.get(key, Date.now()) === undefined) this.#known.add(key, stream);
  }

  #stream(key: StreamKey, requests: readonly RequestId[] | undefined): SdkStream {
    const stream: SdkStream = new SdkStream({
      store: this.#store,
      streamId: `${key.session}:${key.stream}`,
      requests,
      hasEnded: () => this.#known.hasEnded(key.session),
      onKept: () => this.#remember(key, stream),
      onFinished: () => this.#known.finish(key, Date.now()),
    });
    return stream;
  }
}
