import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { compiledPath } from '../../runner/compiled.mjs';
import { programReport } from '../../runner/programs.mjs';
import { runFile, runFiles } from '../../runner/test-process.mjs';
import { transpile } from '../../runner/transpile.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const settings = {
  timeoutMs: 60_000,
  nodeArgs: [],
  testArgs: [],
  bail: false,
  env: {},
  signal: new AbortController().signal,
};

/** Compiles a test file for this test, and gives its path. */
async function testFile(t: Test, text: string, name = '') {
  const path = `test/unit/runner/planted-${process.pid}-${t.name.replaceAll(/\W+/g, '-')}${name}.test.ts`;
  const remove = () => {
    for (const one of [join(root, path), compiledPath(path), join(root, '.tap', 'results', `${path}.tap`)])
      rmSync(one, { force: true });
  };
  t.teardown(remove);
  writeFileSync(join(root, path), text);
  for (const [output, code] of await transpile([join(root, path)])) {
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(output, code);
  }
  rmSync(join(root, path));
  return path;
}

t.test('a failed assertion names the line of the TypeScript source', async (t) => {
  const file = await testFile(t, "import t from 'tap';\n\ninterface Unused {\n  a: string;\n}\nt.equal(1, 2);\n");
  const { ok, passed, failed, failures } = await runFile(file, settings);
  t.same({ ok, passed, failed }, { ok: false, passed: 0, failed: 1 });
  t.match(failures, [{ place: `${file}:6` }]);
});

t.test('an error that no program catches fails the test that began the work', async (t) => {
  const file = await testFile(
    t,
    `import t from 'tap';
t.test('throws', () => new Promise(() => setImmediate(() => { throw new Error('late'); })));
t.test('rejects', async () => {
  await new Promise(setImmediate);
  Promise.reject(new Error('lost'));
  await new Promise((resolve) => setTimeout(resolve, 5));
});
t.test('passes', async (t) => { await new Promise(setImmediate); t.ok(true); });
`,
  );
  const { passed, failures } = await runFile(file, settings);
  t.same([...new Set(failures.map(({ name }) => name.split(' > ')[0]))], ['throws', 'rejects']);
  t.equal(passed, 1);
});

t.test('a source finds the files of its folder as if it ran where it stands', async (t) => {
  const url = pathToFileURL(join(root, 'test/unit/runner/x.mjs')).href;
  const program = "import t from 'tap';\nimport { root } from '../../../deploy/local/prepare.mjs';\n";
  const check = `t.equal(new URL('./x.mjs', import.meta.url).href, ${JSON.stringify(url)});\nt.ok(root);\n`;
  const { ok, failures } = await runFile(await testFile(t, program + check), settings);
  t.ok(ok, JSON.stringify(failures));
});

t.test('a test loads the sources of the TypeScript SDK, and not a package that was compiled before', async (t) => {
  const file = await testFile(
    t,
    "import t from 'tap';\nimport { Roundhouse } from '@roundhouse/sdk';\nt.ok(Roundhouse);\n",
  );
  const sources = pathToFileURL(compiledPath('sdk/typescript/index.ts')).href;
  t.ok(readFileSync(compiledPath(file), 'utf8').includes(sources));
  const { ok, failures } = await runFile(file, settings);
  t.ok(ok, JSON.stringify(failures));
});

t.test('a source that is no TypeScript fails its own file with the reason', async (t) => {
  const file = await testFile(t, "import t from 'tap';\nt.equal(1 + , 2);\n");
  const { ok, fault, errors } = await runFile(file, settings);
  t.equal(ok, false);
  t.equal(fault, 'ended with exit code 1');
  t.match(errors, `${file}:2: Unexpected ","`);
});

t.test('a file that hangs is ended at the limit that it has set, and names the test that hung', async (t) => {
  const file = await testFile(
    t,
    "import t from 'tap';\nt.setTimeout(200);\nt.test('waits', () => new Promise(() => setInterval(() => {}, 1000)));\n",
  );
  const { ok, failures } = await runFile(file, settings);
  t.equal(ok, false);
  t.match(failures, [{ name: /waits > timeout!/ }]);
});

