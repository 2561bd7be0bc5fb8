// Loads a bundled program. V8's compiled code is kept next to the bundle, so that the next start does not compile again.
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * If a program makes few objects, V8 collects all garbage as soon as objects and buffers have grown by a few megabytes. A log that clients
 * follow makes many buffers and few objects, and a full collection stops the hub or the agent for 20 ms. With this flag both may first grow
 * to three times their size. Buffers of logs are young, and young garbage is collected far more cheaply.
 */
const growth = '--heap-growing-percent=200';

/**
 * Sets V8's flags for a program. V8 accepts compiled code only in a process that has the flags with which the code was compiled.
 * @param {string} program `hub`, `agent` or `cli`
 */
export function setFlags(program) {
  if (program !== 'cli') setFlagsFromString(growth);
}

/**
 * Loads a bundle, a CommonJS file, and the files of its folder `lib` when the bundle asks for them.
 * @param {string} file an absolute path
 * @returns {any} its exports
 */
export function load(file) {
  // Node 22.8 and later does this by itself, for every file.
  const { enableCompileCache } = /** @type {{ enableCompileCache?: (folder: string) => unknown }} */ (nodeModule);
  if (enableCompileCache) {
    enableCompileCache(join(dirname(file), 'cache'));
    return nodeModule.createRequire(file)(file);
  }
  return loadCached(file, new Map());
}

/** Node wraps a CommonJS file in the same way. */
const opening = '(function (exports, require, module, __filename, __dirname) { ';

/**
 * @param {string} file
 * @param {Map<string, { exports: any }>} loaded this bundle's files so far
 */
function loadCached(file, loaded) {
  const known = loaded.get(file);
  if (known) return known.exports;
  const bytes = readFileSync(file);
  // The bundler writes ASCII only: a string of one byte per character.
  const source = bytes.toString('latin1');
  const key = createHash('sha256').update(bytes).update(process.version).update(process.arch).digest();
  const cacheFile = `${file}.${process.version}.cache`;
  const cachedData = readCache(cacheFile, key);
  const script = new Script(`${opening}${source}\n})`, {
    filename: file,
    cachedData,
    // Places in stacks are places in the file.
    columnOffset: -opening.length,
  });
  const module = { exports: {} };
  loaded.set(file, module);
  const nodeRequire = nodeModule.createRequire(file);
  const folder = dirname(file);
  const require = (/** @type {string} */ name) =>
    name.startsWith('./') ? loadCached(resolve(folder, name), loaded) : nodeRequire(name);
  script.runInThisContext()(module.exports, Object.assign(require, nodeRequire), module, file, folder);
  // At the exit, so that the cache holds the functions that were called.
  if (!cachedData || script.cachedDataRejected)
    process.once('exit', () => writeCache(cacheFile, key, script.createCachedData()));
  return module.exports;
}

/**
 * V8 itself compares only the length of the source. The key tells two sources of one length apart.
 * @param {string} cacheFile @param {Buffer} key
 */
function readCache(cacheFile, key) {
  try {
    const content = readFileSync(cacheFile);
    return content.subarray(0, key.length).equals(key) ? content.subarray(key.length) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} cacheFile @param {Buffer} key @param {Buffer} data */
function writeCache(cacheFile, key, data) {
  const draft = `${cacheFile}.${process.pid}`;
  try {
    writeFileSync(draft, Buffer.concat([key, data]));
    renameSync(draft, cacheFile);
  } catch {
    // The folder may belong to another user. Each start then takes longer.
  }
}
