/**
 * The bench's results as text: one table for the screen and for `results.md` alike.
 *
 * @module
 */
import { cpus } from 'node:os';
import { floors } from './races.mjs';

/** @typedef {Map<string, Map<string, import('./race.mjs').Result>>} RaceResults - by race, by result key. */
/** @typedef {{ what: string, measured: string, byCpu?: string, floor: string, isHeld: boolean }} Verdict */

/** @param {{ command: string, pace: import('./race.mjs').Pace, seconds: number, startedAt: Date, loadBefore: number }} run */
export function heading({ command, pace, seconds, startedAt, loadBefore }) {
  const processors = cpus();
  const { rounds, sliceMs, warmUp } = pace;
  return `# Bench

${startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC · Node ${process.version} · ${processors.length} × ${processors[0]?.model.trim()} · \`${command}\` · ${Math.round(seconds / 60)} min · load average before the run ${loadBefore.toFixed(1)}

Every server runs in a process of its own, one at a time under load; the load comes from another process over keep-alive connections, one request in flight on each. All servers of a table are up together and take turns: ${rounds} rounds of ${sliceMs} ms, after ${warmUp.requests} requests of warm-up (slow ones: at most ${warmUp.ms / 1000} s). Every answer is checked; one wrong answer fails the run. \`median\` is answers a second, \`min–max\` its spread over the rounds, \`CPU\` the server's processor time per answer, \`× echo\` (or \`× first\`) the ratio of medians to the marked row.`;
}

/** @param {import('./race.mjs').Race} race @param {Map<string, import('./race.mjs').Result>} results */
export function raceTable(race, results) {
  const all = [...results.values()];
  const echo = results.get('express-echo/10');
  const base = echo ?? all[0];
  const hasMixedTools = new Set(all.map(({ tools }) => tools)).size > 1;
  const rows = all.map(({ label, tools, perSecond, cpuMicros }) => [
    hasMixedTools ? `${label}, ${tools} tools` : label,
    perSecond.median.toFixed(0),
    `${perSecond.min.toFixed(0)}–${perSecond.max.toFixed(0)}`,
    `${cpuMicros.toFixed(0)} µs`,
    (perSecond.median / (base?.perSecond.median ?? 1)).toFixed(2),
  ]);
  const head = ['', 'median', 'min–max', 'CPU', echo === undefined ? '× first' : '× echo'];
  return `## ${race.title}\n\n${table(head, rows)}`;
}

/** @param {readonly import('./memory.mjs').HeapResult[]} results */
export function heapTable(results) {
  const rows = results.map(({ label, sessions, heapBytes, externalBytes }) => [
    label,
    String(sessions),
    `${heapBytes.toFixed(0)} B`,
    `${externalBytes.toFixed(0)} B`,
  ]);
  return `## Heap per idle session\n\n${table(['', 'sessions', 'heap', 'external'], rows)}`;
}

/** @param {readonly import('./memory.mjs').StreamResult[]} results */
export function streamTable(results) {
  const rows = results.map(({ label, streams, rssBytes, broadcastMs }) => [
    label,
    String(streams),
    `${(rssBytes / 1024).toFixed(1)} kB`,
    `${broadcastMs.median.toFixed(0)} ms`,
    `${broadcastMs.min.toFixed(0)}–${broadcastMs.max.toFixed(0)} ms`,
  ]);
  const head = ['', 'streams', 'RSS each', 'list_changed to all', 'min–max'];
  return `## Open GET streams, each with its session\n\n${table(head, rows)}`;
}

/** @param {readonly Verdict[]} verdicts */
export function verdictTable(verdicts) {
  const rows = verdicts.map(({ what, measured, byCpu = '', floor, isHeld }) => [
    what,
    measured,
    byCpu,
    floor,
    isHeld ? 'ok' : 'MISSED',
  ]);
  const head = ['', 'measured', 'by CPU', 'floor', ''];
  return `## Floors of DESIGN.md §11

\`measured\` is the ratio of medians, and what the floor is held against. \`by CPU\` is the same ratio in processor time per answer, which other work on the machine disturbs less.

${table(head, rows)}`;
}

/** @param {RaceResults} races @returns {Verdict[]} */
export function raceVerdicts(races) {
  return floors().flatMap(({ what, race, ours, over, atLeast }) => {
    const our = races.get(race)?.get(ours);
    const peer = races.get(race)?.get(over);
    if (our === undefined || peer === undefined) return [];
    const ratio = our.perSecond.median / peer.perSecond.median;
    const measured = `${ratio.toFixed(2)} ×`;
    const byCpu = `${(peer.cpuMicros / our.cpuMicros).toFixed(2)} ×`;
    return [{ what, measured, byCpu, floor: `≥ ${atLeast} ×`, isHeld: ratio >= atLeast }];
  });
}

/** @param {readonly import('./memory.mjs').HeapResult[]} results @returns {Verdict[]} */
export function heapVerdicts(results) {
  return results
    .filter(({ label }) => label.startsWith('ours'))
    .map(({ label, heapBytes, externalBytes }) => {
      const bytes = heapBytes + externalBytes;
      const measured = `${bytes.toFixed(0)} B`;
      return { what: `idle session, ${label}`, measured, floor: '≤ 1024 B', isHeld: bytes <= 1024 };
    });
}

/** @param {readonly import('./memory.mjs').StreamResult[]} results @returns {Verdict[]} */
export function streamVerdicts(results) {
  return results
    .filter(({ label, streams }) => label === 'ours' && streams >= 9_000)
    .flatMap(({ streams, rssBytes, broadcastMs }) => [
      {
        what: `RSS per open GET stream, ${streams} streams`,
        measured: `${(rssBytes / 1024).toFixed(1)} kB`,
        floor: '≤ 22 kB',
        isHeld: rssBytes <= 22 * 1024,
      },
      {
        what: `broadcast to ${streams} streams, slowest`,
        measured: `${broadcastMs.max.toFixed(0)} ms`,
        floor: '< 1000 ms',
        isHeld: broadcastMs.max < 1000,
      },
    ]);
}

/** @param {readonly string[]} head @param {readonly string[][]} rows */
function table(head, rows) {
  const widths = head.map((cell, at) =>
    Math.max(3, cell.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const padded = (/** @type {string} */ cell, /** @type {number} */ at) =>
    at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.map(padded).join(' | ')} |`;
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
