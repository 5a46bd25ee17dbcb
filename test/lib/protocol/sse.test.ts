/**
 * The frames of an event stream (WHATWG HTML §9.2.6).
 *
 * @module
 */
import { describe, expect, it } from 'vitest';
import { endpointEvent, KEEP_ALIVE, messageEvent, SSE_HEADERS } from '../../../lib/protocol/sse.js';

describe('a message', () => {
  it('is one event with one data line and an empty line after it', () => {
    expect(messageEvent('{"jsonrpc":"2.0"}')).toBe('event: message\ndata: {"jsonrpc":"2.0"}\n\n');
  });

  it('stays one event, whatever line breaks its strings hold', () => {
    const frame = messageEvent(JSON.stringify({ text: 'a\nb\r\nc\rd\n\nevent: x' }));
    expect(frame.split(/\r\n|\r|\n/)).toHaveLength(4);
  });
});

it('names an address in an event of its own (2024-11-05 transports §HTTP with SSE)', () => {
  expect(endpointEvent('/a?b=c')).toBe('event: endpoint\ndata: /a?b=c\n\n');
});

it('keeps a connection alive with a comment, which is no event', () => {
  expect(KEEP_ALIVE).toMatch(/^:.*\n\n$/);
});

it('is neither cached, nor compressed, nor buffered on its way', () => {
  expect(SSE_HEADERS).toEqual({
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  });
});
