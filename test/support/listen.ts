/**
 * Real HTTP servers on free loopback ports, closed when the test is over.
 *
 * Knows: sockets. Does not know: MCP.
 *
 * @module
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** With Node's 511, dozens of clients in a busy process overflow the queue, and their connections wait for seconds. */
const BACKLOG = 4_096;

/** Serves `listener` until the running test ends; returns the origin. */
export async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  // A client that sends while the server closes an idle connection would see it reset.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, resolve),
  );
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The same for an app that has to know its own origin while it is built. */
export async function listenAs(build: (origin: string) => RequestListener): Promise<string> {
  let listener: RequestListener | undefined;
  const origin = await listen((req, res) => listener?.(req, res));
  listener = build(origin);
  return origin;
}
