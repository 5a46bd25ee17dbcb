/**
 * Which caller may use which tool, prompt and resource.
 *
 * Knows: the rules of `scopes` and the app's `authorize`. Does not know: tokens, how a POST is read.
 *
 * @module
 */
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import type { Authorize, ScopeRules } from '../options.js';
import type { JsonRpcRequest, JsonRpcResponse } from '../protocol/json-rpc.js';
import { covers, type ScopeHierarchy } from '../protocol/scopes.js';
import {
  listedTarget,
  listOf,
  namesOf,
  normalUri,
  type Target,
  type TargetKind,
  targetOf,
} from '../protocol/targets.js';
import { wildcard } from '../protocol/wildcards.js';
import type { AnswerObserver } from './call.js';
import { andThen, type Later } from './later.js';

/** Who asks. */
export interface Asker {
  readonly authInfo: AuthInfo | undefined;
  readonly principal: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

interface Rule {
  readonly kind: TargetKind;
  fits(name: string): boolean;
  readonly scopes: readonly string[];
}

/** Scopes that the caller would need; undefined when it may. */
type Needed = readonly string[] | undefined;

const KINDS = [
  ['tools', 'tool'],
  ['prompts', 'prompt'],
  ['resources', 'resource'],
] as const;

export class Access {
  readonly #rules: readonly Rule[];
  readonly #hierarchy: ScopeHierarchy;
  readonly #authorize: Authorize | undefined;

  constructor(scopes: ScopeRules, authorize: Authorize | undefined) {
    this.#rules = KINDS.flatMap(([group, kind]) =>
      Object.entries(scopes[group] ?? {}).map(([name, needed]) => ({
        kind,
        fits: wildcard(kind === 'resource' ? normalUri(name) : name),
        scopes: [needed].flat(),
      })),
    );
    this.#hierarchy = scopes.implies ?? {};
    this.#authorize = authorize;
  }

  /** Every scope that these requests need, when the caller lacks one of them. */
  neededFor(requests: readonly JsonRpcRequest[], asker: Asker): Later<Needed> {
    return requests.reduce<Later<Needed>>((before, { method, params }) => {
      const target = targetOf(method, params);
      if (target === undefined) return before;
      return andThen(before, (needed) =>
        andThen(this.#needed(target, method, asker), (more) => united(needed, more)),
      );
    }, undefined);
  }

  /** Hides what the caller may not use from the answer to a list method. */
  filterFor(method: string, asker: Asker): AnswerObserver | undefined {
    const list = listOf(method);
    if (list === undefined) return undefined;
    return (response) => {
      const items = 'result' in response ? response.result[list.member] : undefined;
      if (!Array.isArray(items)) return response;
      const needed = items.map((item: unknown) => {
        const target = listedTarget(list.kind, item);
        return target === undefined ? [] : this.#needed(target, method, asker);
      });
      return andThen(all(needed), (all) =>
        withItems(
          response,
          list.member,
          items.filter((_, at) => all[at] === undefined),
        ),
      );
    };
  }

  /** Whether the caller may hear that a resource has changed. */
  mayHear(uri: string, asker: Asker): Later<boolean> {
    const target = { kind: 'resource' as const, name: normalUri(uri) };
    return andThen(
      this.#needed(target, 'resources/subscribe', asker),
      (needed) => needed === undefined,
    );
  }

  #needed(target: Target, method: string, asker: Asker): Later<Needed> {
    const byRule = this.#neededByRule(target, asker);
    if (this.#authorize === undefined) return byRule;
    const { authInfo, principal, params } = asker;
    const verdict = this.#authorize({ ...target, method, authInfo, principal, params });
    return andThen(verdict, (said) =>
      united(byRule, said === true ? undefined : [...(said?.scopes ?? [])]),
    );
  }

  #neededByRule(target: Target, { authInfo }: Asker): Needed {
    const names = namesOf(target);
    const needed = this.#rules
      .filter(({ kind, fits }) => kind === target.kind && names.some(fits))
      .flatMap(({ scopes }) => scopes);
    if (needed.length === 0) return undefined;
    return covers(authInfo?.scopes ?? [], needed, this.#hierarchy) ? undefined : needed;
  }
}

/** All that is needed, once. */
function united(one: Needed, other: Needed): Needed {
  if (one === undefined || other === undefined) return one ?? other;
  return [...new Set([...one, ...other])];
}

function all<T>(values: readonly Later<T>[]): Later<readonly T[]> {
  const isThere = (value: Later<T>): value is T => !(value instanceof Promise);
  return values.every(isThere) ? values : Promise.all(values);
}

const withItems = (
  response: JsonRpcResponse,
  member: string,
  items: readonly unknown[],
): JsonRpcResponse =>
  'result' in response
    ? { ...response, result: { ...response.result, [member]: items } }
    : response;
