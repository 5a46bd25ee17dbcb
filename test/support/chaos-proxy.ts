/**
 * A bad network between two programs: slow, interrupted or silent, as it is told.
 *
 * Knows: TCP. Does not know: what is sent.
 *
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { seeded } from './cutting-proxy.js';

/**
 * What is wrong with it. `delay`: every direction takes so long. `trickle`: so few bytes a second. `cut`:
 * connections are reset and none is let in. `held`: nothing arrives until the network is well again, and
 * then everything does. `silent`: what is sent is lost, and the connections are reset in the end.
 */
export type Trouble =
  | { readonly kind: 'none' }
  | { readonly kind: 'delay'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'trickle'; readonly bytesPerSecond: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'held' }
  | { readonly kind: 'silent' };

/** A running proxy. */
export interface ChaosProxy {
  readonly port: number;
  suffer(trouble: Trouble): void;
  close(): Promise<void>;
}

const WELL: Trouble = { kind: 'none' };

/** Stands before a port of loopback; delays are drawn with `seed`. */
export async function chaosProxy(target: number, seed: number): Promise<ChaosProxy> {
  const random = seeded(seed);
  const lines = new Set<Line>();
  let trouble: Trouble = WELL;
  const server = createServer((client) => {
    if (trouble.kind === 'cut') return void client.destroy();
    const upstream = connect(target, '127.0.0.1');
    const both = [new Line(client, upstream, random), new Line(upstream, client, random)];
    for (const line of both) {
      lines.add(line);
      line.suffer(trouble);
      line.whenOver(() => lines.delete(line));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    suffer: (next) => {
      const wasSilent = trouble.kind === 'silent';
      trouble = next;
      for (const line of [...lines]) {
        if (next.kind === 'cut' || wasSilent) line.reset();
        else line.suffer(next);
      }
    },
    close: async () => {
      for (const line of [...lines]) line.reset();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One direction of one connection: bytes on their way, in order. */
class Line {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #random: () => number;
  readonly #waiting: { readonly bytes: Buffer; readonly dueAt: number }[] = [];
  #trouble: Trouble = WELL;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, random: () => number) {
    this.#from = from;
    this.#to = to;
    this.#random = random;
    from.setNoDelay(true).on('error', () => {});
    from.on('data', (bytes) => this.#take(bytes));
    from.once('close', () => to.destroy());
  }

  whenOver(over: () => void): void {
    this.#from.once('close', () => {
      clearTimeout(this.#timer);
      over();
    });
  }

  suffer(trouble: Trouble): void {
    this.#trouble = trouble;
    this.#send();
  }

  reset(): void {
    this.#from.destroy();
    this.#to.destroy();
  }

  #take(bytes: Buffer): void {
    const trouble = this.#trouble;
    if (trouble.kind === 'silent') return;
    const last = this.#waiting.at(-1)?.dueAt ?? 0;
    const late =
      trouble.kind === 'delay'
        ? trouble.fromMs + this.#random() * (trouble.toMs - trouble.fromMs)
        : 0;
    this.#waiting.push({ bytes, dueAt: Math.max(last, performance.now() + late) });
    this.#send();
  }

  /** Passes on what may arrive now, and comes back for the rest. */
  #send(): void {
    clearTimeout(this.#timer);
    const { kind } = this.#trouble;
    if (kind === 'held' || kind === 'silent') return;
    if (kind === 'trickle') return this.#trickle();
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined) return;
      const left = next.dueAt - performance.now();
      if (left > 0.5) {
        this.#timer = setTimeout(() => this.#send(), left);
        return;
      }
      this.#waiting.shift();
      this.#to.write(next.bytes);
    }
  }

  #trickle(): void {
    const [next] = this.#waiting;
    const trouble = this.#trouble;
    if (next === undefined || trouble.kind !== 'trickle') return;
    const size = Math.max(1, Math.round(trouble.bytesPerSecond / TICKS_A_SECOND));
    this.#to.write(next.bytes.subarray(0, size));
    if (next.bytes.length > size) {
      this.#waiting[0] = { bytes: next.bytes.subarray(size), dueAt: next.dueAt };
    } else {
      this.#waiting.shift();
    }
    this.#timer = setTimeout(() => this.#send(), 1_000 / TICKS_A_SECOND);
  }
}

const TICKS_A_SECOND = 20;
