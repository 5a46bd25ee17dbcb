/**
 * Garbage collection on demand, in a process that was started without `--expose-gc`.
 *
 * Knows: V8's flags. Does not know: what is to be collected.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Collects everything that nobody can reach. */
export const collectGarbage: () => void = runInNewContext('gc');
