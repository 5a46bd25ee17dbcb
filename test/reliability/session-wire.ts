/**
 * An MCP client on one keep-alive connection.
 *
 * Knows: the handshake, and how a message is posted. Does not know: what the messages mean.
 *
 * @module
 */
import {
  postLines,
  requestText,
  Wire,
  type WireAnswer,
  type WireOptions,
} from '../support/wire.js';

/** `initialize`, as a client of `version` sends it. */
export const initializeText = (version = '2025-11-25', name = 'wire'): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: version,
      capabilities: {},
      clientInfo: { name, version: '1.0.0' },
    },
  });

/** A call of a tool. */
export const callText = (id: number, name: string, args: object): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });

export class SessionWire {
  readonly sessionId: string;
  readonly version: string;
  readonly #url: string;
  readonly #options: WireOptions;
  #wire: Wire;

  private constructor(
    url: string,
    wire: Wire,
    sessionId: string,
    version: string,
    options: WireOptions,
  ) {
    this.#url = url;
    this.#wire = wire;
    this.sessionId = sessionId;
    this.version = version;
    this.#options = options;
  }

  /** Connects and shakes hands. */
  static async open(
    url: string,
    options: WireOptions & { readonly version?: string } = {},
  ): Promise<SessionWire> {
    const { version = '2025-11-25', ...from } = options;
    const wire = await Wire.open(url, from);
    await wire.send(requestText(postLines('/mcp'), initializeText(version)));
    const sessionId = (await wire.answer())?.headers['mcp-session-id'];
    if (sessionId === undefined) throw new Error('initialize was not answered with a session');
    const session = new SessionWire(url, wire, sessionId, version, from);
    await session.post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return session;
  }

  /** Lines that name the session. */
  get headers(): string[] {
    return [`Mcp-Session-Id: ${this.sessionId}`, `MCP-Protocol-Version: ${this.version}`];
  }

  /** Posts a body in the session. */
  post(body: string | Buffer): Promise<WireAnswer> {
    return this.exchange(requestText(postLines('/mcp', ...this.headers), body));
  }

  /** Sends any request and waits for its answer; connects anew when the server has hung up before. */
  async exchange(request: string): Promise<WireAnswer> {
    if (this.#wire.isOver) this.#wire = await Wire.open(this.#url, this.#options);
    await this.#wire.send(request);
    const answer = await this.#wire.answer();
    if (answer === undefined)
      throw new Error(`no answer to ${JSON.stringify(request).slice(0, 500)}`);
    if (answer.headers.connection === 'close') await this.#wire.ended;
    return answer;
  }

  close(): void {
    this.#wire.destroy();
  }
}
