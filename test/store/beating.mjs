/**
 * A process that is an instance: it prints its name, then every letter that it gets and every notice.
 *
 * @module
 */
import { redisStore } from 'express-mcp-router/redis';

const [, , url, label, leaseMs] = process.argv;
const quiet = () => {};
const { shared } = redisStore(url, { leaseMs: Number(leaseMs) }).open({
  label,
  limits: { idleMs: 60_000, absoluteMs: 60_000, max: 9, perPrincipal: 9, perAddress: 9 },
  callsPerSession: 9,
  hooks: { busy: () => false, dropped: quiet },
  logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
});
shared.instances.start({
  letter: ({ session }) => console.log(session),
  notice: ({ method }) => console.log(method),
  missed: () => console.log('missed'),
});
await shared.instances.ready();
console.log(shared.self);
