/**
 * Users of the package: folders with the tarball and its peers installed from the registry.
 *
 * Knows: versions of peers, compiler settings. Does not know: what a user's program does.
 *
 * @module
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.js';
import { PROJECT } from './tarball.js';

export type Versions = Readonly<Record<string, string>>;

/** The peers that the project itself is built with. */
export async function newestPeers(): Promise<Versions> {
  const peers = ['express', '@modelcontextprotocol/sdk', '@types/express', 'ioredis', 'redis'];
  const names = [...peers, '@types/node', 'zod'];
  const versions = names.map(async (name) => {
    const text = await readFile(join(PROJECT, 'node_modules', name, 'package.json'), 'utf8');
    return [name, (JSON.parse(text) as { version: string }).version] as const;
  });
  return Object.fromEntries(await Promise.all(versions));
}

/** The oldest peers that `package.json` allows. */
export async function oldestPeers(): Promise<Versions> {
  const older = {
    express: '4.22.0',
    '@modelcontextprotocol/sdk': '1.31.0',
    '@types/express': '4.17.25',
    ioredis: '5.0.0',
    redis: '5.0.0',
    zod: '4.2.0',
  };
  return { ...(await newestPeers()), ...older };
}

export async function install(folder: string, tarball: string, peers: Versions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const dependencies = { ...peers, 'express-mcp-router': `file:${tarball}` };
  await writeJson(join(folder, 'package.json'), { private: true, dependencies });
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await run('npm', ['install', ...quiet], folder);
}

export interface Program {
  /** File beside this one, in `consumers/`. */
  readonly source: string;
  readonly type: 'module' | 'commonjs';
  readonly compilerOptions?: Readonly<Record<string, unknown>>;
}

export const ESM_JAVASCRIPT: Program = { source: 'esm.js', type: 'module' };
export const CJS_JAVASCRIPT: Program = { source: 'commonjs.cjs', type: 'commonjs' };

const STRICT = {
  target: 'es2023',
  types: ['node'],
  strict: true,
  skipLibCheck: true,
};

export const ESM_TYPESCRIPT: Program = {
  source: 'typescript.ts',
  type: 'module',
  compilerOptions: { ...STRICT, module: 'nodenext' },
};
export const CJS_TYPESCRIPT: Program = { ...ESM_TYPESCRIPT, type: 'commonjs' };
export const BUNDLED_TYPESCRIPT: Program = {
  ...ESM_TYPESCRIPT,
  compilerOptions: { ...STRICT, module: 'preserve', moduleResolution: 'bundler', noEmit: true },
};

export const EXACT_TYPES: Program = {
  source: 'exact-types.ts',
  type: 'module',
  compilerOptions: {
    ...STRICT,
    module: 'nodenext',
    lib: ['es2023'],
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  },
};

/** Puts a program into a folder of its own below an installation. */
export async function place(installation: string, name: string, program: Program): Promise<string> {
  const folder = join(installation, name);
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, 'package.json'), { private: true, type: program.type });
  await copyFile(
    join(PROJECT, 'test/packaging/consumers', program.source),
    join(folder, program.source),
  );
  if (program.compilerOptions !== undefined) {
    const { compilerOptions } = program;
    await writeJson(join(folder, 'tsconfig.json'), { compilerOptions, files: [program.source] });
  }
  return folder;
}

export function compile(folder: string): Promise<string> {
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [compiler, '-p', folder], folder);
}

/** What the compiler says of our declarations or of the program, whatever it says of the peers'. */
export async function complaints(folder: string, { source }: Program): Promise<string[]> {
  const said = await compile(folder).catch((error: Error) => error.message);
  const errors = said.split('\n').filter((line) => line.includes('error TS'));
  return errors.filter((line) => line.startsWith(source) || line.includes('/express-mcp-router/'));
}

/** Runs what `place` has put there, compiled if it had to be. */
export function start(folder: string, { source }: Program): Promise<string> {
  return run(process.execPath, [join(folder, source.replace(/\.ts$/, '.js'))], folder);
}

function writeJson(file: string, value: unknown): Promise<void> {
  return writeFile(file, JSON.stringify(value, undefined, 2));
}
