// Published MCP gateways, each in front of the bench's MCP server over stdio, as their own pages say they are run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run, toolPath } from '../../deploy/local/prepare.mjs';
import { freePort } from '../free-port.mjs';
import { call, server } from './product.mjs';

const folder = join(root, '.cache', 'gateways');
const modules = join(folder, 'node_modules');
const startLimit = 120_000;

/** @typedef {{ name: string, url: string, pid: number, rest?: boolean }} Gateway `rest`: not `/mcp` is asked, but its REST endpoint */

const versions = { supergateway: '4.0.0', 'mcp-proxy': '6.7.19', 'mcp-hub': '4.2.1' };

/** @param {string} name @returns {string | undefined} */
function installed(name) {
  const file = join(modules, name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/** Installs them into `.cache`, where they are not there. */
async function install() {
  if (Object.entries(versions).every(([name, version]) => installed(name) === version)) return;
  const names = Object.entries(versions).map(([name, version]) => `${name}@${version}`);
  const quiet = ['--no-save', '--no-package-lock', '--ignore-scripts', '--loglevel=error'];
  await run('npm', ['install', '--prefix', folder, ...quiet, ...names], toolPath());
}

/** @param {string} script in `node_modules` @param {string[]} args @param {(() => Promise<void>)[]} cleanup */
function start(script, args, cleanup) {
  // In a group of its own: its child processes end with it.
  const child = spawn(process.execPath, [join(modules, script), ...args], { stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  cleanup.push(async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await ended;
  });
  return child.pid ?? 0;
}

/** Asks until the gateway answers a call rightly. @param {() => Promise<boolean>} works @param {string} name */
async function ready(works, name) {
  for (const end = Date.now() + startLimit; !(await works().catch(() => false)); ) {
    if (Date.now() > end) throw new Error(`${name} did not answer a call rightly within ${startLimit / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/**
 * @param {(() => Promise<void>)[]} cleanup gets the functions that end them
 * @param {(gateway: Gateway) => Promise<boolean>} works makes one call
 * @returns {Promise<Gateway[]>}
 */
export async function startGateways(cleanup, works) {
  await install();
  const command = [server.command, ...server.args];
  const [one, two, three] = [await freePort(), await freePort(), await freePort()];
  const config = mkdtempSync(join(tmpdir(), 'roundhouse-gateway-'));
  cleanup.push(async () => rmSync(config, { recursive: true, force: true }));
  const file = join(config, 'servers.json');
  writeFileSync(file, JSON.stringify({ mcpServers: { everything: server } }));
  const stateful = ['--outputTransport', 'streamableHttp', '--stateful', '--logLevel', 'none'];
  /** @type {Gateway[]} */
  const gateways = [
    {
      name: `supergateway ${versions.supergateway}`,
      url: `http://127.0.0.1:${one}/mcp`,
      pid: start(
        'supergateway/dist/index.js',
        ['--stdio', command.join(' '), '--port', String(one), ...stateful],
        cleanup,
      ),
    },
    {
      name: `mcp-proxy ${versions['mcp-proxy']}`,
      url: `http://127.0.0.1:${two}/mcp`,
      pid: start(
        'mcp-proxy/dist/bin/mcp-proxy.mjs',
        ['--port', String(two), '--host', '127.0.0.1', '--server', 'stream', '--', ...command],
        cleanup,
      ),
    },
    {
      name: `mcp-hub ${versions['mcp-hub']}, REST`,
      url: `http://127.0.0.1:${three}/api/servers/tools`,
      pid: start('mcp-hub/dist/cli.js', ['--port', String(three), '--config', file], cleanup),
      rest: true,
    },
  ];
  for (const gateway of gateways) await ready(() => works(gateway), gateway.name);
  return gateways;
}

/** The body of a call at mcp-hub's REST endpoint. */
export const restBody = JSON.stringify({ server_name: 'everything', tool: call.name, arguments: call.arguments });
