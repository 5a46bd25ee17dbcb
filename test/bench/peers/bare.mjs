/**
 * What HTTP alone costs: no MCP.
 *
 * @module
 */
import { createServer } from 'node:http';
import express from 'express';
import { portOf } from './listen.mjs';

/** `node:http` that parses a JSON body and sends it back. */
export async function nodeEcho() {
  const server = createServer(async (req, res) => {
    const parts = [];
    for await (const part of req) parts.push(part);
    const body = JSON.stringify(JSON.parse(Buffer.concat(parts).toString()));
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    };
    res.writeHead(200, headers).end(body);
  });
  return { port: await portOf(server.listen(0, '127.0.0.1')) };
}

/** A route of Express without any parser that always answers the same. */
export async function expressConstant() {
  const app = express();
  app.post('/mcp', (_req, res) => {
    res.json({ ok: true });
  });
  return { port: await portOf(app.listen(0, '127.0.0.1')) };
}

/** The same app, echoing JSON through `express.json()`. */
export async function expressEcho() {
  const app = express();
  app.use(express.json());
  app.post('/mcp', (req, res) => {
    res.json(req.body);
  });
  return { port: await portOf(app.listen(0, '127.0.0.1')) };
}
