/**
 * The floor plan: which file may import which.
 *
 * Knows: floors, rooms, doors, and the home of every dependency.
 * Does not know: how files are found or read.
 *
 * @module
 */
import { builtinModules } from 'node:module';
import type { Import, Source } from './source.js';

const DOORS = 6;
const EDGE = 5;
const CORE = 3;
const ROOMS = 2;
const VALUES = 1;

const FLOORS: readonly (readonly [RegExp, number])[] = [
  [/^lib\/(index|redis|testing)\.ts$/, DOORS],
  [/^lib\/cli\//, DOORS],
  [/^middleware\//, EDGE],
  [/^lib\/assemble\.ts$/, 4],
  [/^lib\/(options|option-forms|resolve-options|env)\.ts$/, CORE],
  [/^lib\/host\//, CORE],
  [/^lib\/(auth|discovery|events|oauth|store|storage)\//, ROOMS],
  [/^lib\/(places|urls)\.ts$/, VALUES],
  [/^lib\/protocol\//, VALUES],
  [/^lib\/(errors|log)\.ts$/, 0],
  [/^lib\/crypto\//, 0],
];

/** Where each dependency may be imported; `types` allows more files to name its types. */
const HOMES: Readonly<Record<string, { readonly values: RegExp; readonly types?: RegExp }>> = {
  cors: { values: /^middleware\/cors\.ts$/ },
  'express-rate-limit': { values: /^middleware\/(rate-limit|client-address)\.ts$/ },
  'express-oauth2-jwt-bearer': { values: /^lib\/auth\/jwt-engine\.ts$/ },
  express: {
    values:
      /^middleware\/(mcp-router|health-router|rate-limit|root-handler|well-known-router)\.ts$/,
  },
  helmet: { values: /^middleware\/root-handler\.ts$/ },
  ioredis: { values: /^lib\/store\/redis-url\.ts$/ },
  redis: { values: /^lib\/store\/redis-url\.ts$/ },
  'node:cluster': { values: /^middleware\/cluster\.ts$/ },
  zod: { values: /^lib\/(option-forms|resolve-options)\.ts$/ },
  '@modelcontextprotocol/sdk': { values: /(?!)/, types: /^(lib|middleware)\// },
};

/** Node's own modules that speak to the world; values and the core do without. */
const IO = /^(fs|net|tls|dns|dgram|https?|http2|child_process|cluster|worker_threads)(\/|$)/;

export function floorOf(path: string): number | undefined {
  return FLOORS.find(([pattern]) => pattern.test(path))?.[1];
}

export function floorFaults(source: Source): string[] {
  const floor = floorOf(source.path);
  if (floor === undefined) return [`${source.path}: has no floor in the floor plan`];
  return source.imports.flatMap((found) => {
    const fault =
      found.target === undefined
        ? packageFault(source.path, floor, found)
        : neighbourFault(source.path, floor, found, found.target);
    return fault === undefined ? [] : [`${source.path}:${found.line}: ${fault}`];
  });
}

function neighbourFault(
  path: string,
  floor: number,
  { typeOnly }: Import,
  target: string,
): string | undefined {
  const below = floorOf(target);
  if (below === undefined) return `imports ${target}, which has no floor`;
  if (below === DOORS && !(isCli(path) && isCli(target))) return `imports the door ${target}`;
  if (below > floor) return `floor ${floor} imports ${target} of floor ${below}`;
  if (target === 'lib/options.ts' && !typeOnly) return `imports more than types of ${target}`;
  const room = roomOf(target);
  const stranger = floor <= CORE && room !== undefined && room !== roomOf(path);
  if (stranger && target !== `lib/${room}/port.ts`) return `enters the room ${room} by ${target}`;
  return undefined;
}

function packageFault(path: string, floor: number, found: Import): string | undefined {
  const name = packageOf(found.specifier);
  if (name === 'express-mcp-router') return 'imports the package by its own name';
  const home = HOMES[name];
  if (name.startsWith('node:') && home === undefined) return builtinFault(floor, name, path);
  if (builtinModules.includes(name)) return `imports ${name} without "node:"`;
  if (home === undefined) return `imports ${name}, which has no home`;
  if (home.values.test(path)) return undefined;
  if (found.typeOnly && home.types?.test(path) === true) return undefined;
  return `imports ${name} away from its home`;
}

function builtinFault(floor: number, name: string, path: string): string | undefined {
  const module = name.slice('node:'.length);
  const quiet = floor === VALUES || path.startsWith('lib/host/') || path === 'lib/options.ts';
  return quiet && IO.test(module) ? `knows ${name}` : undefined;
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function roomOf(path: string): string | undefined {
  return floorOf(path) === ROOMS ? path.split('/')[1] : undefined;
}

function isCli(path: string): boolean {
  return path.startsWith('lib/cli/');
}
