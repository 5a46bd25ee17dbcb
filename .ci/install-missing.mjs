// Lets `npm start` and `npm test` work straight from a fresh clone: installs what package-lock.json names when node_modules is absent.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.argv[2] ?? '.';
const target = new URL(`${folder}/`, new URL('..', import.meta.url));
if (!existsSync(new URL('node_modules', target))) {
  console.log(`node_modules is missing in ${folder}: installing with npm ci`);
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--prefix', folder], {
    cwd: root,
    stdio: 'inherit',
  });
  process.exit(status ?? 1);
}
