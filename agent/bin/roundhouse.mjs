#!/usr/bin/env node
// The `roundhouse` command. An agent is installed without the hub: the hub's code is loaded only if it is installed.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load, setFlags } from './load.mjs';
import { mapStacks } from './stacks.mjs';

const [first, ...others] = process.argv.slice(2);
/** `help NOUN` is `NOUN --help`. */
const given = first === 'help' ? [...others, '--help'] : first === undefined ? [] : [first, ...others];
/** `agent`, and `agent` with options only, are older forms of `agent run`. */
const runsAgent = given[0] === 'agent' && !(given[1] ?? '--').match(/^(?:[a-z]|-h$|--help$)/);
const isAgent = runsAgent || (given[0] === 'agent' && given[1] === 'run');
const argv = isAgent && !runsAgent ? ['agent', ...given.slice(2)] : given;
/** The compiled sources, as they are, in place of the bundle: for development. */
const unbundled = process.env.ROUNDHOUSE_UNBUNDLED === '1';

/** @returns {string | undefined} the folder of `@roundhouse/hub`, where that is installed */
function hubFolder() {
  try {
    return fileURLToPath(new URL('.', import.meta.resolve('@roundhouse/hub/package.json')));
  } catch {
    return undefined;
  }
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`roundhouse: ${message}\n`);
  process.exitCode = 1;
}

/**
 * Runs a program of a package.
 * @param {string} name @param {string} folder of the package @param {string} source its entry, compiled
 */
async function start(name, folder, source) {
  const file = `${folder}${unbundled ? `dist/${source}` : `bundle/${name}.cjs`}`;
  if (!existsSync(file)) return fail(`the ${name} has not been built: run 'npm run build'`);
  if (!unbundled) mapStacks(file);
  setFlags(name);
  const program = unbundled ? await import(file) : load(file);
  // The command line says how it ended; hub and agent set the exit code themselves.
  process.exitCode = (await program.run(argv)) ?? process.exitCode;
  // Hub and agent have finished their work, but a collector of traces that does not answer would keep the process alive.
  if (name !== 'cli') setTimeout(() => process.exit(), 500).unref();
}

const hub = isAgent ? undefined : hubFolder();
if (isAgent) await start('agent', fileURLToPath(new URL('../', import.meta.url)), 'main.js');
else if (hub === undefined && ['help', '--help', '-h', undefined].includes(argv[0]))
  process.stdout.write(
    'Usage: roundhouse agent run [options]\n\nThe other commands come with the package @roundhouse/hub.\n',
  );
else if (hub === undefined)
  fail(`'${argv[0]}' is a command of the hub, and the package @roundhouse/hub is not installed here`);
// The code of the hub is large: only the commands that need it load it.
else if (['hub', 'hubs', 'restore'].includes(argv[0] ?? '')) await start('hub', hub, 'index.js');
else await start('cli', hub, 'cli/main.js');
