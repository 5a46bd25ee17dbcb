/**
 * A load balancer without memory: each request goes to the next instance.
 *
 * Knows: HTTP; streams answers as they come. Does not know: sessions, what is balanced.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A running front. */
export interface RoundRobin {
  readonly origin: string;
  /** Origins that requests are sent to; they are asked for one by one. */
  targets: readonly string[];
  close(): Promise<void>;
}

/** Whom it sends requests to. */
export interface Balancing {
  /** Looks at `/readyz` of every target so often, and sends nothing to those that are not ready. */
  readonly healthEveryMs?: number;
  /** Sends every request of a session to another target than the one before. */
  readonly turnsSessions?: boolean;
}

/** As long as a balancer waits for an answer about health. */
const HEALTH_MS = 1_000;

/**
 * Starts a front. A target that refuses the connection is passed over; what breaks later breaks the client's
 * connection too, as a balancer does that must not send a request twice.
 */
export async function roundRobin(
  targets: readonly string[],
  { healthEveryMs, turnsSessions = false }: Balancing = {},
): Promise<RoundRobin> {
  const unready = new Set<string>();
  let isOver = false;
  const turns = new Turns(turnsSessions);
  const server = createServer(async (incoming, outgoing) => {
    const body = await bodyOf(incoming).catch(() => undefined);
    if (body === undefined) return void outgoing.destroy();
    const fit = front.targets.filter((target) => !unready.has(target));
    const usable = fit.length === 0 ? front.targets : fit;
    const { method, url, headers } = incoming;
    const order = turns.order(usable, headers['mcp-session-id']);
    const sending = { method, path: url, headers, agent: false as const };
    const pass = (left: readonly string[]) => {
      const [target, ...others] = left;
      if (target === undefined) return void outgoing.destroy();
      const { hostname, port } = new URL(target);
      turns.took(target, headers['mcp-session-id']);
      const passed = httpRequest({ hostname, port, ...sending }, (answer) => {
        turns.took(target, answer.headers['mcp-session-id']);
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
        answer.once('error', () => outgoing.destroy());
        answer.once('close', () => answer.complete || outgoing.destroy());
      });
      passed.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') pass(others);
        else outgoing.destroy();
      });
      outgoing.once('close', () => passed.destroy());
      passed.end(body);
    };
    pass(order);
  });
  server.keepAliveTimeout = 60_000;
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  const front: RoundRobin = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    close: async () => {
      isOver = true;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  if (healthEveryMs !== undefined) void look(healthEveryMs);
  return front;

  /** Each look begins when the one before is over, so that what is known last is what was seen last. */
  async function look(everyMs: number): Promise<void> {
    while (!isOver) {
      const seen = await Promise.all(
        front.targets.map(async (target) => [target, await isReady(target)] as const),
      );
      for (const [target, ready] of seen) ready ? unready.delete(target) : unready.add(target);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
}

/** Whose turn it is. */
class Turns {
  readonly #turnsSessions: boolean;
  /** Where each session has been last. */
  readonly #last = new Map<unknown, string>();
  #turn = 0;

  constructor(turnsSessions: boolean) {
    this.#turnsSessions = turnsSessions;
  }

  /** The targets in the order in which they should be tried. */
  order(targets: readonly string[], session: unknown): string[] {
    this.#turn += 1;
    const last = this.#last.get(session);
    const first = last === undefined ? this.#turn : targets.indexOf(last) + 1;
    return targets.map((_, nth) => targets[(first + nth) % targets.length] ?? '');
  }

  took(target: string, session: unknown): void {
    if (this.#turnsSessions && session !== undefined) this.#last.set(session, target);
  }
}

async function isReady(origin: string): Promise<boolean> {
  try {
    const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(HEALTH_MS) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
