// The process of the scenario `devices`: a router of its own, and the same commands on it by the agent's driver and by bare ssh2, in turn.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import ssh2, { type ClientChannel } from 'ssh2';
import type { Test } from 'tap';
import { createDevices } from '../../agent/dist/drivers/network/devices.js';
import { Sealer } from '../../agent/dist/sealer.js';
import { type Frr, startFrr } from '../fixtures/frr/frr.js';
import { deviceSpec } from '../parts/network/harness.js';

/** A measurement: a command, how many times in a row, and in how many rounds, after some rounds that do not count. */
export interface Order {
  readonly command: string;
  readonly count: number;
  readonly warmUp: number;
  readonly rounds: number;
}

type Run = (order: Order) => Promise<string>;

const never = new AbortController().signal;
const cleanup: (() => unknown)[] = [];

/** The agent's driver, all commands in one request, as the hub sends them. */
async function driver({ host: hostname, port, username, password }: Frr): Promise<Run> {
  const dataDir = mkdtempSync(join(tmpdir(), 'roundhouse-bench-'));
  const log = pino({ level: 'silent' });
  const policy = () => ({ readOnly: false, url: () => undefined, permits: () => undefined });
  const devices = createDevices({ dataDir, sealer: new Sealer(dataDir), log, policy });
  cleanup.push(
    () => rmSync(dataDir, { recursive: true, force: true }),
    () => devices.close(),
  );
  devices.put(deviceSpec({ platform: 'frr', hostname, port, credentials: { username, password } }));
  await devices.connect('d1', never);
  return async ({ command, count }) => {
    const one = { text: command, timeoutMs: 0, structured: false, answers: [] };
    const commands = Array.from({ length: count }, () => one);
    const results = await devices.run('d1', { commands, allowChanges: false, stopOnError: false }, never);
    return results.at(-1)?.output ?? '';
  };
}

/** ssh2 with the prompt given: the least code that reads an output to its end. */
async function bare({ host, port, username, password, hostname }: Frr): Promise<Run> {
  const client = new ssh2.Client();
  cleanup.push(() => client.end());
  client.connect({ host, port, username, password });
  await once(client, 'ready');
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.shell({ term: 'vt100', cols: 511, rows: 1000 }, (error, opened) =>
      error ? reject(error) : resolve(opened),
    );
  });
  const prompt = `${hostname}# `;
  let text = '';
  let ended = () => {};
  channel.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.endsWith(prompt)) ended();
  });
  const end = () =>
    new Promise<string>((resolve) => {
      ended = () => {
        const output = text.slice(text.indexOf('\n') + 1, -prompt.length).replaceAll('\r\n', '\n');
        text = '';
        resolve(output);
      };
    });
  await end();
  const run = (command: string) => {
    const output = end();
    channel.write(`${command}\n`);
    return output;
  };
  await run('terminal length 0');
  return async ({ command, count }) => {
    let last = '';
    for (let n = 0; n < count; n += 1) last = await run(command);
    return last;
  };
}

async function measure(order: Order, sides: readonly Run[]): Promise<number[][]> {
  const outputs = await Promise.all(sides.map((run) => run(order)));
  if (new Set(outputs.map((output) => output.trimEnd())).size !== 1) throw new Error('The two do not read the same.');
  const times: number[][] = sides.map(() => []);
  for (let round = -order.warmUp; round < order.rounds; round += 1) {
    for (const [side, run] of sides.entries()) {
      const start = performance.now();
      await run(order);
      if (round >= 0) times[side]?.push(performance.now() - start);
    }
  }
  return times;
}

process.once('message', async (order: Order) => {
  try {
    const frr = await startFrr({ teardown: (end: () => unknown) => void cleanup.push(end) } as unknown as Test);
    const { host, port, username, password, hostname } = frr;
    const [ours, floor] = await measure(order, [await driver(frr), await bare(frr)]);
    process.send?.({ ours, floor, router: { host, port, username, password, hostname } });
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.stack : String(error) });
  }
});
// The router is there until the bench has done with it.
process.once('disconnect', async () => {
  for (const end of cleanup.reverse()) await end();
  process.exit();
});
