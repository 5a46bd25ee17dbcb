/**
 * One instance of an endpoint: `instance-program.ts <name> '{"redis":…,"options":…}'`.
 *
 * Tells its port when it listens, answers questions about itself, drains on SIGTERM and exits with 0.
 *
 * Knows: how a user puts an endpoint over Redis into an app. Does not know: what is done to it.
 *
 * @module
 */
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { healthRouter, type Logger, mcpRouter, staticTokens } from 'express-mcp-router';
import type { InstanceAnswers, InstancePlan, Order, Told } from '../support/instances.js';
import { login } from '../support/login.js';
import { createServer, writer } from './instance-tools.js';
import { Puppets } from './puppets.js';
import { connectRedis } from './redis-clients.js';

const [name = '', planText = '{}'] = process.argv.slice(2);
const plan: InstancePlan = JSON.parse(planText);
const uncaught: string[] = [];
const complaints: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(String(error)));
process.on('unhandledRejection', (error) => uncaught.push(String(error)));

const tell = (told: Told) => process.send?.({ told });
const puppets = new Puppets((label) => tell({ begun: label }));
const redis = await connectRedis(plan);
const routers = (plan.mounts ?? ['']).map((mount) => ({ mount, router: endpoint() }));

const app = express().use(healthRouter(...routers.map(({ router }) => router)));
if (plan.hasPuppets) app.use(login);
for (const { mount, router } of routers) app.use(`${mount}/`, router);
const web = createHttpServer(app as RequestListener);
// A client that sends while an idle connection is being closed would see it reset.
web.keepAliveTimeout = 60_000;
web.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  process.send?.({ port: (web.address() as AddressInfo).port });
});

function endpoint() {
  const write = writer(plan.effects, name);
  const create = () => (plan.hasPuppets ? puppets.create() : createServer(write));
  const auth = plan.tokens && {
    auth: staticTokens(
      Object.fromEntries(
        Object.entries(plan.tokens).map(([token, subject]) => [
          token,
          { clientId: 'app', subject },
        ]),
      ),
    ),
  };
  return mcpRouter(plan.isFactory ? create : create(), {
    ...plan.options,
    ...auth,
    ...(redis && { store: redis.store }),
    logger: complaining(),
  });
}

/** Keeps what an operator should look at. */
function complaining(): Logger {
  const keep = (...told: unknown[]) => {
    complaints.push(told.map((it) => (it instanceof Error ? it.message : shown(it))).join(' '));
    complaints.splice(0, complaints.length - 200);
  };
  return { debug: () => {}, info: () => {}, warn: keep, error: keep };
}

const shown = (told: unknown): string =>
  JSON.stringify(told, (_, value) => (value instanceof Error ? String(value) : value)) ?? '';

function memory() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage();
}

const answers: {
  readonly [Q in keyof InstanceAnswers]: () => InstanceAnswers[Q] | Promise<InstanceAnswers[Q]>;
} = {
  cpu: () => process.cpuUsage(),
  memory,
  sessions: () => routers[0]?.router.mcp.sessions.count() ?? 0,
  uncaught: () => uncaught,
  complaints: () => complaints,
};

/** A message of the parent: a question, or an order. */
interface Request {
  readonly id: number;
  readonly question?: keyof InstanceAnswers;
  readonly order?: Order;
}

process.on('message', async ({ id, question, order }: Request) => {
  if (order !== undefined) obey(order);
  const answer = question === undefined ? undefined : await answers[question]();
  process.send?.({ id, answer });
});

function obey({ label, deed, words }: Order): void {
  const puppet = puppets.find(label);
  if (puppet === undefined) return;
  if (deed === 'finish') puppet.finish(words);
  if (deed === 'fail') puppet.fail(words);
  // Nobody may be there to hear it; what has to arrive is the parent's concern.
  if (deed === 'report') puppet.report(words).catch(() => {});
  if (deed === 'log') puppet.log(words).catch(() => {});
  if (deed === 'ask') {
    puppet.ask(words).then(
      (heard) => tell({ asked: words, heard }),
      () => tell({ asked: words, heard: undefined }),
    );
  }
}

process.once('SIGTERM', async () => {
  await Promise.all(routers.map(({ router }) => router.mcp.drain(plan.drain)));
  web.close();
  await Promise.all(routers.map(({ router }) => router.mcp.close()));
  web.closeAllConnections();
  await redis?.close();
  process.exit(uncaught.length === 0 ? 0 : 1);
});

process.on('disconnect', () => process.exit(0));
