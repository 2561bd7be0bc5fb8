// Bundles hub, agent and command line for users: one CommonJS file each, which Node loads in a fifth of the time that 1,750 modules take. CommonJS, because
// Node 20 can keep V8's compiled code for that form only (agent/bin/load.mjs). Large libraries that many sites never use are files of their own
// below `lib`: they are read when they are first needed. Native modules stay packages.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import scalar from '@scalar/fastify-api-reference';
import { build } from 'esbuild';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Packages with a native part: each finds its binary in its own folder. Only these packages are installed next to a bundle. */
export const native = ['lmdb', 'uWebSockets.js', '@node-rs/argon2', 'fs-native-extensions', 'cpu-features', '*.node'];

/** Library → its file below `lib`. Hub and agent import each of them dynamically. */
const lazyLibraries = {
  '@kubernetes/client-node': 'kubernetes-client',
  '@peculiar/x509': 'x509',
  '@roundhouse/proto/telemetry': 'telemetry',
  'reflect-metadata': 'reflect-metadata',
  dockerode: 'dockerode',
  ssh2: 'ssh2',
};

/** The worker of hub and agent. `proto/work/start-worker.ts` looks for workers in the bundle's folder. */
const worker = 'proto/work/worker.ts';

/** Workspace → the entries of its programs and of its workers, and the libraries that the programs load when they need them. */
const workspaces = {
  hub: {
    entries: { hub: 'hub/index.ts', cli: 'hub/cli/main.ts' },
    workers: { worker },
    libraries: ['@peculiar/x509', '@roundhouse/proto/telemetry', 'reflect-metadata'],
  },
  agent: {
    entries: { agent: 'agent/main.ts' },
    workers: { worker, 'statement-worker': 'agent/drivers/databases/statement-worker.ts' },
    libraries: Object.keys(lazyLibraries),
  },
};

/**
 * Leaves the lazily loaded libraries out of a bundle.
 * @param {string} folder of the file that is made, seen from which `lib` is named
 * @param {string} [self] the library that this bundle is
 * @returns {import('esbuild').Plugin}
 */
const libraryFiles = (folder, self) => ({
  name: 'library-files',
  setup({ onResolve }) {
    const names = Object.keys(lazyLibraries).filter((name) => name !== self);
    onResolve({ filter: new RegExp(`^(?:${names.join('|')})$`) }, ({ path }) => ({
      path: `${folder}/${lazyLibraries[/** @type {keyof typeof lazyLibraries} */ (path)]}.cjs`,
      external: true,
    }));
  },
});

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // `import()` becomes `require` and a promise: code from V8's cache has no way to import.
  supported: { 'dynamic-import': false },
  external: native,
  // Names stay as they are, for stacks; the source map says which line of which source they belong to.
  minifyWhitespace: true,
  minifySyntax: true,
  // Node prints the line of an error that ends the process.
  lineLimit: 160,
  sourcemap: 'linked',
  sourcesContent: false,
  // The SDK's own build is for its package.
  alias: { '@roundhouse/sdk': './sdk/typescript/index.ts' },
  legalComments: 'none',
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  logLevel: 'warning',
};

/** Compiles the code that hub and agent share into `proto/dist`, where the exports of its package lead. */
async function compileShared() {
  const folders = ['files', 'link', 'net', 'text', 'work'].map((name) => `proto/${name}/*.ts`);
  await build({ absWorkingDir: root, entryPoints: folders, outdir: 'proto/dist', outbase: 'proto', format: 'esm' });
}

/**
 * Puts the program of the page `/docs` into the hub's folder, compressed as the hub sends it. Scalar's own package needs 270 others, for builds of
 * one's own. Its plugin for Fastify needs 18, and serves the finished program.
 */
