import t from 'tap';
import { fixtureServer } from '../automation.js';
import { type HttpServer, httpServer, type Message, registration, tool } from '../fixtures/servers/http-servers.js';
import { textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { runs } from '../parts/agent/harness.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

const atOnce = new Set(['initialize', 'ping', 'tools/list', 'logging/setLevel']);

let hub: Hub;
let slow: HttpServer;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  slow = await httpServer(t, { tools: [tool('wait')], resources: [{ uri: 'x:late', name: 'late' }] });
  slow.answering = ({ method = '' }: Message) =>
    atOnce.has(method) || method.startsWith('notifications/') ? undefined : new Promise(() => {});
  const names = Array.from({ length: 8 }, (_, i) => `s${i}`);
  await Promise.all(names.map((name) => hub.connectServer(fixtureServer(name, 'everything'))));
  // Without the check the hub does not notice that the server is dead.
  await hub.connectServer({ ...fixtureServer('dead', 'everything'), healthCheck: { enabled: false } });
  await hub.connectServer(registration('slow', slow));
  const { body } = await hub.call('POST', '/api/tools/pid/invoke', { serverId: 'dead' });
  const pid = Number(textOf(body.data));
  process.kill(pid, 'SIGSTOP');
  t.teardown(() => {
    if (runs(pid)) process.kill(pid, 'SIGKILL');
  });
});

t.test('a slow server and a dead one among ten: nothing waits for them but their own calls', async (t) => {
  const { client } = await mcpClient(t, hub);
  const abort = new AbortController();
  const over: string[] = [];
  const hung = ['slow__wait', 'dead__echo'].map((name) =>
    client.callTool({ name, arguments: { word: 'x' } }, undefined, { signal: abort.signal }).then(
      () => over.push(name),
      () => over.push(name),
    ),
  );
  const asked = new Set<string | undefined>();
  slow.on('message', ({ method }: Message) => asked.add(method));
  await slow.received('tools/call');

  const { tools } = await client.listTools();
  t.ok(tools.some(({ name }) => name === 'slow__wait') && tools.some(({ name }) => name === 'dead__echo'));
  // A list holds the entries that are known by then: on a busy machine some of the eight servers have not answered yet.
  const all = async (count: number, list: () => Promise<readonly unknown[]>) => {
    let found = await list();
    while (found.length < count && over.length === 0) found = await list();
    return found.length;
  };
  t.equal(await all(16, async () => (await client.listResources()).resources), 16, 'what the eight have');
  t.equal(await all(8, async () => (await client.listResourceTemplates()).resourceTemplates), 8);
  t.equal(await all(8, async () => (await client.listPrompts()).prompts), 8);
  t.ok(asked.has('resources/list') && asked.has('prompts/list'), 'the slow one was asked as well');
  const called = Array.from({ length: 8 }, (_, i) =>
    client.callTool({ name: `s${i}__echo`, arguments: { word: `${i}` } }),
  );
  t.same((await Promise.all(called)).map(textOf), ['0', '1', '2', '3', '4', '5', '6', '7']);
  const prompts = Array.from({ length: 8 }, (_, i) =>
    client.getPrompt({ name: `s${i}__greet`, arguments: { who: 'x' } }),
  );
  t.equal((await Promise.all(prompts)).length, 8);
  t.same(over, [], 'all of that before either of the two has answered');

  const cancelled = slow.received('notifications/cancelled');
  abort.abort('enough');
  await Promise.all(hung);
  t.match(
    await cancelled,
    { params: { reason: 'enough' } },
    'and the slow server hears that no client waits any more, and why',
  );
});

t.test('a client over REST, and one without a session, do not wait either', async (t) => {
  const abort = new AbortController();
  const init = { signal: abort.signal };
  const hung = hub.call('POST', '/api/tools/wait/invoke', { serverId: 'slow' }, undefined, init).catch(() => {});
  await slow.received('tools/call');
  let isOver = false;
  void hung.then(() => {
    isOver = true;
  });
  const { body } = await hub.call('POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' });
  t.ok(body.result.tools.length > 9 * 12);
  const echo = await hub.call('POST', '/api/tools/echo/invoke', { serverId: 's3', arguments: { word: 'x' } });
  t.equal(textOf(echo.body.data), 'x');
  t.notOk(isOver);
  const cancelled = slow.received('notifications/cancelled');
  abort.abort();
  await cancelled;
});

t.test('a client gets a prompt from a server that is slow to list its prompts', async (t) => {
  const late = await httpServer(t, { prompts: [{ name: 'p1' }] });
  late.answering = ({ method }: Message) =>
    method?.endsWith('/list') && method !== 'tools/list' ? new Promise(() => {}) : undefined;
  await hub.connectServer(registration('late', late));
  const { client } = await mcpClient(t, hub);
  t.match(await client.getPrompt({ name: 'late__p1' }), { messages: [{ content: { text: 'p1' } }] });
});
