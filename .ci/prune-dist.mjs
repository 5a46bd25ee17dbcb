// Removes from dist what no source stands behind, so that a renamed file leaves nothing in the package.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
for (const entry of readdirSync(`${root}dist`, { recursive: true, withFileTypes: true })) {
  const path = `${entry.parentPath}/${entry.name}`;
  const source = path.slice(`${root}dist/`.length).replace(/\.(js|js\.map|d\.ts)$/, '.ts');
  if (entry.isFile() && !existsSync(`${root}${source}`)) rmSync(path);
}
