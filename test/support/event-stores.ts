/**
 * Event stores for tests: a correct one of the SDK's kind, and folders for files that go with the test.
 *
 * Knows: the SDK's `EventStore`, temporary folders. Does not know: logs of streams.
 *
 * @module
 */
import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import Keyv from 'keyv';
import { KeyvFile } from 'keyv-file';
import { onTestFinished } from 'vitest';

interface Stored {
  readonly id: string;
  readonly streamId: string;
  readonly message: JSONRPCMessage;
}

/** What a user of the SDK would write: ids that count, one list for all streams. */
export class ListStore implements EventStore {
  readonly events: Stored[] = [];

  async storeEvent(streamId: string, message: JSONRPCMessage): Promise<string> {
    const id = `${streamId}/${this.events.length}`;
    this.events.push({ id, streamId, message });
    return id;
  }

  async getStreamIdForEventId(eventId: string): Promise<string | undefined> {
    return this.events.find(({ id }) => id === eventId)?.streamId;
  }

  async replayEventsAfter(
    lastEventId: string,
    { send }: { send: (eventId: string, message: JSONRPCMessage) => Promise<void> },
  ): Promise<string> {
    const place = this.events.findIndex(({ id }) => id === lastEventId);
    const streamId = this.events[place]?.streamId;
    if (streamId === undefined) throw new Error('no such event');
    for (const event of this.events.slice(place + 1)) {
      if (event.streamId === streamId) await send(event.id, event.message);
    }
    return streamId;
  }
}

/** A store for a Keyv that can be made to fail, in the ways in which stores do. */
export class BreakableStore extends EventEmitter {
  readonly map = new Map<string, unknown>();
  readonly opts = {};
  /** How operations fail now; undefined when they work. */
  fault: 'rejects' | 'hides' | 'hangs' | undefined;
  /** What was done to which key, failures included. */
  readonly done: string[] = [];
  /** Time to live of each key that was set. */
  readonly ttls = new Map<string, number | undefined>();

  async get(key: string): Promise<unknown> {
    return this.#do('get', key, () => this.map.get(key));
  }

  async set(key: string, value: unknown, ttl?: number): Promise<unknown> {
    return this.#do('set', key, () => {
      this.ttls.set(key, ttl);
      this.map.set(key, value);
      return true;
    });
  }

  async delete(key: string): Promise<unknown> {
    return this.#do('delete', key, () => this.map.delete(key));
  }

  async clear(): Promise<void> {
    this.map.clear();
  }

  #do(what: string, key: string, act: () => unknown): unknown {
    this.done.push(`${what} ${key}`);
    const error = new Error('the store is down');
    if (this.fault === 'rejects') throw error;
    if (this.fault === 'hangs') return new Promise(() => {});
    if (this.fault === undefined) return act();
    this.emit('error', error);
    return undefined;
  }
}

/** A folder that is there until the running test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'express-mcp-router-events-'));
  onTestFinished(() => rm(folder, { recursive: true, maxRetries: 10 }));
  return folder;
}

/** A Keyv over files, one a key, as a process that starts would open it. */
export const keyvOnDisk = (folder: string): Keyv =>
  new Keyv({ store: new KeyvFile({ filename: folder, separatedFile: true }) });
