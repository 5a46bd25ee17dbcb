/**
 * The reliability programme: every experiment there is, in the order in which they are run.
 *
 * @module
 */
import { ABORTED_REQUESTS } from './aborted-requests.js';
import { BODIES } from './bodies.js';
import { CUT_CONNECTIONS, POLLED_CALLS } from './broken-connections.js';
import { ENDLESS_BODIES } from './endless-bodies.js';
import type { Experiment } from './experiment.js';
import { FOREIGN_SESSIONS } from './foreign-sessions.js';
import { GRAMMAR } from './grammar.js';
import { HEADS } from './heads.js';
import { INITIALIZE_FLOOD } from './initialize-flood.js';
import { SESSION_LIVES } from './session-lives.js';
import { SLOW_CLIENTS } from './slow-clients.js';
import { SOAK } from './soak.js';
import { STOPPED_READERS } from './stopped-readers.js';

export const PROGRAMME: readonly Experiment[] = [
  ENDLESS_BODIES,
  INITIALIZE_FLOOD,
  ABORTED_REQUESTS,
  SLOW_CLIENTS,
  BODIES,
  GRAMMAR,
  HEADS,
  FOREIGN_SESSIONS,
  SESSION_LIVES,
  STOPPED_READERS,
  POLLED_CALLS,
  CUT_CONNECTIONS,
  SOAK,
];
