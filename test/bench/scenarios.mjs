// The scenarios: each has the product's side and its floor's, and both do the same work.
import { descendants } from './cpu.mjs';
import { startFloor } from './floor.mjs';
import { makeCertificates } from './floors/certificates.mjs';
import { load } from './load.mjs';
import { call, server } from './product.mjs';

/** @typedef {import('./load.mjs').Target} Target */
/** @typedef {import('./load.mjs').Load} Load */
/** @typedef {{ name: string, processes: Record<string, number[]>, run: (connections: number, seconds: number) => Promise<Load> }} Side */
/** @typedef {{ title: string, product: Side, floor: Side }} Scenario */
/** @typedef {Awaited<ReturnType<typeof import('./product.mjs').startProduct>>} Product */
/** @typedef {(() => Promise<void>)[]} Cleanup */

/** Time for one answer, milliseconds. */
const recordLimit = 15_000;
/** Headers that uWebSockets writes itself. */
const byItself = new Set(['date', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'uwebsockets']);

/**
 * The real answer, for the floor to repeat.
 * @param {Target} target
 * @returns {Promise<import('./floors/uws.mjs').Recorded>}
 */
async function record({ url, ...request }) {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(recordLimit) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${request.method} ${url} is answered ${response.status}: ${body}`);
  return { headers: Object.fromEntries([...response.headers].filter(([name]) => !byItself.has(name))), body };
}

/** @param {string} name @param {Record<string, number[]>} processes @param {Target} target @returns {Side} */
const overHttp = (name, processes, target) => ({
  name,
  processes,
  run: (connections, seconds) => load(target, connections, seconds),
});

/** @param {Product} product @param {Cleanup} cleanup @returns {Promise<Scenario>} */
async function listTools({ url, key, hubPid }, cleanup) {
  /** @type {Target} */
  const target = { url: `${url}/api/tools`, method: 'GET', headers: { authorization: `Bearer ${key}` } };
  const floor = await startFloor('http', await record(target), cleanup);
  const floorTarget = { ...target, url: `http://127.0.0.1:${floor.answer.port}/api/tools` };
  return {
    title: '`GET /api/tools`, authenticated',
    product: overHttp('Roundhouse', { hub: [hubPid] }, target),
    floor: overHttp('bare uWebSockets', { server: [floor.pid] }, floorTarget),
  };
}

/** @param {Product} product @param {Cleanup} cleanup @returns {Promise<Scenario>} */
async function doNothing({ url, key, agentId, hubPid, agentPid }, cleanup) {
  const body = JSON.stringify({ echo: 'x'.repeat(64) });
  /** @type {Target} */
  const target = {
    url: `${url}/connect/api/agents/${agentId}/ping`,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  };
  const { headers, body: answer } = await record(target);
  const [before, after] = answer.split(body);
  if (before === undefined || after === undefined) throw new Error(`The ping is not answered with its echo: ${answer}`);
  const certificates = await makeCertificates();
  const front = await startFloor('relay-front', { certificates, headers, before, after }, cleanup);
  const back = await startFloor('relay-back', { certificates, grpcPort: front.answer.grpcPort }, cleanup);
  const floorTarget = { ...target, url: `http://127.0.0.1:${front.answer.port}/ping` };
  const echoed = await record(floorTarget);
  if (echoed.body.length !== answer.length) throw new Error('The relay does not send the same number of bytes.');
  return {
    title: 'A command that does nothing: REST → hub → agent and back',
    product: overHttp('Roundhouse', { hub: [hubPid], agent: [agentPid] }, target),
    floor: overHttp('bare uWebSockets + grpc-js relay', { front: [front.pid], back: [back.pid] }, floorTarget),
  };
}

/** @param {Product} product @param {Cleanup} cleanup @returns {Promise<Scenario>} */
async function callTool({ url, key, hubPid, agentPid }, cleanup) {
  /** @type {Target} */
  const target = {
    url: `${url}/api/tools/${call.name}/invoke`,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ arguments: call.arguments }),
  };
  const floor = await startFloor('direct', { ...server, call }, cleanup);
  const answer = JSON.parse((await record(target)).body);
  if (JSON.stringify(answer.data.content) !== JSON.stringify(floor.answer.answer.content)) {
    throw new Error('The answer through the hub is not the one of a direct call.');
  }
  const processes = { hub: [hubPid], agent: [agentPid], 'MCP server': descendants(agentPid) };
  return {
    title: 'Tool call `echo` of server-everything over stdio, warm',
    product: overHttp('Roundhouse', processes, target),
    floor: {
      name: "MCP SDK's client, directly",
      processes: { client: [floor.pid], 'MCP server': [floor.answer.serverPid] },
      run: (connections, seconds) => floor.ask({ connections, seconds }),
    },
  };
}

/** In the order in which they run. */
export const scenarios = { list: listTools, command: doNothing, tool: callTool };
