// `npm test`: from a fresh clone installs, builds and runs every test. What follows `--` goes to tap.
import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installParts } from './parts.mjs';
import { build, checkNode, install, main, root, toolPath } from './prepare.mjs';

/** The settings of whoever runs the tests are none of the tests' business. */
function cleanEnvironment() {
  const entries = Object.entries(toolPath());
  return Object.fromEntries(entries.filter(([name]) => !/^ROUNDHOUSE_(?!TEST_)/.test(name)));
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

await main(async () => {
  checkNode();
  await install();
  await installParts();
  await build();

  const output = join(root, '.tap', 'all.tap');
  rmSync(output, { force: true });
  mkdirSync(dirname(output), { recursive: true });
  const reporter = process.stdout.isTTY ? 'base' : 'terse';
  const options = [`--reporter=${reporter}`, `--output-file=${output}`, ...process.argv.slice(2)];
  const args = ['node_modules/tap/dist/esm/run.mjs', ...options];
  const { status } = spawnSync(process.execPath, args, { cwd: root, env: cleanEnvironment(), stdio: 'inherit' });

  const nothing = { passed: 0, failed: 0, skipped: [], failures: [] };
  const { passed, failed, skipped, failures } = existsSync(output) ? await count(output) : nothing;
  // Once more at the end, where a long log is read first.
  for (const failure of failures) process.stdout.write(`FAILED: ${failure.slice(0, 4000)}\n`);
  for (const reason of skipped) process.stdout.write(`skipped: ${reason}\n`);
  // A failure that is no assertion, such as a test file that does not load or tap itself.
  const broken = failed === 0 && (status !== 0 || passed === 0) ? 1 : 0;
  process.stdout.write(`${passed} passed, ${failed + broken} failed\n`);
  return failed + broken > 0 ? 1 : 0;
});
