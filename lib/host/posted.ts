/**
 * A POST of a client that is known, acted on: its answers, its notifications, its requests.
 *
 * Knows: in which order. Does not know: how the client was found, what each message does.
 *
 * @module
 */
import { andThen, type Later } from './later.js';
import { takeNotifications, takeResponse } from './one-way.js';
import { refuse } from './refuse.js';
import { idOf, type Posted, refusalOf, serveRequests } from './requests.js';
import { scopeChallenge } from './scope-challenge.js';

/** Acts on all messages of a POST, or on none when one of them may not be sent. */
export function takePosted(posted: Posted): Later<void> {
  const { parts, incoming, client, reply } = posted;
  const refusal = refusalOf(incoming, client, parts.settings.limits.callsPerSession);
  if (refusal !== undefined) return refuse(reply, refusal, idOf(incoming));
  if (parts.access === undefined) return act(posted);
  return andThen(parts.access.neededFor(incoming.requests, posted.exchange), (needed) =>
    needed === undefined ? act(posted) : challenge(posted, needed),
  );
}

function challenge({ parts, incoming, exchange, reply }: Posted, needed: readonly string[]): void {
  const scopes = [...new Set([...parts.settings.requiredScopes, ...needed])];
  refuse(reply, scopeChallenge({ scopes }, exchange.authInfo), idOf(incoming));
}

function act(posted: Posted): Later<void> {
  const { incoming, reply } = posted;
  const taken = andThen(answers(posted), () => notice(posted));
  return andThen(taken, () =>
    incoming.requests.length === 0 ? reply.empty(202) : serveRequests(posted),
  );
}

function answers({ parts, incoming, client }: Posted): Later<void> {
  const taken = incoming.responses.map((response) => takeResponse(parts, response, client));
  const waiting = taken.filter((one) => one instanceof Promise);
  return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
}

function notice({ parts, incoming, client, exchange }: Posted): Later<void> {
  if (incoming.notifications.length === 0) return undefined;
  return takeNotifications(parts, incoming.notifications, client, exchange);
}
