/**
 * The official clients of both generations with their own OAuth, in one form.
 *
 * Knows: their transports' `authProvider`, `finishAuth` and `auth`. Does not know: endpoints, logins.
 *
 * @module
 */
import * as v2 from '@modelcontextprotocol/client';
import * as v1Auth from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { onTestFinished } from 'vitest';
import type { Person } from './person.js';

const INFO = { name: 'official', version: '1.0.0' };

/** A client with its transport, closed with the test. */
export interface OfficialClient {
  readonly sessionId: string | undefined;
  /** Shakes hands; rejects when the person has to log in first. */
  connect(): Promise<void>;
  /** Takes what the browser came back with. */
  finish(came: URLSearchParams): Promise<void>;
  /** Value that a tool has written as JSON. */
  call(name: string): Promise<unknown>;
  /** Names of the tools. */
  tools(): Promise<string[]>;
}

/** One generation. */
export interface Generation {
  readonly name: string;
  /** What rejects when the person has to log in. */
  readonly Unauthorized: abstract new (
    ...args: never[]
  ) => Error;
  client(url: string, person: Person): OfficialClient;
  /** The flow without a transport: where it has got to. */
  auth(url: string, person: Person, came?: URLSearchParams): Promise<string>;
}

const valueIn = (result: object): unknown => {
  const { content } = result as { content: [{ text: string }] };
  return JSON.parse(content[0].text);
};

const SDK_V1: Generation = {
  name: 'SDK v1',
  Unauthorized: v1Auth.UnauthorizedError,
  client(url, authProvider) {
    const transport = new Transport1(new URL(url), { authProvider });
    const client = new Client1(INFO);
    onTestFinished(() => client.close());
    return {
      get sessionId() {
        return transport.sessionId;
      },
      connect: () => client.connect(transport),
      finish: (came) => transport.finishAuth(came.get('code') ?? ''),
      call: async (name) => valueIn(await client.callTool({ name, arguments: {} })),
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    };
  },
  auth: (serverUrl, person, came) =>
    v1Auth.auth(person, { serverUrl, authorizationCode: came?.get('code') ?? undefined }),
};

const SDK_V2: Generation = {
  name: 'SDK v2',
  Unauthorized: v2.UnauthorizedError,
  client(url, authProvider) {
    const transport = new v2.StreamableHTTPClientTransport(new URL(url), { authProvider });
    const client = new v2.Client(INFO);
    onTestFinished(() => client.close());
    return {
      get sessionId() {
        return transport.sessionId;
      },
      connect: () => client.connect(transport),
      finish: (came) => transport.finishAuth(came),
      call: async (name) => valueIn(await client.callTool({ name, arguments: {} })),
      tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    };
  },
  auth: (serverUrl, person, came) =>
    v2.auth(person, {
      serverUrl,
      authorizationCode: came?.get('code') ?? undefined,
      iss: came?.get('iss') ?? undefined,
    }),
};

/** SDK v1 and SDK v2. */
export const GENERATIONS: readonly Generation[] = [SDK_V1, SDK_V2];

/** Connects with all that this takes: a person who has not logged in does so on the way. */
export async function logInAndConnect(
  { client, Unauthorized }: Generation,
  url: string,
  person: Person,
): Promise<OfficialClient> {
  const first = client(url, person);
  const refused = await first.connect().catch((error: unknown) => error);
  if (!(refused instanceof Unauthorized)) throw refused ?? new Error('nobody had to log in');
  await first.finish(await person.logIn());
  const second = client(url, person);
  await second.connect();
  return second;
}
