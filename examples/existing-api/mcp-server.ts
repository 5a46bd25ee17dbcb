/**
 * The same to-do list as an MCP server: tools, a resource and a prompt.
 *
 * Knows: MCP and the to-do list. Does not know: Express, sessions, HTTP.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { addTodo, completeTodo, listTodos, newTodo, type Todo, todo } from './todos.js';

export const ALL_TODOS = 'todos://all';

export const todoServer = new McpServer(
  { name: 'todos', version: '1.0.0' },
  { capabilities: { resources: { subscribe: true } } },
);

const asText = ({ id, title, done }: Todo) => `[${done ? 'x' : ' '}] ${id}  ${title}`;

const asResult = (changed: Todo) => ({
  content: [{ type: 'text' as const, text: asText(changed) }],
  structuredContent: { todo: changed },
});

todoServer.registerTool(
  'list_todos',
  {
    description: 'The to-dos, all of them or only the open ones',
    inputSchema: { openOnly: z.boolean().default(false) },
    outputSchema: { todos: z.array(todo) },
    annotations: { readOnlyHint: true },
  },
  ({ openOnly }) => {
    const todos = listTodos({ openOnly });
    const text = todos.map(asText).join('\n') || 'Nothing to do.';
    return { content: [{ type: 'text', text }], structuredContent: { todos } };
  },
);

todoServer.registerTool(
  'add_todo',
  { description: 'Adds a to-do', inputSchema: newTodo, outputSchema: { todo } },
  (wanted) => asResult(addTodo(wanted)),
);

todoServer.registerTool(
  'complete_todo',
  {
    description: 'Marks a to-do as done',
    inputSchema: { id: z.int() },
    outputSchema: { todo },
    annotations: { idempotentHint: true },
  },
  ({ id }) => asResult(completeTodo(id)),
);

todoServer.registerResource(
  'todos',
  ALL_TODOS,
  { description: 'Every to-do as JSON', mimeType: 'application/json' },
  ({ href }) => ({ contents: [{ uri: href, text: JSON.stringify(listTodos()) }] }),
);

todoServer.registerPrompt(
  'plan_my_day',
  { description: 'Puts the open to-dos into an order' },
  () => {
    const open = listTodos({ openOnly: true }).map(asText).join('\n');
    const text = `Put these to-dos into a sensible order and say why:\n\n${open}`;
    return { messages: [{ role: 'user', content: { type: 'text', text } }] };
  },
);
