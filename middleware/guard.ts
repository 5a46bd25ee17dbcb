/**
 * Which `Host` and which `Origin` are let in: the defence against DNS rebinding.
 *
 * Knows: the two headers, loopback, and which proxy Express trusts. Does not know: sessions, tokens.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#security-warning Transports §Security Warning}
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { shown } from '../lib/errors.js';
import type { ResolvedOptions } from '../lib/options.js';
import { CODES } from '../lib/protocol/json-rpc.js';
import { type Refusal, refusalBody } from '../lib/protocol/refusals.js';
import { isLoopbackName } from '../lib/urls.js';
import { isHeaderRepeated } from './http-exchange.js';
import { originCheck, remembering } from './origins.js';

type Next = (error?: unknown) => void;
type TrustedProxy = (address: string | undefined, hop: number) => boolean;
type AppRequest = IncomingMessage & { readonly app?: { get?(name: string): unknown } };

const LOOPBACK_ADDRESS = /^(::ffff:)?127\.|^::1$/;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(?::(\d{1,5}))?$/i;

/** Refuses foreign hosts and origins with 403, before anything else of the request is looked at. */
export function guardHandler(settings: ResolvedOptions) {
  const hostFault = hostCheck(settings);
  const isOriginAllowed = originCheck(settings);
  return function guardHostAndOrigin(req: IncomingMessage, res: ServerResponse, next: Next): void {
    const host = hostFault(req);
    if (host !== undefined) return refuse(res, hostRefusal(host));
    const { origin } = req.headers;
    if (origin !== undefined && !isOriginAllowed(origin)) return refuse(res, originRefusal(origin));
    next();
  };
}

/** The host that is not let in, as it was seen; undefined when the request may pass. */
function hostCheck(settings: ResolvedOptions): (req: IncomingMessage) => string | undefined {
  if (settings.dangerouslyAllowAnyHost) return () => undefined;
  const { url, resource } = settings.address;
  const known = new Set(settings.allowedHosts);
  for (const own of [url, resource]) if (own !== undefined) known.add(new URL(own).hostname);
  const isKnown = remembering((host) => {
    const [, name = '', port] = HOST.exec(host.toLowerCase()) ?? [];
    if (name === '') return false;
    return isLoopbackName(name) || known.has(name) || known.has(`${name}:${port}`);
  });
  const guardsAll = known.size > 0;
  return (req) => {
    if (!guardsAll && !LOOPBACK_ADDRESS.test(req.socket.localAddress ?? '')) return undefined;
    const host = hostOf(req);
    return isKnown(host) ? undefined : host;
  };
}

/** `Host`, or what a proxy that Express trusts says it was; both values when it was sent twice. */
function hostOf(req: AppRequest): string {
  const host = isHeaderRepeated(req, 'host') ? allHosts(req) : (req.headers.host ?? '');
  const forwarded = req.headers['x-forwarded-host'];
  if (forwarded === undefined) return host;
  const isTrusted = req.app?.get?.('trust proxy fn') as TrustedProxy | undefined;
  if (isTrusted?.(req.socket.remoteAddress, 0) !== true) return host;
  return String(forwarded).split(',')[0]?.trim() ?? host;
}

const allHosts = (req: IncomingMessage) => (req.headersDistinct.host ?? []).join(', ');

const hostRefusal = (host: string): Refusal => ({
  status: 403,
  code: CODES.server,
  message: `Host ${shown(host)} is not allowed. Add it to allowedHosts, or set baseUrl.`,
  data: { reason: 'host_not_allowed' },
});

const originRefusal = (origin: string): Refusal => ({
  status: 403,
  code: CODES.server,
  message: `Origin ${shown(origin)} is not allowed. Add it to cors.origins.`,
  data: { reason: 'origin_not_allowed' },
});

function refuse(res: ServerResponse, refusal: Refusal): void {
  res.writeHead(refusal.status, { 'Content-Type': 'application/json' });
  res.end(refusalBody(refusal));
}
