/**
 * A direct server with workers, in processes of their own, and who of them answers.
 *
 * Knows: `workers-program.ts`. Does not know: how workers are started.
 *
 * @module
 */
import { once } from 'node:events';
import { type Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { JSON_HEADERS, post } from './raw-request.js';
import { type ServedProcess, serveInProcess } from './served-process.js';

const PROGRAM = fileURLToPath(new URL('workers-program.ts', import.meta.url));

/** A primary whose workers listen. */
export interface Workers extends ServedProcess {
  readonly url: string;
  /** Calls a method of the primary's `Listening`; resolves with how it went. */
  call(method: 'restart' | 'drain' | 'close', ...values: unknown[]): Promise<unknown[]>;
}

/** Starts the program; it may fail to listen. */
export const tryWorkers = (options: object = {}, variables: Record<string, string> = {}) =>
  serveInProcess({ port: 0, workers: 2, stateless: true, ...options }, variables, PROGRAM);

/** Starts the program and waits until its workers listen. */
export async function startWorkers(
  options: object = {},
  variables: Record<string, string> = {},
): Promise<Workers> {
  const served = tryWorkers(options, variables);
  const ended = served.exit.then(({ stderr }) => {
    throw new Error(`ended at the start: ${stderr}`);
  });
  const line = await Promise.race([served.firstLine, ended]);
  const call: Workers['call'] = async (...told) => {
    const answer = once(served.child, 'message');
    served.child.send(told);
    return (await answer)[0] as unknown[];
  };
  return { ...served, url: /http\S+/.exec(line)?.[0] ?? '', call };
}

/** A tool call, as a JSON-RPC request. */
const toolCall = (name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: args },
});

/** Calls a tool on a connection of its own; resolves with the process that answered. */
export async function ask(url: string, name = 'who', args: object = {}): Promise<number> {
  const answer = await post(url, toolCall(name, args));
  return pidIn(answer.status, answer.text);
}

/** The same on a connection of `agent`. */
export async function askOver(
  agent: Agent,
  url: string,
  name = 'who',
  args: object = {},
): Promise<number> {
  const sent = request(url, { method: 'POST', agent, headers: JSON_HEADERS });
  sent.end(JSON.stringify(toolCall(name, args)));
  const [response] = await once(sent, 'response');
  return pidIn(response.statusCode, await text(response));
}

/** Asks until `count` processes have answered; returns their ids. */
export async function pidsOf(url: string, count: number): Promise<number[]> {
  const seen = new Set<number>();
  while (seen.size < count) seen.add(await ask(url));
  return [...seen];
}

/** The answer is JSON, or the only event with data. */
function pidIn(status: number, answer: string): number {
  const json = /^(?:data: )?({.*})$/m.exec(answer)?.[1] ?? 'null';
  const pid = Number(JSON.parse(json)?.result?.content[0]?.text);
  if (status !== 200 || Number.isNaN(pid)) throw new Error(`${status} ${answer}`);
  return pid;
}
