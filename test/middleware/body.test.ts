/**
 * The JSON body of a POST, whoever read it first (DESIGN §5; spec.md §4.5).
 *
 * @module
 */
import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import express, { type RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';
import { type BodyOutcome, readBody, refusalOfParserError } from '../../middleware/body.js';
import { PaceKeeper } from '../../middleware/body-pace.js';
import { endpoint } from '../support/endpoint.js';
import { greeter, greeting, greetingIn } from '../support/greeter.js';
import { listen } from '../support/listen.js';
import { JSON_HEADERS, post, type Sent, send } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';

const LIMIT = 1_000;
const RULES = { limitBytes: LIMIT, pace: new PaceKeeper() };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const MESSAGE = { jsonrpc: '2.0', id: 1, method: 'ping' };
const TEXT = JSON.stringify(MESSAGE);

/** What `readBody` makes of a request that has been through `before`. */
async function outcomeOf(sent: Sent, ...before: RequestHandler[]): Promise<BodyOutcome> {
  const outcomes: BodyOutcome[] = [];
  const app = express();
  if (before.length > 0) app.use(...before);
  app.use(async (req, res) => {
    outcomes.push(await readBody(req, RULES));
    res.set('Connection', 'close').end();
  });
  await send(await listen(app), { headers: JSON_TYPE, ...sent });
  return outcomes[0] ?? expect.fail('the body was not asked for');
}

/** What `read` makes of a request whose client sends a part of the body and then leaves. */
async function leftBehind(
  read: (req: IncomingMessage, leave: () => void) => Promise<BodyOutcome>,
): Promise<BodyOutcome> {
  const reader = new EventEmitter();
  const outcome = once(reader, 'outcome');
  const origin = await listen(async (req) => {
    reader.emit('outcome', await read(req, () => sending.destroy()));
  });
  const headers = { ...JSON_TYPE, 'Content-Length': 9 };
  const sending = request(origin, { method: 'POST', headers, agent: false });
  sending.on('error', () => {}).write('{');
  return (await outcome)[0];
}

/** The value, or status and reason of the refusal. */
function toldBy(outcome: BodyOutcome): unknown {
  if (outcome.ok) return { value: outcome.value };
  return `${outcome.refusal.status} ${outcome.refusal.data.reason}`;
}

const told = async (sent: Sent, ...before: RequestHandler[]) =>
  toldBy(await outcomeOf(sent, ...before));

const withType = (type: string): Sent => ({ headers: { 'Content-Type': type }, body: TEXT });

describe('a content type', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=utf8',
    'application/json ; profile="x"; charset=utf-8',
    'application/json;',
  ])('of JSON in UTF-8 is taken: %s', async (type) => {
    expect(await told(withType(type))).toEqual({ value: MESSAGE });
  });

  it.each([
    'text/plain',
    'application/jsonp',
    'application/json-rpc',
    'application/problem+json',
    'text/json',
    'application/x-www-form-urlencoded',
    'application/json, text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'multipart/form-data; boundary=application/json',
    '',
  ])('of anything else is refused: %o', async (type) => {
    expect(await told(withType(type))).toBe('415 media_type');
  });

  it('that is missing is refused', async () => {
    expect(await told({ headers: {}, body: TEXT })).toBe('415 media_type');
  });

  it('is what counts when express.json() has passed a foreign body by', async () => {
    expect(await told(withType('text/plain'), express.json())).toBe('415 media_type');
  });
});

