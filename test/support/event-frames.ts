/**
 * Server-sent events, as they were framed.
 *
 * Knows: fields and blank lines. Does not know: what the data means.
 *
 * @module
 */

/** One event; members that it did not have are undefined. */
export interface RawEvent {
  readonly id?: string;
  readonly event?: string;
  readonly retry?: string;
  readonly data?: string;
}

/** The complete events of a text, without comments, and what is left of it. */
export function readEvents(text: string): { events: RawEvent[]; rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  const events = blocks.map((block) => {
    const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? []);
    return Object.fromEntries(fields.filter(([name]) => name)) as RawEvent;
  });
  return { events: events.filter((event) => Object.keys(event).length > 0), rest };
}
