/**
 * `Accept`, read leniently (2025-11-25 transports §Sending Messages to the Server).
 *
 * @module
 */
import { expect, it } from 'vitest';
import { readAccept } from '../../../lib/protocol/accept.js';

it.each([
  [undefined, 'either'],
  ['', 'either'],
  ['*/*', 'either'],
  ['application/json, text/event-stream', 'either'],
  ['text/event-stream,application/json', 'either'],
  ['Application/JSON;charset=utf-8, Text/Event-Stream;q=0.5', 'either'],
  ['application/*, text/*', 'either'],
  ['text/html, */*;q=0.8', 'either'],
  ['application/json', 'json'],
  ['application/json, text/event-stream;q=0', 'json'],
  ['application/json, text/event-stream; q=0.00', 'json'],
  ['text/event-stream', 'sse'],
  ['text/*', 'sse'],
  ['text/html', 'neither'],
  ['*/*;q=0', 'neither'],
  ['application/jsonp', 'neither'],
  ['not a media type at all', 'neither'],
  [',;=,', 'neither'],
])('reads %j as %s', (header, accepted) => {
  expect(readAccept(header)).toBe(accepted);
});

it('takes a weight above zero for a yes, however small', () => {
  expect(readAccept('application/json;q=0.001')).toBe('json');
});
