import { readdirSync } from 'node:fs';
import t from 'tap';
import { boot, bootOf, ownProcesses } from '../../../agent/drivers/process/table.js';
import { harness, isError, never, repoPath, runs, spec } from './harness.js';

const light = () =>
  spec({
    transport: {
      case: 'stdio',
      value: { command: '/bin/sh', args: [repoPath('test/fixtures/servers/light.sh')], env: {} },
    },
  });

interface Reading {
  readonly descriptors: number;
  readonly handles: number;
  readonly heap: number;
}

async function read(): Promise<Reading> {
  // Twice, and with a turn in between: objects that the first collection frees may hold more.
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Buffers lie outside of the heap proper.
  const { heapUsed, external } = process.memoryUsage();
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    handles: process.getActiveResourcesInfo().length,
    heap: heapUsed + external,
  };
}

/** Least squares: how much a reading grows from one to the next. */
function slope(values: readonly number[]): number {
  const n = values.length;
  const middle = (n - 1) / 2;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const [up, down] = values.reduce(
    ([a, b], value, i) => [a + (i - middle) * (value - mean), b + (i - middle) ** 2],
    [0, 0],
  );
  return up / down;
}

t.test(
  '500 connects and disconnects, then 50 crashes, leave nothing',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async (t) => {
    const { setFlagsFromString } = await import('node:v8');
    setFlagsFromString('--expose-gc');
    const { runInNewContext } = await import('node:vm');
    globalThis.gc ??= runInNewContext('gc');
    const { servers, report, reports } = harness(t, { backoffFirstMs: 1, backoffMaxMs: 2, stableMs: 0 });
    const pids: number[] = [];
    const cycle = async () => {
      pids.push((await servers.connect('s1', never)).pid);
      await servers.disconnect('s1');
      reports.length = 0;
    };
    servers.put(light());
    // Warm up: some things are made only once.
    for (let i = 0; i < 50; i++) await cycle();
    const readings = [await read()];
    for (let i = 0; i < 500; i++) {
      await cycle();
      if (i % 100 === 99) readings.push(await read());
    }
    for (let i = 0; i < 50; i++) {
      pids.push((await servers.connect('s1', never)).pid);
      await t.rejects(servers.callTool('s1', 'die', Buffer.from('{}'), { signal: never }));
      await report(isError);
      reports.length = 0;
      if (i % 25 === 24) {
        await servers.disconnect('s1');
        readings.push(await read());
      }
    }
    t.equal(new Set(pids).size, 600);
    t.same(pids.filter(runs), []);
    t.same(
      (await ownProcesses()).filter(({ marker }) => bootOf(marker) === boot),
      [],
      'no process, wherever it went',
    );
    const grows = (of: keyof Reading) => slope(readings.map((one) => one[of]));
    t.ok(Math.abs(grows('descriptors')) < 0.5, `descriptors: ${readings.map(({ descriptors }) => descriptors)}`);
    t.ok(Math.abs(grows('handles')) < 0.5, `handles and timers: ${readings.map(({ handles }) => handles)}`);
    t.ok(grows('heap') < 256 * 1024, `heap, KiB: ${readings.map(({ heap }) => Math.round(heap / 1024))}`);
    t.same(
      process.eventNames().filter((name) => process.listenerCount(name) > 10),
      [],
      'no listener for each process',
    );
  },
);