describe('a body that is read here', () => {
  it.each<[string, Sent]>([
    ['in one piece', { body: TEXT }],
    ['in chunks', { body: TEXT, chunked: true }],
    ['after a byte order mark', { body: `\uFEFF${TEXT}` }],
    [
      'with identity as its encoding',
      { headers: { ...JSON_TYPE, 'Content-Encoding': 'Identity' }, body: TEXT },
    ],
    ['within white space', { body: ` \n${TEXT}\n ` }],
  ])('is parsed %s', async (_name, sent) => {
    expect(await told(sent)).toEqual({ value: MESSAGE });
  });

  it.each([null, 0, false, '', [], 'text', { a: [1, 'é€𝄞'] }])(
    'may hold any JSON value: %j',
    async (value) => {
      expect(await told({ body: JSON.stringify(value) })).toEqual({ value });
    },
  );

  it('may be cut within a character', async () => {
    const bytes = Buffer.from(JSON.stringify('é€𝄞'));
    const outcomes: BodyOutcome[] = [];
    const origin = await listen(async (req, res) => {
      const outcome = readBody(req, RULES);
      req.on('data', () => res.write('.'));
      outcomes.push(await outcome);
      res.end();
    });
    const sending = request(origin, { method: 'POST', headers: JSON_TYPE });
    sending.flushHeaders();
    sending.write(bytes.subarray(0, 2));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    answer.resume();
    sending.end(bytes.subarray(2));
    await once(answer, 'end');
    expect(outcomes).toEqual([{ ok: true, value: 'é€𝄞' }]);
  });

  it.each<[string, Sent, string]>([
    ['is not JSON', { body: '{"jsonrpc":' }, '400 malformed_json'],
    ['is more than JSON', { body: `${TEXT}}` }, '400 malformed_json'],
    ['is white space', { body: '  ' }, '400 malformed_json'],
    ['is not UTF-8', { body: Buffer.from([0x22, 0xff, 0x22]) }, '400 malformed_json'],
    ['ends within a character', { body: Buffer.from([0x22, 0xc3]) }, '400 malformed_json'],
    ['is UTF-16', { body: Buffer.from(TEXT, 'utf16le') }, '400 malformed_json'],
    ['is empty', { body: '' }, '400 body_missing'],
    ['is not there', {}, '400 body_missing'],
    ['is empty in chunks', { chunked: true }, '400 body_missing'],
    [
      'is compressed',
      { headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, body: gzipSync(TEXT) },
      '415 content_encoding',
    ],
  ])('is refused when it %s', async (_name, sent, refusal) => {
    expect(await told(sent)).toBe(refusal);
  });

  it('is refused when its end does not come', async () => {
    const outcome = await leftBehind((req, leave) => {
      req.once('data', leave);
      return readBody(req, RULES);
    });
    expect(toldBy(outcome)).toBe('400 body_truncated');
  });

  it('is refused when the client has left before it was asked for', async () => {
    const outcome = await leftBehind(async (req, leave) => {
      leave();
      await new Promise<void>((resolve) => req.once('close', resolve));
      return readBody(req, RULES);
    });
    expect(toldBy(outcome)).toBe('400 body_truncated');
  });
});

describe('the limit', () => {
  const sized = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));

  it.each([false, true])('lets the last byte in (chunked: %s)', async (chunked) => {
    expect(await told({ body: sized(LIMIT), chunked })).toEqual({ value: 'x'.repeat(LIMIT - 2) });
    expect(await told({ body: sized(LIMIT + 1), chunked })).toBe('413 body_too_large');
  });

  it('counts bytes, not characters', async () => {
    expect(await told({ body: JSON.stringify('é'.repeat(LIMIT / 2)) })).toBe('413 body_too_large');
  });

  it('is kept on a body that a parser with a higher one has read', async () => {
    expect(await told({ body: sized(LIMIT + 1) }, express.json({ strict: false }))).toBe(
      '413 body_too_large',
    );
  });

  it('is told at once by Content-Length, before a byte of the body is there', async () => {
    const { url } = await endpoint(greeter().server, { limits: { bodyBytes: LIMIT } });
    const headers = { ...JSON_HEADERS, 'Content-Length': LIMIT + 1 };
    const sending = request(url, { method: 'POST', headers, agent: false });
    sending.flushHeaders();
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(413);
    expect(answer.headers.connection).toBe('close');
    sending.on('error', () => {}).destroy();
  });

  it('is told in the middle of a body without end', async () => {
    const { url } = await endpoint(greeter().server, { limits: { bodyBytes: LIMIT } });
    const sending = request(url, { method: 'POST', headers: JSON_HEADERS, agent: false });
    sending.write('x'.repeat(LIMIT + 1));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect(answer.statusCode).toBe(413);
    sending.on('error', () => {}).destroy();
  });
});

