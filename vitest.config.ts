/**
 * How the tests run: everything with Express 5, and what touches Express with Express 4 again.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const LIBRARY = [
  {
    find: /^express-mcp-router$/,
    replacement: fileURLToPath(new URL('lib/index.ts', import.meta.url)),
  },
  {
    find: /^express-mcp-router\/redis$/,
    replacement: fileURLToPath(new URL('lib/redis.ts', import.meta.url)),
  },
  {
    find: /^express-mcp-router\/testing$/,
    replacement: fileURLToPath(new URL('lib/testing.ts', import.meta.url)),
  },
];

/** The library's sources are not external, so this reaches their `express` as well as the tests'. */
const EXPRESS_4 = { find: /^express$/, replacement: 'express4' };

const WHERE_EXPRESS_COUNTS = [
  'test/express-version.test.ts',
  'test/flows/**/*.test.ts',
  'test/middleware/**/*.test.ts',
  'test/mounts/**/*.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    retry: 0,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    exclude: ['**/node_modules/**', 'dist/**', '.vitest/**', 'test/packaging/consumers/**'],
    projects: [
      {
        extends: true,
        resolve: { alias: LIBRARY },
        test: { name: 'express5', include: ['test/**/*.test.ts'], env: { EXPRESS_MAJOR: '5' } },
      },
      {
        extends: true,
        resolve: { alias: [...LIBRARY, EXPRESS_4] },
        test: { name: 'express4', include: WHERE_EXPRESS_COUNTS, env: { EXPRESS_MAJOR: '4' } },
      },
    ],
  },
});
