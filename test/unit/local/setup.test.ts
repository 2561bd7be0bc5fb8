import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const cache = join(root, '.cache', 'transpiled');

interface Output {
  readonly outputText: string;
  readonly sourceMapText?: string;
  readonly diagnostics?: readonly unknown[];
}

/** What tap's TypeScript plugin makes of its sources with. */
const { create } = createRequire(import.meta.url)('../../setup/transpile.cjs') as {
  create(made: object): { transpile(input: string, file: { fileName: string }): Output };
};
const { transpile } = create({
  service: { config: { options: { module: ts.ModuleKind.NodeNext, sourceMap: true } } },
  nodeModuleEmitKind: 'nodeesm',
});

t.test('what is kept of a source is what TypeScript makes of it, and of no other', async (t) => {
  const fileName = join(root, 'test', 'unit', 'local', `no-such-${process.pid}.ts`);
  const entry = join(cache, relative(root, fileName).replaceAll('/', '+'));
  t.teardown(() => rmSync(entry, { force: true }));
  const first = transpile('export const answer: number = 1;\n', { fileName });
  t.match(first.outputText, /^export const answer = 1;\n/);
  t.same(JSON.parse(first.sourceMapText ?? '').sources.length, 1);
  const kept = transpile('export const answer: number = 1;\n', { fileName });
  t.same([kept.outputText, kept.sourceMapText], [first.outputText, first.sourceMapText]);
  writeFileSync(entry, readFileSync(entry, 'utf8').replace('answer = 1', 'answer = 3'));
  t.match(transpile('export const answer: number = 1;\n', { fileName }).outputText, /= 3/, 'it came from there');
  t.match(transpile('export const answer: number = 2;\n', { fileName }).outputText, /= 2/, 'another text');
  t.ok(transpile('export const answer: = 2;\n', { fileName }).diagnostics?.length, 'an error is told');
  t.ok(transpile('export const answer: = 2;\n', { fileName }).diagnostics?.length, 'each time');
  t.same(
    readdirSync(cache).filter((name) => name.includes(`no-such-${process.pid}`)),
    [relative(cache, entry)],
    'one file per source',
  );
});

t.test('a program that a test starts runs as users start it, unless coverage is measured', async (t) => {
  const code = 'console.log(JSON.stringify([process.env.NODE_OPTIONS ?? "", Object.keys(process.env)]))';
  const env = { ...process.env, NODE_OPTIONS: '--max-http-header-size=9000' };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], { env });
  const [options, names] = JSON.parse(stdout) as [string, string[]];
  const isMeasured = process.env._TAPJS_PROCESSINFO_COVERAGE_ === '1';
  t.match(options, '--max-http-header-size=9000', 'its own options stay');
  t.equal(options.includes('processinfo'), isMeasured);
  t.equal(
    names.some((name) => name.startsWith('_TAPJS_PROCESSINFO_')),
    isMeasured,
  );
});
