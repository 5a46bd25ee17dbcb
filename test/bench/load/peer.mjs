/**
 * Starts peers, each in a process of its own.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('peer-process.mjs', import.meta.url));

/**
 * @typedef {object} PeerKind
 * @property {string} file - module in `peers/`.
 * @property {string} start - its exported function.
 * @property {object} options - for that function.
 */

export class Peer {
  #child;
  #stderr = '';

  /** @param {import('node:child_process').ChildProcess} child @param {number} port */
  constructor(child, port) {
    this.#child = child;
    this.port = port;
    child.stderr?.on('data', (text) => {
      this.#stderr = (this.#stderr + text).slice(-2000);
    });
  }

  /** What it wrote to its error output, the end of it. */
  get complaints() {
    return this.#stderr;
  }

  /** @param {PeerKind} kind @param {string[]} [execArgv] @returns {Promise<Peer>} */
  static async start({ file, start, options }, execArgv = []) {
    // As most users run it: NODE_ENV is not set.
    const { NODE_ENV: _, NODE_OPTIONS: __, ...env } = process.env;
    const child = fork(ENTRY, [file, start, JSON.stringify(options)], {
      execArgv,
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let stderr = '';
    const remember = (/** @type {Buffer} */ text) => {
      stderr += text;
    };
    child.stderr?.on('data', remember);
    const failed = once(child, 'exit').then(() => {
      throw new Error(`${file}.${start} did not start: ${stderr}`);
    });
    const [{ port }] = await Promise.race([once(child, 'message'), failed]);
    failed.catch(() => {});
    child.stderr?.off('data', remember);
    return new Peer(child, port);
  }

  /** Microseconds of processor time so far. */
  async cpuMicros() {
    const { user, system } = await this.#answer('cpu');
    return user + system;
  }

  /** After a garbage collection, if the process was started with `--expose-gc`. @returns {Promise<NodeJS.MemoryUsage>} */
  memory() {
    return this.#answer('memory');
  }

  /** Makes the server tell every session that its tools have changed; does not wait. */
  broadcast() {
    this.#child.send('broadcast');
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.send('stop', () => {});
    await exit;
  }

  /** @param {string} question */
  async #answer(question) {
    const reply = once(this.#child, 'message');
    this.#child.send(question);
    const [{ answer }] = await reply;
    return answer;
  }
}
