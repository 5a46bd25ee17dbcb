/**
 * Work for more than one core: four processes behind one port, none of which keeps anything.
 *
 * This program runs five times: once as the primary, which only watches, and in each worker.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { serve } from 'express-mcp-router';
import { z } from 'zod';

const server = new McpServer({ name: 'primes', version: '1.0.0' });

server.registerTool(
  'count_primes',
  { description: 'Counts the primes below a number', inputSchema: { below: z.number() } },
  ({ below }) => ({
    content: [{ type: 'text', text: `${primesBelow(below)} primes, says process ${process.pid}` }],
  }),
);

await serve(server, { workers: 4, stateless: true });

/** Nothing else happens in a process while it counts. */
function primesBelow(limit: number): number {
  let count = 0;
  for (let number = 2; number < limit; number += 1) if (isPrime(number)) count += 1;
  return count;
}

function isPrime(number: number): boolean {
  for (let factor = 2; factor * factor <= number; factor += 1) {
    if (number % factor === 0) return false;
  }
  return true;
}
