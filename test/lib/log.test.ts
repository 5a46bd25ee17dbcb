/**
 * What the operator is told.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { faultless, LOG_LEVELS, type LogLevel, silentLogger } from '../../lib/log.js';

const LOG_MODULE = fileURLToPath(new URL('../../lib/log.ts', import.meta.url));

/** Logs once at every level in a process of its own; returns what it wrote. */
function linesAt(level: LogLevel): Record<string, unknown>[] {
  const program = `
    import { stderrLogger } from ${JSON.stringify(LOG_MODULE)};
    const logger = stderrLogger(${JSON.stringify(level)});
    for (const name of ['debug', 'info', 'warn', 'error']) logger[name]({ port: 1 }, 'line\\nbreak');
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  return stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('the logger on standard error', () => {
  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['silent', []],
  ] as const)('writes from level %s up', (level, written) => {
    expect(linesAt(level).map((line) => line.level)).toEqual(written);
  });

  it('writes one JSON object a line: time, level, fields, message', () => {
    const [line] = linesAt('error');
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'error',
      port: 1,
      msg: 'line\nbreak',
    });
  });
});

it('names the levels from the loudest to none', () => {
  expect(LOG_LEVELS).toEqual(['debug', 'info', 'warn', 'error', 'silent']);
});

it('has a logger that says nothing', () => {
  expect(silentLogger.error({}, 'nothing')).toBeUndefined();
});

describe('faultless()', () => {
  it('keeps a logger that throws from reaching a request', () => {
    const told: unknown[] = [];
    const broken = () => {
      throw new Error('disk full');
    };
    const debug = (...line: unknown[]) => told.push(line);
    const logger = faultless({ debug, info: broken, warn: broken, error: broken });
    logger.error({}, 'lost');
    logger.debug({ a: 1 }, 'kept');
    expect(told).toEqual([[{ a: 1 }, 'kept']]);
  });
});
