/**
 * Where a session's streams are in Redis: all in one Cluster slot.
 *
 * Knows: names of keys. Does not know: what is in them.
 *
 * @module
 */
import type { StreamKey } from '../events/port.js';

/** Keys of the streams below one prefix. */
export interface StreamKeys {
  /** Hash and list of a stream, and the names of its session's streams. */
  of(key: StreamKey): readonly [meta: string, list: string, names: string];
  /** The session's record. */
  session(session: string): string;
}

/** The session's own stream, whatever its life. */
export const OWN = 'g';

export const streamKeys = (prefix: string): StreamKeys => ({
  of: ({ session, stream }) => {
    const slot = `${prefix}:{${session}}`;
    return [`${slot}:m:${stream}`, `${slot}:l:${stream}`, `${slot}:st`];
  },
  session: (session) => `${prefix}:{${session}}:s`,
});

/** The life in the name of a session's own stream; undefined for the stream of a POST. */
export const lifeIn = (stream: string): string | undefined => /^g(.+)$/.exec(stream)?.[1];

/** Names that are taken into a key. */
export const isStreamKey = ({ session, stream }: StreamKey): boolean =>
  NAME.test(session) && NAME.test(stream);

const NAME = /^[A-Za-z0-9]{1,128}$/;
