/**
 * What a server sends is what a parser of event streams reads (part of REL-43).
 *
 * @module
 */
import fc from 'fast-check';
import { postLines, requestText } from '../support/wire.js';
import { atLeast, type Figure, type Scale } from './experiment.js';
import { SEED } from './seed.js';
import { withServer } from './server-under-test.js';
import { callText, SessionWire } from './session-wire.js';
import { eventsIn } from './wire-laws.js';

const CASES: Record<Scale, number> = { short: 200, long: 20_000 };

/** Characters that end a line, a field or an event somewhere. */
const BREAKS = [
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  '\u2028',
  '\u2029',
  '\u0085',
  '\v',
  '\f',
  '\0',
  '\ufeff',
];
const FIELDS = [
  'data: x',
  'event: y',
  'id: z',
  ':',
  'retry: 1',
  '{"jsonrpc":"2.0"}',
  '\ud800',
  '\udfff',
];

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom(...BREAKS, ...FIELDS), { maxLength: 6 }).map((parts) => parts.join('')),
);
const value = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }), fc.dictionary(text, text));

/** Sends any values as notifications and reads them back, cut anywhere. */
export async function framingFigures(scale: Scale): Promise<Figure[]> {
  return withServer({ shape: 'direct' }, async ({ url }) => {
    const wire = await SessionWire.open(url);
    const lines = [...postLines('/mcp'), ...wire.headers];
    let read = 0;
    const isReadBack = async (values: readonly unknown[], cuts: readonly number[]) => {
      const sent = JSON.stringify(values);
      const answer = await wire.exchange(requestText(lines, callText(1, 'emit', { values })));
      const isStream = answer.headers['content-type'] === 'text/event-stream';
      if (!isStream && values.length > 0) throw new Error('not answered on a stream');
      const messages = isStream ? eventsIn(answer.text, cuts) : [JSON.parse(answer.text)];
      const told = messages.slice(0, -1).map((it) => (it as Told).params.data);
      if (JSON.stringify(told) !== sent)
        throw new Error(`read ${JSON.stringify(told)}, not ${sent}`);
      if ((messages.at(-1) as Told).id !== 1) throw new Error('the last event is not the response');
      read += values.length;
    };
    const numRuns = CASES[scale];
    const property = fc.asyncProperty(
      fc.array(value, { maxLength: 4 }),
      fc.array(fc.nat(2_000)),
      isReadBack,
    );
    await fc.assert(property, { numRuns, seed: SEED });
    wire.close();
    return [atLeast('messages on streams, each read back as it was sent', read, '', numRuns)];
  });
}

interface Told {
  readonly id?: number;
  readonly params: { readonly data: unknown };
}
