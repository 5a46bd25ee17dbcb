/**
 * Ids that a client chooses are no ids of questions, at whatever instance.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { lacksRedis, useRedis } from '../support/redis.js';
import { text, told } from '../support/tool-result.js';
import { twins } from '../support/two-instances.js';

const FORM = { message: '?', requestedSchema: { type: 'object' as const, properties: {} } };
const CAN_ASK = { capabilities: { elicitation: {} } };
const accepted = (name: string) => ({ action: 'accept', content: { name } });

/** A server that asks, and one tool that answers at once. */
function asking(): McpServer {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('ask', {}, async () => text(await server.server.elicitInput(FORM)));
  server.registerTool('greet', {}, () => text('hello'));
  return server;
}

describe.skipIf(lacksRedis('ids that collide between instances'))('a request', () => {
  const redis = useRedis();

  it('may have the id of the question that its session was asked, at either instance', async () => {
    const { wanderer } = await twins(redis.url, asking);
    const { here, there } = await wanderer(CAN_ASK);
    const call = here.callTool('ask');
    const { id } = await call.inbox.method('elicitation/create');
    for (const place of [there, here]) {
      expect(told(await place.callTool('greet', {}, { id }).response).value).toBe('hello');
    }
    expect(await there.answer(id, accepted('Ada'))).toBe(202);
    expect(told(await call.response).value).toEqual(accepted('Ada'));
  });

  it('may ask with the id of another question, and each is answered through the other instance', async () => {
    const { wanderer } = await twins(redis.url, asking);
    const { here, there } = await wanderer(CAN_ASK);
    const first = here.callTool('ask');
    const { id: one } = await first.inbox.method('elicitation/create');
    const second = there.callTool('ask', {}, { id: one });
    const { id: other } = await second.inbox.method('elicitation/create');
    expect(other).not.toBe(one);
    expect(await there.answer(one, accepted('first'))).toBe(202);
    expect(await here.answer(other, accepted('second'))).toBe(202);
    expect(told(await first.response).value).toEqual(accepted('first'));
    expect(told(await second.response).value).toEqual(accepted('second'));
  });

  it.each(['s.000000000000.1', 's.', 0, '0', -1])(
    'of the id %j is answered with it, and asks with another',
    async (id) => {
      const { wanderer } = await twins(redis.url, asking);
      const { here, there } = await wanderer(CAN_ASK);
      const call = here.callTool('ask', {}, { id });
      const question = await call.inbox.method('elicitation/create');
      expect(question.id).not.toBe(id);
      await there.answer(id, accepted('Mallory'));
      await there.answer(question.id, accepted('Ada'));
      expect(told(await call.response).value).toEqual(accepted('Ada'));
    },
  );

  it('of two sessions may be the same at the same time, and so may what they are asked', async () => {
    const { a, b } = await twins(redis.url, asking);
    const clients = await Promise.all(
      [a, b, a, b].map(({ client }, nth) =>
        client({ ...CAN_ASK, name: `client-${nth}`, onRequest: () => accepted(`client-${nth}`) }),
      ),
    );
    const calls = clients.map((client) => client.callTool('ask', {}, { id: 7 }));
    const answers = await Promise.all(calls.map(async ({ response }) => told(await response)));
    expect(answers.map(({ value }) => value)).toEqual(
      clients.map((_, nth) => accepted(`client-${nth}`)),
    );
  });

  it('to cancel the id of a question cancels nothing', async () => {
    const { wanderer } = await twins(redis.url, asking);
    const { here, there } = await wanderer(CAN_ASK);
    const call = here.callTool('ask');
    const { id } = await call.inbox.method('elicitation/create');
    expect(await there.notify('notifications/cancelled', { requestId: id })).toBe(202);
    expect(await there.answer(id, accepted('Ada'))).toBe(202);
    expect(told(await call.response).value).toEqual(accepted('Ada'));
  });
});
