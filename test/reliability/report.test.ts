/**
 * How the programme tells what it found.
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { asSpeed, atLeast, atMost, exactly, percentile, told } from './experiment.js';
import { sectionOf, withSection } from './report.js';

const RUN = { scale: 'long', startedAt: new Date(0), seconds: 12.3, machine: 'a machine' } as const;

describe('a figure', () => {
  it.each([
    [atMost('a', 15, 's', 15), true],
    [atMost('a', 15.01, 's', 15), false],
    [atMost('a', Number.NaN, 's', 15), false],
    [atLeast('a', 1, '', 1), true],
    [atLeast('a', 0.9, '', 1), false],
    [exactly('a', 0, '', 0), true],
    [exactly('a', 1, '', 0), false],
    [told('a', 1, ''), true],
    [asSpeed(atMost('a', 2, '×', 1)), false],
  ])('holds its bound or not: %j', (figure, holds) => {
    expect(figure.holds).toBe(holds);
  });

  it('may be a share of many', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect([percentile(hundred, 0.5), percentile(hundred, 0.99), percentile([7], 0.99)]).toEqual([
      51, 100, 7,
    ]);
  });
});

describe('a section', () => {
  const figures = [
    atMost('slowest', 11.27, 's', 15),
    exactly('lost', 2, '', 0),
    told('calls', 1_000, ''),
  ];
  const section = sectionOf({ id: 'REL-1', title: 'A title' }, figures, RUN);

  it('says when, where and what, with bounds beside', () => {
    expect(section.split('\n')).toEqual([
      '## REL-1: A title',
      '',
      '1970-01-01 00:00 UTC · a machine · long · 12 s',
      '',
      '|         | measured |  bound |        |',
      '| ------- | -------: | -----: | -----: |',
      '| slowest |   11.3 s | ≤ 15 s |     ok |',
      '| lost    |        2 |    = 0 | BROKEN |',
      '| calls   |     1000 |        |        |',
    ]);
  });

  it('is put into the page, once, and leaves the others alone', () => {
    const first = withSection('', 'REL-1', 'FIRST');
    expect(first).toMatch(/^# Reliability\n/);
    const both = withSection(first, 'REL-2', 'other');
    expect(both.startsWith(first)).toBe(true);
    const again = withSection(both, 'REL-1', section);
    expect(again).toBe(both.replace('FIRST', section));
  });
});
