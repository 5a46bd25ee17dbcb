/**
 * A direct server as its own process: `serve-program.ts '{"options":…}'`.
 *
 * Any message from its parent lets the `wait` tool go; `waiting` is told when it is called. A fault at
 * the start is told on standard error by its code, and the process exits with 1.
 *
 * Knows: `serve`. Does not know: what is tested.
 *
 * @module
 */
import { serve } from '../../lib/index.js';
import { greeter } from './greeter.js';

const { server, waiting, open } = greeter();
process.once('message', open);
process.channel?.unref();
void waiting().then(() => process.send?.('waiting'));

try {
  await serve(server, JSON.parse(process.argv[2] ?? '{}'));
} catch (error) {
  console.error((error as { code?: unknown }).code);
  process.exitCode = 1;
}
