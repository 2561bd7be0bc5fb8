// `npm test`: from a fresh clone installs, builds and runs every test. What follows `--` goes to tap, but for what is read here: `--coverage`
// (`npm run coverage`) shows what of hub and agent the tests run, and costs half as much time again; `--parts` lists the parts that are missing.
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shareParts } from '../../test/runner/shared-parts.mjs';
import { buildParts, installParts, listMissingParts } from './install-parts.mjs';
import { build, checkNode, ended, install, main, root, toolPath } from './prepare.mjs';

/** The settings of whoever runs the tests are none of the tests' business. */
function testEnvironment() {
  const entries = Object.entries(toolPath()).filter(([name]) => !/^ROUNDHOUSE_(?!TEST_)/.test(name));
  // tap's plugin does not find it by itself where it is not told the folder, and then transpiles every source anew in every test file.
  return { ...Object.fromEntries(entries), TS_NODE_PROJECT: join(root, 'tsconfig.tap.json') };
}

/**
 * Counts the assertions of a TAP file, those of subtests included. The line that sums a subtest up counts
 * only where it fails for a reason of its own, such as a time-out.
 * @param {string} file
 */
async function count(file) {
  const { Parser } = await import('tap-parser');
  const total = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]), failures: /** @type {string[]} */ ([]) };
  /** @param {import('tap-parser').Parser} parser @returns {{ failed: number }} its own share, filled in as it is read */
  const follow = (parser) => {
    const own = { failed: 0 };
    /** @type {{ failed: number } | undefined} */
    let child;
    parser.on('child', (subtest) => {
      child = follow(subtest);
    });
    parser.on('assert', (result) => {
      const summary = child;
      child = undefined;
      if (summary) own.failed += summary.failed;
      if (summary && (result.ok || summary.failed > 0)) return;
      if (result.skip || result.todo)
        total.skipped.push(`${result.fullname || result.name}: ${result.skip || result.todo}`);
      else if (result.ok) total.passed += 1;
      else {
        total.failed += 1;
        own.failed += 1;
        total.failures.push(`${result.fullname} > ${result.name}\n${JSON.stringify(result.diag ?? {}, null, 2)}`);
      }
    });
    parser.on('bailout', () => {
      total.failed += 1;
      own.failed += 1;
    });
    return own;
  };
  const parser = new Parser();
  follow(parser);
  const ended = new Promise((resolve) => parser.on('complete', resolve));
  createReadStream(file).pipe(parser);
  await ended;
  return total;
}

const suites = ['api', 'deploy', 'e2e', 'sdk', 'stream', 'unit'];

/** @returns {string[]} every test file */
function testFiles() {
  const below = (/** @type {string} */ suite) =>
    readdirSync(join(root, 'test', suite), { recursive: true, encoding: 'utf8' }).map((path) =>
      join('test', suite, path),
    );
  return suites.flatMap(below).filter((path) => path.endsWith('.test.ts'));
}

/** Whether a test file, or a folder of them, needs a part that is built here for minutes. @param {string} path */
function needsBuiltParts(path) {
  if (/kubernetes|helm/.test(path) || !existsSync(join(root, path)) || statSync(join(root, path)).isDirectory())
    return true;
  return /fixtures\/(?:kubernetes|deploy)\//.test(readFileSync(join(root, path), 'utf8'));
}

/**
 * The runs of tap that the arguments ask for: all tests are two, so that those that need no part that is being built do not wait for it.
 * @param {readonly string[]} args
 * @returns {{ name: string, files: readonly string[], jobs?: number, built: boolean }[]}
 */
function runsOf(args, coverage = false) {
  const named = args.filter((arg) => !arg.startsWith('-'));
  // What was covered is told of one run.
  if (coverage || named.length > 0)
    return [{ name: 'all', files: [], built: named.length === 0 || named.some(needsBuiltParts) }];
  const files = testFiles();
  return [
    { name: 'all', files: files.filter((file) => !needsBuiltParts(file)), built: false },
    // A cluster is many programs.
    { name: 'clusters', files: files.filter(needsBuiltParts), jobs: 2, built: true },
  ];
}

await main(async () => {
  const args = process.argv.slice(2).filter((arg) => arg !== '--coverage');
  const coverage = args.length < process.argv.length - 2;
  checkNode();
  if (args.includes('--parts')) return listMissingParts();
  await install();
  await Promise.all([installParts(), build()]);
  const runs = runsOf(args, coverage);
  const built = runs.some((run) => run.built) ? buildParts() : Promise.resolve();
  // It is awaited where it is needed.
  built.catch(() => {});

  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      interrupted = true;
    });
  const shared = await shareParts();
  const total = { passed: 0, failed: 0 };
  /** @type {string[]} */
  const lines = [];
  mkdirSync(join(root, '.tap'), { recursive: true });
  for (const { name, files, jobs, built: needed } of runs) {
    if (needed) await built;
    if (interrupted) break;
    const output = join(root, '.tap', `${name}.tap`);
    rmSync(output, { force: true });
    const options = [`--reporter=${process.stdout.isTTY ? 'base' : 'terse'}`, `--output-file=${output}`];
    if (!coverage) options.push('--disable-coverage');
    if (jobs !== undefined) options.push(`--jobs=${jobs}`);
    const command = ['node_modules/tap/dist/esm/run.mjs', ...options, ...args, ...files];
    const [code] = await ended(process.execPath, command, {
      env: { ...testEnvironment(), ...shared.env },
      stdio: 'inherit',
    });

    const nothing = { passed: 0, failed: 0, skipped: [], failures: [] };
    const { passed, failed, skipped, failures } = existsSync(output) ? await count(output) : nothing;
    lines.push(...failures.map((failure) => `FAILED: ${failure.slice(0, 4000)}`));
    lines.push(...skipped.map((reason) => `skipped: ${reason}`));
    // A failure that is no assertion, such as a test file that does not load or tap itself.
    const broken = failed === 0 && (code !== 0 || passed === 0) ? 1 : 0;
    total.passed += passed;
    total.failed += failed + broken;
  }
  await shared.stop();
  // Once more at the end, where a long log is read first.
  for (const line of lines) process.stdout.write(`${line}\n`);
  if (interrupted) total.failed += 1;
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed > 0 ? 1 : 0;
});
