/**
 * REL-42: bodies that are too large, too deep, too wide, or not as long as they say.
 *
 * @module
 */
import { postLines, requestText, Wire, type WireAnswer } from '../support/wire.js';
import {
  asSpeed,
  atMost,
  type Experiment,
  exactly,
  type Figure,
  type Scale,
  told,
} from './experiment.js';
import { type ServerUnderTest, withServer } from './server-under-test.js';
import { callText, initializeText } from './session-wire.js';

const CAP = 4_194_304;
const HEAD = postLines('/mcp');

/** A body, and the status that it has to be answered with. */
interface Case {
  readonly name: string;
  readonly request: () => string;
  readonly status: number;
  /** True when the head already tells that it will not be served. */
  readonly isUnread?: boolean;
  /** True when the client says after it that nothing more will come. */
  readonly isCut?: boolean;
}

/** A call whose argument is given as JSON. */
const calling = (json: string) =>
  callText(1, 'echo', { value: 0 }).replace('"value":0', `"value":${json}`);

/** A call that is `bytes` long. */
const sized = (bytes: number) => {
  const frame = calling('""').length;
  return requestText(HEAD, calling(`"${'x'.repeat(bytes - frame)}"`));
};

const nested = (open: string, close: string, depth: number) =>
  open.repeat(depth) + close.repeat(depth);

const keys = (count: number) =>
  Array.from({ length: count }, (_, n) => `"k${n.toString(36)}":0`).join(',');

const withLength = (length: number, body: string) =>
  `${[...HEAD, `Content-Length: ${length}`].join('\r\n')}\r\n\r\n${body}`;

const CASES: readonly Case[] = [
  { name: 'a byte below the cap', request: () => sized(CAP - 1), status: 200 },
  { name: 'the cap', request: () => sized(CAP), status: 200 },
  { name: 'a byte above', request: () => sized(CAP + 1), status: 413, isUnread: true },
  {
    name: 'a string of 10 MB',
    request: () => requestText(HEAD, calling(`"${'x'.repeat(10_000_000)}"`)),
    status: 413,
    isUnread: true,
  },
  {
    name: 'a length of 10 GB and nothing else',
    request: () => withLength(10_000_000_000, ''),
    status: 413,
    isUnread: true,
  },
  {
    name: 'less than its length, then the end',
    request: () => withLength(1_000, calling('1')),
    status: 400,
    isCut: true,
  },
  {
    name: 'more than its length',
    request: () => withLength(calling('1').length - 10, calling('1')),
    status: 400,
  },
  {
    name: '[ 1e6 deep',
    request: () => requestText(HEAD, nested('[', ']', 1_000_000)),
    status: 400,
  },
  {
    name: '[ 1e6 deep, never closed',
    request: () => requestText(HEAD, '['.repeat(1_000_000)),
    status: 400,
  },
  {
    name: '[ 1e6 deep in an argument',
    request: () => requestText(HEAD, calling(nested('[', ']', 1_000_000))),
    status: 200,
  },
  {
    name: '{ 6e5 deep in an argument',
    request: () => requestText(HEAD, calling(`${nested('{"":', '}', 600_000).replace('}', '0}')}`)),
    status: 200,
  },
  {
    name: '[ 1e6 deep in the handshake',
    request: () =>
      requestText(
        HEAD,
        initializeText().replace(
          '"capabilities":{}',
          `"capabilities":{"x":${nested('[', ']', 1e6)}}`,
        ),
      ),
    status: 413,
  },
  {
    name: '1e6 keys',
    request: () => requestText(HEAD, `{"jsonrpc":"2.0","id":1,"method":"ping",${keys(1_000_000)}}`),
    status: 413,
    isUnread: true,
  },
  {
    name: '4e5 keys, as many as the cap lets in',
    request: () => requestText(HEAD, `{"jsonrpc":"2.0","id":1,"method":"ping",${keys(400_000)}}`),
    status: 200,
  },
  {
    name: '4e5 keys of an argument',
    request: () => requestText(HEAD, calling(`{${keys(400_000)}}`)),
    status: 200,
  },
];

/** What one body did to the server. */
interface Outcome {
  readonly cpuMs: number;
  /** What JSON.parse alone takes for the same text. */
  readonly parseMs: number;
}

async function outcomeOf(server: ServerUnderTest, it: Case): Promise<Outcome> {
  const request = it.request();
  const wire = await Wire.open(server.url);
  const before = await server.ask('cpu');
  void wire.send(request);
  if (it.isCut) wire.finish();
  const answer = await wire.answer();
  const cpuMs = millisecondsSince(before, await server.ask('cpu'));
  wire.destroy();
  requireRight(it, answer);
  const began = process.cpuUsage();
  parse(request.slice(request.indexOf('\r\n\r\n') + 4));
  return { cpuMs, parseMs: millisecondsSince(began, process.cpuUsage()) };
}

const millisecondsSince = (before: NodeJS.CpuUsage, after: NodeJS.CpuUsage) =>
  (after.user - before.user + after.system - before.system) / 1_000;

function parse(body: string): void {
  try {
    JSON.parse(body);
  } catch {
    // What is measured is the time it takes to find that out.
  }
}

/** Node's own refusals have no body; ours are JSON-RPC. */
function requireRight({ name, status }: Case, answer: WireAnswer | undefined): void {
  const { status: answered = 0, text = '' } = answer ?? {};
  if (answered !== status) throw new Error(`${name}: answered ${answered} ${text.slice(0, 200)}`);
  if (text === '') return;
  const message = JSON.parse(text);
  if (message.jsonrpc !== '2.0' || message.id === null || /node_modules|\bat \S+ \(/.test(text)) {
    throw new Error(`${name}: answered with ${text.slice(0, 500)}`);
  }
}

async function run(scale: Scale): Promise<Figure[]> {
  const shapes = scale === 'short' ? (['direct'] as const) : (['direct', 'app'] as const);
  const figures: Figure[] = [];
  for (const shape of shapes) {
    await withServer({ shape, options: { stateless: true } }, async (server) => {
      for (const it of CASES) {
        const { cpuMs, parseMs } = await outcomeOf(server, it);
        const name = `${shape}: ${it.name}: ${it.status}, processor time`;
        figures.push(
          it.isUnread ? asSpeed(atMost(name, cpuMs, 'ms', 50)) : told(name, cpuMs, 'ms'),
        );
        if (parseMs > 20) figures.push(told('of which JSON.parse alone takes', parseMs, 'ms'));
      }
      figures.push(await refusalsRead(server, shape));
      figures.push(told(`${shape}: heap afterwards`, (await heapOf(server)) / 1e6, 'MB'));
    });
  }
  return figures;
}

const REFUSALS = 50;

/** A connection that is closed too early is reset, and the client never learns why. */
async function refusalsRead(server: ServerUnderTest, shape: string): Promise<Figure> {
  const request = requestText(HEAD, 'x'.repeat(10_000_000));
  let read = 0;
  for (let time = 0; time < REFUSALS; time += 1) {
    const wire = await Wire.open(server.url);
    void wire.send(request);
    if ((await wire.answer())?.status === 413) read += 1;
    wire.destroy();
  }
  return exactly(`${shape}: refusals of 10 MB that their sender could read`, read, '', REFUSALS);
}

const heapOf = async (server: ServerUnderTest) => (await server.ask('memory')).heapUsed;

export const BODIES: Experiment = {
  id: 'REL-42',
  title: 'Bodies that are too large, too deep, too wide, or not as long as they say',
  run,
};
