/**
 * Several gates side by side.
 *
 * Knows: the order of verdicts. Does not know: what a gate looks at.
 *
 * @module
 */
import { OptionError } from '../errors.js';
import { kindOf } from './checks.js';
import type { AuthGate, Presented, Verdict } from './port.js';
import { MISSING, unavailable } from './verdicts.js';

/**
 * Lets in whoever one of `gates` lets in; they are asked in order, and the first valid verdict counts.
 *
 * A gate that cannot decide makes the whole undecided, unless another knows the caller. Authorization
 * servers and scopes of all are united.
 *
 * @throws OptionError without a gate, for what is none, and for two authorization servers of our own.
 */
export function anyOf(...gates: AuthGate[]): AuthGate {
  const wrong = gates.find((gate: unknown) => !isGate(gate));
  if (gates.length === 0 || wrong !== undefined) {
    const got = gates.length === 0 ? 'none' : kindOf(wrong);
    throw new OptionError(`anyOf: expected gates such as staticTokens(…), got ${got}.`);
  }
  const owners = gates.filter(({ ownServer }) => ownServer !== undefined);
  if (owners.length > 1) {
    throw new OptionError('anyOf: expected one authorization server of the app itself, got two.');
  }
  const { ownServer } = owners[0] ?? {};
  const scopes = gates.map(({ scopesSupported }) => scopesSupported);
  return {
    name: gates.map(({ name }) => name).join(' or '),
    authorizationServers: united(gates.map((gate) => gate.authorizationServers)),
    ...(ownServer !== undefined && { ownServer }),
    ...(scopes.some((some) => some !== undefined) && {
      scopesSupported: united(scopes.map((some = []) => some)),
    }),
    needsResource: gates.some(({ needsResource }) => needsResource),
    verify: (presented) => firstValid(gates, presented),
  };
}

const isGate = (value: unknown): boolean =>
  typeof (value as Partial<AuthGate> | null)?.verify === 'function';

const united = (lists: readonly (readonly string[])[]) => [...new Set(lists.flat())];

async function firstValid(gates: readonly AuthGate[], presented: Presented): Promise<Verdict> {
  let best: Verdict = MISSING;
  for (const gate of gates) {
    const verdict = await verdictOf(gate, presented);
    if (verdict.kind === 'valid') return verdict;
    if (RANKS[verdict.kind] > RANKS[best.kind]) best = verdict;
  }
  return best;
}

/** What is told when nobody is let in: an outage before a refusal, a refusal before nothing. */
const RANKS = { valid: 0, missing: 1, invalid: 2, unavailable: 3 } as const;

async function verdictOf(gate: AuthGate, presented: Presented): Promise<Verdict> {
  try {
    return await gate.verify(presented);
  } catch (error) {
    return unavailable(error);
  }
}
