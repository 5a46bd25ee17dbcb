/**
 * The fixture server of the conformance suite, written for SDK v2.
 *
 * Knows: every tool, resource and prompt that the suite calls on the legacy wires. Does not know: how
 * it is mounted, or that `everything-v1.ts` answers the same words.
 *
 * @module
 */
import { setTimeout as pause } from 'node:timers/promises';
import {
  completable,
  type ElicitResult,
  fromJsonSchema,
  McpServer,
  ResourceTemplate,
} from '@modelcontextprotocol/server';
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
export function createEverythingV2(): McpServer {
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
  server.registerTool(
    'json_schema_2020_12_tool',
    {
      description: 'Takes input described by JSON Schema 2020-12',
      inputSchema: fromJsonSchema(JSON_SCHEMA_2020_12),
    },
    (input) => ({ content: [text(JSON.stringify(input))] }),
  );
}

function addReportingTools(server: McpServer): void {
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs while it works' },
    async ({ mcpReq }) => {
      for (const line of LOG_LINES) {
        await mcpReq.log('info', line);
        await pause(PAUSE_MS);
      }
      return { content: [text('Logged.')] };
    },
  );
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress while it works' },
    async ({ mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of PROGRESS_STEPS) {
        if (progressToken !== undefined) {
          const params = { progressToken, progress, total: 100 };
          await mcpReq.notify({ method: 'notifications/progress', params });
        }
        await pause(PAUSE_MS);
      }
      return { content: [text('Reported.')] };
    },
  );
  server.registerTool(
    'test_reconnection',
    { description: 'Ends the connection before it answers' },
    async ({ http }) => {
      http?.closeSSE?.();
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
    { description: 'Asks the client’s model', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const messages = [{ role: 'user' as const, content: text(prompt) }];
      const answer = await mcpReq.requestSampling({ messages, maxTokens: 100 });
      return { content: [text(`The model said: ${JSON.stringify(answer.content)}`)] };
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the user for a name', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) =>
      told(await mcpReq.elicitInput({ message, requestedSchema: PERSON_FORM })),
  );
  const forms = { sep1034_defaults: DEFAULTS_FORM, sep1330_enums: ENUMS_FORM };
  for (const [name, requestedSchema] of Object.entries(forms)) {
    server.registerTool(
      `test_elicitation_${name}`,
      { description: 'Asks the user to fill in a form' },
      async ({ mcpReq }) =>
        told(await mcpReq.elicitInput({ message: 'Please fill in this form', requestedSchema })),
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
  server.server.setRequestHandler('resources/subscribe', () => ({}));
  server.server.setRequestHandler('resources/unsubscribe', () => ({}));
}

function addPrompts(server: McpServer): void {
  for (const { name, description, messages } of PLAIN_PROMPTS) {
    server.registerPrompt(name, { description }, () => ({ messages }));
  }
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Repeats its arguments',
      argsSchema: z.object({
        arg1: completable(z.string(), (start) => [`${start}ing`, `${start}ed`]),
        arg2: z.string(),
      }),
    },
    ({ arg1, arg2 }) => ({
      messages: [{ role: 'user', content: text(`First “${arg1}”, then “${arg2}”.`) }],
    }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Shows a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => ({
      messages: [
        { role: 'user', content: embedded(resourceUri, 'text/plain', 'The resource itself.') },
        { role: 'user', content: text('What does the resource above say?') },
      ],
    }),
  );
}
