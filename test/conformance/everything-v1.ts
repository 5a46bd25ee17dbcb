/**
 * The fixture server of the conformance suite, written for SDK v1.
 *
 * Knows: every tool, resource and prompt that the suite calls on the legacy wires. It keeps nothing
 * of any client, so one instance can serve them all. Does not know: how it is mounted.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CreateMessageResultSchema,
  type ElicitResult,
  ElicitResultSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import {
  CONTENT_TOOLS,
  DEFAULTS_FORM,
  ENUMS_FORM,
  embedded,
  JSON_SCHEMA_2020_12,
  LOG_LINES,
  PAUSE_MS,
  PERSON_FORM,
  PLAIN_PROMPTS,
  PROGRESS_STEPS,
  RECONNECTION_MS,
  RESOURCES,
  SERVER_INFO,
  TEMPLATE,
  text,
} from './content.js';

/** A server with everything in it. */
export function createEverythingV1(): McpServer {
  const server = new McpServer(SERVER_INFO, {
    capabilities: { logging: {}, resources: { subscribe: true } },
  });
  addAnsweringTools(server);
  addReportingTools(server);
  addAskingTools(server);
  addResources(server);
  addPrompts(server);
  return server;
}

function addAnsweringTools(server: McpServer): void {
  for (const { name, description, content } of CONTENT_TOOLS) {
    server.registerTool(name, { description }, () => ({ content }));
  }
  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool fails on purpose');
  });
  const { properties, ...keywords } = JSON_SCHEMA_2020_12;
  const inputSchema = z
    .strictObject({
      name: z.string().optional(),
      address: z.object({ street: z.string().optional(), city: z.string().optional() }).optional(),
      contactMethod: z.enum(properties.contactMethod.enum).optional(),
      phone: z.string().optional(),
      email: z.string().optional(),
    })
    .meta({ ...keywords, properties });
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Takes input described by JSON Schema 2020-12', inputSchema },
    (input) => ({ content: [text(JSON.stringify(input))] }),
  );
}

function addReportingTools(server: McpServer): void {
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs while it works' },
    async (extra) => {
      for (const data of LOG_LINES) {
        await extra.sendNotification({
          method: 'notifications/message',
          params: { level: 'info', data },
        });
        await pause(PAUSE_MS);
      }
      return { content: [text('Logged.')] };
    },
  );
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress while it works' },
    async (extra) => {
      const progressToken = extra._meta?.progressToken;
      for (const progress of PROGRESS_STEPS) {
        if (progressToken !== undefined) {
          const params = { progressToken, progress, total: 100 };
          await extra.sendNotification({ method: 'notifications/progress', params });
        }
        await pause(PAUSE_MS);
      }
      return { content: [text('Reported.')] };
    },
  );
  server.registerTool(
    'test_reconnection',
    { description: 'Ends the connection before it answers' },
    async (extra) => {
      extra.closeSSEStream?.();
      await pause(RECONNECTION_MS);
      return { content: [text('Answered after the connection was closed.')] };
    },
  );
}

const told = ({ action, content }: ElicitResult) => ({
  content: [text(`The user chose ${action}: ${JSON.stringify(content ?? {})}`)],
});

function addAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the client’s model', inputSchema: { prompt: z.string() } },
    async ({ prompt }, extra) => {
      const messages = [{ role: 'user' as const, content: text(prompt) }];
      const params = { messages, maxTokens: 100 };
      const answer = await extra.sendRequest(
        { method: 'sampling/createMessage', params },
        CreateMessageResultSchema,
      );
      return { content: [text(`The model said: ${JSON.stringify(answer.content)}`)] };
    },
  );
  // Asked without naming the call, as most servers do: the host has to know whose question it is.
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user for a name', inputSchema: { message: z.string() } },
    async ({ message }) =>
      told(await server.server.elicitInput({ message, requestedSchema: PERSON_FORM })),
  );
  const forms = { sep1034_defaults: DEFAULTS_FORM, sep1330_enums: ENUMS_FORM };
  for (const [name, requestedSchema] of Object.entries(forms)) {
    server.registerTool(
      `test_elicitation_${name}`,
      { description: 'Asks the user to fill in a form' },
      async (extra) => {
        const params = { message: 'Please fill in this form', requestedSchema };
        const request = { method: 'elicitation/create' as const, params };
        return told(await extra.sendRequest(request, ElicitResultSchema));
      },
    );
  }
}

function addResources(server: McpServer): void {
  for (const { name, uri, config, contents } of RESOURCES) {
    server.registerResource(name, uri, config, () => ({
      contents: [{ uri, mimeType: config.mimeType, ...contents }],
    }));
  }
  const template = new ResourceTemplate(TEMPLATE.uri, { list: undefined });
  server.registerResource(TEMPLATE.name, template, TEMPLATE.config, ({ href }, { id }) => ({
    contents: [{ uri: href, mimeType: 'application/json', text: JSON.stringify({ id }) }],
  }));
  server.server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
}

function addPrompts(server: McpServer): void {
  for (const { name, description, messages } of PLAIN_PROMPTS) {
    server.registerPrompt(name, { description }, () => ({ messages }));
  }
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Repeats its arguments',
      argsSchema: {
        arg1: completable(z.string(), (start) => [`${start}ing`, `${start}ed`]),
        arg2: z.string(),
      },
    },
    ({ arg1, arg2 }) => ({
      messages: [{ role: 'user', content: text(`First “${arg1}”, then “${arg2}”.`) }],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Shows a resource', argsSchema: { resourceUri: z.string() } },
    ({ resourceUri }) => ({
      messages: [
        { role: 'user', content: embedded(resourceUri, 'text/plain', 'The resource itself.') },
        { role: 'user', content: text('What does the resource above say?') },
      ],
    }),
  );
}
