import { spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import { freePort } from './free-port.js';
export const lacksRedis = (_what: string) => false;
export function useRedis() {
  let child: ReturnType<typeof spawn> | undefined;
  const held = { url: '', command: async (..._c: string[]): Promise<unknown> => undefined };
  beforeAll(async () => {
    const port = await freePort();
    child = spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) =>
      child?.stdout?.on('data', (d) => String(d).includes('Ready to accept') && resolve()),
    );
    held.url = `redis://127.0.0.1:${port}`;
    const r = new Redis(held.url);
    held.command = (...c) => r.call(...(c as [string]));
    afterAll(() => r.disconnect());
  });
  afterAll(() => {
    child?.kill('SIGTERM');
  });
  return held;
}
