// Runs several test files in this process, one after the other: node several.mjs LIMIT FILE …
// LIMIT is the limit of each file in milliseconds. Node, tap and the modules that the files share are loaded once.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiledPath, root } from './compiled.mjs';
import { noteCost } from './preload.mjs';
import { endReport, runBelow } from './tap.mjs';

const [limit = '', ...files] = process.argv.splice(2);
const limitMs = Number(limit);
for (const [at, file] of files.entries()) {
  if (at > 0) noteCost();
  const folder = join(root, '.tap', 'fixtures', file.replaceAll(/[^\w.-]+/g, '-'));
  await runBelow(file, { folder, limitMs }, () => import(pathToFileURL(compiledPath(file)).href));
}
endReport();
