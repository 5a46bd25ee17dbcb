/**
 * A task belongs to the session that made it (2025-11-25 basic/utilities/tasks).
 *
 * @module
 */
import { EventEmitter, once } from 'node:events';
import {
  InMemoryTaskMessageQueue,
  InMemoryTaskStore,
} from '@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import type { RawClient } from '../support/raw-client.js';
import { text, told } from '../support/tool-result.js';

/** A task store that gives everybody everything. */
class CarelessTaskStore extends InMemoryTaskStore {
  override getTask(taskId: string) {
    return super.getTask(taskId);
  }
  override getTaskResult(taskId: string) {
    return super.getTaskResult(taskId);
  }
  override listTasks(cursor?: string) {
    return super.listTasks(cursor);
  }
  override updateTaskStatus(
    ...[taskId, status, why]: Parameters<InMemoryTaskStore['updateTaskStatus']>
  ) {
    return super.updateTaskStatus(taskId, status, why);
  }
}

const CAPABILITIES = {
  logging: {},
  tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
};

/** A server whose task `work` ends when `finish` is emitted. */
function working(taskStore: InMemoryTaskStore) {
  onTestFinished(() => taskStore.cleanup());
  const events = new EventEmitter();
  const server = new McpServer(
    { name: 'working', version: '1.0.0' },
    { capabilities: CAPABILITIES, taskStore, taskMessageQueue: new InMemoryTaskMessageQueue() },
  );
  server.experimental.tasks.registerToolTask(
    'work',
    { execution: { taskSupport: 'required' } },
    {
      createTask: async ({ taskStore: store, sendNotification, _meta }) => {
        const task = await store.createTask({ ttl: 60_000 });
        const progressToken = _meta?.progressToken;
        void once(events, 'finish').then(async () => {
          if (progressToken !== undefined) {
            const params = { progressToken, progress: 1 };
            await sendNotification({ method: 'notifications/progress', params });
          }
          await store.storeTaskResult(task.taskId, 'completed', text('worked'));
          events.emit('finished');
        });
        return { task };
      },
      getTask: ({ taskStore: store, taskId }) => store.getTask(taskId),
      getTaskResult: async ({ taskStore: store, taskId }) =>
        (await store.getTaskResult(taskId)) as ReturnType<typeof text>,
    },
  );
  server.registerTool('echo', {}, () => text('here'));
  return { server, events };
}

/** Starts `work` as a task; returns the task's id. */
async function begin(client: RawClient, progressToken?: string): Promise<string> {
  const params = { name: 'work', arguments: {}, task: { ttl: 60_000 } };
  const { result } = await client.ask('tools/call', params, { progressToken });
  return (result?.task as { taskId?: string } | undefined)?.taskId ?? 'none';
}

async function listed(client: RawClient): Promise<string[]> {
  const { result } = await client.ask('tasks/list');
  return ((result?.tasks ?? []) as { taskId: string }[]).map(({ taskId }) => taskId);
}

const related = (taskId: string) => ({ 'io.modelcontextprotocol/related-task': { taskId } });

describe.each([
  ['the SDK’s task store', () => new InMemoryTaskStore()],
  ['a task store that knows no sessions', () => new CarelessTaskStore()],
])('with %s', (_which, makeStore) => {
  it('a task is its maker’s to list, read and finish', async () => {
    const { server, events } = working(makeStore());
    const { client } = await endpoint(server);
    const ada = await client();
    const taskId = await begin(ada);
    expect(await listed(ada)).toEqual([taskId]);
    expect((await ada.ask('tasks/get', { taskId })).result).toMatchObject({ taskId });
    const finished = once(events, 'finished');
    events.emit('finish');
    await finished;
    expect(told(await ada.ask('tasks/result', { taskId })).value).toBe('worked');
  });

  it('a task is its maker’s to cancel', async () => {
    const { client } = await endpoint(working(makeStore()).server);
    const ada = await client();
    const taskId = await begin(ada);
    expect((await ada.ask('tasks/cancel', { taskId })).result).toMatchObject({
      status: 'cancelled',
    });
  });

  it('nobody else can list it', async () => {
    const { client } = await endpoint(working(makeStore()).server);
    const [ada, eve] = [await client(), await client()];
    const taskId = await begin(ada);
    const own = await begin(eve);
    expect(await listed(eve)).toEqual([own]);
    expect(await listed(ada)).toEqual([taskId]);
  });

  it.each(['tasks/get', 'tasks/result', 'tasks/cancel'])(
    'somebody else’s %s is answered as for a task that never was',
    async (method) => {
      const { client } = await endpoint(working(makeStore()).server);
      const [ada, eve] = [await client(), await client()];
      const taskId = await begin(ada);
      const foreign = await eve.ask(method, { taskId });
      const unknown = await eve.ask(method, { taskId: 'f'.repeat(taskId.length) });
      expect(foreign.error?.code).toBe(-32602);
      const anyId = (value: unknown) => JSON.stringify(value).replaceAll(/[0-9a-f]{32}/g, '<id>');
      expect(anyId(foreign.error)).toBe(anyId(unknown.error));
      expect((await ada.ask('tasks/get', { taskId })).result?.status).toBe('working');
    },
  );

  it('nobody else can reach it through _meta related-task', async () => {
    const { server, events } = working(makeStore());
    const { client } = await endpoint(server);
    const [ada, eve] = [await client(), await client()];
    const taskId = await begin(ada);
    const params = { name: 'echo', arguments: {} };
    const foreign = await eve.ask('tools/call', params, { meta: related(taskId) });
    expect(foreign.error?.code).toBe(-32602);
    const finished = once(events, 'finished');
    events.emit('finish');
    await finished;
    expect(told(await ada.ask('tasks/result', { taskId })).value).toBe('worked');
  });
});

