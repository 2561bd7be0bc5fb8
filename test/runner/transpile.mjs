// Turns the sources into JavaScript that runs from another folder as if it were in its own.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { root } from '../../deploy/local/prepare.mjs';
import { compiledFolder, compiledPath, tapBundle } from './compiled.mjs';

const bundledTap = new URL('tap.mjs', import.meta.url).href;

/**
 * Where an import leads: to a compiled neighbour as it stands; to any other file by its address, because only TypeScript is compiled; to the
 * bundle of tap.
 * @param {string} specifier @param {string} source the file that imports
 */
function address(specifier, source) {
  if (specifier === 'tap') return bundledTap;
  if (!specifier.startsWith('.')) return specifier;
  const target = join(dirname(source), specifier);
  if (target.endsWith('.js') && !/\/(?:dist|gen|node_modules)\//.test(target)) return specifier;
  return pathToFileURL(target).href;
}

/** Nothing is bundled: each source becomes one file. @type {import('esbuild').Plugin} */
const inPlace = {
  name: 'in-place',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path, importer }) =>
      kind === 'entry-point' ? undefined : { path: address(path, importer), external: true },
    );
    // A transpiled file keeps the address of its source, because it looks for other files there.
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = `const __sourceUrl = ${JSON.stringify(pathToFileURL(path).href)};${text}`;
      return text.includes('import.meta.url') ? { contents, loader: 'ts' } : { contents: text, loader: 'ts' };
    });
  },
};

/** @param {readonly string[]} sources @returns {Promise<[path: string, text: string][]>} */
async function compiled(sources) {
  const { outputFiles } = await esbuild.build({
    entryPoints: [...sources],
    bundle: true,
    treeShaking: false,
    plugins: [inPlace],
    define: { 'import.meta.url': '__sourceUrl' },
    tsconfigRaw: { compilerOptions: { target: 'ES2023', verbatimModuleSyntax: true } },
    platform: 'node',
    format: 'esm',
    target: 'node20',
    absWorkingDir: root,
    outbase: root,
    outdir: compiledFolder,
    sourcemap: 'inline',
    sourcesContent: false,
    write: false,
    logLevel: 'silent',
  });
  return outputFiles.map(({ path, text }) => [path, text]);
}

/** @param {import('esbuild').Message} error @returns {string} a program that fails with the reason */
function failing({ location, text }) {
  const reason = `${location?.file}:${location?.line}: ${text}`;
  return `throw new SyntaxError(${JSON.stringify(reason)});\n`;
}

/**
 * A source with an error becomes a program that fails with the reason: the tests that load it fail, and all others run.
 * @param {readonly string[]} sources absolute paths
 * @returns {Promise<[path: string, text: string][]>} of each the compiled file and its text
 */
export async function transpile(sources) {
  try {
    return await compiled(sources);
  } catch (error) {
    const errors = /** @type {import('esbuild').BuildFailure} */ (error).errors ?? [];
    const reasons = new Map(errors.map((one) => [join(root, one.location?.file ?? ''), failing(one)]));
    const sound = sources.filter((path) => !reasons.has(path));
    if (sound.length === sources.length) throw error;
    const broken = sources.filter((path) => reasons.has(path));
    return [
      ...(sound.length > 0 ? await transpile(sound) : []),
      ...broken.map(
        (path) => /** @type {[string, string]} */ ([compiledPath(relative(root, path)), reasons.get(path)]),
      ),
    ];
  }
}

/** Bundles tap: a test's process loads one file, and V8's compiled code, in place of 300 files. */
export async function bundleTap() {
  const entry = import.meta.resolve('tap');
  await esbuild.build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    define: { 'import.meta.url': JSON.stringify(entry) },
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    conditions: ['import'],
    mainFields: ['module', 'main'],
    outfile: tapBundle,
    logLevel: 'error',
  });
}
