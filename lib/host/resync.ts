/**
 * What a client is told that cannot know what it missed: to look at everything that may have changed.
 *
 * Knows: which notifications say so. Does not know: how they are sent.
 *
 * @module
 */

/** Lists that may change, by the capability that says so. */
const LISTS = [
  ['tools', 'notifications/tools/list_changed'],
  ['prompts', 'notifications/prompts/list_changed'],
  ['resources', 'notifications/resources/list_changed'],
] as const;

const RESOURCE_UPDATED = 'notifications/resources/updated';

/** A notification as it is sent. */
export const changedJson = (method: string, uri?: string): string =>
  JSON.stringify({ jsonrpc: '2.0', method, ...(uri !== undefined && { params: { uri } }) });

/** True for what may be told to the clients of every instance. */
export const isNotice = (method: unknown, uri: unknown): boolean =>
  method === RESOURCE_UPDATED
    ? typeof uri === 'string'
    : uri === undefined && LISTS.some(([, known]) => known === method);

/** A client, as far as it is told to look again. */
export interface Resynced {
  /** True when its server announces that this list may change. */
  offers(capability: string): boolean;
  readonly subscriptions: Iterable<string>;
  /** Sends a notification; with a `uri`, if the client may hear of that resource. */
  tell(json: string, uri?: string): void;
}

/** Tells a client to look at everything that may have changed. */
export function resync({ offers, subscriptions, tell }: Resynced): void {
  for (const [capability, method] of LISTS) if (offers(capability)) tell(changedJson(method));
  for (const uri of subscriptions) tell(changedJson(RESOURCE_UPDATED, uri), uri);
}