describe('what a running task sends', () => {
  it('reaches its maker’s GET stream and no other', async () => {
    const { server, events } = working(new InMemoryTaskStore());
    const { client, router } = await endpoint(server);
    const [ada, eve] = [await client(), await client()];
    const [hers, other] = [await ada.listen(), await eve.listen()];
    const taskId = await begin(ada, 'mine');
    await begin(eve);
    const finished = once(events, 'finished');
    events.emit('finish');
    await finished;
    const progress = await hers.inbox.method('notifications/progress');
    expect(progress.params).toMatchObject({ progressToken: 'mine', progress: 1 });
    router.mcp.notify.promptsChanged();
    await other.inbox.method('notifications/prompts/list_changed');
    expect(other.inbox.methods).not.toContain('notifications/progress');
    const told = [...hers.inbox.all, ...other.inbox.all].filter(
      ({ params }) => params?.taskId === taskId,
    );
    expect(other.inbox.all.filter((message) => told.includes(message))).toEqual([]);
  });

  it('tells its status to its maker alone', async () => {
    const { server } = working(new InMemoryTaskStore());
    const { client, router } = await endpoint(server);
    const [ada, eve] = [await client(), await client()];
    const [hers, other] = [await ada.listen(), await eve.listen()];
    const taskId = await begin(ada);
    const now = new Date(0).toISOString();
    const params = {
      taskId,
      status: 'working' as const,
      ttl: null,
      createdAt: now,
      lastUpdatedAt: now,
    };
    await server.server.notification({ method: 'notifications/tasks/status', params });
    expect((await hers.inbox.method('notifications/tasks/status')).params).toMatchObject({
      taskId,
    });
    router.mcp.notify.promptsChanged();
    await other.inbox.method('notifications/prompts/list_changed');
    expect(other.inbox.methods).toEqual(['notifications/prompts/list_changed']);
  });
});

describe('stateless', () => {
  it('does not offer tasks to a caller whom nobody can recognise', async () => {
    const { client } = await endpoint(working(new InMemoryTaskStore()).server, { stateless: true });
    const ada = await client();
    const { result } = await ada.initialize();
    expect(result?.capabilities).toMatchObject({ logging: {} });
    expect(result?.capabilities).not.toHaveProperty('tasks');
  });

  it.each([
    ['tasks/list', {}],
    ['tasks/get', { taskId: 't' }],
    ['tasks/result', { taskId: 't' }],
    ['tasks/cancel', { taskId: 't' }],
  ])('answers %s with -32601', async (method, params) => {
    const { client } = await endpoint(working(new InMemoryTaskStore()).server, { stateless: true });
    const ada = await client();
    expect((await ada.ask(method, params)).error?.code).toBe(-32601);
  });

  it('runs a call as it is although it asks for a task', async () => {
    const store = new InMemoryTaskStore();
    const { client } = await endpoint(working(store).server, { stateless: true });
    const ada = await client();
    const answer = await ada.ask('tools/call', {
      name: 'echo',
      arguments: {},
      task: { ttl: 1_000 },
    });
    expect(told(answer).value).toBe('here');
    expect(store.getAllTasks()).toEqual([]);
  });

  it('hides a session’s tasks from an anonymous caller at another mount of the server', async () => {
    const { server } = working(new CarelessTaskStore());
    const taskId = await begin(await (await endpoint(server)).client());
    const anonymous = await (await endpoint(server, { stateless: true })).client();
    const params = { name: 'echo', arguments: {} };
    const answer = await anonymous.ask('tools/call', params, { meta: related(taskId) });
    expect(answer.error?.code).toBe(-32602);
  });

  it('binds tasks to the principal where there is one', async () => {
    const { client } = await endpoint(working(new CarelessTaskStore()).server, { stateless: true });
    const ada = await client({ headers: { 'X-User': 'ada' } });
    const again = await client({ headers: { 'X-User': 'ada' } });
    const eve = await client({ headers: { 'X-User': 'eve' } });
    expect((await ada.initialize()).result?.capabilities).toHaveProperty('tasks');
    const taskId = await begin(ada);
    expect(await listed(again)).toEqual([taskId]);
    expect(await listed(eve)).toEqual([]);
    expect((await eve.ask('tasks/get', { taskId })).error?.code).toBe(-32602);
    expect((await eve.ask('tasks/cancel', { taskId })).error?.code).toBe(-32602);
    expect((await again.ask('tasks/cancel', { taskId })).result?.status).toBe('cancelled');
  });
});
