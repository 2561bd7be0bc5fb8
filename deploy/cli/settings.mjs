// The settings that `up` itself needs to know; all others go through to the hub as they are.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Stop } from './terminal.mjs';

/** @param {string} name the setting's name without prefix, in lower case */
const variable = (name) => `ROUNDHOUSE_${name.toUpperCase().replaceAll('-', '_')}`;

/**
 * Turns `--name value` and `--name=value` into the environment variables of the same settings, which win over it.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ env: NodeJS.ProcessEnv, config: string | undefined }}
 */
function withFlags(args, env) {
  const merged = { ...env };
  let config;
  for (let i = 0; i < args.length; i += 1) {
    const flag = /^--([a-z][a-z0-9_-]*)(?:=(.*))?$/s.exec(args[i] ?? '');
    if (!flag) throw new Stop(`\`${args[i]}\` is no setting: give --NAME VALUE, or see --help.`);
    const value = flag[2] ?? args[++i];
    if (value === undefined) throw new Stop(`\`${args[i - 1]}\` needs a value.`);
    if (flag[1] === 'config') config = resolve(value);
    else merged[variable(flag[1] ?? '')] = value;
  }
  return { env: merged, config };
}

/** @param {string} file @returns {Promise<Record<string, unknown>>} */
async function readConfig(file) {
  const { parse } = await import('yaml');
  try {
    return parse(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    throw new Stop(`Cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** @param {string} name @param {string} text `host:port`, `[v6]:port`, `:port` for all addresses, `port` for loopback */
function address(name, text) {
  const match = /^(?:(\[[0-9a-f:]+\]|[^:]*):)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65535) throw new Stop(`${name} must be HOST:PORT; it is \`${text}\`.`);
  if (port === 0) throw new Stop(`${name} needs a fixed port here; it is \`${text}\`.`);
  const host = (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, '') || '0.0.0.0';
  // A wildcard is an address to listen on, not one to call.
  const reach = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return { host, port, reach: reach.includes(':') ? `[${reach}]:${port}` : `${reach}:${port}` };
}

/**
 * @param {readonly string[]} args the arguments after `up`
 * @param {NodeJS.ProcessEnv} base
 */
export async function readSettings(args, base = process.env) {
  const { env, config } = withFlags(args, base);
  const file = config ? await readConfig(config) : {};
  /** @param {string} name @param {string} fallback */
  const setting = (name, fallback) => String(env[variable(name)] || (file[name] ?? fallback));

  const data = resolve(setting('data', './data'));
  const http = address('ROUNDHOUSE_LISTEN', setting('listen', '127.0.0.1:8080'));
  const tlsCert = setting('tls_cert', '');
  const demo = setting('demo', '1');
  return {
    /** The hub's environment: all variables, with this command's default for the demo server. */
    env: /** @type {NodeJS.ProcessEnv} */ ({ ...env, ROUNDHOUSE_DATA: data, ROUNDHOUSE_DEMO: demo }),
    hubArgs: config ? ['--config', config] : [],
    data,
    http,
    agents: address('ROUNDHOUSE_AGENT_LISTEN', setting('agent_listen', '127.0.0.1:8443')),
    url: `${tlsCert ? 'https' : 'http'}://${http.reach}`,
    tlsCert: tlsCert && resolve(tlsCert),
    demo: demo === '1' || demo === 'true',
    /** Whether hub and local agent run in one process. Not a setting of the hub, so no configuration file has it. */
    oneProcess: env.ROUNDHOUSE_ONE_PROCESS === '1' || env.ROUNDHOUSE_ONE_PROCESS === 'true',
    passwordGiven: setting('admin_password', '') !== '',
  };
}

/** @typedef {Awaited<ReturnType<typeof readSettings>>} Settings */

/** The first API key, which the hub left in its data folder. @param {string} data */
export function firstKey(data) {
  const file = join(data, 'first-key');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
