/**
 * What the parts of one endpoint share.
 *
 * Knows: their names. Does not know: how they are made; `assemble.ts` does.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { Access } from './access.js';
import type { Deadlines } from './deadlines.js';
import type { Later } from './later.js';
import type { Lifecycle } from './lifecycle.js';
import type { LiveSession } from './live-session.js';
import type { Peers } from './peers.js';
import type { AnswerMode, PostStream } from './post-stream.js';
import type { ServerSource } from './server-source.js';
import type { Sessions } from './sessions.js';
import type { Streams } from './streams.js';

/** The settings that the legacy era reads. */
export interface EraSettings {
  readonly stateless: boolean;
  readonly responseMode: AnswerMode;
  readonly requiredScopes: readonly string[];
  readonly limits: { readonly batch: number; readonly callsPerSession: number };
  readonly session: { readonly idleMs: number };
}

export interface EndpointParts {
  readonly settings: EraSettings;
  readonly sessions: Sessions;
  readonly source: ServerSource;
  /** Rules about tools, prompts and resources, if there are any. */
  readonly access: Access | undefined;
  readonly streams: Streams;
  /** Unanswered POSTs that become event streams in a moment. */
  readonly patience: Deadlines<PostStream>;
  /** Sessions whose GET stream waits for its client to come back. */
  readonly absent: Deadlines<LiveSession>;
  readonly lifecycle: Lifecycle;
  /** The other instances; absent where there is only this one. */
  readonly peers: Peers | undefined;
  readonly logger: Logger;
  /** Lets go of the store, last of all. */
  closeStore(): Later<void>;
}
