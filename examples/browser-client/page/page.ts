/**
 * The page's script: an MCP client that runs in the browser.
 *
 * @module
 */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ElicitRequestSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { askUser } from './question.js';

const endpoint = new URLSearchParams(location.search).get('endpoint') ?? '';

let client: Client | undefined;

/** Opens a session. */
async function connect(): Promise<void> {
  const opened = new Client(
    { name: 'tea-house-page', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} } } },
  );
  opened.setRequestHandler(ElicitRequestSchema, ({ params }) => askUser(params, byId('questions')));
  opened.setNotificationHandler(ToolListChangedNotificationSchema, () => showTools(opened));
  const transport = new StreamableHTTPClientTransport(new URL(endpoint), {
    // A stream that broke is asked for again until it is there, however long the network was away.
    reconnectionOptions: {
      initialReconnectionDelay: 500,
      reconnectionDelayGrowFactor: 1.5,
      maxReconnectionDelay: 10_000,
      maxRetries: Number.POSITIVE_INFINITY,
    },
  });
  await opened.connect(transport);
  client = opened;
  // It came in a header, which this page may read because the endpoint exposes it.
  show('session', transport.sessionId ?? 'none');
  await showTools(opened);
  show('status', 'connected');
}

/** Goes on where the network was lost: in the same session, or in a new one if that has ended. */
async function resume(): Promise<void> {
  try {
    await client?.ping();
    show('status', 'connected');
  } catch (error) {
    const hasEnded = error instanceof StreamableHTTPError && error.code === 404;
    if (!hasEnded) throw error;
    await client?.close();
    await connect();
  }
}

async function showTools(of: Client): Promise<void> {
  const { tools } = await of.listTools();
  const buttons = tools.map(({ name }) => {
    const button = document.createElement('button');
    button.textContent = name;
    button.addEventListener('click', () => attempt('result', () => call(of, name)));
    return button;
  });
  byId('tools').replaceChildren(...buttons);
}

async function call(of: Client, name: string): Promise<void> {
  show('result', '…');
  const { content } = await of.callTool({ name, arguments: {} });
  const [{ text }] = content as [{ text: string }];
  show('result', text);
}

/** Does something; what goes wrong is shown in the place of its outcome. */
function attempt(place: string, action: () => Promise<void>): void {
  action().catch((error) => show(place, String(error)));
}

function show(place: string, text: string): void {
  byId(place).textContent = text;
}

function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

attempt('status', connect);
window.addEventListener('offline', () => show('status', 'offline'));
window.addEventListener('online', () => attempt('status', resume));
