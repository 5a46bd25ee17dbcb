/**
 * What the parts of one endpoint share.
 *
 * Knows: their names. Does not know: how they are made; `assemble.ts` does.
 *
 * @module
 */
import type { Logger } from '../log.js';
import type { Deadlines } from './deadlines.js';
import type { KeepAlive } from './keep-alive.js';
import type { Lifecycle } from './lifecycle.js';
import type { AnswerMode, PostStream } from './post-stream.js';
import type { ServerSource } from './server-source.js';
import type { Sessions } from './sessions.js';

/** The settings that the legacy era reads. */
export interface EraSettings {
  readonly stateless: boolean;
  readonly responseMode: AnswerMode;
  readonly limits: { readonly batch: number; readonly callsPerSession: number };
}

export interface EndpointParts {
  readonly settings: EraSettings;
  readonly sessions: Sessions;
  readonly source: ServerSource;
  readonly keepAlive: KeepAlive;
  /** Unanswered POSTs that become event streams in a moment. */
  readonly patience: Deadlines<PostStream>;
  readonly lifecycle: Lifecycle;
  readonly logger: Logger;
}
