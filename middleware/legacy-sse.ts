/**
 * The two paths of the deprecated HTTP+SSE transport, as routes of the endpoint's router.
 *
 * Knows: the requests' targets and the session id in the query. Does not know: what is answered.
 *
 * @module
 */
import type { LegacySse } from '../lib/host/legacy-sse.js';
import type { ResolvedOptions } from '../lib/options.js';
import { beside, writtenPath } from '../lib/places.js';
import { SSE_PATHS } from '../lib/urls.js';
import { HttpExchange, type HttpRequest, type Route } from './http-exchange.js';

/** Routes for `GET /sse` and `POST /messages`. */
export function legacySseRoutes(sse: LegacySse, { address }: ResolvedOptions): readonly Route[] {
  const endpointPlace = (place: string) => beside(place, address.mcpPath);
  /** Both are one place to sessions, and another than the endpoint's own. */
  const exchangeOf = (request: HttpRequest, place: string, body?: unknown) =>
    new HttpExchange(request, beside(place, SSE_PATHS.stream), body, address);
  return [
    {
      path: SSE_PATHS.stream,
      takesBody: false,
      endpointPlace,
      serve: (request, place, _body, reply) => {
        const messages = beside(writtenPath(targetOf(request)), SSE_PATHS.messages);
        const exchange = exchangeOf(request, place);
        return sse.connect(exchange, reply, address.proxyPrefix + messages);
      },
    },
    {
      path: SSE_PATHS.messages,
      takesBody: true,
      endpointPlace,
      serve: (request, place, body, reply) =>
        sse.receive(exchangeOf(request, place, body), reply, sessionIdOf(targetOf(request))),
    },
  ];
}

const targetOf = ({ originalUrl, url = '/' }: HttpRequest) => originalUrl ?? url;

/** Read here, since an app's own query parser may be anything. */
function sessionIdOf(target: string): string {
  const start = target.indexOf('?');
  return start === -1 ? '' : (new URLSearchParams(target.slice(start)).get('sessionId') ?? '');
}
