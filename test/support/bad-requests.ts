/**
 * Requests that no endpoint may serve, and what each is answered with.
 *
 * Knows: HTTP and JSON-RPC, and how to break them. Does not know: apps, parsers.
 *
 * @module
 */
import { gzipSync } from 'node:zlib';
import { JSON_HEADERS, type Sent } from './raw-request.js';
import type { ExpectedRefusal } from './refusal.js';

/** One bad request. */
export interface BadRequest extends ExpectedRefusal {
  readonly name: string;
  readonly sent: Sent;
  /** Revision of the session that it is sent in; undefined: in none. */
  readonly session?: string;
  /** The answer when `express.json()` was there first, where that makes a difference. */
  readonly parserFirst?: ExpectedRefusal;
}

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const LIST_TEXT = JSON.stringify(LIST);
const NEWEST = '2025-11-25';
const LIMIT_BYTES = 4_194_304;

const sent = (body: string | Buffer | undefined, headers: Sent['headers'] = {}): Sent => ({
  body,
  headers: { ...JSON_HEADERS, ...headers },
});

const json = (value: unknown, headers?: Sent['headers']) => sent(JSON.stringify(value), headers);

const refusal = (status: number, reason: string, id?: string | number): ExpectedRefusal => ({
  status,
  reason,
  id,
});

const MALFORMED = refusal(400, 'malformed_json');
const INVALID = refusal(400, 'invalid_message');
const MISSING = refusal(400, 'body_missing');
const MEDIA_TYPE = refusal(415, 'media_type');
/** What a request without a session gets once its body was understood. */
const UNDERSTOOD = refusal(400, 'session_required', 1);

/** Bodies that are not JSON, or not all there. */
const NOT_JSON: readonly BadRequest[] = [
  { name: 'half a message', sent: sent('{"jsonrpc":"2.0","id":1,'), ...MALFORMED },
  { name: 'a message and more', sent: sent(`${LIST_TEXT}}`), ...MALFORMED },
  { name: 'two messages', sent: sent(`${LIST_TEXT}\n${LIST_TEXT}`), ...MALFORMED },
  { name: 'single quotes', sent: sent("{'jsonrpc':'2.0'}"), ...MALFORMED },
  { name: 'markup', sent: sent('<script>alert(1)</script>'), ...MALFORMED },
  { name: 'white space', sent: sent(' \n'), ...MALFORMED },
  { name: 'a nul', sent: sent('\0'), ...MALFORMED },
  { name: 'an empty body', sent: sent(''), ...MISSING },
  { name: 'no body', sent: sent(undefined), ...MISSING },
  {
    name: 'an empty body in chunks',
    sent: { ...sent(''), chunked: true },
    ...MISSING,
    parserFirst: INVALID,
  },
  {
    name: 'bytes that are not UTF-8',
    sent: sent(Buffer.from(LIST_TEXT.replace('list', 'list\xff'), 'latin1')),
    ...MALFORMED,
    // The parser has put U+FFFD in their place.
    parserFirst: UNDERSTOOD,
  },
  {
    name: 'half a character of UTF-8',
    sent: sent(Buffer.from('{"jsonrpc":"2.0","id":"\xe2\x82"}', 'latin1')),
    ...MALFORMED,
    parserFirst: { ...INVALID, id: '\ufffd' },
  },
];

/** JSON that is not a message. */
const NOT_A_MESSAGE: readonly BadRequest[] = [
  ...['5', '"text"', 'null', 'true'].map((text) => ({
    name: `the JSON value ${text}`,
    sent: sent(text),
    ...INVALID,
    parserFirst: MALFORMED,
  })),
  { name: '{}', sent: json({}), ...INVALID },
  { name: 'no jsonrpc', sent: json({ id: 1, method: 'ping' }), ...INVALID, id: 1 },
  { name: 'jsonrpc "1.0"', sent: json({ ...LIST, jsonrpc: '1.0' }), ...INVALID, id: 1 },
  ...[null, 1.5, {}, [], true, 1e300].map((id) => ({
    name: `the id ${JSON.stringify(id)}`,
    sent: json({ ...LIST, id }),
    ...INVALID,
  })),
  { name: 'a method that is a number', sent: json({ ...LIST, method: 5 }), ...INVALID, id: 1 },
  ...[[], 'x', null, 5].map((params) => ({
    name: `the parameters ${JSON.stringify(params)}`,
    sent: json({ ...LIST, params }),
    ...INVALID,
    id: 1,
  })),
  ...[5, 'x', [], null, { progressToken: {} }].map((_meta) => ({
    name: `the metadata ${JSON.stringify(_meta)}`,
    sent: json({ ...LIST, params: { _meta } }),
    ...INVALID,
    id: 1,
  })),
  {
    name: 'an answer with no result',
    sent: json({ jsonrpc: '2.0', id: 'a' }),
    ...INVALID,
    id: 'a',
  },
];

