import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t from 'tap';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The sources and packages that the command line loads before it knows which command it runs. */
async function loadedAtStart(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['hub/cli/main.ts'],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: 'unwritten.cjs',
    write: false,
    metafile: true,
    logLevel: 'silent',
    alias: { '@roundhouse/sdk': './sdk/typescript/index.ts' },
    external: ['lmdb', 'uWebSockets.js', '@node-rs/argon2', '*.node'],
  });
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind } of metafile.inputs[path]?.imports ?? []) if (kind !== 'dynamic-import') visit(next);
  };
  visit('hub/cli/main.ts');
  return [...loaded];
}

t.test('a command starts without the code that only other commands need', async (t) => {
  const loaded = await loadedAtStart();
  const packages = loaded.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  const isBuiltIn = (path: string) => builtinModules.includes(path.replace(/^node:/, ''));
  const external = loaded.filter((path) => !path.includes('/') && !isBuiltIn(path));
  t.same([...new Set(packages)], ['commander']);
  t.same(external, [], 'no native modules');
  const others = loaded.filter((path) =>
    /^(?:sdk|agent|hub\/(?:api|http|store|outbound|console|cli\/mcp))\//.test(path),
  );
  t.same(others, []);
  t.ok(loaded.includes('hub/cli/table.ts'), 'the table is there');
});