async function compressReference() {
  /** @type {string | undefined} */
  let program;
  /** @param {{ url: string, handler(request: object, reply: object): void }} route */
  const route = ({ url, handler }) => {
    const reply = { header: () => reply, send: (/** @type {string} */ text) => (program = text) };
    if (url.endsWith('.js')) handler({}, reply);
  };
  scalar(/** @type {any} */ ({ route }), { configuration: { url: '/' } }, () => {});
  if (!program) throw new Error("Scalar's plugin serves no program");
  const folder = join(root, 'hub/bundle/docs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'scalar.js.gz'), gzipSync(program, { level: 9 }));
}

/** @param {string} folder @returns {string[]} the paths of the sources below it, sorted */
function sourcesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\/(?:dist|node_modules)(?:\/|$)/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Puts the console into the hub's folder, compressed as the hub sends it. Building it takes as long as all else together, so the result is kept
 * under the hash of its sources, and built only when they have changed.
 */
async function buildConsole() {
  const folder = join(root, 'hub/console');
  const hash = createHash('sha256');
  for (const path of [
    ...sourcesOf(folder),
    ...sourcesOf(join(root, 'sdk/typescript')),
    join(root, 'package-lock.json'),
    fileURLToPath(import.meta.url),
  ])
    hash.update(path.slice(root.length)).update(readFileSync(path));
  const kept = join(root, '.cache/console', hash.digest('hex').slice(0, 32));
  if (!existsSync(kept)) {
    const { build: buildPages } = await import('vite');
    const draft = `${kept}.${process.pid}`;
    await buildPages({
      configFile: false,
      root: folder,
      base: './',
      logLevel: 'error',
      resolve: {
        alias: { '@roundhouse/sdk': join(root, 'sdk/typescript/index.ts') },
        // The packages of tests bring an older React.
        dedupe: ['react', 'react-dom'],
      },
      build: {
        outDir: draft,
        emptyOutDir: true,
        assetsDir: '',
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
      },
    });
    for (const name of readdirSync(draft).filter((name) => /\.(?:js|css)$/.test(name))) {
      const bytes = readFileSync(join(draft, name));
      const options = {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      };
      writeFileSync(join(draft, `${name}.br`), brotliCompressSync(bytes, options));
      writeFileSync(join(draft, `${name}.gz`), gzipSync(bytes, { level: 9 }));
      rmSync(join(draft, name));
    }
    const others = readdirSync(dirname(kept)).filter((name) => join(dirname(kept), name) !== draft);
    for (const name of others) rmSync(join(dirname(kept), name), { recursive: true });
    renameSync(draft, kept);
  }
  cpSync(kept, join(root, 'hub/bundle/console'), { recursive: true });
}

/** Writes `proto/dist`, `hub/bundle` and `agent/bundle`. Takes about three seconds. */
export async function bundle() {
  await compileShared();
  const builds = Object.entries(workspaces).map(async ([name, { entries, workers, libraries }]) => {
    const folder = join(root, name, 'bundle');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const plugins = [libraryFiles('./lib')];
    await Promise.all([
      ...Object.entries(entries).map(([program, entry]) =>
        build({ ...common, entryPoints: [entry], outfile: `${name}/bundle/${program}.cjs`, plugins }),
      ),
      ...Object.entries(workers).map(([file, entry]) =>
        build({ ...common, entryPoints: [entry], outfile: `${name}/bundle/${file}.cjs` }),
      ),
      ...libraries.map((library) => {
        const file = lazyLibraries[/** @type {keyof typeof lazyLibraries} */ (library)];
        const contents = `module.exports = require(${JSON.stringify(library)});`;
        return build({
          ...common,
          sourcemap: false,
          stdin: { contents, resolveDir: join(root, name), loader: 'js' },
          outfile: `${name}/bundle/lib/${file}.cjs`,
          plugins: [libraryFiles('.', library)],
        });
      }),
    ]);
  });
  await Promise.all(builds);
  await compressReference();
  await buildConsole();
  for (const [name, { entries }] of Object.entries(workspaces))
    for (const program of Object.keys(entries)) await preload(root, name, program);
}

/**
 * Loads a bundle once, so that its compiled code is kept before it first starts.
 * @param {string} folder of the clone, or of an installation
 * @param {string} name of the workspace
 * @param {string} [program]
 */
export async function preload(folder, name, program = name) {
  const script = `
    const { load, setFlags } = await import('./agent/bin/load.mjs');
    setFlags(process.argv[2]);
    await load(process.argv[1]).preload?.();
    process.exit();`;
  const args = ['--input-type=module', '-e', script, join(folder, name, 'bundle', `${program}.cjs`), program];
  await promisify(execFile)(process.execPath, args, { cwd: folder });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
