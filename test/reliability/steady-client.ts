/**
 * Clients that behave: their calls have to be served whatever else is going on.
 *
 * Knows: one call after the other, at a pace. Does not know: what else is going on.
 *
 * @module
 */
import { callText, SessionWire } from './session-wire.js';

const CLIENTS = 4;
const PAUSE_MS = 20;

/** What became of the calls. */
export interface Served {
  readonly calls: number;
  /** Calls that were not answered with their own result. */
  readonly lost: number;
  /** Milliseconds that each served call took. */
  readonly latencies: readonly number[];
}

export class SteadyClients {
  readonly #latencies: number[] = [];
  #isRunning = true;
  #calls = 0;
  #lost = 0;
  readonly #running: Promise<void>[];

  private constructor(sessions: readonly SessionWire[]) {
    this.#running = sessions.map((session) => this.#run(session));
  }

  static async start(url: string): Promise<SteadyClients> {
    const opening = Array.from({ length: CLIENTS }, () => SessionWire.open(url));
    return new SteadyClients(await Promise.all(opening));
  }

  /** What was counted since the last time. */
  take(): Served {
    const taken = { calls: this.#calls, lost: this.#lost, latencies: this.#latencies.splice(0) };
    this.#calls = 0;
    this.#lost = 0;
    return taken;
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await Promise.all(this.#running);
  }

  async #run(session: SessionWire): Promise<void> {
    for (let id = 1; this.#isRunning; id += 1) {
      const began = performance.now();
      const isServed = await echoes(session, id);
      this.#calls += 1;
      if (isServed) this.#latencies.push(performance.now() - began);
      else this.#lost += 1;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    session.close();
  }
}

async function echoes(session: SessionWire, id: number): Promise<boolean> {
  try {
    const { status, text } = await session.post(callText(id, 'echo', { value: id }));
    const { id: answered, result } = JSON.parse(text);
    return status === 200 && answered === id && result?.content?.[0]?.text === String(id);
  } catch {
    return false;
  }
}
