/**
 * A client inside a page, as tests see it from outside: everything it tells is JSON.
 *
 * Knows: what tests ask of a client. Does not know: which generation of the SDK it is.
 *
 * @module
 */

/** What a test tells the client before it connects. */
export interface PageClientOptions {
  /** Sent with every request. */
  readonly headers?: Record<string, string>;
  /** The user's answer to every form. */
  readonly answer?: Record<string, string>;
  /** Asks for the newest revision before it falls back to a handshake; SDK v2 alone can do so. */
  readonly negotiates?: boolean;
}

/** A stream that is cut is asked for again every 100 ms, for as long as a test takes. */
export const RECONNECTION = {
  initialReconnectionDelay: 100,
  maxReconnectionDelay: 100,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 1_000,
};

/** What came to a client, in the order of arrival. */
export class Notes {
  /** Messages of the forms that the user was shown. */
  readonly asked: string[] = [];
  /** Methods of notifications, without progress. */
  readonly heard: string[] = [];
  /** Progress of the calls. */
  readonly progress: number[] = [];
}

/** A client that has connected. */
export interface PageClient {
  readonly sessionId: string | undefined;
  readonly notes: Notes;
  tools(): Promise<string[]>;
  /** Calls a tool; the text that it returned. */
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  /** Ends the session. */
  terminate(): Promise<void>;
}

/** What went wrong in a page. */
export interface PageFailure {
  readonly name: string;
  readonly message: string;
  /** HTTP status, where there was an answer that the page may read. */
  readonly status: number | undefined;
}

/** The bundle of a client, as the global `mcp` of a page. */
export interface PageBundle {
  connect(url: string, options?: PageClientOptions): Promise<PageClient>;
  /** The reason why an attempt fails. */
  failureOf(attempt: Promise<unknown>): Promise<PageFailure | undefined>;
}

/** Text of a tool's result. */
export function textOf(result: unknown): string {
  const { content } = result as { content?: { text?: string }[] };
  return content?.map(({ text }) => text).join('\n') ?? '';
}

/** Waits for an attempt to fail; `statusOf` reads the SDK's own errors. */
export async function failureOf(
  attempt: Promise<unknown>,
  statusOf: (error: Error) => number | undefined,
): Promise<PageFailure | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { name: error.name, message: error.message, status: statusOf(error) };
  }
}
