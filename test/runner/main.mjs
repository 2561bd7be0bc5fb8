// `npm test`: from a fresh clone installs, builds and runs every test; `npm test -- --help` lists its options.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildImages, buildKubernetes, installParts, listMissingParts } from '../../deploy/local/install-parts.mjs';
import { build, checkNode, install, main, root, run, say } from '../../deploy/local/prepare.mjs';
import { testsChangedSince } from './changed.mjs';
import { compileSources } from './compile.mjs';
import { prepareCoverage, showCoverage } from './coverage.mjs';
import { grouped, isSerial, namedFiles, scarcePart, scarceParts, testFiles } from './files.mjs';
import { costReport, keepRun, knownCosts, knownDurations, longestFirst } from './ledger.mjs';
import { help, readOptions } from './options.mjs';
import { programReport } from './programs.mjs';
import { outcomeText, progress, sum } from './report.mjs';
import { schedule, shuffled } from './schedule.mjs';
import { shareParts } from './shared-parts.mjs';
import { verdicts } from './verdicts.mjs';

const failedFile = join(root, '.tap', 'failed.json');

/** @returns {string[]} the files that failed in the last run and are still there */
function failedBefore() {
  try {
    const all = testFiles();
    return JSON.parse(readFileSync(failedFile, 'utf8')).filter((/** @type {string} */ file) => all.includes(file));
  } catch {
    return [];
  }
}

/** @param {ReturnType<typeof readOptions>} options @returns {readonly string[]} the files that the caller asks for */
function chosenFiles({ named, failed, changed }) {
  let files = named.length > 0 ? namedFiles(named) : testFiles();
  if (failed) {
    const before = failedBefore();
    files = files.filter((file) => before.includes(file));
  }
  if (changed === undefined) return files;
  const { tests, unknown } = testsChangedSince(changed, files);
  if (unknown) say(`Nothing says which tests depend on ${unknown}: all are run.`);
  return tests;
}

/**
 * The files of each process. Options of tap and of Node are for files that run alone, and files of the nightly run are large.
 * @param {readonly string[]} files @param {ReturnType<typeof readOptions>} options @param {import('./ledger.mjs').Costs} costs
 */
function inProcesses(files, { bail, env, nodeArgs, testArgs }, costs) {
  const isPlain =
    !bail &&
    process.env.ROUNDHOUSE_TEST_NIGHTLY === undefined &&
    nodeArgs.length + testArgs.length === 0 &&
    Object.keys(env).length === 0;
  return isPlain ? grouped(files, costs) : files.map((file) => [file]);
}

await main(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  if (options.parts) return listMissingParts();
  checkNode();
  await install();
  const files = chosenFiles(options);
  say(`${files.length} test files`);
  // Tests run programs that import the package of the SDK, as users do.
  const compileSdk = () => run(process.execPath, ['node_modules/typescript-native/bin/tsc', '-b', 'sdk/typescript']);
  await Promise.all([installParts(), build(), compileSources(), compileSdk()]);

  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());
  // This module imports packages that `install` has installed.
  const { runFile, runFiles } = await import('./test-process.mjs');
  const shared = await shareParts();
  const env = { ...options.env, ...shared.env, ...(options.coverage && (await prepareCoverage())) };
  const settings = { ...options, env, signal: stopping.signal };

  const { shuffle } = options;
  if (shuffle !== undefined) say(`Files in the order of seed ${shuffle} (--shuffle ${shuffle}).`);
  const costs = knownCosts();
  const ordered =
    shuffle === undefined
      ? longestFirst(inProcesses(files, options, costs), knownDurations())
      : inProcesses(shuffled(files, shuffle), options, costs);
  const serial = ordered.filter((group) => group.some(isSerial));
  const beside = ordered.filter((group) => !serial.includes(group));
  const partOf = (/** @type {readonly string[]} */ group) => group.map(scarcePart).find(Boolean);
  let partsFailed = 0;
  const builders = { kubernetes: buildKubernetes, images: buildImages };
  const built = new Map(
    [...new Set(ordered.flatMap((group) => partOf(group)?.built ?? []))].map((name) => [
      name,
      // If it fails, the tests that need the part say that it is missing.
      builders[name]().catch((error) => {
        say(error instanceof Error ? error.message : String(error));
        partsFailed = 1;
      }),
    ]),
  );

  /** @type {import('./test-process.mjs').Outcome[]} */
  const outcomes = [];
  const shown = progress(process.stdout, files.length);
  const runOne = async (/** @type {readonly string[]} */ group) => {
    for (const outcome of await runFiles(group, settings)) {
      outcomes.push(outcome);
      shown.done(outcome);
    }
  };
  const isOver = () => stopping.signal.aborted || (options.bail && outcomes.some(({ ok }) => !ok));
  // Files that wait for each other come first as soon as they can start.
  const lanes = [...scarceParts, undefined].map((part) => {
    const ready = part?.built && built.get(part.built);
    const pool = part?.pool;
    return {
      files: beside.filter((group) => partOf(group) === part),
      ...(part && { atOnce: part.atOnce }),
      ...(pool && { ended: () => shared.endIdle(pool) }),
      ...(ready && { ready }),
    };
  });
  await schedule(lanes, options.jobs, runOne, isOver);
  await schedule([{ files: serial, ready: Promise.all(built.values()) }], 1, runOne, isOver);
  shown.end();

  const failed = outcomes.filter(({ ok }) => !ok);
  mkdirSync(join(root, '.tap'), { recursive: true });
  writeFileSync(failedFile, JSON.stringify(failed.map(({ file }) => file)));
  const ofEach = (/** @type {(ledger: import('./test-process.mjs').Ledger) => number} */ seconds) =>
    Object.fromEntries(
      outcomes.flatMap(({ file, ledger }) => (ledger ? [[file, Number(seconds(ledger).toFixed(2))]] : [])),
    );
  const spent = ofEach(({ cpu }) => cpu.own + cpu.children);
  keepRun({ costs: spent, durations: ofEach(({ seconds }) => seconds) }, testFiles(), options.recordWeights);
  if (options.coverage) await showCoverage();

  const passesAgain = async (/** @type {string} */ file, /** @type {number} */ leftMs) => {
    if (stopping.signal.aborted) return undefined;
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(Math.ceil(leftMs))]);
    const { ok } = await runFile(file, { ...settings, signal });
    return signal.aborted ? undefined : ok;
  };
  if (failed.length > 0 && options.reruns > 0) say('Running the failed files again, alone …');
  const repeated =
    options.reruns > 0
      ? await verdicts(
          failed.map(({ file }) => file),
          options.reruns,
          passesAgain,
        )
      : [];
  await shared.stop();

  // Once more at the end, where a long log is read first.
  const lines = [
    ...costReport(spent),
    ...programReport(
      Object.fromEntries(outcomes.flatMap(({ file, ledger }) => (ledger ? [[file, ledger.programs]] : []))),
    ),
    ...outcomes.flatMap(({ skipped }) => skipped.map((reason) => `skipped: ${reason}`)),
  ];
  lines.push(...failed.map(outcomeText), ...repeated);
  const total = sum(outcomes);
  total.failed += partsFailed;
  if (stopping.signal.aborted) total.failed += 1;
  // A whole run that ran nothing is no success.
  else if (total.passed === 0 && total.failed === 0 && files.length > 0) total.failed += 1;
  lines.push(`${total.passed} passed, ${total.failed} failed`);
  process.stdout.write(`${lines.join('\n')}\n`);
  return total.failed > 0 ? 1 : 0;
});
