// Generated files are committed; this generates them again and fails where that changes any.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { main, root, run, say, toolPath } from '../deploy/local/prepare.mjs';

const folders = [
  'proto/gen',
  'proto/openapi',
  'sdk/typescript/gen',
  'sdk/python/src/roundhouse/gen',
  'sdk/go/gen',
  'docs/reference',
];

/** @returns {Map<string, string>} path → hash */
function snapshot() {
  const files = new Map();
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith('.pyc')) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(relative(root, path), createHash('sha256').update(readFileSync(path)).digest('hex'));
    }
  }
  return files;
}

await main(async () => {
  const before = snapshot();
  await run('npm', ['run', '-s', 'generate'], toolPath());
  const after = snapshot();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path),
  );
  for (const path of changed) say(`${path} is out of date: run \`npm run generate\` and commit it.`);
  say(`${after.size} generated files, ${changed.length} out of date`);
  return changed.length > 0 ? 1 : 0;
});
