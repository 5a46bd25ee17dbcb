/**
 * Standalone GET streams, and who has heard what on them.
 *
 * @module
 */
import { connect } from 'node:net';
import { WrongAnswer } from './load.mjs';
import { legacyHeaders } from './messages.mjs';

const AT_ONCE = 64;
const LIST_CHANGED = '"method":"notifications/tools/list_changed"';

export class StreamCrowd {
  /** @type {import('node:net').Socket[]} */
  #sockets = [];
  #heard = 0;
  /** @type {() => void} */
  #onAll = () => {};
  /** @type {Error | undefined} */
  #error;

  /** @param {number} port @param {readonly string[]} sessionIds - one stream each. */
  static async open(port, sessionIds) {
    const crowd = new StreamCrowd();
    for (let at = 0; at < sessionIds.length; at += AT_ONCE) {
      const some = sessionIds.slice(at, at + AT_ONCE);
      await Promise.all(some.map((id) => crowd.#join(port, id)));
    }
    return crowd;
  }

  /** Milliseconds until the last stream has heard what `raise` makes the server say. @param {() => void} raise */
  async timeUntilAllHeard(raise) {
    this.#heard = 0;
    const all = new Promise((resolve) => {
      this.#onAll = () => resolve(undefined);
    });
    const startedAt = performance.now();
    raise();
    await all;
    if (this.#error !== undefined) throw this.#error;
    return performance.now() - startedAt;
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** @param {number} port @param {string} id @returns {Promise<void>} */
  #join(port, id) {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      this.#sockets.push(socket);
      let text = '';
      let isOpen = false;
      socket.on('error', reject);
      socket.on('close', () => this.#fail(new WrongAnswer('a GET stream was closed')));
      socket.on('data', (chunk) => {
        text += chunk.latin1Slice();
        if (!isOpen && text.includes('\r\n\r\n')) {
          isOpen = true;
          if (!isEventStream(text)) reject(new WrongAnswer(`GET was answered ${text}`));
          text = text.slice(text.indexOf('\r\n\r\n') + 4);
          resolve();
        }
        if (!isOpen || !text.includes(LIST_CHANGED) || !text.includes('\n\n')) return;
        text = '';
        this.#hear();
      });
      socket.write(
        `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n${legacyHeaders(id)}\r\n`,
      );
    });
  }

  #hear() {
    this.#heard += 1;
    if (this.#heard === this.#sockets.length) this.#onAll();
    if (this.#heard > this.#sockets.length) this.#fail(new WrongAnswer('a stream heard it twice'));
  }

  /** @param {Error} error */
  #fail(error) {
    this.#error ??= error;
    this.#onAll();
  }
}

/** @param {string} head */
function isEventStream(head) {
  return head.startsWith('HTTP/1.1 200 ') && /\r\ncontent-type: *text\/event-stream/i.test(head);
}
