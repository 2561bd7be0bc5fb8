// Commands on a router over SSH, in turn: the agent's driver, bare ssh2 that knows the prompt, and netmiko.
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parts, pythonFolder, pythonPath } from '../../deploy/local/parts.mjs';
import { root } from '../../deploy/local/prepare.mjs';
import { median } from './load.mjs';

const order = { command: 'show version', count: 100, warmUp: 25, rounds: 150 };
const limit = 90_000;

/** @param {number} ms */
const shown = (ms) => `${ms.toFixed(1)} ms`;

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function deviceCommands(cleanup) {
  const title = `${order.count} × \`${order.command}\` on FRRouting over one SSH connection`;
  const missing = [parts.frr, parts.sshd].filter((part) => !part.present()).map((part) => part.package);
  if (missing.length > 0) return { title, rows: [['not measured', `${missing.join(' and ')} missing`]] };
  // The router is a fixture of the tests, in TypeScript as they are.
  const child = fork(join(root, 'test/bench/device-commands.ts'), {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: ['--import', '@tapjs/typescript/import'],
    env: { ...process.env, TS_NODE_TRANSPILE_ONLY: '1', TAP_CWD: root, TAP_TSCONFIG: 'tsconfig.json' },
  });
  const ended = once(child, 'exit');
  cleanup.push(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  child.send(order);
  const answered = once(child, 'message', { signal: AbortSignal.timeout(limit) });
  const early = ended.then(() => Promise.reject(new Error('The process of the commands ended early.')));
  const [{ error, ours, floor, router }] = await Promise.race([answered, early]);
  if (error) throw new Error(`The commands failed: ${error}`);
  const [mine, least] = [median(ours), median(floor)];
  const rounds = ours.map((/** @type {number} */ ms, /** @type {number} */ round) => ms / floor[round]);
  return {
    title,
    rows: [
      ['Roundhouse', shown(mine)],
      ['bare ssh2 that knows the prompt', shown(least)],
      ['ratio of the medians; median of the ratios', `${(mine / least).toFixed(2)}; ${median(rounds).toFixed(2)}`],
      ['netmiko', parts.netmiko.present() ? shown(await netmiko(router)) : `${parts.netmiko.package} missing`],
    ],
  };
}

/** @param {{ host: string, port: number, username: string, password: string, hostname: string }} router */
async function netmiko({ hostname, ...router }) {
  const { command, count } = order;
  // Of netmiko's platforms, IOS is closest to vtysh.
  const connect = { device_type: 'cisco_ios', ...router };
  const task = JSON.stringify({ connect, command, count, send: { expect_string: `(?m:^${hostname}# $)` } });
  const env = { ...process.env, PYTHONPATH: pythonFolder };
  const script = join(root, 'test/bench/floors/netmiko_commands.py');
  const { stdout } = await promisify(execFile)(pythonPath, [script, task], { env, timeout: limit });
  return JSON.parse(stdout).ms;
}
