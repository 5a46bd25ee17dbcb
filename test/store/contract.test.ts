/**
 * Every store, held against the contract of stores.
 *
 * @module
 */
import { memoryStore } from 'express-mcp-router';
import { storeContract } from 'express-mcp-router/testing';
import { describe, it } from 'vitest';

describe('memory', () => {
  for (const { name, run } of storeContract(memoryStore)) it.concurrent(name, run);
});
