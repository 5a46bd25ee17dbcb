/**
 * An API that speaks MCP on one origin, and a web page on another that is its client.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { build } from 'esbuild';
import express, { type Express } from 'express';
import { mcpRouter } from 'express-mcp-router';

const PAGE = 'examples/browser-client/page';
const API_PORT = Number(process.env.PORT ?? 3000);
const PAGE_PORT = API_PORT === 0 ? 0 : API_PORT + 1;

/** The page: static HTML and a script, from an origin that knows nothing of MCP. */
async function createWebsite(): Promise<Express> {
  const { outputFiles } = await build({
    entryPoints: [`${PAGE}/page.ts`],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
  });
  const website = express();
  website.get('/', (_req, res) => res.sendFile('index.html', { root: PAGE }));
  website.get('/page.js', (_req, res) => {
    res.type('text/javascript').send(outputFiles[0]?.text);
  });
  return website;
}

function createServer(): McpServer {
  const server = new McpServer({ name: 'tea-house', version: '1.0.0' });
  server.registerTool('brew_tea', { description: 'Asks how you like it' }, async () => {
    const { action, content } = await server.server.elicitInput({
      message: 'How do you like your tea?',
      requestedSchema: {
        type: 'object',
        properties: {
          kind: { type: 'string', title: 'Kind', enum: ['black', 'green', 'mint'] },
          sugar: { type: 'integer', title: 'Lumps of sugar', minimum: 0, maximum: 5, default: 0 },
          milk: { type: 'boolean', title: 'With milk' },
        },
        required: ['kind'],
      },
    });
    const { kind, sugar = 0, milk = false } = content ?? {};
    const text =
      action === 'accept'
        ? `A cup of ${kind} tea, ${sugar} lumps of sugar, ${milk ? 'with' : 'without'} milk`
        : 'No tea, then';
    return { content: [{ type: 'text', text }] };
  });
  return server;
}

async function listen(app: Express, wanted: number): Promise<number> {
  const listener = app.listen(wanted, '127.0.0.1');
  await once(listener, 'listening');
  return (listener.address() as AddressInfo).port;
}

const pagePort = await listen(await createWebsite(), PAGE_PORT);

const server = createServer();
const coffee = server.registerTool('brew_coffee', {}, () => ({
  content: [{ type: 'text', text: 'A cup of coffee' }],
}));
coffee.disable();

const app = express();
// Pages on localhost need no mention. A page that is published elsewhere needs its exact origin:
// scheme, host and port, as the browser sends them.
const origins = [`http://app.example.com:${pagePort}`];
app.use('/api', mcpRouter(server, { cors: { origins } }));
app.put('/api/coffee', (_req, res) => {
  coffee.enable(); // every client that listens is told
  res.sendStatus(204);
});

const endpoint = `http://127.0.0.1:${await listen(app, API_PORT)}/api/mcp`;
console.log(`MCP endpoint   ${endpoint}
Page           http://localhost:${pagePort}/?endpoint=${endpoint}`);
