// Tool calls and the cost of their traces.
import { createServer } from 'node:http';
import { measureCpu } from './cpu.mjs';
import { load, median } from './load.mjs';
import { call, startProduct } from './product.mjs';

const method = { rounds: 9, connections: 32, seconds: 2, warmUp: 10 };

/** Takes spans and metrics, and throws them away, as cheaply as a collector can. @param {(() => Promise<void>)[]} cleanup */
async function startSink(cleanup) {
  const sink = createServer((request, response) => request.resume().on('end', () => response.end()));
  cleanup.push(async () => void sink.close());
  const { port } = await new Promise((resolve) => sink.listen(0, '127.0.0.1', () => resolve(sink.address())));
  return `http://127.0.0.1:${port}`;
}

const trace = (/** @type {'00' | '01'} */ flags) => ({
  traceparent: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`,
});

/**
 * One hub without OpenTelemetry, one with it. The second records the traces that its clients have sampled: so the shares are compared within the
 * same processes, and two processes that are compiled and laid out in other ways do not pass for a cost of the traces.
 * @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>}
 */
export async function traces(cleanup) {
  const settings = {
    OTEL_EXPORTER_OTLP_ENDPOINT: await startSink(cleanup),
    OTEL_TRACES_SAMPLER: 'parentbased_always_off',
  };
  const [without, recording] = [await startProduct(cleanup), await startProduct(cleanup, settings)];
  const sides = [
    { name: 'without OpenTelemetry', product: without, every: Number.POSITIVE_INFINITY },
    { name: 'with it, no call sampled', product: recording, every: Number.POSITIVE_INFINITY },
    { name: '1 call of 10', product: recording, every: 10 },
    { name: 'each call', product: recording, every: 1 },
  ].map(({ name, product, every }) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${product.key}`, ...trace('00') };
    const url = `${product.url}/api/tools/${call.name}/invoke`;
    const body = JSON.stringify({ arguments: call.arguments });
    const sometimes = Number.isFinite(every) ? { every, headers: trace('01') } : undefined;
    const target = /** @type {const} */ ({ url, method: 'POST', headers, body, ...(sometimes ? { sometimes } : {}) });
    return { name, product, target, rounds: /** @type {{ perSecond: number, hub: number, agent: number }[]} */ ([]) };
  });
  for (const { target } of sides) await load(target, method.connections, method.warmUp);
  for (let round = 0; round < method.rounds; round += 1) {
    for (const { product, target, rounds } of sides) {
      const processes = { hub: [product.hubPid], agent: [product.agentPid] };
      const { result, cpu } = await measureCpu(processes, () => load(target, method.connections, method.seconds));
      const each = (/** @type {number | undefined} */ seconds = 0) => (seconds / result.requests) * 1e6;
      rounds.push({ perSecond: result.requests / result.seconds, hub: each(cpu.hub), agent: each(cpu.agent) });
    }
  }
  const [, unsampled] = sides;
  return {
    title: `Tool calls by REST and their traces (${method.connections} connections, ${method.rounds} rounds of ${method.seconds} s in turn, medians)`,
    columns: [
      'calls/s',
      'beside no call sampled',
      'CPU of the hub, µs a call',
      'of the agent',
      'CPU beside no call sampled',
    ],
    rows: sides.map(({ name, rounds }) => {
      const beside = (/** @type {(round: (typeof rounds)[number]) => number} */ value) =>
        median(rounds.map((round, i) => value(round) / value(unsampled?.rounds[i] ?? round))).toFixed(2);
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
