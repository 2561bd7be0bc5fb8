#!/usr/bin/env node
// The `roundhouse` command. An agent is installed without the hub: what belongs to the hub is loaded only where it is there.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from './load.mjs';
import { mapStacks } from './stacks.mjs';

const given = process.argv.slice(2);
const argv = given[0] === 'help' && given[1] === 'agent' ? ['agent', '--help'] : given;
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

/** Runs the command line of a package. @param {string} name @param {string} folder @param {string} source its entry, compiled */
async function start(name, folder, source) {
  const file = `${folder}${unbundled ? `dist/${source}` : `bundle/${name}.cjs`}`;
  if (!existsSync(file)) return fail(`the ${name} has not been built: run 'npm run build'`);
  if (unbundled) return (await import(file)).run(argv);
  mapStacks(file);
  return load(file).run(argv);
}

const hub = argv[0] === 'agent' ? undefined : hubFolder();
if (argv[0] === 'agent') await start('agent', fileURLToPath(new URL('../', import.meta.url)), 'main.js');
else if (hub !== undefined) await start('hub', hub, 'index.js');
else if (argv[0] === undefined || ['help', '--help', '-h'].includes(argv[0]))
  process.stdout.write(
    'Usage: roundhouse agent [options]\n\nThe other commands come with the package @roundhouse/hub.\n',
  );
else fail(`'${argv[0]}' is a command of the hub, and the package @roundhouse/hub is not installed here`);