t.test('the processor time of a file includes that of the programs it waits for, and theirs', async (t) => {
  const busy = 'const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);';
  const nested = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(busy)}])`;
  const program = "import { execFileSync } from 'node:child_process';\nimport t from 'tap';\n";
  const file = await testFile(
    t,
    `${program}execFileSync(process.execPath, ['-e', ${JSON.stringify(nested)}]);\nt.pass();\n`,
  );
  const { ok, ledger } = await runFile(file, settings);
  t.equal(ok, true);
  t.ok(ledger && ledger.cpu.own > 0, 'its own');
  t.ok(ledger && ledger.cpu.children >= 0.3, `${ledger?.cpu.children} s`);
});

t.test('a file reports the hubs and agents that it ran as processes', async (t) => {
  const module = pathToFileURL(join(root, 'test/runner/programs.mjs'));
  const file = await testFile(
    t,
    `import t from 'tap';\nimport { countProgram } from '${module}';\n['hub', 'hub', 'agent', 'mcp'].forEach(countProgram);\nt.pass();\n`,
  );
  const { ledger } = await runFile(file, settings);
  t.strictSame(ledger?.programs, { hub: 2, agent: 1 });
});

t.test('the report says where a run starts more processes than its budget, and in which files', (t) => {
  const counts = {
    'a.test.ts': { hub: 0, agent: 0 },
    'b.test.ts': { hub: 1, agent: 2 },
    'c.test.ts': { hub: 60, agent: 68 },
  };
  t.strictSame(programReport(counts), [
    'Processes: 61 of hubs (budget 60, EXCEEDED), 70 of agents (budget 70).',
    '  60 + 68  c.test.ts',
    '    1 + 2  b.test.ts',
  ]);
  t.end();
});

t.test('several files share a process, and each has its own results, folders and cost', async (t) => {
  const first = await testFile(
    t,
    "import t from 'tap';\nt.test('a', async (t) => {\n  t.comment(t.testdirName);\n  t.equal(1, 2);\n});\n",
    '-first',
  );
  const busy = 'const end = process.cpuUsage().user + 3e5; while (process.cpuUsage().user < end);';
  const second = await testFile(
    t,
    `import t from 'tap';\n${busy}\nt.ok(t.testdirName.includes('-second'));\n`,
    '-second',
  );
  const outcomes = await runFiles([first, second], settings);
  t.match(outcomes, [
    { file: first, ok: false, failed: 1, failures: [{ place: `${first}:4`, name: 'a > should be equal' }] },
    { file: second, ok: true, passed: 1 },
  ]);
  t.ok(Number(outcomes[1]?.ledger?.cpu.own) >= 0.2, JSON.stringify(outcomes[1]?.ledger));
});

t.test('a file that hangs fails at its limit, and the next file runs', async (t) => {
  const hang = "import t from 'tap';\nt.test('a', () => new Promise(() => setInterval(() => {}, 1000)));\n";
  const files = [await testFile(t, hang, '-hangs'), await testFile(t, "import t from 'tap';\nt.pass();\n", '-next')];
  const [first, second] = await runFiles(files, { ...settings, timeoutMs: 10_000, mayLingerMs: 100 });
  t.match(first, { ok: false, failures: [{ name: 'a > timeout!' }] });
  t.match(second, { ok: true, passed: 1 });
});

t.test('where a file ends the process, it is named, and the files after it are not run', async (t) => {
  const files = [
    await testFile(t, "import t from 'tap';\nt.pass();\n", '-first'),
    await testFile(t, "import t from 'tap';\nt.pass();\nprocess.kill(process.pid, 'SIGKILL');\n", '-second'),
    await testFile(t, "import t from 'tap';\nt.pass();\n", '-third'),
  ];
  t.match(await runFiles(files, settings), [
    { ok: true },
    { ok: false, fault: 'ended with SIGKILL' },
    { ok: false, fault: 'not run: an earlier file ended the process of both' },
  ]);
});

t.test('a process that goes on after its last test is ended, and its file fails', async (t) => {
  const program = "import t from 'tap';\nt.teardown(() => setInterval(() => {}, 1000));\nt.pass();\n";
  const { ok, fault } = await runFile(await testFile(t, program), { ...settings, mayLingerMs: 100 });
  t.equal(ok, false);
  t.equal(fault, 'its process went on for 0.1 s after its last test: something is still open');
});
