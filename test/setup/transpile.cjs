// What tap's TypeScript plugin calls for each source (`ts-node.transpiler` in tsconfig.tap.json): TypeScript's own transpiler, its output
// kept. Every test file loads much of hub and agent in a process of its own; transpiling that anew took longer than most tests.
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { dirname, join, relative } = require('node:path');
const ts = require('typescript');

const root = dirname(dirname(__dirname));
const folder = join(root, '.cache', 'transpiled');
mkdirSync(folder, { recursive: true });

/**
 * Where a source's output is kept: one file per source, so that the cache does not grow with time.
 * @param {string} fileName @returns {string | undefined} `undefined` for a file that is not of the clone
 */
function entryOf(fileName) {
  const path = relative(root, fileName);
  if (path.startsWith('..') || path.startsWith('.tap')) return undefined;
  return join(folder, path.replaceAll(/[\\/]/g, '+'));
}

/**
 * An entry is the line of its key, the line of its source map, and the output.
 * @param {string} entry @param {string} key
 */
function read(entry, key) {
  let text;
  try {
    text = readFileSync(entry, 'utf8');
  } catch {
    return undefined;
  }
  if (!text.startsWith(`${key}\n`)) return undefined;
  const end = text.indexOf('\n', key.length + 1);
  return { outputText: text.slice(end + 1), sourceMapText: text.slice(key.length + 1, end) };
}

/** @param {string} entry @param {string} text written at once: test files read and write side by side */
function write(entry, text) {
  const draft = `${entry}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, entry);
}

/**
 * ts-node's interface of transpilers.
 * @param {{ service: { config: { options: import('typescript').CompilerOptions } }, nodeModuleEmitKind?: 'nodeesm' | 'nodecjs' }} made
 */
exports.create = ({ service, nodeModuleEmitKind }) => {
  // By itself TypeScript asks the nearest package.json what kind of module a file is; ts-node has done so.
  const module = nodeModuleEmitKind === 'nodeesm' ? { module: ts.ModuleKind.ESNext } : {};
  const moduleResolution =
    nodeModuleEmitKind === 'nodeesm' ? { moduleResolution: ts.ModuleResolutionKind.Bundler } : {};
  const compilerOptions = { ...service.config.options, ...module, ...moduleResolution };
  const settings = JSON.stringify([ts.version, compilerOptions]);
  return {
    /** @param {string} input @param {{ fileName: string }} file */
    transpile(input, { fileName }) {
      const key = createHash('sha256').update(settings).update(input).digest('hex');
      const entry = entryOf(fileName);
      const kept = entry && read(entry, key);
      if (kept) return kept;
      const output = ts.transpileModule(input, { fileName, compilerOptions, reportDiagnostics: true });
      // What has errors is reported, and not kept.
      if (entry && !output.diagnostics?.length && output.sourceMapText)
        write(entry, `${key}\n${output.sourceMapText}\n${output.outputText}`);
      return output;
    },
  };
};
