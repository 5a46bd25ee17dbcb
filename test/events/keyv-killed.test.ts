/**
 * A process that is killed while it writes: what its client saw is a place in the next process.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { keyvEventStore } from 'express-mcp-router';
import { afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { keyvOnDisk, temporaryFolder } from '../support/event-stores.js';
import { answer, read } from '../support/streams.js';

const WRITER = fileURLToPath(new URL('killed-writer.mjs', import.meta.url));
const RING = 1_000;

/** Places that a process printed before it was killed, at whatever it was doing. */
async function killedAfter(count: number, folder: string): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, folder, String(RING)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    seen.push(line);
    if (seen.length === count) child.kill('SIGKILL');
  }
  await exit;
  return seen;
}

afterEach(() => void vi.restoreAllMocks());

it.each([1, 40, 400])(
  'is found after %d events, and goes on',
  { timeout: 30_000 },
  async (count) => {
    // Of a file that was cut off while it was written, keyv-file says so on standard error.
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const folder = await temporaryFolder();
    const seen = await killedAfter(count, folder);
    const found = await keyvEventStore(keyvOnDisk(folder)).find({ session: 'a1', stream: 'b2' });
    expect(found?.unanswered).toEqual([1]);

    const all = await read(found?.log, '0');
    const numbers = all.texts.map((text) => (JSON.parse(text) as { number: number }).number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(all.positions).toEqual(numbers.map(String));

    const lost = String(await found?.log.append(answer(1), true));
    expect(seen).not.toContain(lost);
    for (const place of new Set([seen.at(0), seen.at(-1)])) {
      const rest = await read(found?.log, String(place));
      expect(rest.isPlace).toBe(true);
      expect(rest.texts.at(-1)).toBe(answer(1));
      expect(rest.texts.length).toBeLessThan(RING);
    }
  },
);
