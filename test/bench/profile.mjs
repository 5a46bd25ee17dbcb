/**
 * Where one server spends its time: the functions with the most self time under `tools/call`.
 *
 *     node test/bench/profile.mjs ours-stateless 32     contestant, connections
 *
 * @module
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askingOf, contestant } from './contestants.mjs';
import { loadUntil, openSessions, warmUp } from './load/load.mjs';
import { Peer } from './load/peer.mjs';

const [id = 'ours-stateless', connections = '32', tools = '10', operation = 'call'] =
  process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'bench-profile-'));
await record(contestant(id, Number(tools)), Number(connections));
const [file = ''] = readdirSync(folder);
print(JSON.parse(readFileSync(join(folder, file), 'utf8')));
rmSync(folder, { recursive: true });

/** @param {import('./contestants.mjs').Contestant} entry @param {number} width - connections. */
async function record(entry, width) {
  const peer = await Peer.start(entry.kind, ['--cpu-prof', `--cpu-prof-dir=${folder}`]);
  try {
    const { sessions } = entry;
    const ids = await openSessions(peer.port, sessions === 'none' ? 0 : width);
    const asking = askingOf(entry, operation === 'list' ? 'list' : 'call', peer.port, width, ids);
    await warmUp(peer.port, width, asking, { requests: 5_000, ms: 10_000 });
    const endsAt = performance.now() + 6_000;
    await loadUntil(peer.port, width, asking, () => performance.now() >= endsAt);
  } finally {
    await peer.stop();
  }
}

/** @param {{ nodes: { id: number, callFrame: { functionName: string, url: string, lineNumber: number } }[], samples: number[] }} profile */
function print({ nodes, samples }) {
  const frames = new Map(nodes.map(({ id: node, callFrame }) => [node, callFrame]));
  const byFunction = new Map();
  const byOwner = new Map();
  let busy = 0;
  for (const sample of samples) {
    const frame = frames.get(sample);
    if (frame.functionName === '(idle)' || frame.functionName === '(program)') continue;
    busy += 1;
    const place = shortened(frame.url);
    const name = `${frame.functionName || '(anonymous)'}  ${place}:${frame.lineNumber + 1}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + 1);
    byOwner.set(ownerOf(place), (byOwner.get(ownerOf(place)) ?? 0) + 1);
  }
  for (const counts of [byOwner, byFunction]) {
    const top = [...counts].sort(([, one], [, other]) => other - one).slice(0, 45);
    for (const [name, count] of top)
      console.log(`${((100 * count) / busy).toFixed(1).padStart(5)} %  ${name}`);
    console.log('');
  }
}

/** @param {string} url */
function shortened(url) {
  if (url === '') return '(native)';
  const from = Math.max(url.lastIndexOf('node_modules/'), 0);
  return from > 0 ? url.slice(from) : url.replace(/^file:.*?\/(dist|test\/bench)\//, '$1/');
}

/** @param {string} place */
function ownerOf(place) {
  if (place.startsWith('dist/')) return 'ours';
  const inModules = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place);
  return inModules?.[1] ?? (place.startsWith('node:') ? 'node' : place);
}
