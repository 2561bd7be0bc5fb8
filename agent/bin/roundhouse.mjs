#!/usr/bin/env node
// The `roundhouse` command. An agent is installed without the hub: what belongs to the hub is loaded only where it is there.
import { existsSync } from 'node:fs';

const given = process.argv.slice(2);
const argv = given[0] === 'help' && given[1] === 'agent' ? ['agent', '--help'] : given;
const agent = new URL('../dist/main.js', import.meta.url);

/** The commands of `@roundhouse/hub`; `undefined` where it is not installed. */
async function hubCommands() {
  try {
    return await import('@roundhouse/hub/cli');
  } catch (error) {
    const missing = error?.code === 'ERR_MODULE_NOT_FOUND' && /@roundhouse\/hub|hub\/dist\/cli/.test(error.message);
    if (!missing) throw error;
    return undefined;
  }
}

/** @param {string} message */
function fail(message) {
  process.stderr.write(`roundhouse: ${message}\n`);
  process.exitCode = 1;
}

if (argv[0] === 'agent') {
  if (existsSync(agent)) await (await import(agent.href)).run(argv);
  else fail("the agent has not been built: run 'npm run build'");
} else {
  const hub = await hubCommands();
  if (hub) await hub.run(argv);
  else if (argv.length === 0 || ['help', '--help', '-h'].includes(argv[0])) {
    process.stdout.write(
      'Usage: roundhouse agent [options]\n\nThe other commands come with the package @roundhouse/hub.\n',
    );
  } else fail(`'${argv[0]}' is a command of the hub, and the package @roundhouse/hub is not installed here`);
}
