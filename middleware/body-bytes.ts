/**
 * The bytes of a body as they come from the network.
 *
 * Knows: streams, the limit and the pace of a body. Does not know: JSON, content types, parsers.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';
import { bodyTooLarge, REFUSALS, type Refusal } from '../lib/protocol/refusals.js';
import type { IncomingBody, PaceKeeper } from './body-pace.js';

/** What a body has to keep to. */
export interface BodyRules {
  readonly limitBytes: number;
  readonly pace: PaceKeeper;
}

/** All bytes of the request, or the refusal that ends it. */
export function readBytes(req: IncomingMessage, rules: BodyRules): Promise<Buffer | Refusal> {
  const { limitBytes, pace } = rules;
  return new Promise((resolve) => {
    // A client that left while middleware was waiting: no event will come any more.
    if (req.destroyed) return resolve(REFUSALS.bodyTruncated);
    const bytes = new Gathered();
    const finish = (outcome: Buffer | Refusal) => {
      pace.delete(body);
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      resolve(outcome);
    };
    const stop = (refusal: Refusal) => {
      req.pause();
      finish(refusal);
    };
    const body: IncomingBody = {
      startedAt: performance.now(),
      receivedBytes: 0,
      giveUp: () => stop(REFUSALS.bodyTimeout),
    };
    const onData = (chunk: Buffer) => {
      body.receivedBytes += chunk.length;
      if (body.receivedBytes > limitBytes) stop(bodyTooLarge(limitBytes));
      else bytes.add(chunk);
    };
    const onEnd = () => finish(bytes.take());
    const onClose = () => finish(REFUSALS.bodyTruncated);
    pace.add(body);
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

const EMPTY: Buffer = Buffer.alloc(0);

/** Chunks in one buffer that grows: a list of one-byte chunks takes 500 times what is in them. */
class Gathered {
  #held = EMPTY;
  #length = 0;

  add(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (this.#length === 0) {
      // Most bodies come in one piece, which is not copied.
      this.#held = chunk;
    } else {
      if (length > this.#held.length) this.#grow(length);
      chunk.copy(this.#held, this.#length);
    }
    this.#length = length;
  }

  take(): Buffer {
    const held = this.#held;
    return held.length === this.#length ? held : held.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(2 * length);
    this.#held.copy(larger, 0, 0, this.#length);
    this.#held = larger;
  }
}
