/**
 * Channels that are heard, over a connection of their own.
 *
 * Both libraries subscribe again after they have reconnected, as long as nothing comes between. So all is
 * asked for again whenever the connection is there, and four times a minute: one that gives no answer is
 * given up for another.
 *
 * Knows: channels. Does not know: who publishes, what else is asked of Redis.
 *
 * @module
 */
import { StoreError } from '../errors.js';
import type { Deadlines } from './redis-deadlines.js';
import type { Driver, Subscriber } from './redis-driver.js';
import type { Failures } from './redis-failures.js';

const CHECK_MS = 15_000;
const RETRY_MS = 1_000;

export class Subscriptions {
  readonly #made: () => Promise<Driver>;
  readonly #deadlines: Deadlines;
  readonly #failures: Failures;
  readonly #channels = new Map<string, (text: string) => void>();
  #subscriber: Subscriber | undefined;
  #checking: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(made: () => Promise<Driver>, deadlines: Deadlines, failures: Failures) {
    this.#made = made;
    this.#deadlines = deadlines;
    this.#failures = failures;
  }

  subscribe(channel: string, hear: (text: string) => void): Promise<void> {
    this.#channels.set(channel, hear);
    this.#checking ??= setInterval(() => void this.#check(), CHECK_MS).unref();
    return this.#ask(channel).catch((error: unknown) => {
      this.#askLater();
      throw error;
    });
  }

  async unsubscribe(channel: string): Promise<void> {
    const subscriber = this.#subscriber;
    if (!this.#channels.delete(channel) || subscriber === undefined) return;
    await this.#deadlines.within('unsubscribe', async () => {
      await subscriber.unsubscribe(channel);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#channels.clear();
    clearInterval(this.#checking);
    clearTimeout(this.#retry);
    this.#subscriber?.close();
    this.#subscriber = undefined;
  }

  #ask(channel: string): Promise<void> {
    return this.#deadlines.within('subscribe', async () => {
      const subscriber = this.#subscriber ?? this.#begun(await this.#made());
      await subscriber.subscribe(channel);
    });
  }

  async #askForAll(): Promise<void> {
    await Promise.all([...this.#channels.keys()].map((channel) => this.#ask(channel)));
  }

  #askLater(): void {
    if (this.#isClosed || this.#channels.size === 0) return;
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#askForAll().catch(() => this.#askLater());
    }, RETRY_MS).unref();
  }

  async #check(): Promise<void> {
    const subscriber = this.#subscriber;
    try {
      await this.#askForAll();
    } catch {
      if (this.#isClosed) return;
      subscriber?.close();
      if (this.#subscriber === subscriber) this.#subscriber = undefined;
      this.#askLater();
    }
  }

  #begun(driver: Driver): Subscriber {
    if (this.#subscriber !== undefined) return this.#subscriber;
    if (this.#isClosed) throw new StoreError('Redis: expected to subscribe, but it is closed.');
    const subscriber = driver.subscriber(
      (channel, text) => this.#channels.get(channel)?.(text),
      this.#failures.tell,
    );
    subscriber.onReady(() => {
      this.#failures.over();
      if (this.#subscriber === subscriber) this.#askForAll().catch(() => this.#askLater());
    });
    this.#subscriber = subscriber;
    return subscriber;
  }
}
