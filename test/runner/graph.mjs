// Which file needs which: read from the text of every source, in about a second.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { root } from '../../deploy/local/prepare.mjs';

/** @typedef {ReadonlyMap<string, ReadonlySet<string>>} Graph file → the files that it names */

/**
 * @param {string} text of a source
 * @returns {string[]} every text in it that may name a file: its imports, and the paths of fixtures and programs
 */
export function namesIn(text) {
  const names = text.matchAll(/(['"`])((?:\.{1,2}\/|@roundhouse\/)?[\w@.-]+(?:\/[\w@.-]+)*)\1/g);
  // A name that is put together stands for all files of its folder.
  const folders = text.matchAll(/`(\.{1,2}\/(?:[\w@.-]+\/)+)[\w.-]*\$\{/g);
  return [...[...names].map(([, , name = '']) => name), ...[...folders].map(([, name = '']) => name)];
}

/**
 * @param {string} name as a source has it
 * @param {string} from the source
 * @param {(path: string) => readonly string[]} below the files that a path stands for: itself, or all of the folder
 * @returns {readonly string[]} the files of the clone with this name
 */
export function filesNamed(name, from, below) {
  const [, contract] = name.match(/^@roundhouse\/proto\/(.+)$/) ?? [];
  if (contract) return below(`proto/gen/${contract}_pb.js`);
  const isRelative = name.startsWith('.');
  // Tests name fixtures and programs by their paths in the clone; elsewhere such a text is no dependency of a test.
  if (!isRelative && !(from.startsWith('test/') && /[/.]/.test(name))) return [];
  const path = isRelative ? posix.join(posix.dirname(from), name) : name;
  if (name.endsWith('/')) return below(path.slice(0, -1));
  // A folder is meant only where its whole path is given; a source is imported under the name of its output.
  const isFolderMeant = !isRelative && path.includes('/');
  for (const candidate of [path, path.replace(/\.js$/, '.ts')]) {
    const found = below(candidate);
    if (found[0] === candidate || (found.length > 0 && isFolderMeant)) return found;
  }
  return [];
}

/**
 * @param {ReadonlyMap<string, string>} texts of each source its text
 * @param {readonly string[]} paths every file of the clone
 * @returns {Graph}
 */
export function graphOf(texts, paths) {
  /** @type {Map<string, string[]>} */
  const folders = new Map();
  const files = new Set(paths);
  for (const path of paths)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      const inside = folders.get(folder);
      if (inside) inside.push(path);
      else folders.set(folder, [path]);
    }
  const below = (/** @type {string} */ path) => (files.has(path) ? [path] : (folders.get(path) ?? []));
  const entries = [...texts].map(([path, text]) => {
    const named = namesIn(text).flatMap((name) => filesNamed(name, path, below));
    return /** @type {[string, Set<string>]} */ ([path, new Set(named)]);
  });
  return new Map(entries);
}

/** @param {Graph} graph @param {string} file @returns {Set<string>} the file and everything that it needs, directly or not */
export function reach(graph, file) {
  const found = new Set([file]);
  for (const one of found) for (const next of graph.get(one) ?? []) found.add(next);
  return found;
}

/** @returns {Graph} of the clone, new files included */
export function readGraph() {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' });
  const paths = listed.split('\0').filter(Boolean);
  const sources = paths.filter((path) => /\.(?:[cm]?js|ts)$/.test(path) && !path.endsWith('.d.ts'));
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const path of sources) {
    try {
      texts.set(path, readFileSync(join(root, path), 'utf8'));
    } catch (error) {
      // A deleted file is still listed.
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    }
  }
  return graphOf(texts, paths);
}