describe('a body that was read before', () => {
  it.each<[string, RequestHandler]>([
    ['express.json()', express.json()],
    ['express.text()', express.text({ type: '*/*' })],
    ['express.raw()', express.raw({ type: '*/*' })],
  ])('is taken from %s', async (_name, parser) => {
    expect(await told({ body: TEXT }, parser)).toEqual({ value: MESSAGE });
  });

  it('is taken from express.json(), decompressed', async () => {
    const headers = { ...JSON_TYPE, 'Content-Encoding': 'gzip' };
    expect(await told({ headers, body: gzipSync(TEXT) }, express.json())).toEqual({
      value: MESSAGE,
    });
  });

  it.each<[string, RequestHandler]>([
    ['express.text()', express.text({ type: '*/*' })],
    ['express.raw()', express.raw({ type: '*/*' })],
  ])('is checked when %s has left it unparsed', async (_name, parser) => {
    expect(await told({ body: '{"jsonrpc":' }, parser)).toBe('400 malformed_json');
  });

  it('may be null', async () => {
    expect(await told({ body: 'null' }, express.json({ strict: false }))).toEqual({ value: null });
  });

  it('is read here when the parser was for other types', async () => {
    expect(await told({ body: TEXT }, express.urlencoded({ extended: false }))).toEqual({
      value: MESSAGE,
    });
    expect(await told({ body: TEXT }, express.json({ type: 'text/*' }))).toEqual({
      value: MESSAGE,
    });
  });

  it('and is empty is missing, whatever the parser made of it', async () => {
    expect(await told({ body: '' }, express.json())).toBe('400 body_missing');
    expect(await told({ body: '' }, express.text({ type: '*/*' }))).toBe('400 body_missing');
  });

  const swallow: RequestHandler = (req, _res, next) => {
    req.resume().once('end', () => next());
  };

  it('and left nothing is refused with the order of the parsers', async () => {
    const outcome = await outcomeOf({ body: TEXT }, swallow);
    expect(toldBy(outcome)).toBe('500 body_consumed');
    const { refusal } = outcome as Extract<BodyOutcome, { ok: false }>;
    expect(refusal.message).toMatch(/before mcpRouter.*express\.json\(\)/);
  });

  it('is told to the client of an endpoint as JSON-RPC', async () => {
    const middleware = swallow as never;
    const { url } = await endpoint(greeter().server, { stateless: true, middleware });
    expectRefusal(await post(url, greeting()), { status: 500, reason: 'body_consumed' });
  });

  it('is what an endpoint answers from', async () => {
    const middleware = express.json() as never;
    const { url } = await endpoint(greeter().server, { stateless: true, middleware });
    expect(greetingIn(await post(url, greeting()))).toBe('greeter greets world');
  });
});

describe('refusalOfParserError', () => {
  /** The error that a parser passes on. */
  async function errorOf(sent: Sent, parser: RequestHandler): Promise<unknown> {
    const errors: unknown[] = [];
    const app = express().use(parser);
    app.use(((error, _req, res, _next) => {
      errors.push(error);
      res.set('Connection', 'close').end();
    }) as express.ErrorRequestHandler);
    await send(await listen(app), { headers: JSON_TYPE, ...sent });
    return errors[0] ?? expect.fail('the parser did not complain');
  }

  const refuseAll = () => {
    throw new Error('no');
  };

  it.each<[string, Sent, RequestHandler, string]>([
    ['malformed JSON', { body: '{' }, express.json(), '400 malformed_json'],
    ['a large body', { body: TEXT }, express.json({ limit: 9 }), '413 body_too_large'],
    [
      'an unknown encoding',
      { headers: { ...JSON_TYPE, 'Content-Encoding': 'x' }, body: TEXT },
      express.json(),
      '415 content_encoding',
    ],
    [
      'an unknown charset',
      withType('application/json; charset=x'),
      express.json(),
      '415 media_type',
    ],
    [
      'a body it may not verify',
      { body: TEXT },
      express.json({ verify: refuseAll }),
      '400 malformed_json',
    ],
  ])('knows what the parser means by %s', async (_name, sent, parser, expected) => {
    const refusal = refusalOfParserError(await errorOf(sent, parser), LIMIT);
    expect(`${refusal?.status} ${refusal?.data.reason}`).toBe(expected);
  });

  it.each<[string, Buffer]>([
    ['gzip', Buffer.from('no gzip')],
    ['gzip', gzipSync(TEXT).subarray(0, 20)],
    ['deflate', Buffer.from('no zlib')],
  ])('knows a broken body of encoding %s', async (encoding, body) => {
    const sent = { headers: { ...JSON_TYPE, 'Content-Encoding': encoding }, body };
    const error = await errorOf(sent, express.json());
    expect(refusalOfParserError(error, LIMIT)?.data.reason).toBe('malformed_json');
  });

  it("names the parser's own limit", async () => {
    const error = await errorOf({ body: TEXT }, express.json({ limit: 9 }));
    expect(refusalOfParserError(error, LIMIT)?.message).toContain('9 bytes');
  });

  it.each(['request.aborted', 'request.size.invalid'])('knows %s', (type) => {
    expect(refusalOfParserError({ type }, LIMIT)?.data.reason).toBe('body_truncated');
  });

  it.each([
    undefined,
    null,
    'entity.too.large',
    new Error('other'),
    { type: 'other' },
    { type: 5 },
    { status: 400 },
    { code: 'Z_DATA_ERROR' },
  ])('knows nothing of other errors: %o', (error) => {
    expect(refusalOfParserError(error, LIMIT)).toBeUndefined();
  });
});
