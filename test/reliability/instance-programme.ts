/**
 * The programme of instances that share sessions in Redis, in the order in which it is run.
 *
 * @module
 */
import { BAD_NETWORKS } from './bad-networks.js';
import { CORRUPTED_KEYS } from './corrupted-keys.js';
import { IMPATIENT_DRAIN, LEAVING_INSTANCE, ROLLING_RESTART } from './drained-instances.js';
import type { Experiment } from './experiment.js';
import { STOPPED_INSTANCE } from './fenced-instances.js';
import { SHARED_SECRETS } from './foreign-sessions-in-redis.js';
import { KILLED_CALLS, KILLED_STREAMS } from './killed-instances.js';
import { REDIS_COSTS } from './redis-costs.js';
import { CUT_SUBSCRIPTIONS, FLUSHED_SCRIPTS } from './redis-nuisances.js';
import { EMPTIED_REDIS, FAILED_OVER_REDIS, FROZEN_REDIS } from './redis-outages.js';
import { SHARED_LIVES } from './shared-lives.js';

export const INSTANCE_PROGRAMME: readonly Experiment[] = [
  KILLED_CALLS,
  KILLED_STREAMS,
  LEAVING_INSTANCE,
  IMPATIENT_DRAIN,
  ROLLING_RESTART,
  STOPPED_INSTANCE,
  FROZEN_REDIS,
  EMPTIED_REDIS,
  FAILED_OVER_REDIS,
  BAD_NETWORKS,
  FLUSHED_SCRIPTS,
  CORRUPTED_KEYS,
  CUT_SUBSCRIPTIONS,
  ...SHARED_SECRETS,
  ...REDIS_COSTS,
  SHARED_LIVES,
];
