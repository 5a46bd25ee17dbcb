/**
 * `MCP_AUTH_TOKEN`: a gate without a line of code (DESIGN §9).
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { mcpRouter, serve, staticTokens } from 'express-mcp-router';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { authInfoIn, curious, guarded, WHO } from '../support/guarded.js';
import { post } from '../support/raw-request.js';
import { expectRefusal } from '../support/refusal.js';
import { optionErrorOf, thrownBy } from '../support/thrown.js';

const TOKEN = 'hunter2-hunter2-hunter2';
const OTHER = 'other-other-other-other';

const server = () => new McpServer({ name: 'e', version: '1.0.0' });

beforeEach(() => {
  vi.stubEnv('MCP_AUTH_TOKEN', TOKEN);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a router without auth', () => {
  it('lets in whoever has the token, and nobody else', async () => {
    const { ask, status } = await guarded({});
    expectRefusal(await ask(), { status: 401, reason: 'unauthorized' });
    expect(await status(OTHER)).toBe(401);
    expect(authInfoIn(await ask(`Bearer ${TOKEN}`))).toMatchObject({
      token: TOKEN,
      clientId: 'MCP_AUTH_TOKEN',
      scopes: [],
    });
  });

  it('gives the token the scopes that it requires', async () => {
    const { ask } = await guarded({ requiredScopes: ['a', 'b'] });
    expect(authInfoIn(await ask(`Bearer ${TOKEN}`))).toMatchObject({ scopes: ['a', 'b'] });
  });

  it('shows the gate in its settings, not the token', async () => {
    const { settings } = (await guarded({})).router.mcp;
    expect(settings.auth).toMatchObject({ name: 'static tokens' });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(JSON.stringify(settings)).not.toContain(TOKEN);
  });

  it('is the only one of the process, until it is closed', async () => {
    const first = mcpRouter(server());
    expect(thrownBy(() => mcpRouter(server()))).toMatchObject({ code: 'ERR_MCP_ENV_AMBIGUOUS' });
    const open = mcpRouter(server(), { auth: false });
    await Promise.all([first.mcp.close(), open.mcp.close()]);
    await mcpRouter(server()).mcp.close();
  });

  it('that cannot be built leaves the token to the next one', async () => {
    const used = server();
    Object.assign(used.server, { oninitialized: () => {} });
    expect(thrownBy(() => mcpRouter(used))).toMatchObject({ code: 'ERR_MCP_SHARED_STATE' });
    await mcpRouter(server()).mcp.close();
  });
});

describe('an explicit auth', () => {
  it('wins, and so does auth: false', async () => {
    const auth = staticTokens({ [OTHER]: { clientId: 'ci' } });
    const { status } = await guarded({ auth });
    expect([await status(OTHER), await status(TOKEN)]).toEqual([200, 401]);
    expect((await (await guarded({ auth: false })).ask()).status).toBe(200);
  });
});

it('guards the direct server, not its health', async () => {
  const listening = await serve(curious(), { port: 0, print: false, stateless: true });
  onTestFinished(() => listening.close());
  expect((await post(listening.url, WHO)).status).toBe(401);
  const headers = { Authorization: `Bearer ${TOKEN}` };
  expect((await post(listening.url, WHO, { headers })).status).toBe(200);
  expect((await fetch(new URL('/healthz', listening.url))).status).toBe(200);
});

it.each(['', ' ', 'hunter2', 'hunter2 hunter2 hunter2'])(
  'that is malformed builds nothing: %j',
  (value) => {
    vi.stubEnv('MCP_AUTH_TOKEN', value);
    const told = optionErrorOf(() => mcpRouter(server(), { auth: false }));
    expect(told).toMatch(/^MCP_AUTH_TOKEN: expected a token/);
    expect(told).not.toContain('hunter2');
  },
);
