// Runs `npm run up`'s script as a user does: on a data folder, reading its output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../deploy/local/prepare.mjs';
import { freePort } from './free-port.mjs';
import { countProgram } from './runner/programs.mjs';

/** The printed curl as arguments for `fetch`. @param {string} output @returns {[string, RequestInit & { body: string }] | undefined} */
function parseCurl(output) {
  const command = /^ {2}curl [\s\S]*?\n(?=\n)/m.exec(output)?.[0];
  const url = command && /https?:\S+/.exec(command)?.[0];
  const body = command && /-d '([^']*)'/.exec(command)?.[1];
  if (!command || !url || !body) return undefined;
  const headers = [...command.matchAll(/-H '([^:]+): ([^']*)'/g)].map(([, name = '', value = '']) => [name, value]);
  return [url, { method: 'POST', headers: Object.fromEntries(headers), body }];
}

/**
 * Starts hub and agent on free ports, and resolves when `up` says that it is ready.
 * @param {string} data
 * @param {NodeJS.ProcessEnv} [settings]
 * @param {readonly [program: string, ...args: string[]]} [command] the command to start; default: the script itself
 * @param {string} [cwd] the folder in which it starts; default: the clone
 * @throws where it ends before that
 */
export async function startUp(
  data,
  settings = {},
  command = [process.execPath, join(root, 'deploy/local/up.mjs')],
  cwd = root,
) {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('ROUNDHOUSE_'));
  const env = {
    ...Object.fromEntries(clean),
    ROUNDHOUSE_LISTEN: `127.0.0.1:${await freePort()}`,
    ROUNDHOUSE_AGENT_LISTEN: `127.0.0.1:${await freePort()}`,
    ROUNDHOUSE_DATA: data,
    ...settings,
  };
  const begun = performance.now();
  const [program, ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit');
  let output = '';
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const ready = new Promise((resolve) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (output.includes('Ctrl-C ends it.')) resolve(undefined);
    });
  });
  // With its last output.
  const ended = once(child, 'close').then(([code]) =>
    Promise.reject(new Error(`up ended with exit code ${code}:\n${log}`)),
  );
  await Promise.race([ready, ended]);
  for (const kind of ['hub', 'agent']) countProgram(kind);
  return {
    /** Milliseconds until it was ready. */
    took: performance.now() - begun,
    output,
    curl: parseCurl(output),
    pid: child.pid ?? 0,
    log: () => log,
    /** @param {NodeJS.Signals} signal @returns {Promise<number | null>} the exit code */
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const [code] = await exit;
      return code;
    },
  };
}
