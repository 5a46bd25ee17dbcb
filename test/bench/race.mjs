/**
 * A race: the same load for several servers, in interleaved rounds.
 *
 * @module
 */
import { askingOf } from './contestants.mjs';
import { openSessions, slice, warmUp } from './load/load.mjs';
import { Peer } from './load/peer.mjs';
import { spreadOf } from './statistics.mjs';

/**
 * @typedef {object} Race
 * @property {string} id
 * @property {string} title
 * @property {'call' | 'list'} operation
 * @property {number} connections
 * @property {readonly import('./contestants.mjs').Contestant[]} contestants
 */
/**
 * @typedef {object} Result
 * @property {string} label
 * @property {number} tools
 * @property {import('./statistics.mjs').Spread} perSecond
 * @property {number} cpuMicros - processor time of the server per answer, median.
 * @property {number} warmUps - answers before the first round.
 */
/** @typedef {{ rounds: number, sliceMs: number, warmUp: { requests: number, ms: number } }} Pace */

/** @param {Race} race @param {Pace} pace @returns {Promise<Map<string, Result>>} - by `id/tools`. */
export async function run(race, pace) {
  const runners = [];
  try {
    for (const contestant of race.contestants)
      runners.push(await Runner.start(contestant, race, pace));
    for (let round = 0; round < pace.rounds; round += 1) {
      // There and back again, so that nobody always runs behind the same neighbour.
      const order = round % 2 === 0 ? runners : runners.toReversed();
      for (const runner of order) await runner.run(pace.sliceMs);
    }
    return new Map(runners.map((runner) => [runner.key, runner.result()]));
  } finally {
    await Promise.all(runners.map((runner) => runner.stop()));
  }
}

/** Key of a result. @param {string} id @param {number} tools */
export function keyOf(id, tools) {
  return `${id}/${tools}`;
}

/** @param {string} label @param {Peer} peer @param {unknown} error */
function blamed(label, peer, error) {
  return new Error(`${label}: ${peer.complaints}`, { cause: error });
}

class Runner {
  /** @type {number[]} */
  #rates = [];
  /** @type {number[]} */
  #cpuMicros = [];
  #warmUps = 0;

  /** @param {import('./contestants.mjs').Contestant} contestant @param {Race} race @param {Peer} peer @param {readonly string[]} sessionIds */
  constructor(contestant, { operation, connections }, peer, sessionIds) {
    this.contestant = contestant;
    this.connections = connections;
    this.peer = peer;
    this.asking = askingOf(contestant, operation, peer.port, connections, sessionIds);
    this.key = keyOf(contestant.id, contestant.tools);
  }

  /** @param {import('./contestants.mjs').Contestant} contestant @param {Race} race @param {Pace} pace */
  static async start(contestant, race, pace) {
    const peer = await Peer.start(contestant.kind);
    const { sessions } = contestant;
    const count = sessions === 'none' ? 0 : sessions === 'one-each' ? race.connections : sessions;
    try {
      const runner = new Runner(contestant, race, peer, await openSessions(peer.port, count));
      runner.#warmUps = await warmUp(peer.port, race.connections, runner.asking, pace.warmUp);
      return runner;
    } catch (error) {
      await peer.stop();
      throw blamed(contestant.label, peer, error);
    }
  }

  /** @param {number} ms */
  async run(ms) {
    const before = await this.peer.cpuMicros();
    const { perSecond, answers } = await slice(
      this.peer.port,
      this.connections,
      this.asking,
      ms,
    ).catch((error) => {
      throw blamed(this.contestant.label, this.peer, error);
    });
    const after = await this.peer.cpuMicros();
    this.#rates.push(perSecond);
    this.#cpuMicros.push((after - before) / answers);
  }

  /** @returns {Result} */
  result() {
    return {
      label: this.contestant.label,
      tools: this.contestant.tools,
      perSecond: spreadOf(this.#rates),
      cpuMicros: spreadOf(this.#cpuMicros).median,
      warmUps: this.#warmUps,
    };
  }

  stop() {
    return this.peer.stop();
  }
}
