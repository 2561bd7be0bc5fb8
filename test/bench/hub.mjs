// A hub at addresses that stay, to be stopped and started again, with a data folder of its own.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../../deploy/cli/api.mjs';
import { Child } from '../../deploy/cli/child.mjs';
import { root } from '../../deploy/local/prepare.mjs';
import { freePort } from '../free-port.mjs';

const startLimit = 30_000;
export const key = 'roundhouse-bench-key-0123456789abcdef';
export const bin = join(root, 'agent/bin/roundhouse.mjs');

/** The environment without settings of the caller's. @param {Record<string, string>} settings */
export const environment = (settings) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROUNDHOUSE_'))),
  ...settings,
});

/** @param {number} pid @returns {number} resident memory, bytes */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** @param {(() => Promise<void>)[]} cleanup gets the functions that end all of it */
export async function startHub(cleanup) {
  const data = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
  cleanup.push(async () => rmSync(data, { recursive: true, force: true }));
  const [port, agentPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const env = environment({
    ROUNDHOUSE_LISTEN: `127.0.0.1:${port}`,
    ROUNDHOUSE_AGENT_LISTEN: `127.0.0.1:${agentPort}`,
    ROUNDHOUSE_DATA: data,
    ROUNDHOUSE_API_KEY: key,
    ROUNDHOUSE_ADMIN_PASSWORD: 'only-for-this-bench',
    ROUNDHOUSE_DEMO: '0',
    ROUNDHOUSE_LOG_LEVEL: 'warn',
    ROUNDHOUSE_RATE_LIMIT_SCALE: '1000000',
  });
  const api = new Api(url, '');
  cleanup.push(async () => api.close());
  /** @type {Child | undefined} */
  let child;
  const start = async () => {
    const started = new Child('hub', [bin, 'hub'], env);
    child = started;
    await Promise.race([api.healthy(AbortSignal.timeout(startLimit)), started.failed]);
  };
  await start();
  cleanup.push(async () => child?.stop());
  return {
    url,
    api,
    data,
    agentAddress: `127.0.0.1:${agentPort}`,
    pid: () => child?.pid ?? 0,
    start,
    stop: async () => child?.stop(),
  };
}
