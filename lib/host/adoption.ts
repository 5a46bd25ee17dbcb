/**
 * What the user's server object is given while it is connected: three methods that know whom they
 * speak to. Nothing else of it is touched, and all is given back at the end.
 *
 * Knows: the SDK's public members. Does not know: how messages travel.
 *
 * @module
 */
import { McpRouterError } from '../errors.js';
import type { Params } from '../protocol/json-rpc.js';
import { context } from './context.js';
import type { Outbound, SendOptions } from './outbound.js';
import type { ConnectableServer, InnerServer } from './server.js';
import { generationOf, innerServer } from './server.js';

type RequestOptions = SendOptions & { readonly timeout?: number };

/** Makes the server answer for the current call's client; returns what undoes it. */
export function adoptServer(
  server: ConnectableServer,
  outbound: Outbound,
  askMs: number,
): () => void {
  const inner = innerServer(server);
  const ours: Partial<InnerServer> = {
    getClientCapabilities: () => context.getStore()?.client.identity?.capabilities,
    getClientVersion: () => context.getStore()?.client.identity?.clientInfo,
  };
  // v2 sends its requests without going through `request`.
  if (generationOf(server) === 'v1') ours.request = guardedRequest(inner, outbound, askMs);
  const before = Object.keys(ours).map((name) => Object.getOwnPropertyDescriptor(inner, name));
  Object.assign(inner, ours);
  return () => {
    Object.keys(ours).forEach((name, index) => {
      const own = before[index];
      if (own === undefined) Reflect.deleteProperty(inner, name);
      else Object.defineProperty(inner, name, own);
    });
  };
}

/** Refuses at once what no client can receive, and supplies a missing time-out. */
function guardedRequest(inner: InnerServer, outbound: Outbound, askMs: number) {
  const send = inner.request?.bind(inner);
  return (request: { method: string; params?: Params }, ...rest: unknown[]): Promise<unknown> => {
    const [schema, options] = rest as [unknown, RequestOptions | undefined];
    const refusal = outbound.refusalOf(request.method, request.params, options);
    if (refusal !== undefined) return Promise.reject(refusal);
    if (send === undefined) return Promise.reject(new Error('Not connected'));
    return send(request, schema, { ...options, timeout: options?.timeout ?? askMs });
  };
}

const SHARED_STATE_ADVICE =
  'A shared server serves every client, so it cannot keep one client’s state. Pass `() => createServer()`, or set dangerouslyShareClientState: true.';

/** Refuses a shared server that reacts to its client's `initialized`. */
export function refuseClientState(server: ConnectableServer): void {
  if (innerServer(server).oninitialized === undefined) return;
  throw new McpRouterError(
    'ERR_MCP_SHARED_STATE',
    `server: expected one without per-client state, got one with \`oninitialized\` set. ${SHARED_STATE_ADVICE}`,
  );
}

/**
 * Refuses a connected shared server that listens for `roots/list_changed`.
 *
 * The SDK has no question for this, so the notification is sent and the fallback handler, which runs
 * only when there is no other, tells.
 */
export async function refuseRootsListener(
  server: ConnectableServer,
  deliver: (message: unknown) => void,
): Promise<void> {
  const inner = innerServer(server);
  const before = inner.fallbackNotificationHandler;
  let fellThrough = false;
  inner.fallbackNotificationHandler = async () => {
    fellThrough = true;
  };
  deliver({ jsonrpc: '2.0', method: 'notifications/roots/list_changed' });
  inner.fallbackNotificationHandler = before;
  await new Promise((resolve) => setImmediate(resolve));
  if (fellThrough) return;
  throw new McpRouterError(
    'ERR_MCP_SHARED_STATE',
    `server: expected one without per-client state, got one that handles \`notifications/roots/list_changed\`. ${SHARED_STATE_ADVICE}`,
  );
}