/** Messages that two readers would not read alike (CVE-2026-27896). */
const AMBIGUOUS: readonly BadRequest[] = [
  ...[
    // The parser has dropped the first of the two.
    { text: LIST_TEXT.replace('}', ',"method":"tools/call"}'), parserFirst: UNDERSTOOD },
    { text: LIST_TEXT.replace('}', ',"\\u006dethod":"tools/call"}'), parserFirst: UNDERSTOOD },
    { text: LIST_TEXT.replace('}', ',"id":2}'), parserFirst: { ...UNDERSTOOD, id: 2 } },
    {
      text: `[${LIST_TEXT},${LIST_TEXT.replace('}', ',"params":{},"params":{}}')}]`,
      parserFirst: { ...UNDERSTOOD, id: undefined },
    },
  ].map(({ text, parserFirst }) => ({
    name: `a member that is there twice: ${text}`,
    sent: sent(text),
    ...refusal(400, 'duplicate_key'),
    parserFirst,
  })),
  ...['Method', 'METHOD', 'paramſ', 'Params', 'ID', 'method\0', 'Error'].map((name) => ({
    name: `the member ${JSON.stringify(name)}`,
    sent: json({ ...LIST, [name]: {} }),
    ...INVALID,
    id: 1,
  })),
];

/** Batches: wrong size, wrong revision, wrong members. */
const BATCHES: readonly BadRequest[] = [
  { name: 'an empty batch', sent: json([]), ...refusal(400, 'empty_batch') },
  { name: 'a batch in a batch', sent: json([[LIST]]), ...INVALID },
  { name: 'a batch with one bad message', sent: json([LIST, { id: 'b' }]), ...INVALID, id: 'b' },
  {
    name: 'a batch of 101',
    sent: json(Array.from({ length: 101 }, (_, id) => ({ ...LIST, id }))),
    ...refusal(413, 'batch_too_large'),
  },
  {
    name: 'initialize in a batch',
    sent: json([{ ...LIST, method: 'initialize' }, LIST]),
    ...refusal(400, 'initialize_in_batch'),
  },
  ...[NEWEST, '2025-06-18'].flatMap((session) =>
    [[LIST], [{ ...LIST, id: undefined, method: 'notifications/x' }]].map((batch) => ({
      name: `a batch of ${batch[0]?.method} at ${session}`,
      session,
      sent: json(batch, { 'MCP-Protocol-Version': session }),
      ...refusal(400, 'batch_not_allowed'),
    })),
  ),
  {
    name: 'a batch that repeats an id',
    session: '2025-03-26',
    sent: json([LIST, LIST]),
    ...refusal(409, 'duplicate_id'),
  },
  {
    name: 'a batch of more calls than a session may have',
    session: '2025-03-26',
    sent: json(Array.from({ length: 65 }, (_, id) => ({ ...LIST, id }))),
    ...refusal(429, 'calls_per_session'),
    headers: { 'retry-after': '1' },
  },
];

