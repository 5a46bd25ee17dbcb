/**
 * REL-45: heads of requests that are wrong in every way a byte can be.
 *
 * @module
 */
import fc from 'fast-check';
import { Wire, type WireAnswer } from '../support/wire.js';
import { atLeast, type Experiment, exactly, type Figure, type Scale, told } from './experiment.js';
import { SEED } from './seed.js';
import { type ServerUnderTest, withServer } from './server-under-test.js';
import { callText } from './session-wire.js';
import { lawfulMessages, requireDiscreet } from './wire-laws.js';

const LANES = 8;
const CASES: Record<Scale, number> = { short: 600, long: 40_000 };

/** A request that is not answered by then waits for more of it. */
const PATIENCE_MS = 300;

/** A connection that is open this long after the client has said its last word hangs. */
const HANG_MS = 20_000;

const BODY = callText(1, 'echo', { value: 1 });

const weighted = (common: readonly string[], rare: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 25, arbitrary: fc.constantFrom(...common) }, { weight: 1, arbitrary: rare });

/** Any bytes, the ends of lines among them. */
const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((it) => String.fromCharCode(it)),
});
const long = fc.integer({ min: 1, max: 20_000 }).map((length) => 'x'.repeat(length));

const method = weighted(
  ['POST', 'POST', 'GET', 'DELETE', 'OPTIONS', 'PUT'],
  fc.oneof(fc.constantFrom('CONNECT', 'TRACE', 'PRI', 'post', ''), latin1),
);
const target = weighted(
  ['/mcp', '/mcp/', '/healthz'],
  fc.oneof(
    fc.constantFrom(
      '*',
      '//mcp',
      '/mcp?a=%',
      '/%ff',
      '/%2e%2e/mcp',
      'http://evil.example/mcp',
      'mcp',
      '',
    ),
    long.map((text) => `/mcp?${text}`),
    latin1,
  ),
);
const version = weighted(
  ['HTTP/1.1'],
  fc.oneof(fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'http/1.1', ''), latin1),
);

const NAMES = [
  ...['Host', 'Content-Type', 'Accept', 'Mcp-Session-Id', 'MCP-Protocol-Version', 'Last-Event-ID'],
  ...['Origin', 'Authorization', 'Connection', 'Content-Length', 'Transfer-Encoding', 'Expect'],
  ...['Upgrade', 'TE', 'Trailer', 'X-Forwarded-Host', 'X-Forwarded-For', 'Content-Encoding'],
  ...['Access-Control-Request-Method', 'Access-Control-Request-Headers', 'Cookie', 'Forwarded'],
];
const VALUES = [
  ...[
    'localhost',
    'application/json',
    'application/json, text/event-stream',
    '2025-11-25',
    'close',
  ],
  ...['chunked', 'keep-alive', '0', '5', '99999999999', '-1', '100-continue', 'websocket', 'gzip'],
  ...['http://localhost', 'null', '', '*/*', 'Upgrade', 'POST', 'mcp-param-x, a"b', '\xff\xfe'],
];

const line = fc
  .tuple(
    weighted(NAMES, latin1),
    weighted([': '], fc.constantFrom(':', ' : ', '\t:', '', ':\r\n ', ': \r\n\t')),
    weighted(VALUES, fc.oneof(latin1, long)),
    weighted(['\r\n'], fc.constantFrom('\n', '\r', '\r\n\r\n')),
  )
  .map((parts) => parts.join(''));

const lines = fc.oneof(
  { weight: 20, arbitrary: fc.array(line, { maxLength: 4 }).map((all) => all.join('')) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 2_500 }), line)
      .map(([times, text]) => text.slice(0, 7).repeat(times)),
  },
);

const usual = `Host: localhost\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n`;

/** Sometimes a request that is right but for one line. */
const request = fc
  .tuple(
    method,
    target,
    version,
    fc.constantFrom(usual, usual, ''),
    lines,
    fc.constantFrom(BODY, BODY, ''),
  )
  .map(([m, t, v, before, more, body]) => `${m} ${t} ${v}\r\n${before}${more}\r\n${body}`);

/** Node's refusals, which have no body. */
const NODES_STATUSES = new Set([400, 408, 417, 431]);

/** The direct server's answers at other addresses: health, and that there is nothing. */
const BESIDE = new Set([200, 404]);

const ENDINGS = [
  'answered by the endpoint',
  'answered beside the endpoint',
  'refused by Node',
  'closed without an answer',
  'taken for the beginning of more',
] as const;

/** How one request ended. */
type Ending = (typeof ENDINGS)[number];

const pause = (ms: number) =>
  new Promise<'late'>((resolve) => {
    setTimeout(() => resolve('late'), ms).unref();
  });

/** Sends a request on a connection of its own; throws when it hangs or the answer is unlawful. */
async function endingOf(server: ServerUnderTest, text: string): Promise<Ending> {
  const wire = await Wire.open(server.url);
  try {
    await wire.send(text);
    const answer = await Promise.race([wire.answer(), pause(PATIENCE_MS)]);
    if (answer === undefined) return 'closed without an answer';
    if (answer !== 'late') return judge(answer);
    wire.finish();
    if ((await Promise.race([wire.ended, pause(HANG_MS)])) === 'late') throw new Error('it hangs');
    return 'taken for the beginning of more';
  } finally {
    wire.destroy();
  }
}

/** Who answered; throws when nobody may answer so. */
function judge(answer: WireAnswer): Ending {
  const { status, text } = answer;
  if (text === '') {
    if (NODES_STATUSES.has(status)) return 'refused by Node';
    if (status === 204) return 'answered by the endpoint';
    throw new Error(`status ${status} without a body`);
  }
  if (text.includes('"jsonrpc"')) {
    lawfulMessages(answer);
    return 'answered by the endpoint';
  }
  if (!BESIDE.has(status)) throw new Error(`status ${status}: ${text.slice(0, 300)}`);
  requireDiscreet(text);
  return 'answered beside the endpoint';
}

async function run(scale: Scale): Promise<Figure[]> {
  return withServer({ shape: 'direct', options: { stateless: true } }, async (server) => {
    const endings: Ending[] = [];
    const share = Math.ceil(CASES[scale] / LANES);
    const isLawful = async (text: string) => {
      endings.push(await endingOf(server, text));
    };
    const handles = await server.ask('handles');
    await Promise.all(
      Array.from({ length: LANES }, (_, lane) =>
        fc.assert(fc.asyncProperty(request, isLawful), { numRuns: share, seed: SEED + lane }),
      ),
    );
    const after = await server.askUntil('handles', (count) => count <= handles, 10_000);
    const countOf = (ending: Ending) => endings.filter((it) => it === ending).length;
    return [
      told('seed', SEED, ''),
      atLeast('heads', endings.length, '', share * LANES),
      ...ENDINGS.map((ending) => told(ending, countOf(ending), '')),
      atLeast(
        'share of heads that reached the endpoint',
        countOf(ENDINGS[0]) / endings.length,
        '',
        0.1,
      ),
      exactly('handles left over', Math.max(0, after - handles), '', 0),
    ];
  });
}

export const HEADS: Experiment = { id: 'REL-45', title: 'Heads that are wrong in every way', run };
