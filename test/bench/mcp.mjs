// A tool call by `/mcp`, compared with the same call by REST and by published MCP gateways.
import { descendants, measureCpu } from './cpu.mjs';
import { restBody, startGateways } from './gateways.mjs';
import { memoryOf } from './hub.mjs';
import { ID, load, median } from './load.mjs';
import { call, startProduct } from './product.mjs';

const method = { rounds: 3, connections: 32, seconds: { throughput: 2, latency: 1, warmUp: 1 } };
const answerLimit = 10_000;

/** @typedef {import('./load.mjs').Target} Target */
/** @typedef {{ name: string, target: Target, own: number[] }} Side `own`: its processes, without the MCP server's */

const rpc = (/** @type {string} */ method, /** @type {object} */ params, /** @type {unknown} */ id = 1) =>
  JSON.stringify({ jsonrpc: '2.0', ...(id === null ? {} : { id }), method, params });

/** @param {Target} target @returns {Promise<string>} */
async function answerTo({ url, method: verb, headers, body = '' }) {
  const signal = AbortSignal.timeout(answerLimit);
  const response = await fetch(url, { method: verb, headers, body: body.replace(ID, '"first"'), signal });
  const text = await response.text();
  if (!response.ok || !text.includes(String(call.arguments.message)))
    throw new Error(`${url}: ${response.status} ${text}`);
  return text;
}

/** A session, and the call in it. @param {string} url @param {Record<string, string>} more @param {string} [tool] @returns {Promise<Target>} */
async function sessionAt(url, more = {}, tool = call.name) {
  const accept = 'application/json, text/event-stream';
  /** @type {Record<string, string>} */
  const headers = { 'content-type': 'application/json', accept, ...more };
  const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } };
  const signal = () => AbortSignal.timeout(answerLimit);
  const opened = await fetch(url, { method: 'POST', headers, body: rpc('initialize', hello), signal: signal() });
  await opened.text();
  const session = opened.headers.get('mcp-session-id');
  if (session) headers['mcp-session-id'] = session;
  headers['mcp-protocol-version'] = '2025-06-18';
  const initialized = rpc('notifications/initialized', {}, null);
  await (await fetch(url, { method: 'POST', headers, body: initialized, signal: signal() })).text();
  // A session takes no two requests of one id at once.
  const body = rpc('tools/call', { name: tool, arguments: call.arguments }, 'ID').replace('"ID"', ID);
  return { url, method: 'POST', headers, body };
}

/** @param {Side} side */
async function measure({ target, own }) {
  const servers = own.flatMap((pid) => descendants(pid)).filter((pid) => !own.includes(pid));
  const run = () => load(target, method.connections, method.seconds.throughput);
  const { result, cpu } = await measureCpu({ own, servers }, run);
  const { p50, p99 } = await load(target, 1, method.seconds.latency);
  const cost = (/** @type {number} */ seconds) => (seconds / result.requests) * 1000;
  const bytes = own.reduce((sum, pid) => sum + memoryOf(pid), 0);
  return {
    perSecond: result.requests / result.seconds,
    p50,
    p99,
    own: cost(cpu.own ?? 0),
    server: cost(cpu.servers ?? 0),
    bytes,
  };
}

/** @param {(() => Promise<void>)[]} cleanup @returns {Promise<import('./measurements.mjs').Measured>} */
export async function mcp(cleanup) {
  const { url, key, hubPid, agentPid } = await startProduct(cleanup);
  const authorization = `Bearer ${key}`;
  const json = { 'content-type': 'application/json' };
  const own = [hubPid, agentPid];
  const inOne = await startProduct(cleanup, {}, true);
  const body = JSON.stringify({ arguments: call.arguments });
  /** @type {Side[]} */
  const sides = [
    {
      name: 'Roundhouse, REST',
      target: {
        url: `${url}/api/tools/${call.name}/invoke`,
        method: 'POST',
        headers: { ...json, authorization },
        body,
      },
      own,
    },
    {
      name: 'Roundhouse in one process, REST',
      target: {
        url: `${inOne.url}/api/tools/${call.name}/invoke`,
        method: 'POST',
        headers: { ...json, authorization: `Bearer ${inOne.key}` },
        body,
      },
      own: [inOne.hubPid],
    },
    {
      name: 'Roundhouse, `/mcp`',
      target: await sessionAt(`${url}/mcp`, { authorization }, `everything__${call.name}`),
      own,
    },
    {
      name: 'Roundhouse, `/mcp/servers/…`',
      target: await sessionAt(`${url}/mcp/servers/everything`, { authorization }),
      own,
    },
  ];
  /** @param {import('./gateways.mjs').Gateway} gateway @returns {Promise<Target>} */
  const targetOf = async (gateway) =>
    gateway.rest ? { url: gateway.url, method: 'POST', headers: json, body: restBody } : sessionAt(gateway.url);
  const works = async (/** @type {import('./gateways.mjs').Gateway} */ gateway) =>
    (await answerTo(await targetOf(gateway))).includes(String(call.arguments.message));
  for (const gateway of await startGateways(cleanup, works))
    sides.push({ name: gateway.name, target: await targetOf(gateway), own: [gateway.pid] });

  for (const { target } of sides) {
    await answerTo(target);
    await load(target, method.connections, method.seconds.warmUp);
  }
  const rounds = sides.map(() => /** @type {Awaited<ReturnType<typeof measure>>[]} */ ([]));
  for (let round = 0; round < method.rounds; round += 1)
    for (const [index, side] of sides.entries()) rounds[index]?.push(await measure(side));
  const { connections, seconds } = method;
  return {
    title:
      `Tool call \`${call.name}\` of server-everything over stdio, by MCP (${connections} connections of one session for ${seconds.throughput} s; ` +
      `p50 and p99 at one; ${method.rounds} rounds in turn, medians)`,
    columns: ['requests/s', 'p50', 'p99', 'CPU s per 1,000 calls', 'of the MCP server', 'memory'],
    rows: sides.map(({ name }, index) => {
      const of = (/** @type {'perSecond' | 'p50' | 'p99' | 'own' | 'server' | 'bytes'} */ field) =>
        median((rounds[index] ?? []).map((one) => one[field]));
      return [
        name,
        Math.round(of('perSecond')).toLocaleString('en'),
        `${of('p50').toFixed(2)} ms`,
        `${of('p99').toFixed(2)} ms`,
        of('own').toFixed(3),
        of('server').toFixed(3),
        `${Math.round(of('bytes') / 2 ** 20)} MiB`,
      ];
    }),
  };
}
