// Hub and local agent in one process, compared with two programs: tool calls and memory.
import { readFileSync } from 'node:fs';
import { measureCpu } from './cpu.mjs';
import { load, median } from './load.mjs';
import { call, startProduct } from './product.mjs';

const method = { rounds: 5, connections: 64, seconds: { throughput: 3, latency: 2, warmUp: 3 } };

/** The memory of processes, with a share of what they share with others. @param {readonly number[]} pids @returns {number} MiB */
const memoryOf = (pids) =>
  pids.reduce((sum, pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return sum + Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]) / 1024;
  }, 0);

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function oneProcess(cleanup) {
  const sides = [];
  for (const isOne of [false, true]) {
    const { url, key, hubPid, agentPid } = await startProduct(cleanup, {}, isOne);
    const target = {
      url: `${url}/api/tools/${call.name}/invoke`,
      method: /** @type {const} */ ('POST'),
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ arguments: call.arguments }),
    };
    const own = [...new Set([hubPid, agentPid])];
    sides.push({ name: isOne ? 'one process' : 'two programs', target, own, idle: memoryOf(own) });
  }
  for (const { target } of sides) await load(target, method.connections, method.seconds.warmUp);
  const rounds = sides.map(() => /** @type {Awaited<ReturnType<typeof measure>>[]} */ ([]));
  for (let round = 0; round < method.rounds; round += 1)
    for (const [index, { target, own }] of sides.entries()) rounds[index]?.push(await measure(target, own));
  return {
    title: `Tool call \`${call.name}\` by REST, hub and agent in two programs and in one process (${method.rounds} rounds in turn, medians)`,
    columns: [
      'p50 of one caller',
      'its CPU, µs a call',
      'calls/s of 64',
      'CPU, µs a call',
      'memory idle',
      'under load',
    ],
    rows: sides.map(({ name, idle }, index) => {
      const of = (/** @type {keyof Awaited<ReturnType<typeof measure>>} */ field) =>
        median((rounds[index] ?? []).map((one) => one[field]));
      return [
        name,
        `${of('p50').toFixed(2)} ms`,
        of('cpuOfOne').toFixed(0),
        Math.round(of('perSecond')).toLocaleString('en'),
        of('cpuOfMany').toFixed(0),
        `${Math.round(idle)} MiB`,
        `${Math.round(of('memory'))} MiB`,
      ];
    }),
  };
}

/** @param {import('./load.mjs').Target} target @param {readonly number[]} own */
async function measure(target, own) {
  const one = await measureCpu({ own }, () => load(target, 1, method.seconds.latency));
  let memory = 0;
  const look = setInterval(() => {
    memory = Math.max(memory, memoryOf(own));
  }, 250);
  const many = await measureCpu({ own }, () => load(target, method.connections, method.seconds.throughput));
  clearInterval(look);
  const microseconds = (/** @type {typeof one} */ { result, cpu }) => ((cpu.own ?? 0) / result.requests) * 1e6;
  return {
    p50: one.result.p50,
    cpuOfOne: microseconds(one),
    perSecond: many.result.requests / many.result.seconds,
    cpuOfMany: microseconds(many),
    memory,
  };
}
