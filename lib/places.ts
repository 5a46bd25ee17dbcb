/**
 * Where a request went: paths as they are compared, and the shapes that they may have.
 *
 * Knows: how a path is decoded, and what `:params` stand for.
 * Does not know: hosts, options, which path is right.
 *
 * @module
 */

/** Values of a mount's `:params`, decoded. */
export type Parameters = Readonly<Record<string, string>>;

/** A path with or without `:params`, ready to be compared with places. */
export interface PathShape {
  /** True for the same segments; letter case is ignored, a parameter stands for one segment. */
  fits(place: string): boolean;
  /** Values of the parameters; undefined where the shape does not fit, or a value is malformed. */
  valuesIn(place: string): Parameters | undefined;
}

/**
 * The path of a request target: decoded, without query, doubled slashes and a trailing slash.
 *
 * An encoded slash stays encoded, as it is part of its segment: two targets that a router tells apart
 * never have one place.
 */
export function placeOf(target: string): string {
  if (/^\/[\w./-]*[\w.-]$/.test(target) && !target.includes('//')) return target;
  return `/${segmentsOf(pathIn(target)).map(decoded).join('/')}`;
}

/** The path of a request target as the client may write it again: one slash between segments, still encoded. */
export function writtenPath(target: string): string {
  const segments = segmentsOf(pathIn(target));
  // What is encoded already must not be encoded once more.
  return `/${segments.map((segment) => encodeURI(segment).replaceAll('%25', '%')).join('/')}`;
}

/** A path of the same mount: `path` in the place of the last segment. */
export function beside(place: string, path: string): string {
  const mount = place.slice(0, place.lastIndexOf('/'));
  return mount !== '' && path === '/' ? mount : mount + path;
}

/** The path of a request target, without origin, query and fragment. */
function pathIn(target: string): string {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0].length ?? 0;
  return target.slice(absolute).split(/[?#]/, 1)[0] ?? '';
}

/** The shape of a path, which may be written as in a URL. */
export function pathShape(path: string): PathShape {
  const expected = segmentsOf(placeOf(path));
  const fits = (actual: readonly string[]) =>
    actual.length === expected.length &&
    expected.every((segment, index) => isFilledBy(segment, actual[index] ?? ''));
  return {
    fits: (place) => fits(segmentsOf(place)),
    valuesIn: (place) => {
      const actual = segmentsOf(place);
      return fits(actual) ? valuesOf(expected, actual) : undefined;
    },
  };
}

/** No parameter stands for a segment that every client resolves away. */
function isFilledBy(segment: string, actual: string): boolean {
  if (segment.startsWith(':')) return actual !== '.' && actual !== '..';
  return segment === actual || segment.toLowerCase() === actual.toLowerCase();
}

function valuesOf(expected: readonly string[], actual: readonly string[]): Parameters | undefined {
  const values: [string, string][] = [];
  for (const [index, segment] of expected.entries()) {
    if (!segment.startsWith(':')) continue;
    const value = unescaped(actual[index] ?? '');
    if (value === undefined) return undefined;
    values.push([segment.slice(1), value]);
  }
  return Object.fromEntries(values);
}

const segmentsOf = (path: string) => path.split('/').filter((segment) => segment !== '');

/** What would end a segment, a quoted string or a line of the log. */
const UNREADABLE = /[%/"\p{Cc}\u2028\u2029]/gu;

function decoded(segment: string): string {
  const text = segment.replaceAll('"', '%22');
  if (!text.includes('%')) return text;
  return unescaped(text)?.replace(UNREADABLE, encodeURIComponent) ?? text;
}

function unescaped(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
