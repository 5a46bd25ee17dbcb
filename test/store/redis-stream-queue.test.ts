/**
 * What waits to be written to Redis, and what goes first when there is no room.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { EventQueue, QueueRoom } from '../../lib/store/redis-stream-queue.js';

/** What an event of ten characters costs: its number and kind, its text and its entry. */
const COST = 77;

const TEXT = 'x'.repeat(10);

function queueOf(room: QueueRoom, maxBytes: number) {
  const given: number[] = [];
  const queue = new EventQueue(room, maxBytes, (count) => given.push(count));
  let number = 0;
  const push = (isResponse = false, at = 0) => {
    number += 1;
    queue.push(number, TEXT, isResponse, at);
  };
  const lost = () => given.reduce((sum, count) => sum + count, 0);
  return { queue, push, lost };
}

const numbersOf = (queue: EventQueue) => queue.take(1_000_000, 1_000).map(({ number }) => number);

describe('a queue of events', () => {
  it('hands over all it can at once, at least one, in order', () => {
    const { queue, push } = queueOf(new QueueRoom(1_000_000), 1_000_000);
    for (let count = 0; count < 5; count += 1) push();
    const taken = [];
    for (const [bytes, events] of [
      [1, 10],
      [2 * COST, 10],
      [1_000, 1],
      [1_000, 10],
      [1_000, 10],
    ] as const) {
      taken.push(queue.take(bytes, events).map(({ element }) => element));
      queue.landed();
    }
    const element = (number: number) => `${number}n:${TEXT}`;
    expect(taken).toEqual([[element(1)], [element(2), element(3)], [element(4)], [element(5)], []]);
    expect(queue.bytes).toBe(0);
  });

  it('counts bytes, not characters', () => {
    const { queue } = queueOf(new QueueRoom(1_000_000), 1_000_000);
    queue.push(1, 'ü'.repeat(10), false, 0);
    expect(queue.bytes).toBe(COST + 10);
  });

  it('brings back what was not kept, before what came meanwhile', () => {
    const { queue, push, lost } = queueOf(new QueueRoom(1_000_000), 1_000_000);
    push();
    push();
    queue.take(1_000, 10);
    push();
    expect(queue.isEmpty).toBe(false);
    queue.failed(0);
    expect(numbersOf(queue)).toEqual([1, 2, 3]);
    expect(queue.bytes).toBe(3 * COST);
    expect(lost()).toBe(0);
  });

  it('gives up the oldest first, and never a response for lack of room', () => {
    const { queue, push, lost } = queueOf(new QueueRoom(1_000_000), 10 * COST);
    push(true);
    for (let count = 0; count < 30; count += 1) push();
    push(true);
    expect(queue.bytes).toBeLessThanOrEqual(10 * COST);
    const left = numbersOf(queue);
    expect(left[0]).toBe(1);
    expect(left.at(-1)).toBe(32);
    expect(left.slice(1)).toEqual(
      Array.from({ length: left.length - 1 }, (_, index) => 34 - left.length + index),
    );
    expect(left.length + lost()).toBe(32);
  });

  it('does not give up what is on its way, unless that fails', () => {
    const { queue, push, lost } = queueOf(new QueueRoom(1_000_000), 4 * COST);
    for (let count = 0; count < 4; count += 1) push();
    expect(numbersOf(queue)).toEqual([1, 2, 3, 4]);
    push();
    expect(lost()).toBe(1);
    queue.failed(0);
    expect(numbersOf(queue)).toEqual([1, 2, 3, 4]);
  });

  it('gives up what is too old, responses as well', () => {
    const { queue, push, lost } = queueOf(new QueueRoom(1_000_000), 1_000_000);
    push(true, 10);
    push(false, 20);
    push(true, 30);
    numbersOf(queue);
    queue.failed(30);
    expect(numbersOf(queue)).toEqual([3]);
    expect(lost()).toBe(2);
  });
});

describe('the room of all queues', () => {
  it('is made by the one that asks, then by the others, with what is no response', () => {
    const room = new QueueRoom(10 * COST);
    const [one, two, three] = [0, 0, 0].map(() => queueOf(room, 1_000_000));
    if (one === undefined || two === undefined || three === undefined) throw new Error();
    for (let count = 0; count < 4; count += 1) one.push();
    one.push(true);
    for (let count = 0; count < 5; count += 1) two.push();
    two.push();
    expect([one.lost(), two.lost()]).toEqual([0, 5]);
    for (let count = 0; count < 5; count += 1) three.push(true);
    expect([one.lost(), two.lost()]).toEqual([4, 5]);
    expect(room.bytes).toBe(7 * COST);
    for (let count = 0; count < 5; count += 1) three.push(true);
    expect(room.bytes).toBe(10 * COST);
    expect([one.lost(), two.lost(), three.lost()]).toEqual([4, 6, 1]);
  });

  it('is empty again when everything is kept or cleared', () => {
    const room = new QueueRoom(1_000_000);
    const [one, two] = [queueOf(room, 1_000_000), queueOf(room, 1_000_000)];
    for (const { push } of [one, two, one, two]) push();
    numbersOf(one.queue);
    one.queue.landed();
    two.queue.clear();
    expect(room.bytes).toBe(0);
  });
});
