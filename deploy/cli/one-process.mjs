// The program of `up --one-process 1`: a hub and its local agent in one process. No other program loads the code of both.
import { fileURLToPath } from 'node:url';
import { load, setFlags } from '@roundhouse/agent/bin/load.mjs';
import { mapStacks } from '@roundhouse/agent/bin/stacks.mjs';
import { Api } from './api.mjs';
import { localAgent } from './local-agent.mjs';
import { firstKey, readSettings } from './settings.mjs';
import { main, Stop } from './terminal.mjs';

/**
 * Loads a program of a package.
 * @param {string} name @param {string} source its entry, compiled
 */
async function program(name, source) {
  const folder = fileURLToPath(new URL('.', import.meta.resolve(`@roundhouse/${name}/package.json`)));
  if (process.env.ROUNDHOUSE_UNBUNDLED === '1') return import(`${folder}dist/${source}`);
  const file = `${folder}bundle/${name}.cjs`;
  mapStacks(file);
  return load(file);
}

await main(async () => {
  const args = process.argv.slice(2);
  const settings = await readSettings(args);
  setFlags('hub');
  /** @type {typeof import('../../hub/index.js')} */
  const hubProgram = await program('hub', 'index.js');
  /** @type {typeof import('../../agent/main.js')} */
  const { createLog, readConfig, startAgent } = await program('agent', 'main.js');

  await hubProgram.run(['hub', ...args], async (hub) => {
    const api = new Api(settings.url, settings.tlsCert);
    try {
      const key = firstKey(settings.data) ?? settings.env.ROUNDHOUSE_API_KEY;
      if (!key) throw new Stop('There is no API key for the local agent to enrol with.');
      const { options, env } = await localAgent(settings, api, key);
      const config = readConfig({ flags: options, env, file: env.ROUNDHOUSE_AGENT_CONFIG });
      return startAgent(config, createLog(config.logLevel), undefined, { open: hub.openLocal });
    } finally {
      api.close();
    }
  });
  // The work is done, but a collector of traces that does not answer would keep the process alive.
  setTimeout(() => process.exit(), 500).unref();
  return Number(process.exitCode ?? 0);
});
