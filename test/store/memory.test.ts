/**
 * The memory store keeps the promises of its port.
 *
 * @module
 */
import { memoryStore } from 'express-mcp-router';
import { describe, expect, it } from 'vitest';
import { sessionStoreContract } from '../contracts/session-store.js';

describe('memoryStore', () => {
  sessionStoreContract((maxEndedIds) => memoryStore({ maxEndedIds }));

  it('tells the operator its name', () => {
    expect(memoryStore().name).toBe('memory');
  });
});
