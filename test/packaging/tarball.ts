/**
 * The package as npm would publish it.
 *
 * Knows: `npm pack`, and what of the build is older than its source.
 * Does not know: who installs it.
 *
 * @module
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface Tarball {
  readonly file: string;
  /** Paths inside the package. */
  readonly paths: readonly string[];
}

/** Packs what has been built; building here would change `dist` under the feet of other tests. */
export async function pack(folder: string): Promise<Tarball> {
  refuseStaleBuild();
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(await run('npm', args, PROJECT)) as [PackReport];
  return { file: join(folder, packed.filename), paths: packed.files.map(({ path }) => path) };
}

interface PackReport {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function refuseStaleBuild(): void {
  const sources = Math.max(...['lib', 'middleware'].map((folder) => changed(folder, Math.max)));
  const built = Math.min(...['lib', 'middleware'].map((it) => changed(join('dist', it), Math.min)));
  if (built < sources) throw new Error('dist is older than its sources. Run "npm run build".');
}

/** The last or first change of a file in a folder. */
function changed(folder: string, pick: (...times: number[]) => number): number {
  const entries = readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return pick(...files.map(({ parentPath, name }) => statSync(join(parentPath, name)).mtimeMs));
}
