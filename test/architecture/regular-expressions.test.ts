/**
 * Regular expressions of the library: none takes more than linear time (reliability.md SEC-20).
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { check } from 'recheck';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { lineOf, nodesOf, readSource, type Source } from './source.js';

/** The checker's own implementation in JavaScript, not one of its binaries. */
process.env.RECHECK_BACKEND = 'pure';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Pattern {
  readonly where: string;
  readonly source: string;
  readonly flags: string;
}

describe('a regular expression of the library', { timeout: 120_000 }, () => {
  const sources = ['lib', 'middleware'].flatMap(sourcesIn);

  it('takes linear time, whatever it is matched against', async () => {
    const patterns = sources.flatMap(patternsIn);
    expect(patterns.length).toBeGreaterThan(25);
    const faults: string[] = [];
    for (const pattern of patterns) faults.push(...(await faultsOf(pattern)));
    expect(faults).toEqual([]);
  });

  it('is a literal', () => {
    expect(sources.flatMap(builtPatternsIn)).toEqual([]);
  });
});

describe('the check', () => {
  const judge = (text: string) =>
    Promise.all(patternsIn(readSource({ path: 'lib/a.ts', text })).map(faultsOf));

  it.each(['/^(a+)+$/', '/^a+[ab]*$/', '/\\s+$/', 'const a = b ? /(x|x)*y/i : c;'])(
    'finds the fault of %s',
    async (text) => {
      expect(await judge(text)).toEqual([[expect.stringContaining('lib/a.ts:1')]]);
    },
  );

  it.each(['/^a+$/', '/[?#]/g', 'a / b / c', '"/(a+)+$/"'])('finds none in %s', async (text) => {
    expect((await judge(text)).flat()).toEqual([]);
  });

  it.each(['new RegExp(a)', 'RegExp("a")'])('finds %s', (text) => {
    expect(builtPatternsIn(readSource({ path: 'lib/a.ts', text }))).toHaveLength(1);
  });
});

function patternsIn({ path, tree }: Source): Pattern[] {
  return [...nodesOf(tree)].filter(ts.isRegularExpressionLiteral).map((node) => {
    const end = node.text.lastIndexOf('/');
    const [source, flags] = [node.text.slice(1, end), node.text.slice(end + 1)];
    return { where: `${path}:${lineOf(node)}`, source, flags };
  });
}

function builtPatternsIn({ path, tree }: Source): string[] {
  return [...nodesOf(tree)]
    .filter((node) => ts.isNewExpression(node) || ts.isCallExpression(node))
    .filter(({ expression }) => expression.getText() === 'RegExp')
    .map((node) => `${path}:${lineOf(node)}: ${node.getText()}`);
}

async function faultsOf({ where, source, flags }: Pattern): Promise<string[]> {
  const diagnosis = await check(source, flags);
  if (diagnosis.status === 'safe') return [];
  const why = diagnosis.status === 'vulnerable' ? diagnosis.complexity.summary : 'not understood';
  return [`${where}: /${source}/${flags} is ${diagnosis.status}: ${why}`];
}

function sourcesIn(folder: string): Source[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = `${folder}/${name.replaceAll('\\', '/')}`;
      return readSource({ path, text: readFileSync(`${ROOT}${path}`, 'utf8') });
    });
}
