/**
 * The official client of SDK v1, bundled for a page.
 *
 * @module
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import * as common from './page-client.js';

export async function connect(
  url: string,
  { headers, answer = {} }: common.PageClientOptions = {},
): Promise<common.PageClient> {
  const notes = new common.Notes();
  const client = new Client(
    { name: 'page-v1', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
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
      return common.textOf(
        await client.callTool({ name, arguments: args }, undefined, { onprogress }),
      );
    },
    terminate: () => transport.terminateSession(),
  };
}

export function failureOf(attempt: Promise<unknown>) {
  return common.failureOf(attempt, (error) =>
    error instanceof StreamableHTTPError ? error.code : undefined,
  );
}
