/**
 * Gives everybody who imports `express` Express 4: `node --import ./express-4.mjs …`.
 *
 * @module
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// Node runs resolve hooks in a thread of their own, which loads this file a second time.
if (isMainThread) register(import.meta.url);

/** @type {import('node:module').ResolveHook} */
export function resolve(specifier, context, nextResolve) {
  return nextResolve(specifier === 'express' ? 'express4' : specifier, context);
}
