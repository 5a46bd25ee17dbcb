/**
 * Messages that name one member twice: readers of them do not agree on which of the two counts.
 *
 * Knows: the text of JSON, and escapes in it. Does not know: bytes, HTTP, what a member means.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8259#section-4 RFC 8259 §4}
 *
 * @module
 */
import { isMember, MEMBERS } from './json-rpc.js';

/** Without the opening quote, which would stop the search at every string. */
const ENDS_OF_MEMBERS = MEMBERS.map((name) => `${name}"`);

/** A small ASCII letter in disguise; members are made of nothing else. */
const ESCAPED_LETTER = /\\u00[67]/;

/** Six characters for each letter of the longest member. */
const MAX_KEY_CHARACTERS = 6 * Math.max(...MEMBERS.map(({ length }) => length));

/**
 * True when a message in `json`, alone or in a batch, has a member of JSON-RPC twice, however it is
 * spelled; members that nobody reads may be there as often as they like.
 *
 * @param json - a text that `JSON.parse` has taken.
 */
export function hasDuplicateMember(json: string): boolean {
  return mayHaveDuplicate(json) && scan(json);
}

/** Two native searches for each member: enough to clear nearly every message. */
function mayHaveDuplicate(json: string): boolean {
  for (const end of ENDS_OF_MEMBERS) {
    const first = json.indexOf(end);
    if (first !== -1 && json.indexOf(end, first + end.length) !== -1) return true;
  }
  return ESCAPED_LETTER.test(json);
}

function scan(json: string): boolean {
  const messageDepth = /\S/.exec(json)?.[0] === '[' ? 2 : 1;
  let depth = 0;
  let isKey = false;
  let members: Set<string> | undefined;
  for (let at = 0; at < json.length; at += 1) {
    switch (json[at]) {
      case '{':
      case '[':
        depth += 1;
        if (depth === messageDepth) members = json[at] === '{' ? new Set() : undefined;
        isKey = depth === messageDepth;
        break;
      case '}':
      case ']':
        depth -= 1;
        break;
      case ',':
        isKey = depth === messageDepth;
        break;
      case '"': {
        const end = endOfString(json, at);
        if (isKey && members !== undefined) {
          const member = memberIn(json, at, end);
          if (member !== undefined && members.has(member)) return true;
          if (member !== undefined) members.add(member);
        }
        isKey = false;
        at = end;
      }
    }
  }
  return false;
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}

/** The member that the string from `start` to `end` spells. */
function memberIn(json: string, start: number, end: number): string | undefined {
  const written = json.slice(start + 1, end);
  if (written.length > MAX_KEY_CHARACTERS) return undefined;
  const key = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
  return isMember(key) ? key : undefined;
}
