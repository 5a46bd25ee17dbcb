/**
 * What a call says when it is over, at an instance that does nothing else for its session.
 *
 * @module
 */
import { setTimeout as wait } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { describe, expect, it } from 'vitest';
import { lacksRedis, useRedis } from '../support/redis.js';
import { text } from '../support/tool-result.js';
import { twins } from '../support/two-instances.js';

/** Answers at once, and says ten things afterwards, 20 ms apart. */
function talkative(): McpServer {
  const options = { capabilities: { logging: {} } };
  const server = new McpServer({ name: 'talkative', version: '1.0.0' }, options);
  server.registerTool('talk', {}, () => {
    void (async () => {
      for (let nth = 1; nth <= 10; nth += 1) {
        await wait(20);
        await server.server.sendLoggingMessage({ level: 'info', data: nth });
      }
    })();
    return text('soon');
  });
  return server;
}

describe.skipIf(lacksRedis('what is said after a call'))('what a call says after its end', () => {
  const redis = useRedis();

  it('reaches the GET stream at another instance', async () => {
    const { wanderer } = await twins(redis.url, talkative);
    const { here, there } = await wanderer();
    const stream = await there.listen();
    await here.callTool('talk').response;
    await stream.inbox.until(({ params }) => params?.data === 10);
    expect(stream.inbox.all.map(({ params }) => params?.data)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });
});
