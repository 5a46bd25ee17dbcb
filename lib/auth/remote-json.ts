/**
 * JSON from an issuer, within limits.
 *
 * Redirects are not followed, a body has a greatest length, and one deadline holds for the connection and
 * the whole answer.
 *
 * Knows: `fetch`. Does not know: what the JSON means.
 *
 * @module
 */

/** How an issuer is asked. */
export interface Remote {
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
}

/** An answer that is JSON; for an error's sake the status may be any. */
export interface RemoteAnswer {
  readonly status: number;
  /** Undefined when it is not JSON. */
  readonly body: unknown;
}

const MAX_BYTES = 262_144;

/**
 * Asks once.
 *
 * @throws Error when there is no whole answer in time; its message names the address without its query.
 */
export async function askJson(
  url: URL,
  { fetch }: Pick<Remote, 'fetch'>,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<RemoteAnswer> {
  try {
    const headers = { Accept: 'application/json', ...(init.headers as Record<string, string>) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    return { status: response.status, body: parsed(await textOf(response)) };
  } catch (cause) {
    throw new Error(`${url.origin}${url.pathname}: expected an answer, got none.`, { cause });
  }
}

/** The body, as far as it may go. */
async function textOf({ body }: Response): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`expected at most ${MAX_BYTES} bytes, got more.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
