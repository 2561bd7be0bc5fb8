import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { preload } from '../../../deploy/local/bundle.mjs';
import { tempFolder } from '../../temp-folder.js';

const modules = new URL('../../../agent/bin/', import.meta.url);
const script = `
const { load } = await import(${JSON.stringify(new URL('load.mjs', modules).href)});
const { mapStacks } = await import(${JSON.stringify(new URL('stacks.mjs', modules).href)});
mapStacks(process.argv[1]);
console.log(await load(process.argv[1]).run());
`;

/** Loads a bundle in a process of its own; returns the result of its `run`. */
async function run(file: string): Promise<string> {
  // The runner of the tests names a folder for all compiled code: the bundle is to keep its own.
  const env = { ...process.env, NODE_COMPILE_CACHE: undefined };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, file], { env });
  return stdout.trim();
}

/** Bundles a source as hub and agent are bundled. */
async function bundled(t: Test, source: string): Promise<string> {
  const folder = tempFolder(t, { 'source.ts': source });
  const outfile = join(folder, 'bundle', 'program.cjs');
  const form = { bundle: true, platform: 'node', format: 'cjs', minifyWhitespace: true, sourcemap: 'linked' } as const;
  await build({ entryPoints: [join(folder, 'source.ts')], outfile, ...form });
  return outfile;
}

t.test('a bundle is loaded again from the code that V8 compiled', async (t) => {
  const file = await bundled(t, 'export const run = () => 6 * 7;');
  t.equal(await run(file), '42');
  const folder = join(file, '..');
  const kept = readdirSync(folder).filter((name) => name.endsWith('.cache') || name === 'cache');
  t.equal(kept.length, 1, `one kept file or folder: ${readdirSync(folder)}`);
  t.equal(await run(file), '42');
});

t.test('a program starts with the code that was compiled when it was installed', async (t) => {
  const bundle = await bundled(t, 'export const run = async () => 0;');
  const folder = tempFolder(t, { agent: { bundle: { 'agent.cjs': readFileSync(bundle, 'utf8') } } });
  cpSync(modules, join(folder, 'agent', 'bin'), { recursive: true });
  await preload(folder, 'agent');
  const files = () =>
    readdirSync(join(folder, 'agent', 'bundle'), { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => ({ name, file: statSync(join(folder, 'agent', 'bundle', name)).ino }));
  const installed = files();
  const env = { ...process.env, NODE_COMPILE_CACHE: undefined };
  await promisify(execFile)(process.execPath, [join(folder, 'agent', 'bin', 'roundhouse.mjs'), 'agent'], { env });
  t.ok(installed.length > 1, 'compiled code is kept');
  t.same(files(), installed, 'it is not compiled again');
});

t.test('a bundle that was changed is not run from the old code, even if length and time are the same', async (t) => {
  const file = await bundled(t, 'export const run = () => "first";');
  const time = new Date(1_000_000_000_000);
  utimesSync(file, time, time);
  t.equal(await run(file), 'first');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"first"', '"other"'));
  utimesSync(file, time, time);
  t.equal(await run(file), 'other');
});

t.test('the stack of an error names the source and its line', async (t) => {
  const source = [
    'function inner() {',
    "  throw new Error('broken');",
    '}',
    'export function run() {',
    '  try { inner(); return ""; } catch (error) { return (error as Error).stack; }',
    '}',
  ];
  const file = await bundled(t, source.join('\n'));
  const stack = await run(file);
  const name = join(file, '..', '..', 'source.ts');
  t.match(stack, 'Error: broken');
  t.match(stack, `${name}:2:9`, stack);
  t.match(stack, `${name}:5:`, stack);
});

t.test('without a source map a stack is shown unchanged', async (t) => {
  const file = await bundled(t, 'export const run = () => new Error("bare").stack;');
  writeFileSync(`${file}.map`, 'no map');
  const stack = await run(file);
  t.match(stack, 'Error: bare');
  t.match(stack, `${file}:1:`);
});

t.test('the bundles of hub and agent exist with their maps', (t) => {
  for (const name of ['hub', 'agent']) {
    const file = fileURLToPath(new URL(`../../../${name}/bundle/${name}.cjs`, import.meta.url));
    t.ok(existsSync(file) && existsSync(`${file}.map`), file);
  }
  t.end();
});
