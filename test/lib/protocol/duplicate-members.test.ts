/**
 * Messages that name one member twice (RFC 8259 §4).
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasDuplicateMember } from '../../../lib/protocol/duplicate-members.js';
import { MEMBERS } from '../../../lib/protocol/json-rpc.js';

const PING = '"jsonrpc":"2.0","id":1,"method":"ping"';

describe('a member that is there twice', () => {
  it.each([
    `{${PING},"method":"tools/call"}`,
    `{${PING},"id":1}`,
    `{"id":1,${PING}}`,
    `{${PING},"params":{},"params":{}}`,
    `{${PING},"x":[{"method":"a"}],"method":"b"}`,
    `{${PING} , "method" : "b" }`,
    `\n [{${PING}},{${PING},"id":2}]`,
    `[{${PING}},5,[],{"result":{},"result":{}}]`,
    `{${PING},"x":"}","id":2}`,
    `{${PING},"x":"\\\\","id":2}`,
    `{${PING},"x":"\\"","id":2}`,
    `{${PING},"x":["]",{"y":"{"}],"id":2}`,
  ])('is found: %s', (json) => {
    expect(hasDuplicateMember(json)).toBe(true);
  });

  it.each([
    `{${PING},"\\u006dethod":"tools/call"}`,
    `{${PING},"m\\u0065thod":"tools/call"}`,
    `{${PING},"\\u0069\\u0064":2}`,
    `{"\\u006a\\u0073\\u006f\\u006e\\u0072\\u0070\\u0063":"2.0",${PING}}`,
    `{"par\\u0061ms":{},"p\\u0061rams":{},${PING}}`,
    `[{${PING}},{${PING},"\\u006dethod":"b"}]`,
  ])('is found in disguise: %s', (json) => {
    expect(hasDuplicateMember(json)).toBe(true);
  });

  it.each([
    `{${PING}}`,
    `{${PING},"params":{"id":1,"method":"a","x":{"id":2,"params":{}}}}`,
    `{${PING},"params":{"a":1,"a":2,"id":1,"id":2}}`,
    `{${PING},"x":1,"x":2}`,
    `{${PING},"Method":"a","METHOD":"b"}`,
    `{${PING},"x":"\\"method\\":\\"a\\""}`,
    `{${PING},"x":["id","method"]}`,
    `{${PING},"x":"id"}`,
    `{${PING},"method\\u0000":"a"}`,
    `{"id":"id","method":"method"}`,
    `[{${PING}},{${PING}}]`,
    `[["id","id"],{"id":1}]`,
    '["id","id"]',
    '[[{"id":1,"id":2}]]',
    '"id"',
    '5',
    '[]',
    '{}',
  ])('is not seen where there is none: %s', (json) => {
    expect(hasDuplicateMember(json)).toBe(false);
  });

  it('is found wherever it is put, however it is written', () => {
    const name = fc.constantFrom(...MEMBERS);
    const written = name.chain((text) => fc.tuple(fc.constant(text), spelled(text)));
    const member = fc.tuple(written, fc.json()).map(([[name, key], value]) => ({
      name,
      json: `"${key}":${value}`,
    }));
    fc.assert(
      fc.property(fc.array(member, { maxLength: 6 }), fc.boolean(), (members, isBatch) => {
        const names = members.map(({ name }) => name);
        const message = `{${members.map(({ json }) => json).join(' ,')}}`;
        const json = isBatch ? `[ {"id":1}, ${message}]` : message;
        JSON.parse(json);
        expect(hasDuplicateMember(json)).toBe(new Set(names).size < names.length);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A member's name, each letter as it is or as its escape. */
function spelled(name: string): fc.Arbitrary<string> {
  const letters = [...name].map((letter) => {
    const code = letter.charCodeAt(0).toString(16);
    return fc.constantFrom(letter, `\\u00${code}`, `\\u00${code.toUpperCase()}`);
  });
  return fc.tuple(...letters).map((all) => all.join(''));
}
