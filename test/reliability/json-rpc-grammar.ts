/**
 * POSTs around the grammar of JSON-RPC: mostly right, wrong in every way that JSON allows, and in some
 * that it does not.
 *
 * Knows: JSON's text, members of a message, methods of MCP. Does not know: what they are answered with.
 *
 * @module
 */
import fc from 'fast-check';

/** What is sent: the lines of the head that vary, and a body. */
export interface FuzzedPost {
  readonly headers: readonly string[];
  readonly body: string;
}

const METHODS = [
  ...['initialize', 'ping', 'tools/list', 'tools/call', 'prompts/list', 'prompts/get'],
  ...['resources/list', 'resources/read', 'resources/templates/list', 'resources/subscribe'],
  ...['resources/unsubscribe', 'completion/complete', 'logging/setLevel', 'tasks/list'],
  ...['tasks/get', 'tasks/cancel', 'tasks/result', 'server/discover', 'subscriptions/listen'],
  ...['notifications/initialized', 'notifications/cancelled', 'notifications/progress'],
  ...['notifications/roots/list_changed', '', 'x', 'constructor', '__proto__', 'toString', 'ключ'],
];

const json = (value: unknown) => JSON.stringify(value);
const texts = (...all: string[]) => fc.constantFrom(...all);

const anyString = fc.string({ unit: 'binary', maxLength: 12 });

/** Any JSON value as text; duplicates of a key, `__proto__` and numbers beyond all limits included. */
const anyJson: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    texts('null', 'true', '0', '-0', '1e400', '-1.5e-9', '9007199254740993', '""', '[]', '{}'),
    anyString.map(json),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(
        fc.tuple(
          fc.oneof(anyString, fc.constantFrom('__proto__', 'constructor', 'id')),
          tie('value'),
        ),
        {
          maxLength: 4,
        },
      )
      .map((members) => `{${members.map(([key, value]) => `${json(key)}:${value}`).join(',')}}`),
  ),
})).value;

const id = fc.oneof(
  { weight: 14, arbitrary: fc.integer({ min: -3, max: 9 }).map(String) },
  { weight: 4, arbitrary: anyString.map(json) },
  {
    weight: 3,
    arbitrary: texts(
      ...['null', '{}', '[]', 'true', '1.5', '-0', '1e2', '1e400', '""', '"__proto__"', '"s.1"'],
      ...['9007199254740991', '9007199254740993', '-9007199254740993', '0.0', '1E+2', '"\\ud800"'],
    ),
  },
);

const progressToken = fc.oneof(id, anyJson);
const meta = fc.oneof(
  progressToken.map((token) => `{"progressToken":${token}}`),
  anyJson.map((value) => `{"io.modelcontextprotocol/related-task":${value}}`),
  anyJson,
);

/** Parameters that some method takes. */
const goodParams = fc.oneof(
  anyJson.map((value) => `{"name":"echo","arguments":{"value":${value}}}`),
  fc
    .array(anyJson, { maxLength: 3 })
    .map((all) => `{"name":"emit","arguments":{"values":[${all}]}}`),
  texts('{}', '{"name":"greet"}', '{"uri":"news://today"}', '{"level":"error"}', '{"cursor":"x"}'),
  id.map((requestId) => `{"requestId":${requestId},"reason":"x"}`),
  id.map((token) => `{"progressToken":${token},"progress":1}`),
  texts('{"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"a","value":""}}'),
  anyJson.map(
    (value) =>
      `{"protocolVersion":"2025-11-25","capabilities":{"experimental":${value}},"clientInfo":{"name":"f","version":"1"}}`,
  ),
);

const params = fc.oneof(
  { weight: 12, arbitrary: goodParams },
  { weight: 1, arbitrary: anyJson },
  {
    weight: 2,
    arbitrary: fc
      .tuple(goodParams, meta)
      .map(([good, value]) => good.replace('{', `{"_meta":${value},`).replace(',}', '}')),
  },
);

/** A member and its value, both as text. */
type Member = readonly [key: string, value: string];

