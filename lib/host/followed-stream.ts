/**
 * The stream of a call that another instance runs, read by a client that has come here.
 *
 * If that instance goes away, each of its requests gets its one definite end.
 *
 * Knows: the log that both share. Does not know: the call.
 *
 * @module
 */
import type { Position, SharedEventLog, SharedStream, StreamKey } from '../events/port.js';
import { CODES, errorResponse, type RequestId } from '../protocol/json-rpc.js';
import type { Instances } from '../store/port.js';
import type { Resumable, Resumed, StreamSettings } from './event-stream.js';
import type { EventSink } from './exchange.js';
import { Replaying } from './replaying.js';
import { Tail } from './tail.js';

/** A ring that was lost costs no more than this, milliseconds. */
const POLL_MS = 1_000;
/** Outages that a client waits through; its connection is kept alive meanwhile. */
const RETRY_MS = 500;

/** The end of a call whose instance is gone. */
const INSTANCE_LOST = {
  code: CODES.server,
  message: 'The instance that ran this call is gone',
  data: { reason: 'instance_lost' },
};

/** The end of a call whose instance is gone, as its client gets it. */
export const lost = (id: RequestId): string => JSON.stringify(errorResponse(INSTANCE_LOST, id));

/** What a stream is followed with. */
export interface Following {
  readonly key: StreamKey;
  readonly stream: SharedStream;
  readonly resumable: Resumable;
  readonly settings: StreamSettings;
  readonly events: SharedEventLog;
  readonly instances: Instances;
  /** Called once when nobody reads it here any more. */
  readonly left: (stream: FollowedStream) => void;
}

export class FollowedStream {
  readonly #following: Following;
  #replaying: Replaying | undefined;
  #tail: Tail | undefined;

  constructor(following: Following) {
    this.#following = following;
  }

  /** Gives the client what it missed and then what the other instance appends, up to the end. */
  async resume(after: Position, open: () => EventSink): Promise<Resumed> {
    const { resumable, settings, stream } = this.#following;
    const replaying = new Replaying(resumable, settings.retryMs, after, () => {
      const sink = open();
      settings.keepAlive.add(sink);
      return sink;
    });
    this.#replaying = replaying;
    try {
      if (!(await replaying.read())) return this.#leave('unknown');
    } catch (error) {
      if (replaying.sink === undefined) throw error;
    }
    if (stream.writer === undefined && !replaying.isOpen) return this.#leave('exhausted');
    replaying.opened();
    this.#tail = new Tail(() => this.#readOn(replaying), POLL_MS);
    void this.#tail.run().then(() => this.#end());
    return replaying.hasMissed ? 'gap' : 'connected';
  }

  /** Something was appended. */
  wake(): void {
    this.#tail?.wake();
  }

  /** The connection is gone. */
  disconnect(sink: EventSink): void {
    this.#following.settings.keepAlive.delete(sink);
    if (this.#replaying?.sink === sink) this.#stop();
  }

  /** Ends the connection; the client comes back for the rest, if it wants it. */
  yield(): void {
    this.#end();
  }

  async #readOn(replaying: Replaying): Promise<'more' | 'over'> {
    const { stream, settings } = this.#following;
    try {
      if (!(await replaying.read())) return 'over';
      if (stream.writer === undefined || (await this.#inherit(stream.writer))) {
        await replaying.read();
        return 'over';
      }
    } catch (error) {
      settings.logger.debug({ err: error }, 'a stream cannot be read now');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
    return 'more';
  }

  /** True when the writer is gone, and the stream has its end. */
  async #inherit(writer: string): Promise<boolean> {
    const { key, events, instances } = this.#following;
    if (await instances.alive(writer)) return false;
    await events.adopt(key, writer, lost);
    return true;
  }

  #leave(resumed: Resumed): Resumed {
    this.#stop();
    return resumed;
  }

  #end(): void {
    const sink = this.#replaying?.sink;
    this.#stop();
    if (sink === undefined) return;
    this.#following.settings.keepAlive.delete(sink);
    sink.end();
  }

  #stop(): void {
    this.#replaying?.stop();
    this.#tail?.stop();
    this.#replaying = undefined;
    this.#following.left(this);
  }
}
