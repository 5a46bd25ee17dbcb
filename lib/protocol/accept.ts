/**
 * Which of the two answer forms a client takes.
 *
 * Knows: the `Accept` header. Does not know: anything else of a request.
 *
 * @module
 */

/** What the client takes: a JSON body, an event stream, either, or neither. */
export type Accepted = 'json' | 'sse' | 'either' | 'neither';

const JSON_RANGES = ['*/*', 'application/*', 'application/json'];
const SSE_RANGES = ['*/*', 'text/*', 'text/event-stream'];

/** Reads `Accept` leniently: absent or `*\/*` takes everything, one type alone is enough; `q=0` refuses. */
export function readAccept(header: string | undefined): Accepted {
  if (header === undefined || header === '' || header === '*/*') return 'either';
  if (header === 'application/json, text/event-stream') return 'either';
  const ranges = header.split(',').flatMap((part) => {
    const [range = '', ...parameters] = part.toLowerCase().split(';');
    const refused = parameters.some((parameter) => /^\s*q\s*=\s*0(\.0*)?\s*$/.test(parameter));
    return refused ? [] : [range.trim()];
  });
  const json = ranges.some((range) => JSON_RANGES.includes(range));
  const sse = ranges.some((range) => SSE_RANGES.includes(range));
  if (json && sse) return 'either';
  if (json) return 'json';
  return sse ? 'sse' : 'neither';
}
