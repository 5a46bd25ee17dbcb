/**
 * The requests that the bench sends, and what makes an answer right.
 *
 * Knows: JSON-RPC, MCP's headers in both eras. Does not know: which server answers.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { headerOf } from './connection.mjs';
import { TOKEN } from './token.mjs';

/** @typedef {import('./connection.mjs').Reply} Reply */
/** @typedef {{ text: string, isRight: (reply: Reply) => boolean }} Question */

const LEGACY = '2025-11-25';
const MODERN = '2026-07-28';
const CLIENT = { name: 'bench', version: '1.0.0' };
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': CLIENT,
  'io.modelcontextprotocol/clientCapabilities': {},
};

let lastId = 1_000_000;

/** Ids of one length and never the same one twice, so that every answer proves whose it is. */
function nextId() {
  lastId += 1;
  return lastId;
}

/** @param {number} port @param {object} message @param {string} [headers] - lines that end in CRLF. */
export function postOf(port, message, headers = '') {
  const body = JSON.stringify(message);
  return `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: keep-alive\r\nUser-Agent: node\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** @param {string} [sessionId] */
export function legacyHeaders(sessionId) {
  const session = sessionId === undefined ? '' : `Mcp-Session-Id: ${sessionId}\r\n`;
  return `MCP-Protocol-Version: ${LEGACY}\r\n${session}`;
}

/** @param {number} port @param {string} [sessionId] @returns {Question} */
export function legacyCall(port, sessionId) {
  return call(port, legacyHeaders(sessionId));
}

/** A call with a token. @param {number} port @returns {Question} */
export function bearerCall(port) {
  return call(port, `${legacyHeaders()}Authorization: Bearer ${TOKEN}\r\n`);
}

/** @param {number} port @param {string} headers @returns {Question} */
function call(port, headers) {
  const id = nextId();
  return {
    text: postOf(port, callOf(id), headers),
    isRight: (reply) => isSum(reply, id),
  };
}

/** @param {number} port @returns {Question} */
export function modernCall(port) {
  const id = nextId();
  const message = callOf(id);
  const params = { ...message.params, _meta: ENVELOPE };
  const headers = `MCP-Protocol-Version: ${MODERN}\r\nMcp-Method: tools/call\r\nMcp-Name: ${params.name}\r\n`;
  return {
    text: postOf(port, { ...message, params }, headers),
    isRight: (reply) => isSum(reply, id) && resultOf(reply, id)?.resultType === 'complete',
  };
}

/** A call's bytes to a server that sends the body back. @param {number} port @returns {Question} */
export function echo(port) {
  const message = callOf(nextId());
  const sent = JSON.stringify(message);
  return {
    text: postOf(port, message, legacyHeaders()),
    isRight: ({ status, body }) => status === 200 && body.utf8Slice() === sent,
  };
}

/** The same to a server that always gives one answer. @param {number} port @returns {Question} */
export function constant(port) {
  return {
    text: postOf(port, callOf(nextId()), legacyHeaders()),
    isRight: ({ status, body }) => status === 200 && body.utf8Slice() === '{"ok":true}',
  };
}

/**
 * A client of `tools/list` that reads the first list whole and compares the others with it byte for
 * byte, the id apart; a list that differs in its bytes is read whole again.
 *
 * @param {number} toolCount
 */
export function listing(toolCount) {
  /** @type {Buffer | undefined} */
  let before;
  /** @type {Buffer | undefined} */
  let after;
  const learn = (/** @type {Buffer} */ body, /** @type {number} */ id) => {
    const at = body.indexOf(String(id));
    before = Buffer.from(body.subarray(0, at));
    after = Buffer.from(body.subarray(at + String(id).length));
  };
  /** @param {number} port @param {string} [sessionId] @returns {Question} */
  return function list(port, sessionId) {
    const id = nextId();
    const message = { jsonrpc: '2.0', id, method: 'tools/list', params: {} };
    return {
      text: postOf(port, message, legacyHeaders(sessionId)),
      isRight: (reply) => {
        if (reply.status !== 200) return false;
        if (isFramed(reply.body, before, String(id), after)) return true;
        const tools = resultOf(reply, id)?.tools;
        const isWhole = Array.isArray(tools) && tools.length === toolCount && tools.every(isTool);
        if (isWhole) learn(reply.body, id);
        return isWhole;
      },
    };
  };
}

/** @param {number} port */
export function initialize(port) {
  const id = nextId();
  const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT };
  return {
    text: postOf(port, { jsonrpc: '2.0', id, method: 'initialize', params }),
    isRight: (/** @type {Reply} */ reply) =>
      reply.status === 200 &&
      resultOf(reply, id)?.protocolVersion === LEGACY &&
      headerOf(reply.head, 'mcp-session-id') !== undefined,
  };
}

/** @param {number} port @param {string} sessionId @returns {Question} */
export function initialized(port, sessionId) {
  const message = { jsonrpc: '2.0', method: 'notifications/initialized' };
  return {
    text: postOf(port, message, legacyHeaders(sessionId)),
    isRight: ({ status, body }) => status === 202 && body.length === 0,
  };
}

/** @param {number} id */
function callOf(id) {
  const params = { name: `add_${id % 10}`, arguments: { a: id, b: 7 } };
  return { jsonrpc: '2.0', id, method: 'tools/call', params };
}

/** @param {Reply} reply @param {number} id */
function isSum(reply, id) {
  if (reply.status !== 200) return false;
  const content = resultOf(reply, id)?.content;
  return content?.length === 1 && content[0].type === 'text' && content[0].text === String(id + 7);
}

/** @param {Reply} reply @param {number} id - what the answer must name. */
function resultOf({ head, body }, id) {
  const text = body.utf8Slice();
  const isStream = headerOf(head, 'content-type')?.startsWith('text/event-stream') === true;
  const message = JSON.parse(isStream ? dataOf(text) : text);
  return message.jsonrpc === '2.0' && message.id === id ? message.result : undefined;
}

/** The data of the last event: an answer ends its stream. @param {string} text */
function dataOf(text) {
  const start = text.lastIndexOf('data: ') + 'data: '.length;
  return text.slice(start, text.indexOf('\n', start));
}

/** @param {Buffer} body @param {Buffer | undefined} before @param {string} id @param {Buffer | undefined} after */
function isFramed(body, before, id, after) {
  if (before === undefined || after === undefined) return false;
  const idEnd = before.length + id.length;
  return (
    body.length === idEnd + after.length &&
    body.latin1Slice(before.length, idEnd) === id &&
    body.compare(before, 0, before.length, 0, before.length) === 0 &&
    body.compare(after, 0, after.length, idEnd) === 0
  );
}

/** @param {{ name: string, inputSchema: { properties: object } }} tool @param {number} index */
function isTool(tool, index) {
  const number = { type: 'number' };
  return (
    tool.name === `add_${index}` &&
    isDeepStrictEqual(tool.inputSchema.properties, { a: number, b: number })
  );
}
