// Compiles the TypeScript of tests and product, so that a test's process loads JavaScript and no compiler.
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../deploy/local/prepare.mjs';
import { compiledFolder, compiledPath } from './compiled.mjs';

/** Folders whose sources tests load. */
const sourceFolders = ['agent', 'hub', 'sdk/typescript', 'test'];
/** The console's sources are for browsers. */
const skipped = new Set(['bundle', 'console', 'dist', 'node_modules']);

/** @param {string} folder @param {string[]} found @returns {string[]} every TypeScript source below the folder, relative to the clone */
function sourcesBelow(folder, found = []) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (!skipped.has(entry.name)) sourcesBelow(path, found);
    } else if (path.endsWith('.ts') && !path.endsWith('.d.ts')) found.push(path);
  }
  return found;
}

/** @param {string} path @param {string} text the file is whole at any time, because other runs may read it */
function writeWhole(path, text) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** The packages of a workspace are found from its compiled sources, too. */
function linkPackages() {
  for (const folder of ['agent', 'hub', 'sdk/typescript']) {
    const link = join(compiledFolder, folder, 'node_modules');
    mkdirSync(dirname(link), { recursive: true });
    try {
      symlinkSync(join(root, folder, 'node_modules'), link);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
  }
}

/**
 * @typedef {Readonly<Record<string, string>>} Stamps of each source its time and size
 * @returns {{ settings: string, stamps: Stamps }} the files of the last compilation
 */
function compiledBefore() {
  try {
    return JSON.parse(readFileSync(join(compiledFolder, 'stamps.json'), 'utf8'));
  } catch {
    return { settings: '', stamps: {} };
  }
}

/** Compiles every source that has changed since the last time, and deletes the compiled files of deleted sources. */
export async function compileSources() {
  const own = ['compile.mjs', 'error-domain.mjs', 'transpile.mjs'].map((name) =>
    join(dirname(fileURLToPath(import.meta.url)), name),
  );
  const packages = readFileSync(join(root, 'node_modules', '.package-lock.json'));
  const hash = createHash('sha256').update(root).update(packages);
  for (const path of own) hash.update(readFileSync(path));
  const settings = hash.digest('hex');
  const before = compiledBefore();
  /** @type {Record<string, string>} */
  const stamps = {};
  for (const path of sourceFolders.flatMap((folder) => sourcesBelow(folder))) {
    const { mtimeMs, size } = statSync(join(root, path));
    stamps[path] = `${mtimeMs} ${size}`;
  }
  const same = before.settings === settings;
  const changed = Object.keys(stamps).filter((path) => !same || before.stamps[path] !== stamps[path]);
  const deleted = Object.keys(before.stamps).filter((path) => !(path in stamps));
  if (changed.length === 0 && deleted.length === 0) return;
  for (const path of deleted) rmSync(compiledPath(path), { force: true });
  if (changed.length > 0) {
    const { bundlePackages, transpile } = await import('./transpile.mjs');
    if (!same) {
      linkPackages();
      await bundlePackages();
    }
    for (const [path, text] of await transpile(changed.map((path) => join(root, path)))) {
      mkdirSync(dirname(path), { recursive: true });
      writeWhole(path, text);
    }
  }
  writeWhole(join(compiledFolder, 'stamps.json'), JSON.stringify({ settings, stamps }));
}
