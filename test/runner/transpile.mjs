// Turns the sources into JavaScript that runs from another folder as if it were in its own.
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { root } from '../../deploy/local/prepare.mjs';
import {
  compiledFolder,
  compiledPath,
  everythingBundle,
  referenceBundle,
  referenceServers,
  sessionSdkBundle,
  statelessSdkBundle,
  tapBundle,
} from './compiled.mjs';

const bundledTap = new URL('tap.mjs', import.meta.url).href;

/**
 * Where an import leads: to a compiled neighbour as it stands; to any other file by its address, because only TypeScript is compiled; to the
 * bundle of tap; to the compiled sources of the SDK, and not to its package, which may be older or missing.
 * @param {string} specifier @param {string} source the file that imports
 */
function address(specifier, source) {
  if (specifier === 'tap') return bundledTap;
  if (specifier === '@roundhouse/sdk') return pathToFileURL(compiledPath('sdk/typescript/index.ts')).href;
  if (!specifier.startsWith('.')) return specifier;
  const target = join(dirname(source), specifier);
  if (target.endsWith('.js') && !/\/(?:dist|proto\/gen|node_modules)\//.test(target)) return specifier;
  return pathToFileURL(target).href;
}

/** @param {string} path @returns {string} the source, which keeps its address in place of `import.meta.url`: it looks for other files there */
function withAddress(path) {
  const text = readFileSync(path, 'utf8');
  if (!text.includes('import.meta.url')) return text;
  const address = `const __sourceUrl = ${JSON.stringify(pathToFileURL(path).href)};`;
  return text.replace(/^(?:#!.*\n)?/, (firstLine) => firstLine + address);
}

/** Nothing is bundled: each source becomes one file. @type {import('esbuild').Plugin} */
const inPlace = {
  name: 'in-place',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path, importer }) =>
      kind === 'entry-point' ? undefined : { path: address(path, importer), external: true },
    );
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({ contents: withAddress(path), loader: 'ts' }));
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

/** @type {import('esbuild').Plugin} */
const ownAddresses = {
  name: 'own-addresses',
  setup(build) {
    build.onLoad({ filter: /\.m?js$/ }, ({ path }) => ({ contents: withAddress(path), loader: 'js' }));
  },
};

/** Stands in for a package of tap. */
const errorDomain = fileURLToPath(new URL('./error-domain.mjs', import.meta.url));

/** @param {string} outfile has the exports of all modules @param {readonly string[]} names modules of packages */
async function bundlePackage(outfile, ...names) {
  const modules = names.map((name) => `require(${JSON.stringify(fileURLToPath(import.meta.resolve(name)))})`);
  await esbuild.build({
    stdin: { contents: `module.exports = Object.assign({}, ${modules.join(', ')});`, resolveDir: root },
    bundle: true,
    plugins: [ownAddresses],
    alias: { 'async-hook-domain': errorDomain },
    define: { 'import.meta.url': '__sourceUrl' },
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    outfile,
    logLevel: 'error',
  });
}

/** Bundles the code that most tests load: one file, with V8's compiled code next to it, is read in a third of the time of 300 files. */
export async function bundlePackages() {
  const sdk = '@modelcontextprotocol/sdk';
  const server = '@modelcontextprotocol/server';
  await Promise.all([
    bundlePackage(tapBundle, 'tap'),
    bundlePackage(everythingBundle, `${server}-everything/dist/transports/stdio.js`),
    bundlePackage(
      sessionSdkBundle,
      `${sdk}/types.js`,
      `${sdk}/validation/ajv`,
      ...['index', 'mcp', 'stdio', 'streamableHttp'].map((name) => `${sdk}/server/${name}.js`),
    ),
    ...referenceServers.map((name) => bundlePackage(referenceBundle(name), `${server}-${name}/dist/index.js`)),
    bundlePackage(statelessSdkBundle, server, `${server}/stdio`),
  ]);
}
