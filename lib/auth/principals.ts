/**
 * Whose sessions are whose, for one gate.
 *
 * Knows: what an app says of its users, and that a caller without a subject is told once.
 * Does not know: sessions.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Logger } from '../log.js';
import { identityOf } from './auth-info.js';
import { refusal } from './checks.js';

/**
 * Says who a caller is when `authInfo.extra.sub` does not: a user's id, stable and unique for the app.
 * Undefined when the app does not know either.
 */
export type ReadPrincipal = (authInfo: AuthInfo) => string | undefined;

export class Principals {
  readonly #gate: string;
  readonly #read: ReadPrincipal | undefined;
  #isTold = false;

  /** @param read - the option `principal`, unchecked. */
  constructor(gate: string, read: unknown) {
    if (read !== undefined && typeof read !== 'function') {
      throw refusal(`${gate}.principal`, 'a function of an AuthInfo', typeof read);
    }
    this.#gate = gate;
    this.#read = read as ReadPrincipal | undefined;
  }

  /** @throws Error when nothing tells this caller from another. */
  of(authInfo: AuthInfo, logger: Logger): string {
    const subject: unknown = this.#read?.(authInfo);
    if (subject !== undefined && (typeof subject !== 'string' || subject === '')) {
      throw new TypeError(`${this.#gate}.principal: expected a text, got ${typeof subject}.`);
    }
    const identity = identityOf(authInfo, this.#gate, subject);
    if (identity === undefined) {
      throw new Error(
        `${this.#gate}: expected extra.sub, a token or a principal, got none. Callers cannot be told apart.`,
      );
    }
    if (identity.isToken) this.#tellOnce(logger);
    return identity.principal;
  }

  #tellOnce(logger: Logger): void {
    if (this.#isTold) return;
    this.#isTold = true;
    logger.warn(
      { gate: this.#gate },
      'tokens name no subject: sessions belong to the token and end when it is refreshed',
    );
  }
}
