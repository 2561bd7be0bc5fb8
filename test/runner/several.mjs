// Runs several test files in this process, one after the other: node several.mjs FILE …
// Node, tap and the modules that the files share are then loaded once.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiledPath, root } from './compiled.mjs';
import { noteCost } from './preload.mjs';
import { runBelow } from './tap.mjs';

const files = process.argv.splice(2);
for (const [at, file] of files.entries()) {
  if (at > 0) noteCost();
  const folder = join(root, '.tap', 'fixtures', file.replaceAll(/[^\w.-]+/g, '-'));
  await runBelow(file, folder, () => import(pathToFileURL(compiledPath(file)).href));
}
