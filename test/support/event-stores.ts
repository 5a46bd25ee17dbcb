/**
 * Event stores for tests: a correct one of the SDK's kind, and folders for files that go with the test.
 *
 * Knows: the SDK's `EventStore`, temporary folders. Does not know: logs of streams.
 *
 * @module
 */
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

/** A folder that is there until the running test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'express-mcp-router-events-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A Keyv over files, one a key, as a process that starts would open it. */
export const keyvOnDisk = (folder: string): Keyv =>
  new Keyv({ store: new KeyvFile({ filename: folder, separatedFile: true }) });
