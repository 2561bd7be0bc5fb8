// Many agents in one process, as far as the hub can tell: the real link, with no servers behind it. It gets its orders from the
// bench over IPC, and ends with it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { enroll } from '../../agent/dist/link/enrolment/enroll.js';
import { startLink } from '../../agent/dist/link/link.js';
import { Meter } from '../../agent/dist/meter.js';
import { siteOperations } from '../../agent/dist/operations/site.js';
import { ScriptedServers } from './scripted-servers.mjs';

const atOnce = 16;
const log = pino({ level: 'silent' });
const journal = { find: async () => undefined, write: async () => {}, close: async () => {} };
/** The servers of all agents. @type {ScriptedServers[]} */
const sites = [];
/** No command of these agents needs a driver. @type {any} */
const noDriver = undefined;
const { noop } = siteOperations(noDriver, noDriver, noDriver, noDriver, noDriver);
/** @type {ReadonlyMap<any, any>} */
const operations = new Map([
  ['noop', { name: 'noop', run: noop }],
  ['callTool', { name: 'callTool', run: callTool }],
]);
const version = '0.1.0';
const answer = Buffer.from('{"content":[{"type":"text","text":"hello"}],"isError":false}');

function callTool() {
  return { case: 'tool', value: { $typeName: 'agent.v1.ToolResult', json: answer, isError: false, durationUs: 1 } };
}

/** Series of metrics that each agent has besides its own; all of them change from report to report. */
let series = 0;
let connected = 0;
let total = 0;
/** @type {(() => void) | undefined} */
let changed;

/** @param {() => boolean} condition */
async function until(condition) {
  while (!condition()) {
    await new Promise((resolve) => {
      changed = () => resolve(undefined);
    });
  }
}

/** @param {{ hub: string, tokens: string[], folder: string }} order */
async function enrol({ hub, tokens, folder }) {
  const start = performance.now();
  total = tokens.length;
  let next = 0;
  const worker = async () => {
    for (let n = next++; n < tokens.length; n = next++) {
      const dataDir = join(folder, String(n));
      mkdirSync(dataDir, { recursive: true });
      const signal = new AbortController().signal;
      const name = `agent-${n}`;
      const identity = await enroll({ hub, token: tokens[n] ?? '', dataDir, name, version, log, signal });
      /** @param {'connected' | 'disconnected'} state */
      const onState = (state) => {
        connected += state === 'connected' ? 1 : -1;
        changed?.();
      };
      const meter = new Meter();
      meter.read(() => {
        for (let i = 0; i < series; i += 1) meter.add('dockerRequests', [`outcome-${i}`]);
      });
      const servers = new ScriptedServers();
      sites.push(servers);
      const given = { operations, servers, journal, capabilities: [], version, log, onState, meter };
      startLink({ hub, dataDir, identity, ...given });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  await until(() => connected === total);
  return { ms: performance.now() - start };
}

/** @type {NodeJS.Timeout | undefined} */
let changing;
/** Changes the state of so many servers a second, of all agents in turn. @param {number} perSecond */
function change(perSecond) {
  clearInterval(changing);
  let n = 0;
  if (perSecond > 0) changing = setInterval(() => sites[n++ % sites.length]?.change(), 1000 / perSecond);
}

process.on('message', async (/** @type {any} */ order) => {
  try {
    if (order.enrol) process.send?.(await enrol(order.enrol));
    else if (order.series) {
      series = order.series;
      process.send?.({});
    } else if (order.change !== undefined) {
      change(order.change);
      process.send?.({});
    } else {
      await until(() => connected === (order.wait === 'back' ? total : 0));
      process.send?.({});
    }
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.stack : String(error) });
  }
});
process.on('disconnect', () => process.exit());
