/**
 * Messages for streams of events, and a reader that writes down what it is handed.
 *
 * Knows: the port of event logs. Does not know: any log.
 *
 * @module
 */
import type { StreamLog } from 'express-mcp-router';

export const note = (number: number, whose = 'mine'): string =>
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { whose, number } });

export const notes = (count: number, whose?: string): string[] =>
  Array.from({ length: count }, (_, index) => note(index + 1, whose));

export const answer = (id: string | number): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: {} });

/** Appends one after the other; the place after each. */
export async function toLast(stream: StreamLog, texts: readonly string[]): Promise<string[]> {
  const places: string[] = [];
  for (const text of texts) places.push(await stream.append(text, false));
  return places;
}

/** Everything after a place; `order` holds positions and gaps as they came. */
export async function read(stream: StreamLog | undefined, after: string) {
  if (stream === undefined) throw new Error('there is no stream to read');
  const positions: string[] = [];
  const texts: string[] = [];
  const order: string[] = [];
  let missed = 0;
  const isPlace = await stream.replay(after, {
    missed: (count) => {
      missed += count;
      order.push(`missed ${count}`);
    },
    event: (position, json) => {
      positions.push(position);
      texts.push(json);
      order.push(position);
      return true;
    },
  });
  return { isPlace, positions, texts, missed, order };
}
