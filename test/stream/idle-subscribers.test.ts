import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { scaled } from '../nightly.js';
import { ADMIN_KEY, startHubProcess } from '../roundhouse.js';

const SUBSCRIBERS = scaled(10_000);
/** The hub without subscribers, and each of them: 400 MiB for 10,000. */
const MOST_BYTES = 200 * 2 ** 20 + SUBSCRIBERS * 20_971;

/** A process's resident memory, bytes. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

t.test(
  `${SUBSCRIBERS} idle subscribers within ${Math.round(MOST_BYTES / 2 ** 20)} MiB`,
  { skip: process.platform !== 'linux' },
  async (t) => {
    const hub = await startHubProcess(t);
    const { hostname, port } = new URL(hub.url);
    const before = await memoryOf(hub.pid);
    const script = fileURLToPath(new URL('idle-clients.mjs', import.meta.url));
    const clients = fork(script, [hostname, port, ADMIN_KEY, String(SUBSCRIBERS)], { execArgv: [] });
    t.teardown(() => clients.kill());
    const [opened] = await once(clients, 'message');
    t.same(opened, { open: SUBSCRIBERS });

    // Past the socket layer's ten seconds, with heartbeats for all.
    const cpu = await cpuSeconds(hub.pid);
    await pause(16_000);
    const idleCpu = ((await cpuSeconds(hub.pid)) - cpu) / 16;
    const idle = await memoryOf(hub.pid);
    t.ok(idle < MOST_BYTES, `${Math.round(idle / 2 ** 20)} MiB resident`);
    const each = Math.round((idle - before) / SUBSCRIBERS);
    t.comment(`${Math.round(idle / 2 ** 20)} MiB: ${each} bytes for each; ${Math.round(idleCpu * 100)} % of a CPU`);
    const report = async () => {
      clients.send('report');
      return (await once(clients, 'message'))[0];
    };
    await wait('every subscriber has two comments', async () => (await report()).comments >= 2 * SUBSCRIBERS);
    t.match(await report(), { open: SUBSCRIBERS, closed: 0 }, 'each gets its comments');

    const told = once(clients, 'message');
    const started = performance.now();
    await hub.call('POST', '/api/groups', { name: 'heard by all' });
    const [heard] = await told;
    t.same(heard, { events: SUBSCRIBERS });
    t.comment(`an event reached all after ${Math.round(performance.now() - started)} ms`);
    const afterwards = await memoryOf(hub.pid);
    t.ok(afterwards < MOST_BYTES, `${Math.round(afterwards / 2 ** 20)} MiB resident`);
  },
);