const member = (
  key: string,
  value: fc.Arbitrary<string>,
  present: number,
): fc.Arbitrary<Member[]> =>
  fc.oneof(
    { weight: present, arbitrary: value.map((text): Member[] => [[json(key), text]]) },
    { weight: 1, arbitrary: fc.constant<Member[]>([]) },
  );

/** Members that do not belong there, belong there once, or look as if they did. */
const strayMember: fc.Arbitrary<Member[]> = fc
  .tuple(
    fc.oneof(
      texts(...['jsonrpc', 'id', 'method', 'params', 'result', 'error'].map(json)),
      texts('"Method"', '"METHOD"', '"paramſ"', '"method\\u0000"', '"\\u006dethod"', '"i\\u0064"'),
      texts('"__proto__"', '"constructor"', '"toJSON"', '""'),
      anyString.map(json),
    ),
    fc.oneof(id, anyJson),
  )
  .map((stray) => [stray]);

const message: fc.Arbitrary<string> = fc
  .tuple(
    member('jsonrpc', fc.oneof({ weight: 40, arbitrary: texts('"2.0"') }, anyJson), 20),
    member('id', id, 4),
    member('method', fc.oneof({ weight: 40, arbitrary: texts(...METHODS.map(json)) }, anyJson), 9),
    member('params', params, 4),
    fc.oneof({ weight: 8, arbitrary: fc.constant<Member[]>([]) }, strayMember),
    texts('', ' ', '\n\t'),
  )
  .map(([jsonrpc, id, method, params, stray, blank]) => {
    const members = [...jsonrpc, ...id, ...method, ...params, ...stray];
    return `{${members.map(([key, value]) => `${blank}${key}${blank}:${value}`).join(`${blank},`)}}`;
  });

/** A client's answer to a question that nobody asked. */
const response = fc
  .tuple(
    id,
    fc.oneof(
      anyJson.map((value) => `"result":${value}`),
      anyJson.map((value) => `"error":${value}`),
    ),
  )
  .map(([id, outcome]) => `{"jsonrpc":"2.0","id":${id},${outcome}}`);

const batch = fc.array(fc.oneof({ weight: 8, arbitrary: message }, response, anyJson), {
  maxLength: 5,
});

const body = fc.oneof(
  { weight: 12, arbitrary: message },
  { weight: 5, arbitrary: batch.map((messages) => `[${messages.join(',')}]`) },
  { weight: 1, arbitrary: response },
  { weight: 1, arbitrary: anyJson },
  { weight: 1, arbitrary: anyString },
  { weight: 1, arbitrary: message.map((text) => `\ufeff${text}`) },
  { weight: 1, arbitrary: fc.tuple(message, fc.nat(100)).map(([text, at]) => text.slice(0, at)) },
  { weight: 1, arbitrary: fc.tuple(message, anyString).map(([text, more]) => text + more) },
);

/** A header that is right eleven times out of twelve; `undefined` leaves it out. */
const header = (name: string, right: readonly string[], wrong: readonly (string | undefined)[]) =>
  fc
    .oneof(
      { weight: 11, arbitrary: fc.constantFrom(...right) },
      { weight: 1, arbitrary: fc.constantFrom(...wrong) },
    )
    .map((value) => (value === undefined ? [] : [`${name}: ${value}`]));

const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'];
const ACCEPTED = [
  'application/json, text/event-stream',
  'application/json',
  'text/event-stream',
  '*/*',
];

/**
 * @param sessions - ids of open sessions; most messages are sent in one of them.
 */
export function fuzzedPosts(sessions: readonly string[]): fc.Arbitrary<FuzzedPost> {
  return fc
    .tuple(
      fc.tuple(
        header('Mcp-Session-Id', sessions, [undefined, 'unknown', '"\xff']),
        header('MCP-Protocol-Version', VERSIONS, [undefined, '1999-01-01', '']),
        header('Accept', ACCEPTED, [undefined, 'text/html', '*/*;q=0']),
        header(
          'Content-Type',
          ['application/json'],
          ['application/json; charset=utf-8', 'text/plain'],
        ),
      ),
      body,
    )
    .map(([headers, text]) => ({ headers: headers.flat(), body: text }));
}
