import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Owner } from './hub.js';
import { wait } from './wait.js';

/** Starts Prometheus in a folder that has its `prometheus.yml`; resolves with its address. It ends with the test. */
export async function startPrometheus(t: Owner, folder: string): Promise<string> {
  const args = ['--config.file=prometheus.yml', '--storage.tsdb.path=data', '--web.listen-address=127.0.0.1:0'];
  const prometheus = spawn('prometheus', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  t.teardown(async () => {
    prometheus.kill();
    if (prometheus.exitCode === null) await once(prometheus, 'exit');
  });
  const url = await listening(prometheus.stderr);
  await wait('Prometheus is ready', async () => (await fetch(`${url}/-/ready`)).ok);
  return url;
}

/** Prometheus logs the port that it took. */
async function listening(log: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: log })) {
    const [, address] = /msg="Listening on" address=(\S+)/.exec(line) ?? [];
    if (address) {
      log.resume();
      return `http://${address}`;
    }
  }
  throw new Error('prometheus ended');
}
