// Tool calls by REST beside a thousand runs of workflows that begin at the same moment.
import { setTimeout as pause } from 'node:timers/promises';
import { Api } from '../../deploy/cli/api.mjs';
import { memoryOf } from './hub.mjs';
import { load, median } from './load.mjs';
import { call, startProduct } from './product.mjs';

const method = { rounds: 3, windows: 4, seconds: 2, warmUp: 5 };
const size = { runs: 1000, steps: 10, workers: 10 };
/** So long after its request the first run begins, milliseconds: by then all runs have been asked for, and the calls alone are measured. */
const headStart = 60_000;
const paths = {
  workflows: '/automation/api/v1/orchestration/workflows',
  status: '/automation/api/v1/orchestration/status',
};

/** Each step calls the tool with what the step before it got. */
const steps = Array.from({ length: size.steps }, (_, at) => ({
  id: `s${at}`,
  kind: 'tool_call',
  with: {
    tool: call.name,
    arguments: {
      message: at === 0 ? call.arguments.message : `\${{ steps.s${at - 1}.outputs.result.content[0].text }}`,
    },
  },
  outputs: { result: `\${{ result.result }}` },
}));

const mebibytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function runs(cleanup) {
  const { url, key, hubPid, agentPid } = await startProduct(cleanup);
  const api = new Api(url, '');
  cleanup.push(async () => api.close());
  const ask = async (/** @type {'GET' | 'POST'} */ verb, /** @type {string} */ path, /** @type {unknown} */ body) => {
    const answer = await api.call(verb, path, { key, body });
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body.data ?? answer.body;
  };
  await ask('POST', paths.workflows, { name: 'ten-calls', description: '', parameters: {}, steps });

  /** @type {import('./load.mjs').Target} */
  const target = {
    url: `${url}/api/tools/${call.name}/invoke`,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ arguments: call.arguments }),
  };
  const memory = () => ({ hub: memoryOf(hubPid), agent: memoryOf(agentPid) });
  /** @type {{ p50: number, p99: number }[]} */
  const alone = [];
  /** @type {typeof alone} */
  const beside = [];
  /** @type {number[]} */
  const stepsPerSecond = [];
  /** @type {number[]} */
  const callsPerSecond = [];
  await load(target, size.workers, method.warmUp);
  const before = memory();
  const most = { ...before };

  for (let round = 0; round < method.rounds; round += 1) {
    const begin = Date.now() + headStart;
    const ids = await startAll(ask, new Date(begin).toISOString());
    const floor = await load(target, size.workers, method.seconds);
    callsPerSecond.push(floor.requests / floor.seconds);
    for (let window = 0; window < method.windows; window += 1) alone.push(await load(target, 1, method.seconds));
    if (Date.now() > begin) throw new Error('the runs began before the calls alone were measured');
    await pause(begin - Date.now());
    let isOver = false;
    const measuring = (async () => {
      while (!isOver) {
        const measured = await load(target, 1, method.seconds);
        // Runs went on until its end.
        if (!isOver) beside.push(measured);
      }
    })();
    while (!isOver) {
      const { queue } = await ask('GET', paths.status, undefined);
      const now = memory();
      most.hub = Math.max(most.hub, now.hub);
      most.agent = Math.max(most.agent, now.agent);
      isOver = queue.pending + queue.scheduled + queue.processing === 0;
      if (!isOver) await pause(200);
    }
    stepsPerSecond.push((size.runs * size.steps) / ((Date.now() - begin) / 1000));
    await measuring;
    for (const id of ids) {
      const { status } = await ask('GET', `${paths.workflows}/${id}`, undefined);
      if (status !== 'completed') throw new Error(`the run ${id} is ${status}`);
    }
  }
  const after = memory();
  const p = (/** @type {typeof alone} */ windows, /** @type {'p50' | 'p99'} */ name) =>
    median(windows.map((window) => window[name]));
  const ratio = (/** @type {number} */ one, /** @type {number} */ other) => `×${(one / other).toFixed(2)}`;
  const row = (/** @type {string} */ name, /** @type {typeof alone} */ windows) => [
    name,
    .../** @type {const} */ (['p50', 'p99']).map(
      (at) => `${p(windows, at).toFixed(2)} ms (${ratio(p(windows, at), p(alone, at))})`,
    ),
  ];
  const [ours, floor] = [median(stepsPerSecond), median(callsPerSecond)];
  return {
    title:
      `Tool calls by REST, one at a time, beside ${size.runs} runs of ${size.steps} tool calls ` +
      `(${method.rounds} rounds in turn, medians of windows of ${method.seconds} s)`,
    columns: ['p50', 'p99'],
    rows: [
      row(`no runs (${alone.length} windows)`, alone),
      row(`${size.runs} runs (${beside.length} windows)`, beside),
      ['steps/s; ratio to tool calls/s by REST, as many at a time', ours.toFixed(0), ratio(ours, floor)],
      [
        'memory of the hub: before, most, after',
        mebibytes(before.hub),
        `${mebibytes(most.hub)}, ${mebibytes(after.hub)}`,
      ],
      ['of the agent', mebibytes(before.agent), `${mebibytes(most.agent)}, ${mebibytes(after.agent)}`],
    ],
  };
}

/** Asks for all runs, some at a time. @returns their ids @param {(verb: 'POST', path: string, body: unknown) => Promise<any>} ask @param {string} schedule */
async function startAll(ask, schedule) {
  /** @type {string[]} */
  const ids = [];
  let left = size.runs;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const { workflow_id } = await ask('POST', `${paths.workflows}/execute`, { workflow: 'ten-calls', schedule });
      ids.push(workflow_id);
    }
  };
  await Promise.all(Array.from({ length: 16 }, client));
  return ids;
}
