/**
 * The official clients ask for more scope when a tool needs it, and for no less than that (DESIGN §6;
 * RFC 6750 §3.1; MCP 2025-11-25, Authorization, Step-Up Authorization Flow).
 *
 * @module
 */

import express from 'express';
import { jwtAuth, mcpRouter, wellKnownRouter } from 'express-mcp-router';
import { describe, expect, it, onTestFinished } from 'vitest';
import { curious } from '../support/guarded.js';
import { listen } from '../support/listen.js';
import { GENERATIONS, logInAndConnect } from '../support/official-clients.js';
import { KNOWN, peopleIssuer } from '../support/people-issuer.js';
import { Person } from '../support/person.js';
import { text } from '../support/tool-result.js';

/** A tool for everybody, and one that writes. */
async function files() {
  const server = curious();
  const ran: string[] = [];
  server.registerTool('write', {}, ({ authInfo }) => text(ran.push(String(authInfo?.scopes))));
  const app = express();
  const origin = await listen(app);
  const issuer = await peopleIssuer();
  issuer.resources.add(`${origin}/mcp`);
  const mcp = mcpRouter(server, {
    baseUrl: origin,
    auth: jwtAuth({ issuer: issuer.url }),
    requiredScopes: ['mcp'],
    scopes: { tools: { write: 'files:write' } },
  });
  onTestFinished(() => mcp.mcp.close());
  app.use(wellKnownRouter(mcp), mcp);
  return { url: `${origin}/mcp`, issuer, ran };
}

describe.each(GENERATIONS)('$name', (generation) => {
  it('asks for the scopes that the challenge names, and then the tool runs', async () => {
    const { url, issuer, ran } = await files();
    const ada = new Person({ ...KNOWN.public, issuer: issuer.url });
    const client = await logInAndConnect(generation, url, ada);
    // SDK v1 renews a token if it can, with the scopes that it has, and gives up.
    ada.forgetRefreshToken();
    expect(await client.tools()).toEqual(['who']);
    await expect(client.call('write')).rejects.toBeInstanceOf(generation.Unauthorized);
    expect(ada.sentTo.at(-1)?.searchParams.get('scope')?.split(' ')).toEqual(
      expect.arrayContaining(['mcp', 'files:write']),
    );
    expect(ran).toEqual([]);
    await client.finish(await ada.logIn());
    expect(await client.tools()).toEqual(['who', 'write']);
    await client.call('write');
    expect(ran).toEqual(['mcp,files:write']);
  });
});
