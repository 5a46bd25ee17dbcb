/**
 * Which Express a test run really uses, tests and library alike.
 *
 * Knows: what each major version can be told by. Does not know: how the versions are chosen.
 *
 * @module
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import express from 'express';
import { mcpRouter } from 'express-mcp-router';
import { expect, it } from 'vitest';

it('runs with the Express major version that the project names', () => {
  expect('query' in express ? '4' : '5').toBe(process.env.EXPRESS_MAJOR);
});

it('gives the library the same Express', async () => {
  const router = mcpRouter(new McpServer({ name: 'probe', version: '1.0.0' }));
  expect('process_params' in router ? '4' : '5').toBe(process.env.EXPRESS_MAJOR);
  await router.mcp.close();
});
