/**
 * `node:http` requests and responses as the core's exchanges and replies.
 *
 * Knows: Express, Connect and `node:http` objects. Does not know: MCP.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventSink, Exchange, Reply, RequestHeaders } from '../lib/host/exchange.js';
import type { Later } from '../lib/host/later.js';
import { placeOf } from '../lib/places.js';
import { type Address, endpointUrl, parametersAt } from '../lib/urls.js';
import { type Caller, callerOf } from './caller.js';
import { clientAddress } from './client-address.js';

/** A request as Express or Connect hands it on; everything beyond `node:http` is optional. */
export interface HttpRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly params?: Readonly<Record<string, string | string[] | undefined>>;
  readonly ip?: string;
  readonly protocol?: string;
}

/** One path of the router, and who serves it. */
export interface Route {
  /** Inside the router. */
  readonly path: string;
  /** Whether a POST's body is of use. */
  readonly takesBody: boolean;
  /** The endpoint's place, as a request's own place tells it. */
  endpointPlace(place: string): string;
  serve(request: HttpRequest, place: string, body: unknown, reply: HttpReply): Later<void>;
}

/** One request, read lazily: most of it is never asked for. */
export class HttpExchange implements Exchange {
  readonly method: string;
  readonly headers: RequestHeaders;
  readonly body: unknown;
  readonly #path: string;
  readonly #request: HttpRequest;
  readonly #address: Address;
  #caller: Caller | undefined;
  #params: Readonly<Record<string, string>> | undefined;

  /** @param path - what {@link requestedPlace} tells. */
  constructor(request: HttpRequest, path: string, body: unknown, address: Address) {
    this.method = request.method ?? 'GET';
    this.headers = request.headers;
    this.body = body;
    this.#path = path;
    this.#request = request;
    this.#address = address;
  }

  /** Express routes without regard to letter case; only a parameter's value is taken as it is. */
  get place(): string {
    const path = this.#path.toLowerCase();
    const { params } = this;
    return Object.keys(params).length === 0 ? path : `${path} ${JSON.stringify(params)}`;
  }

  get params(): Readonly<Record<string, string>> {
    this.#params ??= paramsOf(this.#request);
    return this.#params;
  }

  get address(): string {
    return clientAddress(this.#request);
  }

  get authInfo() {
    return this.#who.authInfo;
  }

  get principal() {
    return this.#who.principal;
  }

  /** The configured URL; without one, what the request itself says. */
  publicUrl(): URL | undefined {
    const configured = endpointUrl(this.#address, parametersAt(this.#address, this.#path));
    if (configured !== undefined) return new URL(configured);
    const { protocol = 'http', headers } = this.#request;
    const path = this.#request.originalUrl ?? this.#request.url ?? '/';
    const url = `${protocol}://${headers.host ?? 'localhost'}${path}`;
    return URL.canParse(url) ? new URL(url) : undefined;
  }

  get #who(): Caller {
    this.#caller ??= callerOf(this.#request);
    return this.#caller;
  }
}

const NO_PARAMS = {};

/** Values of the mount's `:params`; Express 5 gives a wildcard's segments as an array. */
export const paramsOf = ({ params = NO_PARAMS }: HttpRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, [value ?? ''].flat().join('/')]),
  );

/**
 * True for a header that was sent more than once, where Node keeps the first: another reader of the request
 * may have kept the last.
 *
 * @param name - lower case.
 */
export function isHeaderRepeated({ rawHeaders }: IncomingMessage, name: string): boolean {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index];
    if (sent?.length === name.length && sent.toLowerCase() === name) seen += 1;
  }
  return seen > 1;
}

/** The path that a request asked for, whatever was stripped from it on the way. */
export const requestedPlace = (request: HttpRequest): string =>
  placeOf(request.originalUrl ?? request.url ?? '/');

/** Writes an answer to a `node:http` response. */
export class HttpReply implements Reply {
  readonly #response: ServerResponse;
  readonly #maxUnsentBytes: number;

  /** @param maxUnsentBytes - an event stream whose reader is further behind is cut. */
  constructor(response: ServerResponse, maxUnsentBytes: number) {
    this.#response = response;
    this.#maxUnsentBytes = maxUnsentBytes;
  }

  json(status: number, body: string, headers?: Readonly<Record<string, string>>): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...headers,
    });
    response.end(body);
  }

  empty(status: number, headers?: Readonly<Record<string, string>>): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    this.#response.writeHead(status, { 'Content-Length': '0', ...headers });
    this.#response.end();
  }

  stream(headers: Readonly<Record<string, string>>): EventSink {
    const response = this.#response;
    if (!response.headersSent && !response.destroyed) {
      response.writeHead(200, headers);
      response.flushHeaders();
    }
    return new HttpSink(response, this.#maxUnsentBytes);
  }

  onAbort(listener: () => void): void {
    if (this.#response.destroyed) {
      listener();
      return;
    }
    this.#response.once('close', listener);
  }
}

class HttpSink implements EventSink {
  readonly #response: ServerResponse;
  readonly #maxUnsentBytes: number;
  #behindSince: number | undefined;

  constructor(response: ServerResponse, maxUnsentBytes: number) {
    this.#response = response;
    this.#maxUnsentBytes = maxUnsentBytes;
  }

  get behindMs(): number {
    if (this.#behindSince === undefined || this.#response.writableLength === 0) return 0;
    return performance.now() - this.#behindSince;
  }

  /** One event may be larger than the limit; what counts is how far behind the reader was before it. */
  write(frames: string): number {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return 0;
    const before = response.writableLength;
    if (before > this.#maxUnsentBytes) {
      this.destroy();
      return before;
    }
    if (before === 0) this.#behindSince = undefined;
    response.write(frames);
    const unsent = response.writableLength;
    if (unsent > 0) this.#behindSince ??= performance.now();
    return unsent;
  }

  drained(): Promise<void> {
    const response = this.#response;
    if (response.destroyed || !response.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = () => {
        response.off('drain', settle).off('close', settle);
        resolve();
      };
      response.on('drain', settle).on('close', settle);
    });
  }

  end(): void {
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }
}
