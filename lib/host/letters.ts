/**
 * What one instance tells another about a session, and how it is read there.
 *
 * Whatever comes out of the store is looked at as if a stranger had written it.
 *
 * Knows: the kinds of letters. Does not know: how they travel, what follows from them.
 *
 * @module
 */
import {
  type JsonRpcResponse,
  type Params,
  type RequestId,
  readMessage,
} from '../protocol/json-rpc.js';

/** A letter's content, by its kind. */
export type Mail =
  /** A client's answer to a question of the reader's. */
  | { readonly kind: 'answer'; readonly message: JsonRpcResponse & { readonly id: RequestId } }
  /** A client reports progress on a question of the reader's. */
  | { readonly kind: 'progress'; readonly params: Params }
  /** A client no longer wants a call that the reader runs. */
  | { readonly kind: 'cancel'; readonly id: RequestId; readonly reason?: string }
  /** The session has ended. */
  | { readonly kind: 'ended' }
  /** The connection of the session's GET stream is to be closed; its client comes back. */
  | { readonly kind: 'close' }
  /** The session's record has changed. */
  | { readonly kind: 'changed' }
  /** A resource has changed; the server that noticed is the session's own. */
  | { readonly kind: 'updated'; readonly uri: string }
  /** Something was appended to a stream that the reader follows. */
  | { readonly kind: 'appended'; readonly stream: string }
  /** The client reads a stream at another instance now. */
  | { readonly kind: 'taken'; readonly stream: string };

/** A letter as it was found. */
export type Received = Mail & { readonly session: string };

type Fields = Readonly<Record<string, unknown>>;

const isId = (value: unknown): value is RequestId =>
  typeof value === 'string' || typeof value === 'number';

/** Reads a letter; undefined when it is none. */
export function readLetter(value: unknown): Received | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Fields;
  if (typeof fields.session !== 'string') return undefined;
  const mail = readMail(fields);
  return mail && { ...mail, session: fields.session };
}

function readMail({ kind, message, params, id, reason, uri, stream }: Fields): Mail | undefined {
  switch (kind) {
    case 'answer': {
      const read = readMessage(message);
      return read.kind === 'response' ? { kind, message: read.message } : undefined;
    }
    case 'progress':
      return typeof params === 'object' && params !== null
        ? { kind, params: params as Params }
        : undefined;
    case 'cancel':
      if (!isId(id)) return undefined;
      return { kind, id, ...(typeof reason === 'string' && { reason }) };
    case 'ended':
    case 'close':
    case 'changed':
      return { kind };
    case 'updated':
      return typeof uri === 'string' ? { kind, uri } : undefined;
    case 'appended':
    case 'taken':
      return typeof stream === 'string' ? { kind, stream } : undefined;
    default:
      return undefined;
  }
}
