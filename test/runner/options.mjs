// The options of the command line.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, Stop } from '../../deploy/local/prepare.mjs';
import { groups } from './files.mjs';

/** The help that `--help` prints. */
export const help = `npm test -- [options] [tier or path …]

  unit, api, e2e …      the tests of a tier; serial: those that run alone
  test/unit/x.test.ts   a file, or every test below a folder
  --failed              the files that failed in the last run
  --changed [REV]       the tests that a change since REV can break (REV: where the branch left main)
  --shuffle [SEED]      files in random order; the seed is printed
  --jobs N              processes of tests at a time (6)
  --timeout SECONDS     limit of a file (600)
  --reruns N            how often a failed file is run again, alone (5)
  --record-weights      keeps the times of this run in test/runner, in weights.json and durations.json, for later runs
  --parts               lists the programs that tests need and that are missing, and runs nothing
  --coverage            shows what of hub and agent the tests run
Options of tap:
  -g, --grep PATTERN · -i, --invert · -o, --only · -b, --bail · --node-arg ARG · --test-arg ARG · --test-env NAME=VALUE
`;

/** @type {import('node:util').ParseArgsConfig['options']} */
const options = {
  bail: { type: 'boolean', short: 'b' },
  changed: { type: 'string' },
  coverage: { type: 'boolean' },
  failed: { type: 'boolean' },
  grep: { type: 'string', short: 'g', multiple: true },
  help: { type: 'boolean', short: 'h' },
  invert: { type: 'boolean', short: 'i' },
  jobs: { type: 'string', short: 'j' },
  'node-arg': { type: 'string', multiple: true },
  only: { type: 'boolean', short: 'o' },
  parts: { type: 'boolean' },
  'record-weights': { type: 'boolean' },
  reruns: { type: 'string' },
  shuffle: { type: 'string' },
  'test-arg': { type: 'string', multiple: true },
  'test-env': { type: 'string', multiple: true },
  timeout: { type: 'string', short: 't' },
};

/** @param {string} name @param {string | undefined} value @param {number} otherwise @param {number} least */
function whole(name, value, otherwise, least) {
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (Number.isInteger(number) && number >= least) return number;
  throw new Stop(`--${name} is ${JSON.stringify(value)}: expected a whole number from ${least}.`);
}

/** @param {string | undefined} word whether it is an option, a tier or a path, and so no value of the option before it */
const standsAlone = (word) =>
  word === undefined || word.startsWith('-') || groups().includes(word) || existsSync(join(root, word));

/** Gives the options whose value may be left out one of their own: parseArgs knows no such options. @param {readonly string[]} args */
function withValues(args) {
  return args.map((arg, index) => {
    if ((arg !== '--changed' && arg !== '--shuffle') || !standsAlone(args[index + 1])) return arg;
    return arg === '--changed' ? '--changed=' : `--shuffle=${Math.floor(Math.random() * 1e6)}`;
  });
}

/**
 * @param {readonly string[]} args
 * @throws {Stop} naming the option that is unknown or has a wrong value
 */
export function readOptions(args) {
  let parsed;
  try {
    parsed = parseArgs({ args: withValues(args), options, allowPositionals: true });
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : error}\n\n${help}`);
  }
  const { positionals } = parsed;
  const values = /** @type {Record<string, any>} */ (parsed.values);
  for (const entry of values['test-env'] ?? [])
    if (!entry.includes('=')) throw new Stop(`--test-env is ${JSON.stringify(entry)}: expected NAME=VALUE.`);
  return {
    named: positionals,
    bail: Boolean(values.bail),
    /** The revision, empty for the default one; `undefined`: tests are not chosen by changes. @type {string | undefined} */
    changed: values.changed,
    coverage: Boolean(values.coverage),
    failed: Boolean(values.failed),
    help: Boolean(values.help),
    parts: Boolean(values.parts),
    jobs: whole('jobs', values.jobs, 6, 1),
    recordWeights: Boolean(values['record-weights']),
    reruns: whole('reruns', values.reruns, 5, 0),
    shuffle: values.shuffle === undefined ? undefined : whole('shuffle', values.shuffle, 0, 0),
    timeoutMs: whole('timeout', values.timeout, 600, 1) * 1000,
    nodeArgs: /** @type {string[]} */ (values['node-arg'] ?? []),
    testArgs: /** @type {string[]} */ (values['test-arg'] ?? []),
    /** tap's options reach a test file as variables. @type {Record<string, string>} */
    env: {
      ...(values.grep && { TAP_GREP: values.grep.join('\n') }),
      ...(values.invert && { TAP_INVERT: '1' }),
      ...(values.only && { TAP_ONLY: '1' }),
      ...Object.fromEntries((values['test-env'] ?? []).map((/** @type {string} */ entry) => entry.split(/=(.*)/s, 2))),
    },
  };
}
