/**
 * The official client of SDK v2, bundled for a page.
 *
 * @module
 */
import { Client, SdkHttpError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import * as common from './page-client.js';

export async function connect(
  url: string,
  { headers, answer = {}, negotiates = false }: common.PageClientOptions = {},
): Promise<common.PageClient> {
  const notes = new common.Notes();
  const client = new Client(
    { name: 'page-v2', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: {} } },
      versionNegotiation: { mode: negotiates ? 'auto' : 'legacy' },
    },
  );
  client.setRequestHandler('elicitation/create', ({ params }) => {
    notes.asked.push(params.message);
    return { action: 'accept', content: answer };
  });
  client.fallbackNotificationHandler = async ({ method }) => void notes.heard.push(method);
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers },
    reconnectionOptions: common.RECONNECTION,
  });
  await client.connect(transport);
  return {
    sessionId: transport.sessionId,
    notes,
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}) => {
      const onprogress = (told: { progress: number }) => notes.progress.push(told.progress);
      return common.textOf(await client.callTool({ name, arguments: args }, { onprogress }));
    },
    terminate: () => transport.terminateSession(),
  };
}

export function failureOf(attempt: Promise<unknown>) {
  return common.failureOf(attempt, (error) =>
    error instanceof SdkHttpError ? error.status : undefined,
  );
}
