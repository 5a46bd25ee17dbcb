/**
 * Messages in the order of their arrival, and a way to wait for one that has not come yet.
 *
 * Knows: JSON-RPC messages. Does not know: where they come from.
 *
 * @module
 */

/** Any JSON-RPC message, as it was read from the wire. */
export interface Message {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

type Test = (message: Message) => boolean;

interface Waiting {
  readonly test: Test;
  readonly resolve: (message: Message) => void;
}

export class Inbox {
  readonly all: Message[] = [];
  #waiting: Waiting[] = [];

  push(message: Message): void {
    this.all.push(message);
    const met = this.#waiting.filter(({ test }) => test(message));
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting));
    for (const { resolve } of met) resolve(message);
  }

  /** The first message that passes, as soon as it is there. */
  until(test: Test): Promise<Message> {
    const found = this.all.find(test);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }

  /** The first message of this method, as soon as it is there. */
  method(name: string): Promise<Message> {
    return this.until(({ method }) => method === name);
  }

  /** Methods of all messages, in order. */
  get methods(): (string | undefined)[] {
    return this.all.map(({ method }) => method);
  }
}
