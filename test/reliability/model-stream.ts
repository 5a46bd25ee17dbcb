/**
 * A resumable stream as it has to be: what is kept of it, and what each of its connections must show.
 *
 * Knows: positions, limits, replay. Does not know: sessions, what the lines say.
 *
 * @module
 */

/** What one connection must show. */
export class Expectation {
  readonly key: string;
  /** Undefined as long as there is nothing to answer. */
  status: number | undefined;
  readonly lines: string[] = [];
  isEnded = false;
  /** The client has hung up; the server knows. */
  isDropped = false;
  /** The client no longer reads, and the server does not know. */
  isDeaf = false;
  /** It raced against another request: its lines are the history's concern. */
  isFree = false;
  /** All of it was seen to be so, and nothing more will come. */
  isSettled = false;
  /** The stream whose events it carries. */
  stream: ModelStream | undefined;

  constructor(key: string, status?: number) {
    this.key = key;
    this.status = status;
  }

  /** An answer that is there at once and whole. */
  static answer(key: string, status: number, ...lines: string[]): Expectation {
    const expectation = new Expectation(key, status);
    expectation.lines.push(...lines);
    expectation.isEnded = true;
    return expectation;
  }
}

interface KeptEvent {
  readonly position: number;
  readonly line: string;
  readonly isResponse: boolean;
}

export class ModelStream {
  /** Names it in the world's book of id prefixes. */
  readonly key: string;
  readonly isStandalone: boolean;
  /** The client takes events without data, so it can come back before the first message. */
  readonly isPrimed: boolean;
  head = 0;
  isOver = false;
  /** Whether the server may think that its client can come back. */
  hasGivenId = false;
  connection: Expectation | undefined;
  /** Positions that its client has read. */
  readonly seen = new Set<number>();
  #kept: KeptEvent[] = [];
  readonly #maxEvents: number;

  constructor(key: string, isStandalone: boolean, isPrimed: boolean, maxEvents: number) {
    this.key = key;
    this.isStandalone = isStandalone;
    this.isPrimed = isPrimed;
    this.#maxEvents = maxEvents;
  }

  /** Whether what is sent reaches the client, now or later. */
  get isOpen(): boolean {
    return !this.isOver && (this.connection !== undefined || this.hasGivenId);
  }

  /** The next event takes the place of another. */
  get isFull(): boolean {
    return this.#kept.length >= this.#maxEvents;
  }

  send(line: string, isResponse = false): void {
    this.head += 1;
    this.#kept.push({ position: this.head, line, isResponse });
    while (this.#kept.length > this.#maxEvents) {
      const oldest = this.#kept.find((event) => !event.isResponse);
      if (oldest === undefined) break;
      this.#kept = this.#kept.filter((event) => event !== oldest);
    }
    if (this.connection === undefined) return;
    this.hasGivenId = true;
    this.#show(this.connection, this.head, line);
  }

  /** Gives it a connection, from now on. */
  connect(connection: Expectation): void {
    this.#takeOver(connection);
    if (this.isPrimed) this.prime(connection, this.head);
  }

  /** What a client that has read up to `after` is given; true when some of it is gone. */
  replay(connection: Expectation, after: number): boolean {
    let hasMissed = false;
    let cursor = after;
    for (const { position, line } of this.#kept) {
      if (position <= cursor) continue;
      if (position > cursor + 1) {
        hasMissed = true;
        connection.lines.push(`gap ${position - 1 - cursor}`);
      }
      this.#show(connection, position, line);
      cursor = position;
    }
    return hasMissed;
  }

  /** Events that a client has not read. */
  hasAfter(after: number): boolean {
    return this.#kept.some(({ position }) => position > after);
  }

  /** Gives it the connection of a client that comes back; true when some events are gone. */
  resume(connection: Expectation, after: number): boolean {
    if (!this.isOver) this.#takeOver(connection);
    this.hasGivenId = true;
    if (this.isPrimed) this.prime(connection, after);
    return this.replay(connection, after);
  }

  /** Says that nobody knows what is missing here. */
  tellGap(): void {
    this.connection?.lines.push('gap unknown');
  }

  prime(connection: Expectation, position: number): void {
    this.hasGivenId = true;
    this.#show(connection, position, 'prime');
  }

  /** The tool closes the connection and not the stream. */
  close(): void {
    this.connection?.lines.push('retry');
    this.#dismiss();
  }

  /** The connection is gone; the server knows. */
  disconnect(connection: Expectation): void {
    if (this.connection === connection) this.connection = undefined;
  }

  end(): void {
    this.isOver = true;
    this.#dismiss();
  }

  #takeOver(connection: Expectation): void {
    this.#dismiss();
    this.connection = connection;
    connection.stream = this;
  }

  #dismiss(): void {
    if (this.connection !== undefined) this.connection.isEnded = true;
    this.connection = undefined;
  }

  #show(connection: Expectation, position: number, line: string): void {
    connection.stream = this;
    if (connection.isDeaf) return;
    this.seen.add(position);
    connection.lines.push(`${position} ${line}`);
  }
}
