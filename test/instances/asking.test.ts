/**
 * Questions that one instance asks and another is answered.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { lacksRedis, useRedis } from '../support/redis.js';
import { text, told } from '../support/tool-result.js';
import { twins } from '../support/two-instances.js';

const FORM = {
  message: 'Your name?',
  requestedSchema: { type: 'object' as const, properties: { name: { type: 'string' as const } } },
};
const CAN_ASK = { capabilities: { elicitation: {} } };
const accepted = (name: string) => ({ action: 'accept', content: { name } });

/** A server with a tool that asks, and the progress that its client reports meanwhile. */
function asking(reported: number[] = []): McpServer {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('ask', {}, async () => {
    const onprogress = ({ progress }: { progress: number }) => void reported.push(progress);
    return text(await server.server.elicitInput(FORM, { onprogress }));
  });
  return server;
}

describe.skipIf(lacksRedis('questions between instances'))('a question', () => {
  const redis = useRedis();

  it('asked at one instance is answered at the other', async () => {
    const { wanderer } = await twins(redis.url, asking);
    const { here, there } = await wanderer(CAN_ASK);
    const call = here.callTool('ask');
    const question = await call.inbox.method('elicitation/create');
    expect(await there.answer(question.id, accepted('Ada'))).toBe(202);
    expect(told(await call.response).value).toEqual(accepted('Ada'));
  });

  it('is not taken for that of the other, although their servers number alike', async () => {
    const { wanderer } = await twins(redis.url, asking);
    const { here, there } = await wanderer(CAN_ASK);
    const calls = [here.callTool('ask', {}, { id: 1 }), there.callTool('ask', {}, { id: 2 })];
    const questions = await Promise.all(
      calls.map(({ inbox }) => inbox.method('elicitation/create')),
    );
    const [one, other] = questions.map(({ id }) => String(id));
    expect(one?.split('.').at(-1)).toBe(other?.split('.').at(-1));
    expect(one).not.toBe(other);
    await there.answer(one, accepted('one'));
    await here.answer(other, accepted('other'));
    const answers = await Promise.all(calls.map(async ({ response }) => told(await response)));
    expect(answers.map(({ value }) => value)).toEqual([accepted('one'), accepted('other')]);
  });

  it('is answered once, whoever else answers', async () => {
    const { wanderer } = await twins(redis.url, asking);
    const { here, there } = await wanderer(CAN_ASK);
    const stranger = await wanderer(CAN_ASK);
    const call = here.callTool('ask');
    const { id } = await call.inbox.method('elicitation/create');
    expect(await stranger.there.answer(id, accepted('Mallory'))).toBe(202);
    expect(await stranger.here.answer(id, accepted('Mallory'))).toBe(202);
    expect(await there.answer(id, accepted('Ada'))).toBe(202);
    expect(await there.answer(id, accepted('Bob'))).toBe(202);
    expect(told(await call.response).value).toEqual(accepted('Ada'));
  });

  it('goes out on the GET stream of the other instance when the call has none', async () => {
    const { wanderer } = await twins(redis.url, asking, { responseMode: 'json' });
    const { here, there } = await wanderer(CAN_ASK);
    const stream = await there.listen();
    const call = here.callTool('ask');
    const question = await stream.inbox.method('elicitation/create');
    await there.answer(question.id, accepted('Ada'));
    expect(told(await call.response).value).toEqual(accepted('Ada'));
  });

  it('may be asked while `initialized` is handled, although the GET stream opens elsewhere', async () => {
    const answers: unknown[] = [];
    const factory = () => {
      const server = asking();
      server.server.oninitialized = async () => {
        answers.push(await server.server.elicitInput(FORM));
      };
      return server;
    };
    const { wanderer } = await twins(redis.url, () => factory);
    const { there } = await wanderer(CAN_ASK);
    const stream = await there.listen();
    const question = await stream.inbox.method('elicitation/create');
    await there.answer(question.id, accepted('Ada'));
    await expect.poll(() => answers).toEqual([accepted('Ada')]);
  });

  it('hears the progress that its client reports at the other instance', async () => {
    const reported: number[] = [];
    const { wanderer } = await twins(redis.url, () => asking(reported));
    const { here, there } = await wanderer(CAN_ASK);
    const call = here.callTool('ask');
    const { id, params } = await call.inbox.method('elicitation/create');
    const { progressToken } = (params?._meta ?? {}) as { progressToken?: string };
    await there.notify('notifications/progress', { progressToken, progress: 7 });
    await expect.poll(() => reported).toEqual([7]);
    await there.answer(id, accepted('Ada'));
    await call.response;
  });
});
