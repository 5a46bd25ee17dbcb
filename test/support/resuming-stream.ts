/**
 * A session's own stream, kept open by a client that comes back.
 *
 * Knows: GET and `Last-Event-ID`. Does not know: what the messages mean.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { readEvents } from './event-frames.js';
import { begin } from './http-client.js';
import type { Message } from './inbox.js';

/** A message, and when it came. */
export interface Heard {
  readonly id: string | undefined;
  readonly message: Message;
  /** Unix milliseconds. */
  readonly at: number;
}

/** What is left when a client cannot resume. */
const RETRY_MS = 100;

export class Listening {
  /** Everything that came, in order. */
  readonly heard: Heard[] = [];
  /** HTTP statuses, in order. */
  readonly statuses: number[] = [];
  /** How often events were said to be missing. */
  gaps = 0;
  /** How often an event id was unknown, so that the stream had to be begun anew. */
  restarts = 0;
  #url: string;
  readonly #later: string;
  readonly #headers: () => Record<string, string>;
  readonly #count: (status: number) => void;
  readonly #running: Promise<void>;
  readonly #opened: Promise<void>;
  #isOpen = () => {};
  #answer: IncomingMessage | undefined;
  #lastId: string | undefined;
  #retryMs = RETRY_MS;
  #isOver = false;

  /** @param urls - of the first connection, and of all others. */
  constructor(
    urls: readonly [string, string],
    headers: () => Record<string, string>,
    count: (status: number) => void,
  ) {
    [this.#url, this.#later] = urls;
    this.#headers = headers;
    this.#count = count;
    this.#opened = new Promise((resolve) => {
      this.#isOpen = resolve;
    });
    this.#running = this.#run();
  }

  /** Resolves when the first connection is open. */
  opened(): Promise<void> {
    return this.#opened;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    this.#answer?.destroy();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#leg().catch(() => {});
      this.#url = this.#later;
      if (!this.#isOver) await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
    }
  }

  async #leg(): Promise<void> {
    const answer = await begin(this.#url, {
      method: 'GET',
      headers: { ...this.#headers(), Accept: 'text/event-stream', 'Last-Event-ID': this.#lastId },
    });
    const status = answer.statusCode ?? 0;
    this.statuses.push(status);
    this.#count(status);
    if (status !== 200) {
      answer.resume();
      if (status === 400) {
        this.#lastId = undefined;
        this.restarts += 1;
      }
      return;
    }
    this.#answer = answer;
    if (this.#isOver) return void answer.destroy();
    this.#isOpen();
    await this.#read(answer);
  }

  async #read(answer: IncomingMessage): Promise<void> {
    answer.setEncoding('utf8');
    let text = '';
    for await (const chunk of answer) {
      const { events, rest } = readEvents(text + chunk);
      text = rest;
      for (const { id, event, retry, data } of events) {
        if (retry !== undefined) this.#retryMs = Number(retry);
        if (id !== undefined) this.#lastId = id;
        if (event === 'gap') this.gaps += 1;
        else if (data) this.heard.push({ id, message: JSON.parse(data), at: Date.now() });
      }
    }
  }
}
