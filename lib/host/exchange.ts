/**
 * One HTTP request and its reply, as the core sees them.
 *
 * Knows: method, headers, parsed body, who asks, and a reply that is answered or streamed on.
 * Does not know: Express, Connect, `node:http`; the edge implements these interfaces.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';

/** Request headers, lower-case names, as `node:http` gives them. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What a client sent. */
export interface Exchange {
  /** HTTP method, upper case. */
  readonly method: string;
  readonly headers: RequestHeaders;
  /** The parsed JSON body of a POST; undefined for other methods. */
  readonly body: unknown;
  /** Values of the mount's `:params`, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Names the mount that was asked for, tenant included, however its path was spelled. */
  readonly place: string;
  /** Address of the client as limits count it, as far as the app's proxy settings tell it. */
  readonly address: string;
  /** The verified token, when something in front of the endpoint has verified one. */
  readonly authInfo: AuthInfo | undefined;
  /** SHA-256 of who calls (issuer, subject, client); undefined for an anonymous caller. */
  readonly principal: string | undefined;
  /** The URL that the client used, for `requestInfo.url`. */
  publicUrl(): URL | undefined;
}

/** Where an answer goes; exactly one of `json`, `empty` and `stream` is called, once. */
export interface Reply {
  json(status: number, body: string, headers?: Readonly<Record<string, string>>): void;
  empty(status: number, headers?: Readonly<Record<string, string>>): void;
  /** Sends status 200 and `headers` at once and leaves the body open. */
  stream(headers: Readonly<Record<string, string>>): EventSink;
  /** Calls `listener` once when the client's connection is gone before the answer was complete. */
  onAbort(listener: () => void): void;
}

/** An open event stream's connection. */
export interface EventSink {
  /** Milliseconds since the client last had read everything; 0 when it has. */
  readonly behindMs: number;
  /** Writes framed events; returns the bytes that the client has not read yet. */
  write(frames: string): number;
  /** Resolves when the client has read everything, or the connection is gone. */
  drained(): Promise<void>;
  end(): void;
  /** Cuts the connection without an orderly end. */
  destroy(): void;
}
