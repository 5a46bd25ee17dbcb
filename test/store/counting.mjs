/**
 * A process that counts the sessions in a Redis, without the packages that it is told to do without.
 *
 * @module
 */
import { register } from 'node:module';
import { redisStore } from 'express-mcp-router/redis';

const [, , url, ...missing] = process.argv;
const hook = `
export async function resolve(name, context, next) {
  if (!${JSON.stringify(missing)}.includes(name)) return next(name, context);
  throw Object.assign(new Error('no such package'), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const quiet = () => {};
const { sessions, close } = redisStore(url).open({
  label: 'counting',
  limits: { idleMs: 1_000, absoluteMs: 1_000, max: 1, perPrincipal: 1, perAddress: 1 },
  callsPerSession: 1,
  hooks: { busy: () => false, dropped: quiet },
  logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
console.log(await sessions.count().catch(({ code }) => code));
await close();
