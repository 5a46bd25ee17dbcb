/**
 * Questions that no client can receive fail at once, and what outlives its call finds its session.
 *
 * @module
 */
import { EventEmitter, once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { endpoint } from '../support/endpoint.js';
import { text, told } from '../support/tool-result.js';

const FORM = { message: '?', requestedSchema: { type: 'object' as const, properties: {} } };
const SAMPLE = { messages: [], maxTokens: 1 };

type Inner = McpServer['server'];
type Ask = (server: Inner) => Promise<unknown>;

const QUESTIONS: [string, Ask][] = [
  ['elicitation/create', (server) => server.elicitInput(FORM)],
  ['sampling/createMessage', (server) => server.createMessage(SAMPLE)],
  ['roots/list', (server) => server.listRoots()],
  ['ping', (server) => server.ping()],
];

/** A server with one tool that asks and returns how that failed. */
function asking(ask: Ask): McpServer {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool('ask', {}, async () => {
    const outcome = await ask(server.server).catch(({ code, message }) => ({ code, message }));
    return text(outcome);
  });
  return server;
}

const EVERYTHING = { sampling: {}, elicitation: {}, roots: {} };

describe.each(QUESTIONS)('%s', (method, ask) => {
  it('fails at once in stateless mode, and names the option', async () => {
    const { client } = await endpoint(asking(ask), { stateless: true });
    const ada = await client({ capabilities: EVERYTHING });
    const startedAt = performance.now();
    const { value } = told(await ada.callTool('ask').response);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(value).toMatchObject({ code: 'ERR_MCP_NO_CLIENT' });
    expect(JSON.stringify(value)).toContain('stateless');
    expect(JSON.stringify(value)).toContain(method);
  });

  it('fails at once outside every call', async () => {
    const server = asking(ask);
    const { router } = await endpoint(server);
    await router.mcp.ready();
    await expect(ask(server.server)).rejects.toMatchObject({ code: 'ERR_MCP_NO_CLIENT' });
  });

  it('fails at once in JSON mode without a GET stream', async () => {
    const { client } = await endpoint(asking(ask), { responseMode: 'json' });
    const ada = await client({ capabilities: EVERYTHING });
    const { value } = told(await ada.callTool('ask').response);
    expect(value).toMatchObject({ code: 'ERR_MCP_NO_CLIENT' });
  });
});

it('asks on the GET stream in JSON mode', async () => {
  const { client } = await endpoint(
    asking((server) => server.elicitInput(FORM)),
    {
      responseMode: 'json',
    },
  );
  const onRequest = () => ({ action: 'accept', content: {} });
  const ada = await client({ capabilities: EVERYTHING, onRequest });
  const stream = await ada.listen();
  const call = ada.callTool('ask');
  expect(told(await call.response).value).toMatchObject({ action: 'accept' });
  expect(stream.inbox.methods).toEqual(['elicitation/create']);
  expect((await call.head).headers['content-type']).toMatch('application/json');
});

/** A server whose tool goes on after its answer, and tells how that went. */
function lingering() {
  const events = new EventEmitter();
  const server = new McpServer(
    { name: 'lingering', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  server.registerTool('linger', {}, async ({ sendNotification, sendRequest }) => {
    const late = async () => {
      await once(events, 'go');
      await server.server.sendLoggingMessage({ level: 'info', data: 'by context' });
      const params = { level: 'info' as const, data: 'by name' };
      await sendNotification({ method: 'notifications/message', params });
      const asked = await Promise.allSettled([
        server.server.elicitInput(FORM),
        sendRequest({ method: 'elicitation/create', params: FORM }, ElicitResultSchema),
      ]);
      events.emit('refused', ...asked.map((one) => 'reason' in one && one.reason.code));
    };
    void late();
    return text('done');
  });
  return { server, events };
}

describe('after a call has ended', () => {
  it('its notifications go to its session’s GET stream and its requests are refused', async () => {
    const { server, events } = lingering();
    const { client } = await endpoint(server);
    const [ada, bob] = [await client({ capabilities: EVERYTHING }), await client()];
    const [hers, other] = [await ada.listen(), await bob.listen()];
    const call = ada.callTool('linger');
    await call.response;
    const refused = once(events, 'refused');
    events.emit('go');
    expect(await refused).toEqual(['ERR_MCP_NO_CLIENT', 'ERR_MCP_NO_CLIENT']);
    await hers.inbox.until(({ params }) => params?.data === 'by name');
    expect(hers.inbox.all.map(({ params }) => params?.data)).toEqual(['by context', 'by name']);
    expect(call.inbox.all).toHaveLength(1);
    expect(other.inbox.all).toEqual([]);
  });

  it('its notifications are dropped when its session has no GET stream', async () => {
    const { server, events } = lingering();
    const { client } = await endpoint(server);
    const [ada, bob] = [await client({ capabilities: EVERYTHING }), await client()];
    const other = await bob.listen();
    await ada.callTool('linger').response;
    const refused = once(events, 'refused');
    events.emit('go');
    await refused;
    expect(other.inbox.all).toEqual([]);
  });
});

it('lets `initialized` ask, and waits for the GET stream', async () => {
  const events = new EventEmitter();
  const { client } = await endpoint(() => {
    const server = asking((inner) => inner.ping());
    server.server.oninitialized = () => {
      server.server.listRoots().then((roots) => events.emit('roots', roots));
    };
    return server;
  });
  const onRequest = () => ({ roots: [{ uri: 'file:///home' }] });
  const learnt = once(events, 'roots');
  const ada = await client({ capabilities: EVERYTHING, onRequest });
  await ada.listen();
  expect(await learnt).toEqual([{ roots: [{ uri: 'file:///home' }] }]);
});
