// `roundhouse up`: runs a hub and a local agent in the foreground.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api } from './api.mjs';
import { Child } from './child.mjs';
import { localAgent, site } from './local-agent.mjs';
import { checkFree } from './ports.mjs';
import { firstKey, readSettings } from './settings.mjs';
import { Stop, say } from './terminal.mjs';

const bin = fileURLToPath(import.meta.resolve('@roundhouse/agent/bin/roundhouse.mjs'));
const oneProcess = fileURLToPath(new URL('one-process.mjs', import.meta.url));
/** The name of the server that the hub registers for a first try. */
const demoName = 'demo';
/** The demo server is installed from npm on the first start; after this long `up` goes on without it. */
const demoLimitMs = 180_000;

/**
 * Starts the hub. In one process with its local agent, both have to end one after the other.
 * @param {import('./settings.mjs').Settings} settings @param {NodeJS.ProcessEnv} env
 */
function startHub(settings, env) {
  if (!settings.oneProcess) return new Child('hub', [bin, 'hub', ...settings.hubArgs], env);
  return new Child('hub with its local agent', [oneProcess, ...settings.hubArgs], env, 30_000);
}

/**
 * @param {import('./settings.mjs').Settings} settings
 * @param {Api} api @param {string} key
 */
async function startAgent(settings, api, key) {
  const { options, env } = await localAgent(settings, api, key);
  return new Child('local agent', [bin, 'agent', '--hub', options.hub, '--data', options.data], env);
}

const help = `Usage: roundhouse up [--config FILE] [--SETTING VALUE ...]

Runs a hub and an agent of the site '${site}' in the foreground until Ctrl-C.
It takes every setting of the hub, as an option or from the environment:
see 'roundhouse hub --help'. The most common ones:

  --listen HOST:PORT        address for HTTP (default: 127.0.0.1:8080)
  --agent-listen HOST:PORT  address for agents (default: 127.0.0.1:8443)
  --data DIR                data folder (default: ./data)
  --demo 0                  no demo server on the first start
  --one-process 1           hub and agent in one process: faster calls, but
                            servers restart when the hub does
  --config FILE             YAML file with settings

Example:
  roundhouse up --data ./data --listen 127.0.0.1:9000
`;

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/**
 * The first steps for a reader: the address, the credentials, a call to paste.
 * @param {{ url: string, tls: boolean, key: string, keyFile: string, password?: string, demo: boolean, took: string }} facts
 */
function welcome({ url, tls, key, keyFile, password, demo, took }) {
  const lines = [
    '',
    `Roundhouse is ready at ${url} (${took}).`,
    '',
    `  API key   ${key}`,
    `            kept in ${keyFile}`,
  ];
  if (password) lines.push('  user      admin', `  password  ${password}`, '            shown this once');
  if (demo) {
    lines.push(
      '',
      'Call a tool of the demo server:',
      '',
      `  curl -sS${tls ? 'k' : ''} ${url}/api/tools/echo/invoke \\`,
      `    -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
      `    -d '{"serverId":"${demoName}","arguments":{"message":"Hello, Roundhouse!"}}'`,
    );
  }
  process.stdout.write(`${lines.join('\n')}\n\nCtrl-C ends it.\n`);
}

/**
 * Whether there is a demo server to call, once that is known.
 * @param {Api} api @param {string} key @param {AbortSignal} stopped
 */
async function demoConnected(api, key, stopped) {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(demoLimitMs)]);
  try {
    const server = await api.server(demoName, key, signal);
    if (server?.status === 'error') say(`The demo server failed to start; see GET /connect/api/servers/${server.id}.`);
    return server?.status === 'connected';
  } catch (error) {
    if (stopped.aborted) throw error;
    say(`The demo server is not connected after ${demoLimitMs / 1000} s; going on without it.`);
    return false;
  }
}

/**
 * Starts everything and says so; rejects when the signal aborts or a child dies.
 * @param {import('./settings.mjs').Settings} settings
 * @param {Child[]} children filled in as they start
 * @param {Api} api @param {AbortSignal} signal
 */
async function start(settings, children, api, signal) {
  // Counted from this process's start, as all of these times are.
  const begun = performance.now();
  const { data, env } = settings;
  const keyBefore = firstKey(data);
  const password = keyBefore || settings.passwordGiven ? undefined : randomBytes(15).toString('base64url');
  const hubEnv = password ? { ...env, ROUNDHOUSE_ADMIN_PASSWORD: password } : env;

  const hub = startHub(settings, hubEnv);
  children.unshift(hub);
  await Promise.race([api.healthy(signal), hub.failed]);
  // A password that the hub did not take, because it has its users already, is not worth showing.
  const key = firstKey(data) ?? env.ROUNDHOUSE_API_KEY;
  const made = keyBefore === undefined && firstKey(data) !== undefined ? password : undefined;
  try {
    if (!key) throw new Stop(`There is no API key: ${join(data, 'first-key')} is missing.`);
    if (!settings.oneProcess) children.unshift(await startAgent(settings, api, key));
    const failed = Promise.race(children.map((child) => child.failed));
    await Promise.race([api.agent(site, key, signal), failed]);
    for (const child of children) child.started();
    const demo = settings.demo && (await demoConnected(api, key, signal));
    const took = `started in ${seconds(performance.now() - begun)}`;
    const tls = settings.tlsCert !== '';
    welcome({ url: settings.url, tls, key, keyFile: join(data, 'first-key'), password: made, demo, took });
  } catch (error) {
    if (made) say(`The password of user admin, shown this once, is ${made}`);
    throw error;
  }
}

/**
 * Runs hub and agent until a signal ends them.
 * @param {readonly string[]} args settings: `--name value`
 * @returns {Promise<number>} the exit code
 */
export async function up(args) {
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    process.stdout.write(help);
    return 0;
  }
  const settings = await readSettings(args);
  await checkFree(settings.http, 'ROUNDHOUSE_LISTEN');
  await checkFree(settings.agents, 'ROUNDHOUSE_AGENT_LISTEN');

  /** The agent first, so that the hub sees it leave. @type {Child[]} */
  const children = [];
  const api = new Api(settings.url, settings.tlsCert);
  const stop = new AbortController();
  const stopped = new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A second signal ends the programs at once.
      if (stop.signal.aborted) for (const child of children) child.kill();
      else say('Stopping: calls under way may end first, for some seconds. Ctrl-C again ends everything at once.');
      stop.abort();
    });
  }
  // npm and npx pass signals on, but not when they are killed: this process is then left to another parent.
  const parent = process.ppid;
  const orphaned = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== parent) stop.abort();
  }, 500);
  try {
    await start(settings, children, api, stop.signal);
    await stopped;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearInterval(orphaned);
    stop.abort();
    api.close();
    for (const child of children) await child.stop();
  }
  say('Stopped.');
  return 0;
}
