/**
 * What a request is about: a tool, a prompt or a resource.
 *
 * Knows: where each method names its target, and when two URIs are one resource.
 * Does not know: who may use what.
 *
 * @module
 */
import type { Params } from './json-rpc.js';

export type TargetKind = 'tool' | 'prompt' | 'resource';

/** Something that a server offers, by its name; a resource by its normalised URI. */
export interface Target {
  readonly kind: TargetKind;
  readonly name: string;
}

const named = (kind: TargetKind, name: unknown): Target | undefined => {
  if (typeof name !== 'string') return undefined;
  return { kind, name: kind === 'resource' ? normalUri(name) : name };
};

/** The target of a request; undefined for requests that have none. */
export function targetOf(method: string, params: Params | undefined): Target | undefined {
  switch (method) {
    case 'tools/call':
      return named('tool', params?.name);
    case 'prompts/get':
      return named('prompt', params?.name);
    case 'resources/read':
    case 'resources/subscribe':
      return named('resource', params?.uri);
    case 'completion/complete':
      return referenceOf(params?.ref);
    default:
      return undefined;
  }
}

function referenceOf(ref: unknown): Target | undefined {
  const { type, name, uri } = (ref ?? {}) as Readonly<Record<string, unknown>>;
  return type === 'ref/prompt' ? named('prompt', name) : named('resource', uri);
}

/** The member of a list's result that holds its items, and what they are. */
const LISTS: Readonly<Record<string, { readonly member: string; readonly kind: TargetKind }>> = {
  'tools/list': { member: 'tools', kind: 'tool' },
  'prompts/list': { member: 'prompts', kind: 'prompt' },
  'resources/list': { member: 'resources', kind: 'resource' },
  'resources/templates/list': { member: 'resourceTemplates', kind: 'resource' },
};

/** Where the answer to a list method has its items; undefined for other methods. */
export const listOf = (method: string) => LISTS[method];

/** The target that an item of a list stands for. */
export function listedTarget(kind: TargetKind, item: unknown): Target | undefined {
  const { name, uri, uriTemplate } = (item ?? {}) as Readonly<Record<string, unknown>>;
  return named(kind, kind === 'resource' ? (uri ?? uriTemplate) : name);
}

/**
 * A URI as servers compare it: scheme in lower case, dot segments resolved.
 *
 * Text that is no URI stays as it is.
 */
export const normalUri = (uri: string): string => (URL.canParse(uri) ? String(new URL(uri)) : uri);

/** The names that a rule may know a target by: a resource also with its escapes undone. */
export function namesOf({ kind, name }: Target): readonly string[] {
  if (kind !== 'resource' || !name.includes('%')) return [name];
  try {
    return [name, decodeURIComponent(name)];
  } catch {
    return [name];
  }
}
