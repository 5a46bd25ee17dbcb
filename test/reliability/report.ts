/**
 * The programme's results as text: one table for the screen and for `results.md` alike.
 *
 * Knows: Markdown, and the marks between which each experiment's section stands.
 * Does not know: how a figure came about.
 *
 * @module
 */
import type { Experiment, Figure, Scale } from './experiment.js';

/** How a run went beside its figures. */
export interface Run {
  readonly scale: Scale;
  readonly startedAt: Date;
  readonly seconds: number;
  /** What it ran on, in a few words. */
  readonly machine: string;
}

const INTRODUCTION = `# Reliability

What \`npm run reliability\` measured: servers and attackers in processes of their own, on one machine, over loopback. A figure with a bound has to keep it; the others are told. Each section is replaced when its experiment is run again, alone or with the others.
`;

/** An experiment's section, without its marks. */
export function sectionOf(
  { id, title }: Pick<Experiment, 'id' | 'title'>,
  figures: readonly Figure[],
  { scale, startedAt, seconds, machine }: Run,
): string {
  const date = startedAt.toISOString().slice(0, 16).replace('T', ' ');
  const rows = figures.map(({ name, value, unit, bound, holds }) => [
    name,
    [shown(value), unit].join(' ').trim(),
    bound.trim(),
    bound === '' ? '' : holds ? 'ok' : 'BROKEN',
  ]);
  return `## ${id}: ${title}

${date} UTC · ${machine} · ${scale} · ${seconds.toFixed(0)} s

${table(['', 'measured', 'bound', ''], rows)}`;
}

/** The page with the section of `id` put in, or put in the place of the old one. */
export function withSection(page: string, id: string, section: string): string {
  const [start, end] = [`<!-- ${id}:start -->`, `<!-- ${id}:end -->`];
  const marked = `${start}\n${section}\n${end}`;
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from === -1 || to === -1) return `${page === '' ? INTRODUCTION : page}\n${marked}\n`;
  return page.slice(0, from) + marked + page.slice(to + end.length);
}

/** Three digits that count, or all before the point. */
function shown(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const widths = head.map((cell, at) =>
    Math.max(3, cell.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  const padded = (cell: string, at: number) =>
    at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
  const line = (cells: readonly string[]) => `| ${cells.map(padded).join(' | ')} |`;
  const rule = widths.map((width, at) =>
    at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
