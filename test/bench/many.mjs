// Many servers and tools at one hub: the cost of its start, of its memory and of its requests as the fleet grows.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pino } from 'pino';
import { root } from '../../deploy/local/prepare.mjs';
import { newId } from '../../hub/dist/domain/ids.js';
import { serverRecords } from '../../hub/dist/domain/servers/record.js';
import { sealSecrets } from '../../hub/dist/domain/servers/spec.js';
import { splitTransport } from '../../hub/dist/domain/servers/transport.js';
import { put } from '../../hub/dist/domain/store.js';
import { openStore } from '../../hub/dist/store/open.js';
import { measureCpu } from './cpu.mjs';
import { key, startHub } from './hub.mjs';
import { isSteady, toolName, toolsOfServer } from './scripted-servers.mjs';

/** `BENCH_SERVERS` gives other numbers, separated by commas. */
const sizes = (process.env.BENCH_SERVERS ?? '10,1000,10000,100000').split(',').map(Number);
/** Each kind of request is repeated for so long, milliseconds, and at least and at most so many times. */
const method = { ms: 2_000, least: 5, most: 2_000, changesPerSecond: 20 };
const limit = 600_000;

/** One server in three has a secret in its environment. @param {number} n @param {{ id: string, site: string }[]} agents @param {any} store */
async function recordOf(n, agents, store) {
  const id = newId();
  const agent = agents[n % agents.length];
  /** @type {Record<string, string>} */
  const env = n % 3 === 0 ? { API_TOKEN: `secret-of-server-${n}-${id}` } : {};
  const input = { type: /** @type {const} */ ('stdio'), command: 'npx', args: ['-y', `@acme/server-${n % 1000}`], env };
  const { transport, values } = splitTransport(input);
  const now = Date.now();
  return {
    id,
    name: `server-${n}`,
    description: `Server ${n} of the department`,
    transport,
    auth: { type: /** @type {const} */ ('none') },
    sealedSecrets: await sealSecrets(store, { id }, { values, authSecret: null }),
    healthCheck: { enabled: true, intervalMs: 30_000, timeoutMs: 5_000 },
    rateLimits: { requestsPerMinute: null, requestsPerDay: null },
    limits: {},
    cache: null,
    metadata: { category: `category-${n % 20}`, tags: [`tag-${n % 50}`], version: null },
    groupId: null,
    enabled: true,
    wanted: true,
    site: agent?.site ?? '',
    agentId: agent?.id ?? '',
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
}

/** Registers servers in the store of a hub that is stopped. @param {string} dir @param {number} count @param {{ id: string, site: string }[]} agents */
export async function fill(dir, count, agents) {
  const store = await openStore({ dir, log: pino({ level: 'silent' }) });
  for (let n = 0; n < count; n += 1000) {
    const records = [];
    for (let i = n; i < Math.min(count, n + 1000); i += 1) records.push(await recordOf(i, agents, store));
    await store.apply({ writes: records.map((record) => put(serverRecords, record, 'absent')) });
  }
  await store.close();
}

/** Proportional memory, bytes: the shared pages of the store count for their share. @param {number} pid */
function pss(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const of = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]) * 1024;
  return { all: of('Pss'), anonymous: of('Pss_Anon') };
}

const connection = new http.Agent({ keepAlive: true, maxSockets: 1 });

/**
 * @typedef {{ path: string, method?: string, body?: unknown, headers?: Record<string, string>, expect?: number }} Request
 * @param {string} url @param {Request} request @returns {Promise<{ status: number, bytes: number, text: () => string, headers: http.IncomingHttpHeaders }>}
 */
