/**
 * The answer to one POST of calls as it has to be: a JSON body, or a stream.
 *
 * Knows: when it becomes a stream, and when it is complete. Does not know: sessions, what the lines say.
 *
 * @module
 */
import type { Expectation, ModelStream } from './model-stream.js';

export class ModelPost {
  readonly connection: Expectation;
  stream: ModelStream | undefined;
  /** `gone`: the client hung up before anything was sent, so nothing will be. */
  #state: 'pending' | 'gone' | 'streaming' | 'complete' = 'pending';
  #open: number;
  readonly #answers: string[] = [];
  readonly #newStream: () => ModelStream;

  /** @param calls - answers to wait for. */
  constructor(connection: Expectation, calls: number, newStream: () => ModelStream) {
    this.connection = connection;
    this.#open = calls;
    this.#newStream = newStream;
  }

  startStreaming(): void {
    if (this.#state !== 'pending') return;
    this.#state = 'streaming';
    this.connection.status = 200;
    this.stream = this.#newStream();
    this.stream.connect(this.connection);
    for (const line of this.#answers) this.stream.send(line, true);
  }

  answer(line: string): void {
    this.#open -= 1;
    if (this.stream !== undefined) this.stream.send(line, true);
    else this.#answers.push(line);
    this.#endIfComplete();
  }

  /** A call was cancelled: it has no answer. */
  abandon(): void {
    this.#open -= 1;
    if (this.#open === 0 && this.#answers.length === 0) this.startStreaming();
    this.#endIfComplete();
  }

  /** A tool closes the connection, and not its call. */
  close(): void {
    this.startStreaming();
    this.stream?.close();
  }

  /** The client has hung up, and the server knows. */
  drop(): void {
    if (this.#state === 'pending') this.#state = 'gone';
  }

  #endIfComplete(): void {
    if (this.#open > 0) return;
    if (this.#state === 'pending') {
      this.connection.status = 200;
      this.connection.lines.push(...this.#answers);
      this.connection.isEnded = true;
    }
    this.#state = 'complete';
    this.stream?.end();
  }
}
