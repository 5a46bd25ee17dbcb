/**
 * A process that appends to a stream on disk until it is killed, and prints each place once it has it.
 *
 * It begins when the stream itself is on disk: what is killed before that has left nothing to find.
 *
 * @module
 */
import { setImmediate } from 'node:timers/promises';
import { keyvEventStore } from 'express-mcp-router';
import Keyv from 'keyv';
import { KeyvFile } from 'keyv-file';

const [, , filename, maxEventsPerStream] = process.argv;
const keyv = new Keyv({ store: new KeyvFile({ filename, separatedFile: true }) });
const log = keyvEventStore(keyv, { maxEventsPerStream: Number(maxEventsPerStream) });
const stream = log.open({ session: 'a1', stream: 'b2' }, [1]);
await stream.prime();
while ((await keyv.get('mcp:a1:b2:s')) === undefined) await setImmediate();

for (let number = 1; ; number += 1) {
  console.log(await stream.append(JSON.stringify({ jsonrpc: '2.0', method: 'n', number }), false));
  await setImmediate();
}
