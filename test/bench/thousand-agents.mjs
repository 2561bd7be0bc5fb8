// A thousand agents at one hub: the cost of each to the hub, and how long it takes until all are back after the hub was restarted.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../deploy/local/prepare.mjs';
import { key, memoryOf, startHub } from './hub.mjs';

const count = 1_000;
/** Series of metrics of each agent. */
const series = 200;
const limit = 120_000;

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function thousandAgents(cleanup) {
  const hub = await startHub(cleanup);
  const alone = await settled(hub.pid());
  const tokens = [];
  for (let n = 0; n < count; n += 1) tokens.push(await hub.api.token(`site-${n}`, key));
  const agents = fork(join(root, 'test/bench/simulated-agents.mjs'), { stdio: ['ignore', 2, 2, 'ipc'] });
  cleanup.push(async () => {
    if (agents.connected) agents.disconnect();
    await once(agents, 'exit');
  });
  /** @param {object} order */
  const ask = async (order) => {
    agents.send(order);
    const [answer] = await once(agents, 'message', { signal: AbortSignal.timeout(limit) });
    if (answer.error) throw new Error(`The simulated agents failed: ${answer.error}`);
    return answer;
  };
  const enrolled = await ask({ enrol: { hub: hub.agentAddress, tokens, folder: join(hub.data, 'simulated') } });
  const crowded = await settled(hub.pid());
  await ask({ series });
  const scraped = await metricsWith(hub.url, count * series);
  const measured = await settled(hub.pid());

  const lost = ask({ wait: 'lost' });
  const start = performance.now();
  await hub.stop();
  await lost;
  const stopped = performance.now();
  const back = ask({ wait: 'back' });
  await hub.start();
  const ready = performance.now();
  await back;
  const all = performance.now();
  return {
    title: `${count.toLocaleString('en')} simulated agents`,
    rows: [
      ['Enrolled and connected', `${(enrolled.ms / 1000).toFixed(1)} s`],
      ["The hub's memory for each", `${Math.round((crowded - alone) / count / 1024)} KiB`],
      [`Its memory for ${series} series of each, together`, `${Math.round((measured - crowded) / 1024 ** 2)} MiB`],
      ['`/metrics` with all of them', `${scraped.seconds.toFixed(2)} s, ${scraped.mib.toFixed(0)} MiB`],
      ['Hub stopped after', `${((stopped - start) / 1000).toFixed(1)} s`],
      ['Hub ready again after', `${((ready - stopped) / 1000).toFixed(1)} s`],
      ['All agents back after another', `${(Math.max(0, all - ready) / 1000).toFixed(1)} s`],
    ],
  };
}

/** Reads the metrics until they have so many samples of the agents; then how long one more answer takes, and its size. @param {string} url @param {number} samples */
async function metricsWith(url, samples) {
  const signal = AbortSignal.timeout(limit);
  const read = async () => {
    const start = performance.now();
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` }, signal });
    const text = await response.text();
    return { seconds: (performance.now() - start) / 1000, text };
  };
  for (;;) {
    const { text } = await read();
    if (text.split('\nroundhouse_agent_docker_requests_total{').length > samples) break;
    // Reports come every 15 s.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const { seconds, text } = await read();
  return { seconds, mib: text.length / 1024 ** 2 };
}

/** Memory once it no longer falls. @param {number} pid */
async function settled(pid) {
  let least = memoryOf(pid);
  for (let n = 0; n < 6; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    least = Math.min(least, memoryOf(pid));
  }
  return least;
}
