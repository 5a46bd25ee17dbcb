/**
 * The other side of a conversation: a session's client, or the sender of one stateless request.
 *
 * Knows: what the server may learn of a client and where messages to it can go.
 * Does not know: how sessions are found or kept.
 *
 * @module
 */
import type { ClientIdentity } from '../protocol/client.js';
import type { LoggingLevel } from '../protocol/logging.js';
import type { Later } from './later.js';
import type { Question } from './questions.js';
import type { Standalone } from './standalone.js';

/** Whom a server talks to. */
export interface Client {
  /** What the server sees as `sessionId`: never undefined, never shared by two clients. */
  readonly contextId: string;
  /** Who calls; undefined when anonymous. */
  readonly principal: string | undefined;
  /** The handshake; undefined without a session. */
  readonly identity: ClientIdentity | undefined;
  /** Level that `logging/setLevel` asked for. */
  readonly logLevel: LoggingLevel | undefined;
  /** The GET stream, while what is sent on it reaches the client. */
  readonly standalone: Standalone | undefined;
  /** Server-to-client requests that wait for this client, by the id on the wire; undefined without a session. */
  readonly questions: Map<string, Question> | undefined;
  /** Whether it may hear that a resource has changed; undefined where everybody may. */
  readonly mayHear?: ((uri: string) => Later<boolean>) | undefined;
  /** The instance that asks it, where an answer may arrive at another one. */
  readonly instance?: string | undefined;
  /** True for a caller that cannot be told from any other: no session, no principal. */
  readonly isNobody: boolean;
  /** The GET stream as soon as it is open, or undefined after `waitMs`. */
  standaloneWithin(waitMs: number): Promise<Standalone | undefined>;
}

let requests = 0;

/** The sender of one request in stateless mode. */
export class StatelessClient implements Client {
  readonly contextId: string;
  readonly principal: string | undefined;
  readonly identity = undefined;
  readonly logLevel = undefined;
  readonly standalone = undefined;
  readonly questions = undefined;
  readonly isNobody: boolean;

  /** @param principal - who calls; an anonymous request is a client of its own. */
  constructor(principal: string | undefined) {
    this.principal = principal;
    this.contextId = principal ?? `request-${++requests}`;
    this.isNobody = principal === undefined;
  }

  standaloneWithin(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
