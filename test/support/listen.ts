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

/** Serves `listener` until the running test ends; returns the origin. */
export async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
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
