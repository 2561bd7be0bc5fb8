import t from 'tap';
import {
  type HttpServer,
  type HttpSession,
  httpServers,
  type Message,
  registration,
  text,
  tool,
} from '../fixtures/servers/http-servers.js';
import { textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { mcpListener } from '../mcp-listener.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';

/** Limits that the product has of itself. */
const SESSIONS_OF_CALLER = 500;
const INSTANCES_OF_SERVER = 16;
const INSTANCES_OF_AGENT = 64;

let hub: Hub;
let servers: HttpServer[];
t.before(async () => {
  hub = await startHub(t, { env: { ROUNDHOUSE_MCP_AWAY: '5' } });
  await startAgent(t, hub);
  servers = await httpServers(t, 5, () => ({ tools: [tool('who'), tool('ask')] }));
  for (const [i, server] of servers.entries()) {
    server.answering = answering;
    await hub.connectServer(registration(`s${i}`, server));
  }
});

/** `who` tells the session that was called, `ask` asks for a sample and tells the answer. */
async function answering({ method, params }: Message, session: HttpSession): Promise<unknown> {
  if (method !== 'tools/call') return undefined;
  if (params.name === 'who') return text(session.isPrivate ? session.id : 'shared');
  const { result, error } = await session.ask('sampling/createMessage', { messages: [], maxTokens: 1 });
  return text(JSON.stringify(result ?? error));
}

function serverOf(i: number): HttpServer {
  const server = servers[i];
  if (!server) throw new Error(`no server ${i}`);
  return server;
}

const callOf =
  ({ client }: Pick<Awaited<ReturnType<typeof mcpClient>>, 'client'>) =>
  async (name: string) =>
    textOf(await client.callTool({ name, arguments: {} }));

/** A message as a client without any library would send it. */
async function post(body: object, session = '', key = ADMIN_KEY): Promise<Response> {
  const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Accept: 'application/json' };
  const answer = await fetch(`${hub.url}/mcp`, {
    method: 'POST',
    headers: { ...headers, ...(session === '' ? {} : { 'Mcp-Session-Id': session }) },
    body: JSON.stringify({ jsonrpc: '2.0', ...body }),
  });
  await answer.arrayBuffer();
  return answer;
}
async function open(key?: string): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
  return (await post({ id: 1, method: 'initialize', params }, '', key)).headers.get('mcp-session-id') ?? '';
}
const ping = async (session: string, key?: string) => (await post({ id: 2, method: 'ping' }, session, key)).status;

t.test(
  'a caller with too many sessions loses the session that was idle longest, and no other caller loses one',
  async (t) => {
    const other = await hub.key('user');
    const mine = await hub.key('user');
    const theirs = await open(other);
    const { client } = await mcpClient(t, hub, { key: mine });
    const sessions: string[] = [];
    for (let i = 1; i < SESSIONS_OF_CALLER; i += 1) sessions.push(await open(mine));
    const [first = '', second = ''] = sessions;
    t.equal(await ping(first, mine), 200, 'all are there, and this one was used just now');
    await open(mine);
    t.same([await ping(first, mine), await ping(second, mine)], [200, 404]);
    t.equal(await ping(theirs, other), 200);
    t.ok(await client.ping(), 'a connected session stays, however old it is');
  },
);

t.test('two clients are asked at once: each gets its own question, and cannot answer for the other', async (t) => {
  const asked = new Map<string, (id: string | number) => void>();
  const ids: Promise<string | number>[] = [];
  let answer: (name: string) => void = () => {};
  const go = new Promise<string>((resolve) => {
    answer = resolve;
  });
  const connect = (name: string) => {
    ids.push(new Promise((resolve) => asked.set(name, resolve)));
    return mcpListener(t, hub, {
      answer: async (id) => {
        asked.get(name)?.(id);
        return (await go) && name;
      },
    });
  };
  const [one, two] = await Promise.all([connect('one'), connect('two')]);
  const results = [callOf(one)('s1__ask'), callOf(two)('s1__ask')];
  const [idOfOne] = await Promise.all(ids);
  t.equal(serverOf(1).privates.length >= 2, true);
  const forged = {
    id: idOfOne,
    result: { model: 'forged', role: 'assistant', content: { type: 'text', text: 'forged' } },
  };
  t.equal((await post(forged, await open())).status, 202, 'another session');
  const user = await hub.key('user');
  t.equal((await post(forged, one.transport.sessionId, user)).status, 404, 'another caller');
  answer('now');
  const texts = (await Promise.all(results)).map((result) => JSON.parse(result).content.text);
  t.same(texts, ['one', 'two']);
});

t.test('a client vanishes in the middle: its open question is answered, and its instance ends', async (t) => {
  const server = serverOf(3);
  let wasAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    wasAsked = resolve;
  });
  const { client } = await mcpListener(t, hub, {
    answer: () => {
      wasAsked();
      return new Promise(() => {});
    },
  });
  const before = new Set(server.privates);
  client.callTool({ name: 's3__ask', arguments: {} }).catch(() => {});
  await asked;
  const [own] = server.privates.filter((session) => !before.has(session));
  const said = own?.ask('sampling/createMessage', { messages: [], maxTokens: 1 });
  const ended = new Promise<void>((resolve) => {
    server.on('closed', (session) => {
      if (session === own) resolve();
    });
  });
  await client.close();
  const outcome = await Promise.race([said, ended.then(() => ({ error: { code: 'ended' } }))]);
  t.ok(outcome?.error, 'no question stays open');
  await ended;
  t.pass('and nothing of it is left');
});

t.test('a server has a limited number of private instances, and further clients share one', async (t) => {
  const server = serverOf(0);
  const connect = (_: unknown, i: number) => mcpListener(t, hub, { answer: () => `of ${i}` });
  const clients = await Promise.all(Array.from({ length: INSTANCES_OF_SERVER + 1 }, connect));
  const last = clients.pop();
  const own = await Promise.all(clients.map((one) => callOf(one)('s0__who')));
  t.equal(new Set(own).size, INSTANCES_OF_SERVER);
  t.notOk(own.includes('shared'));
  t.equal(server.privates.length, INSTANCES_OF_SERVER);
  if (!last) throw new Error('no client');
  t.equal(await callOf(last)('s0__who'), 'shared');
  t.match(JSON.parse(await callOf(last)('s0__ask')), { code: -32601 }, 'no client is asked on behalf of all');
  const [one] = clients;
  t.match(JSON.parse(one ? await callOf(one)('s0__ask') : ''), { content: { text: 'of 0' } });

  for (const name of ['s1', 's2', 's3']) await Promise.all(clients.map((each) => callOf(each)(`${name}__who`)));
  t.equal(
    servers.reduce((sum, { privates }) => sum + privates.length, 0),
    INSTANCES_OF_AGENT,
  );
  t.equal(one && (await callOf(one)('s4__who')), 'shared', 'the agent has as many as it may have');

  const gone = servers.slice(0, 4).map((each) => each.ended());
  await one?.transport.terminateSession();
  await Promise.all(gone);
  t.equal(
    servers.reduce((sum, { privates }) => sum + privates.length, 0),
    INSTANCES_OF_AGENT - INSTANCES_OF_SERVER / 4,
  );
});
