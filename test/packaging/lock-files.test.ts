/**
 * The lock files: `npm ci` takes them on a fresh clone, whatever the platform they were written on.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PROJECT } from './tarball.js';

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, Package>>;

it.each(['.', 'test/bench', 'test/conformance'])('lock every dependency in %s', (folder) => {
  const text = readFileSync(join(PROJECT, folder, 'package-lock.json'), 'utf8');
  expect(unlocked((JSON.parse(text) as { packages: Packages }).packages)).toEqual([]);
});

it('are read as Node looks for packages', () => {
  const locked: Packages = {
    '': { dependencies: { a: '1' } },
    'node_modules/a': { dependencies: { b: '1', c: '1' }, optionalDependencies: { d: '1' } },
    'node_modules/a/node_modules/b': { dependencies: { c: '1' } },
    'node_modules/c': {},
  };
  expect(unlocked(locked)).toEqual(['node_modules/a: d']);
});

/** Dependencies without an entry, as "dependent: dependency". */
function unlocked(packages: Packages): string[] {
  return Object.entries(packages).flatMap(([path, its]) =>
    Object.keys({ ...its.dependencies, ...its.devDependencies, ...its.optionalDependencies })
      .filter((name) => !placesFor(path, name).some((place) => place in packages))
      .map((name) => `${path}: ${name}`),
  );
}

function placesFor(path: string, name: string): string[] {
  const around = path.split('/node_modules/');
  const nested = around.map((_, depth) => around.slice(0, depth + 1).join('/node_modules/'));
  return [...nested.map((place) => `${place}/node_modules/${name}`), `node_modules/${name}`];
}