/** Bodies in a form that is not read. */
const FORMS: readonly BadRequest[] = [
  ...[
    'text/plain',
    'text/plain; note=application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/merge-patch+json',
    'application/json; charset=iso-8859-1',
    'nonsense',
  ].map((type) => ({
    name: `Content-Type ${type}`,
    sent: sent(LIST_TEXT, { 'Content-Type': type }),
    ...MEDIA_TYPE,
  })),
  {
    name: 'UTF-16 that says so',
    sent: sent(Buffer.from(LIST_TEXT, 'utf16le'), {
      'Content-Type': 'application/json; charset=utf-16le',
    }),
    ...MEDIA_TYPE,
  },
  { name: 'no Content-Type', sent: { body: LIST_TEXT, headers: { Accept: '*/*' } }, ...MEDIA_TYPE },
  {
    name: 'gzip',
    sent: sent(gzipSync(LIST_TEXT), { 'Content-Encoding': 'gzip' }),
    ...refusal(415, 'content_encoding'),
    parserFirst: UNDERSTOOD,
  },
  {
    name: 'what says it is gzip',
    sent: sent(LIST_TEXT, { 'Content-Encoding': 'gzip' }),
    ...refusal(415, 'content_encoding'),
    parserFirst: MALFORMED,
  },
  {
    name: 'an encoding that nobody knows',
    sent: sent(LIST_TEXT, { 'Content-Encoding': 'x-unknown' }),
    ...refusal(415, 'content_encoding'),
  },
  ...[false, true].map((chunked) => ({
    name: `4 MiB and a byte${chunked ? ' in chunks' : ''}`,
    sent: { ...sent(JSON.stringify('x'.repeat(LIMIT_BYTES - 1))), chunked },
    ...refusal(413, 'body_too_large'),
  })),
];

/** Headers that are wrong, with a body that is not. */
const HEADERS: readonly BadRequest[] = [
  ...['text/html', 'image/*', '*/*;q=0', 'nonsense', 'application/jsonx'].map((Accept) => ({
    name: `Accept ${Accept}`,
    sent: json(LIST, { Accept }),
    ...refusal(406, 'not_acceptable', 1),
  })),
  { name: 'no session', sent: json(LIST), ...UNDERSTOOD },
  { name: 'an empty session id', sent: json(LIST, { 'Mcp-Session-Id': '' }), ...UNDERSTOOD },
  ...['unknown', 'a, b', '\xff\xfe', '../../etc/passwd', 'x'.repeat(8_000)].map((session) => ({
    name: `the session id ${session.slice(0, 20)}`,
    sent: json(LIST, { 'Mcp-Session-Id': session }),
    ...refusal(404, 'session_not_found', 1),
  })),
  ...['1999-01-01', '2024-11-05', '2025-11-25, 2025-11-25', 'x'.repeat(200), '\xff', ''].map(
    (version) => ({
      name: `the version ${JSON.stringify(version.slice(0, 30))}`,
      session: NEWEST,
      sent: json(LIST, { 'MCP-Protocol-Version': version }),
      ...refusal(400, 'unsupported_version', 1),
    }),
  ),
  ...['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1@evil.example'].map(
    (Host) => ({
      name: `Host ${JSON.stringify(Host)}`,
      sent: json(LIST, { Host }),
      ...refusal(403, 'host_not_allowed'),
    }),
  ),
  ...[
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://user@localhost',
    'http://localhost/path',
    'file://',
    'localhost',
    '',
  ].map((Origin) => ({
    name: `Origin ${JSON.stringify(Origin)}`,
    sent: json(LIST, { Origin }),
    ...refusal(403, 'origin_not_allowed'),
  })),
];

const INITIALIZE = {
  protocolVersion: NEWEST,
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
};

/** Handshakes that lack something. */
const HANDSHAKES: readonly BadRequest[] = [
  undefined,
  {},
  { ...INITIALIZE, protocolVersion: undefined },
  { ...INITIALIZE, protocolVersion: 20251125 },
  { ...INITIALIZE, capabilities: undefined },
  { ...INITIALIZE, capabilities: [] },
  { ...INITIALIZE, clientInfo: 'test' },
  { ...INITIALIZE, clientInfo: { version: '1' } },
].map((params) => ({
  name: `initialize with ${JSON.stringify(params)}`,
  sent: json({ ...LIST, method: 'initialize', params }),
  ...refusal(400, 'invalid_initialize', 1),
}));

export const BAD_REQUESTS: readonly BadRequest[] = [
  ...NOT_JSON,
  ...NOT_A_MESSAGE,
  ...AMBIGUOUS,
  ...BATCHES,
  ...FORMS,
  ...HEADERS,
  ...HANDSHAKES,
];
