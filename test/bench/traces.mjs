// Tool calls with traces off and on: two hubs with an agent each, in turn.
import { createServer } from 'node:http';
import { measureCpu } from './cpu.mjs';
import { load } from './load.mjs';
import { call, startProduct } from './product.mjs';

const method = { rounds: 9, connections: 32, seconds: 2 };

/** Takes spans and metrics, and throws them away, as cheaply as a collector can. @param {(() => Promise<void>)[]} cleanup */
async function startSink(cleanup) {
  const sink = createServer((request, response) => request.resume().on('end', () => response.end()));
  cleanup.push(async () => void sink.close());
  const { port } = await new Promise((resolve) => sink.listen(0, '127.0.0.1', () => resolve(sink.address())));
  return `http://127.0.0.1:${port}`;
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function traces(cleanup) {
  const body = JSON.stringify({ arguments: call.arguments });
  const endpoint = await startSink(cleanup);
  const on = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER: 'traceidratio' };
  const sides = [];
  for (const [name, settings] of /** @type {const} */ ([
    ['off', {}],
    ['1 call of 10', { ...on, OTEL_TRACES_SAMPLER_ARG: '0.1' }],
    ['each call', { ...on, OTEL_TRACES_SAMPLER_ARG: '1' }],
  ])) {
    const product = await startProduct(cleanup, settings);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${product.key}` };
    const url = `${product.url}/api/tools/${call.name}/invoke`;
    const target = /** @type {const} */ ({ url, method: 'POST', headers, body });
    sides.push({
      name,
      product,
      target,
      rounds: /** @type {{ perSecond: number, hub: number, agent: number }[]} */ ([]),
    });
  }
  for (const { target } of sides) await load(target, method.connections, method.seconds);
  for (let round = 0; round < method.rounds; round += 1) {
    for (const { product, target, rounds } of sides) {
      const processes = { hub: [product.hubPid], agent: [product.agentPid] };
      const { result, cpu } = await measureCpu(processes, () => load(target, method.connections, method.seconds));
      if (result.errors > 0) throw new Error(`${result.errors} calls failed`);
      const each = (/** @type {number | undefined} */ seconds = 0) => (seconds / result.requests) * 1e6;
      rounds.push({ perSecond: result.requests / result.seconds, hub: each(cpu.hub), agent: each(cpu.agent) });
    }
  }
  const [off] = sides;
  return {
    title: `Tool calls by REST and their traces (${method.connections} connections, ${method.rounds} rounds of ${method.seconds} s in turn, medians)`,
    columns: ['calls/s', 'beside off', 'CPU of the hub, µs a call', 'of the agent', 'CPU beside off'],
    rows: sides.map(({ name, rounds }) => {
      const beside = (/** @type {(round: (typeof rounds)[number]) => number} */ value) =>
        median(rounds.map((round, i) => value(round) / value(off?.rounds[i] ?? round))).toFixed(2);
      return [
        name,
        median(rounds.map(({ perSecond }) => perSecond)).toFixed(0),
        beside(({ perSecond }) => perSecond),
        median(rounds.map(({ hub }) => hub)).toFixed(0),
        median(rounds.map(({ agent }) => agent)).toFixed(0),
        beside(({ hub, agent }) => hub + agent),
      ];
    }),
  };
}