const ask = (url, { path, method: verb = 'GET', body, headers = {} }) =>
  new Promise((resolve, reject) => {
    const all = {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    const request = http.request(new URL(path, url), { method: verb, headers: all, agent: connection }, (response) => {
      /** @type {Buffer[]} */
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const whole = Buffer.concat(chunks);
        const { statusCode: status = 0, headers: told } = response;
        resolve({ status, bytes: whole.length, text: () => whole.toString(), headers: told });
      });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });

/** An MCP session at an address. @param {string} url @param {string} path @returns {Promise<Record<string, string>>} */
async function session(url, path) {
  const headers = { accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-06-18' };
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  const opened = await ask(url, {
    path,
    method: 'POST',
    headers,
    body: { jsonrpc: '2.0', id: 1, method: 'initialize', params },
  });
  const id = opened.headers['mcp-session-id'];
  const all = { ...headers, ...(id ? { 'mcp-session-id': String(id) } : {}) };
  await ask(url, { path, method: 'POST', headers: all, body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
  return all;
}

/** The requests that are measured, by name. @param {string} url @param {number} servers @returns {Promise<Record<string, () => Request>>} */
async function requestsFor(url, servers) {
  const mcp = await session(url, '/mcp');
  let n = 0;
  const any = () => (n = (n + 7919) % servers);
  const steady = () => (isSteady(any()) ? n : n - 1);
  const rpc = (/** @type {string} */ name, /** @type {object} */ params) => ({
    path: '/mcp',
    method: 'POST',
    headers: mcp,
    body: { jsonrpc: '2.0', id: ++n, method: name, params },
  });
  const questions = [
    'which invoices are open in the sales system',
    'restart a deployment',
    'search tickets of support',
    'check the sensors of the factory',
  ];
  return {
    'one server, Connect': () => ({ path: `/connect/api/servers/server-${any()}` }),
    'one server, Automation': () => ({ path: `/automation/api/v1/servers/server-${any()}` }),
    'one server, Portal': () => ({ path: `/portal/api/v1/servers/server-${any()}` }),
    'first 50 tools, Connect': () => ({ path: '/connect/api/tools?limit=50' }),
    'tools of a server': () => ({ path: `/connect/api/tools?limit=50&server=server-${any()}` }),
    'tools with a word': () => ({ path: `/connect/api/tools?limit=50&query=invoice_${any() % 1000}` }),
    'most used tools': () => ({ path: '/connect/api/tools?limit=50&sortBy=usage' }),
    'first 50 servers, Portal': () => ({ path: '/portal/api/v1/servers?limit=50' }),
    'servers with a word, Portal': () => ({ path: `/portal/api/v1/servers?limit=50&search=server-${any()}` }),
    'servers with a tag, Connect': () => ({ path: `/connect/api/servers?tags=tag-${any() % 50}` }),
    'all servers, Connect': () => ({ path: '/connect/api/servers' }),
    'all servers, Automation': () => ({ path: '/automation/api/v1/servers' }),
    'agents, Connect': () => ({ path: '/connect/api/agents' }),
    'groups, Connect': () => ({ path: '/connect/api/groups' }),
    health: () => ({ path: '/health' }),
    'tools/list, first page': () => rpc('tools/list', {}),
    find_tools: () =>
      rpc('tools/call', { name: 'find_tools', arguments: { query: questions[++n % questions.length] } }),
    'tool call, REST': () => {
      const server = steady();
      const path = `/connect/api/tools/${toolName(server % 1000, 0)}/invoke`;
      return { path, method: 'POST', body: { serverId: `server-${server}`, arguments: { id: '1' } } };
    },
    'tool call, MCP': () => {
      const server = steady();
      return rpc('tools/call', { name: `server-${server}__${toolName(server % 1000, 0)}`, arguments: { id: '1' } });
    },
  };
}

/** MCP answers with 200 also when a request fails. @param {number} size @param {() => string} text */
const isError = (size, text) => size < 1000 && /"error":\{|"isError":true/.test(text());

/** Repeats a request. @param {string} url @param {number} pid @param {() => Request} next */
async function repeated(url, pid, next) {
  /** @type {number[]} */
  const times = [];
  let bytes = 0;
  const first = performance.now();
  const once = async () => {
    const start = performance.now();
    const { status, bytes: size, text } = await ask(url, next());
    if (status >= 300 || isError(size, text)) throw new Error(`${next().path}: ${status} ${text().slice(0, 500)}`);
    times.push(performance.now() - start);
    bytes = size;
  };
  await once();
  const [cold] = times.splice(0);
  const start = performance.now();
  const { cpu } = await measureCpu({ hub: [pid] }, async () => {
    while (times.length < method.least || (performance.now() - start < method.ms && times.length < method.most)) {
      await once();
      if (performance.now() - first > 60_000) break;
    }
  });
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  const seconds = (performance.now() - start) / 1000;
  return {
    cold: cold ?? 0,
    p50: at(0.5),
    p99: at(0.99),
    cpuMs: ((cpu.hub ?? 0) / times.length) * 1000,
    bytes,
    count: times.length,
    share: (cpu.hub ?? 0) / seconds,
  };
}

/** @param {(() => Promise<void>)[]} cleanup @param {number} count */
async function measure(cleanup, count) {
  const agentCount = Math.max(1, Math.min(100, Math.ceil(count / 100)));
  const hub = await startHub(cleanup);
  const tokens = [];
  for (let n = 0; n < agentCount; n += 1) tokens.push(await hub.api.token(`site-${n}`, key));
  const agents = fork(join(root, 'test/bench/simulated-agents.mjs'), { stdio: ['ignore', 2, 2, 'ipc'] });
  cleanup.push(async () => {
    if (agents.connected) agents.disconnect();
    await once(agents, 'exit');
  });
  /** @param {object} order */
  const tell = async (order) => {
    agents.send(order);
    const [answer] = await once(agents, 'message', { signal: AbortSignal.timeout(limit) });
    if (answer.error) throw new Error(`The simulated agents failed: ${answer.error}`);
    return answer;
  };
  await tell({ enrol: { hub: hub.agentAddress, tokens, folder: join(hub.data, 'simulated') } });
  const { body } = await hub.api.call('GET', '/connect/api/agents', { key });
  await hub.stop();
  await fill(hub.data, count, body.data);

  const begun = performance.now();
  await hub.start();
  const answered = await ask(hub.url, { path: '/connect/api/servers/server-0' });
  if (answered.status !== 200) throw new Error(`the hub does not know its servers: ${answered.status}`);
  const startMs = performance.now() - begun;
  const startCpu = cpuOf(hub.pid());
  const started = pss(hub.pid());
  await reported(hub.url, count);
  const reportedMs = performance.now() - begun;
  const reportedCpu = cpuOf(hub.pid());
  const full = pss(hub.pid());
  /** @type {Record<string, Awaited<ReturnType<typeof repeated>>>} */
  const quiet = {};
  /** @type {typeof quiet} */
  const changing = {};
  const only = process.env.BENCH_ONLY?.split(',');
  const requests = Object.entries(await requestsFor(hub.url, count)).filter(
    ([name]) => !only || only.some((part) => name.includes(part)),
  );
  for (const [name, next] of requests) {
    quiet[name] = await repeated(hub.url, hub.pid(), next);
    print(count, name, quiet[name]);
  }
  await tell({ change: method.changesPerSecond });
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const { cpu: idle } = await measureCpu(
    { hub: [hub.pid()] },
    () => new Promise((resolve) => setTimeout(resolve, 5000)),
  );
  for (const [name, next] of requests) {
    changing[name] = await repeated(hub.url, hub.pid(), next);
    print(count, `${name}, changing`, changing[name]);
  }
  await tell({ change: 0 });
  const used = pss(hub.pid());
  return {
    count,
    startMs,
    startCpu,
    started,
    reportedMs,
    reportedCpu,
    full,
    used,
    idle: (idle.hub ?? 0) / 5,
    quiet,
    changing,
  };
}

/** @param {number} count @param {string} name @param {Awaited<ReturnType<typeof repeated>>} of */
function print(count, name, { cold, p50, p99, cpuMs, bytes, count: times }) {
  const f = (/** @type {number} */ ms) => ms.toFixed(2);
  process.stderr.write(
    `${count} ${name}: cold ${f(cold)} p50 ${f(p50)} p99 ${f(p99)} cpu ${f(cpuMs)} ms, ${bytes} bytes, ${times} times\n`,
  );
}

/** Processor time of a process so far, seconds. @param {number} pid */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resolves once the agents have reported all servers. @param {string} url @param {number} count */
async function reported(url, count) {
  const signal = AbortSignal.timeout(limit);
  for (;;) {
    const { connections } = JSON.parse((await ask(url, { path: '/health' })).text());
    if (connections.active === count) return;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function many(cleanup) {
  /** @type {Awaited<ReturnType<typeof measure>>[]} */
  const all = [];
  for (const count of sizes) {
    const ended = cleanup.length;
    all.push(await measure(cleanup, count));
    for (const end of cleanup.splice(ended).reverse()) await end();
  }
  const mebibytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 1024 ** 2)} MiB`;
  const names = Object.keys(all[0]?.quiet ?? {});
  return {
    title: 'Many servers',
    columns: all.map(
      ({ count }) => `${count.toLocaleString('en')} servers, ${(count * toolsOfServer).toLocaleString('en')} tools`,
    ),
    rows: [
      ['start to the first answer', ...all.map(({ startMs }) => `${Math.round(startMs)} ms`)],
      ['its processor time', ...all.map(({ startCpu }) => `${startCpu.toFixed(2)} s`)],
      ['all servers reported after', ...all.map(({ reportedMs }) => `${(reportedMs / 1000).toFixed(1)} s`)],
      ['processor time until then', ...all.map(({ reportedCpu }) => `${reportedCpu.toFixed(2)} s`)],
      ['memory after the start (PSS)', ...all.map(({ started }) => mebibytes(started.all))],
      ['memory with all reports', ...all.map(({ full }) => mebibytes(full.all))],
      ['memory after the requests', ...all.map(({ used }) => mebibytes(used.all))],
      [
        `processor at ${method.changesPerSecond} changes a second`,
        ...all.map(({ idle }) => `${(idle * 100).toFixed(1)} %`),
      ],
      ...names.flatMap((name) => [
        [`${name}: processor time`, ...all.map(({ quiet }) => `${quiet[name]?.cpuMs.toFixed(2)} ms`)],
        [`${name}: p99, while servers change`, ...all.map(({ changing }) => `${changing[name]?.p99.toFixed(1)} ms`)],
      ]),
    ],
  };
}
