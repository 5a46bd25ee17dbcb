/**
 * The same shelf as tools, a resource and a prompt.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { addBook, type Book, finishBook, listBooks } from './books.js';

export const server = new McpServer({ name: 'book-shelf', version: '1.0.0' });

const told = (books: Book[]) => ({
  content: books.map(({ id, title, author, isRead }) => ({
    type: 'text' as const,
    text: `${id}. ${title} by ${author}${isRead ? ' (read)' : ''}`,
  })),
});

server.registerTool(
  'list_books',
  { description: 'Lists the books on the shelf', inputSchema: { isRead: z.boolean().optional() } },
  ({ isRead }) => told(listBooks(isRead)),
);

server.registerTool(
  'add_book',
  {
    description: 'Puts a book on the shelf',
    inputSchema: { title: z.string().min(1), author: z.string().min(1) },
  },
  ({ title, author }) => told([addBook(title, author)]),
);

server.registerTool(
  'finish_book',
  { description: 'Marks a book as read', inputSchema: { id: z.int() } },
  ({ id }) => told([finishBook(id)]),
);

server.registerResource(
  'shelf',
  'shelf://books',
  { description: 'The whole shelf', mimeType: 'application/json' },
  ({ href }) => ({
    contents: [{ uri: href, mimeType: 'application/json', text: JSON.stringify(listBooks()) }],
  }),
);

server.registerPrompt(
  'recommend',
  { description: 'Asks for the next book', argsSchema: { mood: z.string() } },
  ({ mood }) => ({
    messages: [
      {
        role: 'user',
        content: { type: 'text', text: `I feel ${mood}. Which unread book of mine is next?` },
      },
    ],
  }),
);
