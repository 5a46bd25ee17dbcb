/**
 * Official clients find every document from the URL of the endpoint alone, wherever it is mounted
 * (DESIGN §3; RFC 9728 §3; RFC 8414 §3; SDK v1 and v2).
 *
 * @module
 */
import * as v2 from '@modelcontextprotocol/client';
import * as v1 from '@modelcontextprotocol/sdk/client/auth.js';
import express, { type Express, Router } from 'express';
import type { McpRouter, McpRouterOptions } from 'express-mcp-router';
import { mcpRouter, wellKnownRouter } from 'express-mcp-router';
import helmet from 'helmet';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AuthGate } from '../../lib/auth/port.js';
import { ownGate, remoteGate } from '../support/gates.js';
import { greeter } from '../support/greeter.js';
import { listen, listenAs } from '../support/listen.js';

const CLIENTS = [
  ['SDK v1', v1],
  ['SDK v2', v2],
] as const;

/** How both say that the server has answered 404. */
const NO_METADATA = 'does not implement OAuth 2.0 Protected Resource Metadata';

interface Mount {
  readonly prefix: string;
  readonly mcpPath?: string;
  readonly mount: (app: Express, router: McpRouter) => Express;
}

const MOUNTS: readonly Mount[] = [
  { prefix: '', mount: (app, router) => app.use(router) },
  { prefix: '/api', mount: (app, router) => app.use('/api', router) },
  { prefix: '/api/', mount: (app, router) => app.use('/api/', router) },
  {
    prefix: '/outer/inner',
    mcpPath: '/v1/mcp',
    mount: (app, router) => app.use('/outer', Router().use('/inner', router)),
  },
  { prefix: '/api/mcp', mcpPath: '/', mount: (app, router) => app.use('/api/mcp', router) },
];

/** What apps have in front of everything. */
const usualApp = () =>
  express().use(helmet(), express.json(), express.urlencoded({ extended: true }));

function endpoint(options: McpRouterOptions): McpRouter {
  const router = mcpRouter(greeter().server, options);
  onTestFinished(() => router.mcp.close());
  return router;
}

/** Serves one endpoint; returns the origin and the endpoint's URL. */
async function served({ prefix, mcpPath, mount }: Mount, options: McpRouterOptions) {
  let url = '';
  const origin = await listenAs((own) => {
    const router = endpoint({ baseUrl: own + prefix, mcpPath, ...options });
    url = router.mcp.url ?? '';
    return mount(usualApp().use(wellKnownRouter(router)), router);
  });
  return { origin, url };
}

/** An authorization server of somebody else, with a path of its own; returns its issuer. */
async function strangersServer(): Promise<string> {
  const realm = '/realms/main';
  const origin = await listenAs((own) => {
    const metadata = ownGate().ownServer?.metadata(own + realm, own + realm);
    const path = `/.well-known/oauth-authorization-server${realm}`;
    return express().get(path, (_req, res) => void res.json(metadata));
  });
  return origin + realm;
}

describe.each(CLIENTS)('%s', (_name, client) => {
  /** What a client does that is given nothing but the endpoint. */
  const discover = async (url: string) => {
    const resource = await client.discoverOAuthProtectedResourceMetadata(url);
    const issuer = resource.authorization_servers?.[0] ?? '';
    return { resource, issuer, server: await client.discoverAuthorizationServerMetadata(issuer) };
  };

  it.each(MOUNTS)('finds our own server from $prefix$mcpPath', async (mount) => {
    const { origin, url } = await served(mount, { auth: ownGate() });
    const base = origin + mount.prefix.replace(/\/$/, '');
    const { resource, issuer, server } = await discover(url);
    expect([resource.resource, issuer]).toEqual([url, base]);
    expect(server).toMatchObject({ issuer: base, token_endpoint: `${base}/token` });
  });

  it.each(MOUNTS)('finds somebody else’s server from $prefix$mcpPath', async (mount) => {
    const issuer = await strangersServer();
    const { url } = await served(mount, { auth: remoteGate(issuer) });
    const found = await discover(url);
    expect([found.resource.resource, found.issuer]).toEqual([url, issuer]);
    expect(found.server).toMatchObject({ issuer, token_endpoint: `${issuer}/token` });
  });

  it('finds an issuer at the root of the host, with endpoints under the prefix', async () => {
    let origin = '';
    origin = await listenAs((own) => {
      const router = endpoint({ baseUrl: `${own}/api`, issuerUrl: `${own}/`, auth: ownGate() });
      return usualApp().use(wellKnownRouter(router)).use('/api', router);
    });
    const { issuer, server } = await discover(`${origin}/api/mcp`);
    expect(issuer).toBe(origin);
    expect(server).toMatchObject({ issuer: origin, token_endpoint: `${origin}/api/token` });
  });

  it.each(['acme', 'b%20c', 'a@b:c', 'a%2Fb', '%D0%B6'])(
    'finds the documents of the tenant %s, and they are its own',
    async (tenant) => {
      const origin = await listenAs((own) => {
        const router = endpoint({ baseUrl: `${own}/t/:tenant`, auth: ownGate() });
        return usualApp().use(wellKnownRouter(router)).use('/t/:tenant', router);
      });
      const base = `${origin}/t/${tenant}`;
      const { resource, issuer, server } = await discover(`${base}/mcp`);
      expect([resource.resource, issuer, server?.issuer]).toEqual([`${base}/mcp`, base, base]);
    },
  );

  it('finds two endpoints of one host, each its own, and none for the open one beside them', async () => {
    const other = await strangersServer();
    const origin = await listenAs((own) => {
      const gated = (path: string, auth: AuthGate) => endpoint({ baseUrl: own + path, auth });
      const [one, two] = [gated('/one', ownGate()), gated('/two', remoteGate(other))];
      const open = endpoint({ baseUrl: `${own}/open` });
      const app = usualApp().use(wellKnownRouter(one, two, open));
      return app.use('/one', one).use('/two', two).use('/open', open);
    });
    expect((await discover(`${origin}/one/mcp`)).issuer).toBe(`${origin}/one`);
    expect((await discover(`${origin}/two/mcp`)).issuer).toBe(other);
    await expect(discover(`${origin}/open/mcp`)).rejects.toThrow(NO_METADATA);
  });

  it('is told in JSON that an endpoint of a single-page app is open', async () => {
    const options = { baseUrl: 'http://localhost', answerUnknownProbes: true };
    const app = express().use(wellKnownRouter(options));
    const origin = await listen(app.use((_req, res) => void res.send('<!doctype html>')));
    await expect(discover(`${origin}/mcp`)).rejects.toThrow(NO_METADATA);
  });
});
