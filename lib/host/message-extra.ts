/**
 * What handlers learn of the HTTP request behind a message, in the shape of the SDK they were written for.
 *
 * Knows: `requestInfo` of v1 and the web `Request` of v2. Does not know: how requests arrive.
 *
 * @module
 */
import type { Exchange, RequestHeaders } from './exchange.js';
import type { MessageExtra, Multiplexer } from './multiplexer.js';

/** v1's `requestInfo`; the URL is worked out when somebody reads it. */
class RequestInfo {
  readonly #exchange: Exchange;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get headers(): RequestHeaders {
    return this.#exchange.headers;
  }

  get url(): URL | undefined {
    return this.#exchange.publicUrl();
  }
}

/** What a handler may close, so that its client comes back for the rest. */
export type Closing = Pick<MessageExtra, 'closeSSEStream' | 'closeStandaloneSSEStream'>;

/** The second argument of the SDK's `onmessage`. */
export function messageExtra(
  exchange: Exchange,
  server: Multiplexer,
  { closeSSEStream, closeStandaloneSSEStream }: Closing,
): MessageExtra {
  const requestInfo = new RequestInfo(exchange);
  const { authInfo } = exchange;
  const extra = { requestInfo, authInfo, closeSSEStream, closeStandaloneSSEStream };
  if (!server.wantsWebRequest) return extra;
  return { ...extra, request: webRequest(exchange) };
}

function webRequest(exchange: Exchange): Request {
  const { method, headers } = exchange;
  const copied = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) copied.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return new Request(exchange.publicUrl() ?? 'http://localhost/', { method, headers: copied });
}
