/**
 * Values on their way to a store: taken at once, written in the background in the order in which they came.
 *
 * Time: a write that fails is tried again after a pause that doubles, six times in all.
 * Size: 64 MiB in all; then the oldest that may be lost is given up. Of one key only the
 * newest value waits. Failure: what is given up is reported, never thrown.
 *
 * Knows: keys, order, retries. Does not know: what a value is.
 *
 * @module
 */

/** Where values go; a rejection is an outage. */
export interface Values {
  write(key: string, value: unknown, ttlMs: number): Promise<void>;
  remove(key: string): Promise<void>;
}

/** A value to be written. */
export interface Value {
  readonly value: unknown;
  readonly ttlMs: number;
  /** About its size in memory. */
  readonly bytes: number;
  /** Never given up for lack of room. */
  readonly lasting: boolean;
}

interface Write extends Value {
  /** Nothing is to be left at the key. */
  readonly removal: boolean;
  readonly attempts: number;
}

const MAX_ATTEMPTS = 6;
const MAX_PENDING_BYTES = 67_108_864;
const MAX_AT_ONCE = 64;
const FIRST_PAUSE_MS = 100;
const REMOVAL = { value: undefined, ttlMs: 0, bytes: 0, lasting: true };

export class WriteBehind {
  readonly #values: Values;
  readonly #onError: (error: unknown) => void;
  /** Not begun, oldest first; a key may also be in flight, with an older value. */
  readonly #waiting = new Map<string, Write>();
  readonly #flying = new Map<string, Write>();
  #bytes = 0;
  #failures = 0;
  #woken = false;
  #closing = false;
  #pause: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];

  constructor(values: Values, onError: (error: unknown) => void) {
    this.#values = values;
    this.#onError = onError;
  }

  /** Takes a value for a key, in the place of one that still waits. */
  set(key: string, value: Value): void {
    this.#take(key, { ...value, removal: false, attempts: 0 });
  }

  delete(key: string): void {
    this.#take(key, { ...REMOVAL, removal: true, attempts: 0 });
  }

  /** What a key will hold, when that is not written yet; its value is undefined for a removal. */
  pending(key: string): { readonly value: unknown } | undefined {
    return this.#waiting.get(key) ?? this.#flying.get(key);
  }

  /** Resolves when nothing is left to be written. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.#wake();
    });
  }

  /** As `settled`, but nothing is tried again: after the first failure everything is given up. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#resume();
    await this.settled();
    this.#closing = false;
  }

  #take(key: string, write: Write): void {
    this.#discard(key);
    if (!this.#makeRoom(write)) return;
    this.#waiting.set(key, write);
    this.#bytes += write.bytes;
    this.#wake();
  }

  #makeRoom({ bytes, lasting }: Write): boolean {
    if (this.#bytes + bytes <= MAX_PENDING_BYTES) return true;
    let lost = 0;
    for (const [key, write] of this.#waiting) {
      if (write.lasting) continue;
      this.#discard(key);
      lost += 1;
      if (this.#bytes + bytes <= MAX_PENDING_BYTES) break;
    }
    const refused = !lasting && this.#bytes > 0 && this.#bytes + bytes > MAX_PENDING_BYTES;
    if (refused) lost += 1;
    if (lost > 0) this.#onError(lossOf(lost, new Error('Too much waits to be written.')));
    return !refused;
  }

  #discard(key: string): void {
    this.#bytes -= this.#waiting.get(key)?.bytes ?? 0;
    this.#waiting.delete(key);
  }

  /** Begins in a moment, so that what follows at once can still replace what waits. */
  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#begin();
    });
  }

  #begin(): void {
    for (const [key, write] of this.#waiting) {
      if (this.#pause !== undefined || this.#flying.size >= MAX_AT_ONCE) return;
      if (this.#flying.has(key)) continue;
      this.#waiting.delete(key);
      this.#flying.set(key, write);
      void this.#perform(key, write);
    }
    if (this.#flying.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  async #perform(key: string, write: Write): Promise<void> {
    try {
      if (write.removal) await this.#values.remove(key);
      else await this.#values.write(key, write.value, write.ttlMs);
      this.#failures = 0;
      this.#land(key, write);
    } catch (error) {
      this.#land(key, write);
      this.#failed(key, write, error);
    }
    this.#begin();
  }

  #land(key: string, { bytes }: Write): void {
    this.#flying.delete(key);
    this.#bytes -= bytes;
  }

  #failed(key: string, write: Write, error: unknown): void {
    const attempts = write.attempts + 1;
    const isNewest = !this.#waiting.has(key);
    if (this.#closing) return this.#giveUp(error);
    if (isNewest && attempts >= MAX_ATTEMPTS) this.#onError(lossOf(1, error));
    else if (isNewest) {
      this.#waiting.set(key, { ...write, attempts });
      this.#bytes += write.bytes;
    }
    this.#pauseFor(FIRST_PAUSE_MS * 2 ** Math.min(this.#failures, MAX_ATTEMPTS - 1));
  }

  #pauseFor(ms: number): void {
    if (this.#pause !== undefined) return;
    this.#failures += 1;
    this.#pause = setTimeout(() => {
      this.#resume();
      this.#begin();
    }, ms).unref();
  }

  #resume(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #giveUp(error: unknown): void {
    this.#onError(lossOf(this.#waiting.size + 1, error));
    for (const key of [...this.#waiting.keys()]) this.#discard(key);
  }
}

const lossOf = (count: number, cause: unknown): Error =>
  new Error(`The event store lost ${count} of its writes.`, { cause });
