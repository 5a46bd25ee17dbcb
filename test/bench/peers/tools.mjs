/**
 * The tools that every peer offers: `add_0` … `add_<n>`, two numbers in, one text out.
 *
 * @module
 */
import { z } from 'zod';

export const SERVER_INFO = { name: 'bench', version: '1.0.0' };

const describe = (/** @type {number} */ index) => `Adds two numbers, way ${index}.`;

/** @param {{ a: number, b: number }} numbers */
export function add({ a, b }) {
  return { content: [{ type: 'text', text: String(a + b) }] };
}

/** The schemas of so many tools, made once: what a server pays for them again, it pays on its own account. */
export function toolShelf(/** @type {number} */ count) {
  return Array.from({ length: count }, (_, index) => ({
    name: `add_${index}`,
    description: describe(index),
    inputSchema: z.object({ a: z.number(), b: z.number() }),
  }));
}

/**
 * Registers the tools with a server of either SDK.
 *
 * @template T
 * @param {T & { registerTool: Function }} server
 * @param {ReturnType<typeof toolShelf>} shelf
 * @returns {T}
 */
export function withTools(server, shelf) {
  for (const { name, description, inputSchema } of shelf) {
    server.registerTool(name, { description, inputSchema }, async (numbers) => add(numbers));
  }
  return server;
}

/**
 * The same, with the schemas written where the tool is registered, as the SDK's examples do.
 *
 * @template T
 * @param {T & { registerTool: Function }} server
 * @param {number} count
 * @returns {T}
 */
export function withInlineTools(server, count) {
  for (let index = 0; index < count; index += 1) {
    const inputSchema = { a: z.number(), b: z.number() };
    server.registerTool(
      `add_${index}`,
      { description: describe(index), inputSchema },
      async (numbers) => add(numbers),
    );
  }
  return server;
}
