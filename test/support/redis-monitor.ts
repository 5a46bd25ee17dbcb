/**
 * Everything that a Redis does, as it tells on `MONITOR`.
 *
 * Knows: the lines of `MONITOR`. Does not know: who asks for it, what the keys mean.
 *
 * @module
 */
import { connect, type Socket } from 'node:net';

/** One command. */
export interface Seen {
  /** True when a script ran it. */
  readonly isFromScript: boolean;
  /** Its name in capitals, and its arguments. */
  readonly words: readonly string[];
}

const LINE = /^\+?[\d.]+ \[\d+ ([^\]]*)\] (.*)$/;
const WORD = /"((?:[^"\\]|\\.)*)"/g;

export class RedisMonitor {
  /** Everything so far, one line a command. */
  readonly lines: string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<RedisMonitor> {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    const monitor = new RedisMonitor(socket);
    let unread = '';
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.on('data', (text: string) => {
        const lines = (unread + text).split('\r\n');
        unread = lines.pop() ?? '';
        for (const line of lines) line === '+OK' ? resolve() : monitor.lines.push(line);
      });
      socket.write('MONITOR\r\n');
    });
    return monitor;
  }

  /** What has been done since the last time. */
  take(): Seen[] {
    return this.lines.splice(0).flatMap((line) => {
      const [, source = '', rest = ''] = LINE.exec(line) ?? [];
      const words = [...rest.matchAll(WORD)].map(([, word = '']) => word);
      if (words.length === 0) return [];
      const [name = '', ...others] = words;
      return [{ isFromScript: source === 'lua', words: [name.toUpperCase(), ...others] }];
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The part of a key that decides about its Cluster slot; undefined for a key without one. */
export const hashTagOf = (key: string): string | undefined => /\{([^}]+)\}/.exec(key)?.[1];

/** The keys that a script was given. */
export function scriptKeys({ words }: Seen): readonly string[] {
  const [name = '', , count = '0', ...keysAndArguments] = words;
  return name === 'EVAL' || name === 'EVALSHA' ? keysAndArguments.slice(0, Number(count)) : [];
}
