import { fileURLToPath } from 'node:url';
import { Client, type ClientCapabilities } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import t, { type Test } from 'tap';
import { fixtureServer, until } from '../automation.js';
import { freePort } from '../free-port.mjs';
import { allCalled } from '../kit/commands.js';
import { wait } from '../kit/wait.js';
import { textOf } from '../mcp-answers.js';
import { connectModernServers } from '../modern-servers.js';
import { runs } from '../parts/agent/harness.js';
import {
  ADMIN_KEY,
  type Hub,
  type HubProcess,
  roundhouse,
  startAgent,
  startHub,
  startHubProcess,
} from '../roundhouse.js';

const bin = fileURLToPath(new URL('../../agent/bin/roundhouse.mjs', import.meta.url));
const capabilities = { sampling: {}, elicitation: {} };
const answers = {
  who: { action: 'accept', content: { name: 'x' } },
  model: { model: 'm', role: 'assistant', content: { type: 'text', text: 'yes' } },
} as const;

let first: HubProcess;
let hub: Hub;
let env: Record<string, string>;
t.before(async () => {
  const [port, agentPort] = [await freePort(), await freePort()];
  env = { ROUNDHOUSE_LISTEN: `127.0.0.1:${port}`, ROUNDHOUSE_AGENT_LISTEN: `127.0.0.1:${agentPort}` };
  first = await startHubProcess(t, { env });
  hub = first;
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('older', 'everything'));
  await connectModernServers(t, hub, ['http']);
});

/** The official SDK's client of version 2026-07-28, with `roundhouse mcp` as its server. */
async function overStdio(
  t: Test,
  args: readonly string[] = [],
  given: ClientCapabilities = {},
  thinks: () => Promise<void> = async () => {},
) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [bin, 'mcp', '--hub', hub.url, ...args],
    env: { ...(process.env as Record<string, string>), ROUNDHOUSE_API_KEY: ADMIN_KEY },
    stderr: 'pipe',
  });
  const client = new Client(
    { name: 'over stdio', version: '1.0.0' },
    { capabilities: given, versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  const strays: Error[] = [];
  client.onerror = (error) => strays.push(error);
  if (given.elicitation) client.setRequestHandler('elicitation/create', () => thinks().then(() => answers.who));
  if (given.sampling) client.setRequestHandler('sampling/createMessage', () => answers.model);
  t.teardown(() => client.close());
  await client.connect(transport);
  return { client, transport, strays };
}

t.test('a client that speaks stdio only has the whole fleet', async (t) => {
  const { client, transport, strays } = await overStdio(t);
  t.equal(client.getNegotiatedProtocolVersion(), '2026-07-28');
  t.equal(client.getServerVersion()?.name, 'roundhouse', 'what it discovers');
  const { tools } = await client.listTools();
  t.ok(['older__echo', 'http__echo'].every((wanted) => tools.some(({ name }) => name === wanted)));
  t.equal(textOf(await client.callTool({ name: 'older__echo', arguments: { word: 'hé\nllo' } })), 'hé\nllo');
  const uri = 'roundhouse://http/memo://a';
  t.match(await client.readResource({ uri }), { contents: [{ uri, text: 'memo' }] });
  t.match(await client.getPrompt({ name: 'http__greet' }), { messages: [{ content: { text: 'Hello' } }] });
  await t.rejects(client.callTool({ name: 'nope', arguments: {} }), { code: -32602 });
  t.same(strays, [], 'nothing but the protocol on standard output');
  const { pid } = transport;
  await client.close();
  t.notOk(runs(Number(pid)), 'it ends with its standard input');
});

t.test('arguments that a tool wants repeated in headers, whether its list was read or not', async (t) => {
  for (const [args, name] of [[[], 'http__query'] as const, [['--server', 'http'], 'query'] as const]) {
    const { client } = await overStdio(t, args);
    const query = async (region: string) => textOf(await client.callTool({ name, arguments: { region } }));
    t.equal(await query('eu'), 'eu eu', `${name}, never listed`);
    const repeated = `=?base64?${Buffer.from('日本').toString('base64')}?=`;
    t.equal(await query('日本'), `日本 ${repeated}`);
    await client.listTools();
    t.equal(await query(' a'), ` a =?base64?${Buffer.from(' a').toString('base64')}?=`);
    t.equal(textOf(await client.callTool({ name, arguments: {} })), 'undefined none');
  }
});

t.test('questions of servers of either version', async (t) => {
  const { client } = await overStdio(t, [], capabilities);
  t.same(JSON.parse(textOf(await client.callTool({ name: 'http__ask', arguments: { rounds: 2 } }))), answers);
  const params = { message: 'who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } };
  const held = await client.callTool({ name: 'older__ask', arguments: { method: 'elicitation/create', params } });
  t.same(JSON.parse(textOf(held)), answers.who);
});

t.test('log messages of the level that a request names', async (t) => {
  const { client } = await overStdio(t);
  const logged: unknown[] = [];
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logged.push(params.data);
  });
  const _meta = { 'io.modelcontextprotocol/logLevel': 'error' };
  await client.callTool({ name: 'http__levels', arguments: {}, _meta });
  t.same(logged, ['error']);
});

t.test('a subscription lasts until it is closed', async (t) => {
  const { client } = await overStdio(t, ['--server', 'http']);
  let heard: (uri: string) => void = () => {};
  const updated = new Promise<string>((resolve) => {
    heard = resolve;
  });
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => heard(params.uri));
  const subscription = await client.listen({ resourceSubscriptions: ['memo://a'] });
  t.same(subscription.honoredFilter, { resourceSubscriptions: ['memo://a'] });
  await client.callTool({ name: 'touch', arguments: {} });
  t.equal(await updated, 'memo://a');
  heard = () => t.fail('nothing is heard any more');
  await subscription.close();
  await client.callTool({ name: 'touch', arguments: {} });
  await client.callTool({ name: 'echo', arguments: { word: 'x' } });
});

t.test('a call reports its progress, and is cancelled', async (t) => {
  const { client } = await overStdio(t, ['--server', 'http']);
  const counted = async () => textOf(await client.callTool({ name: 'cancelled', arguments: {} }));
  const abort = new AbortController();
  const onprogress = ({ progress }: { progress: number }) => abort.abort(`enough after ${progress}`);
  const hung = client.callTool({ name: 'wait', arguments: {} }, { signal: abort.signal, onprogress });
  await t.rejects(hung, { message: /enough after 1/ });
  await wait('the server knows that the call is cancelled', async () => (await counted()) === '1 of 1');
});

t.test('a notification before an answer arrives before it', async (t) => {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    progressToken: 'p',
  };
  for (const name of ['older__progress', 'http__progress']) {
    const input = JSON.stringify({ jsonrpc: '2.0', id: 'two', method: 'tools/call', params: { name, _meta } });
    const { stdout } = await roundhouse(t, ['mcp', '--hub', hub.url, '--key', ADMIN_KEY], { input });
    const lines = stdout.trim().split('\n');
    const [one, two] = [1, 2].map((progress) => ({ params: { progressToken: 'p', progress } }));
    const done = { id: 'two', result: { resultType: 'complete', content: [{ text: 'done' }] } };
    t.match(
      lines.map((line) => JSON.parse(line)),
      [one, two, done],
      name,
    );
  }
});

t.test('a version that the hub does not speak, and a line that is no request', async (t) => {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2030-01-01',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const input = JSON.stringify({ jsonrpc: '2.0', id: 'one', method: 'server/discover', params: { _meta } });
  const { stdout, code } = await roundhouse(t, ['mcp', '--hub', hub.url, '--key', ADMIN_KEY], { input: `${input}\n7` });
  t.equal(code, 0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const refused = lines.find(({ id }) => id === 'one');
  t.match(refused, { error: { code: -32022, data: { requested: '2030-01-01', supported: ['2026-07-28'] } } });
  t.match(
    lines.find(({ id }) => id === null),
    { error: { code: -32600 } },
  );
});

t.test('a hub that goes and comes back while its client thinks', async (t) => {
  const restart = async () => {
    await first.stop('SIGKILL');
    await t.rejects(client.listTools({}, { cacheMode: 'refresh' }), { message: /no hub answers/ });
    hub = await startHub(t, { data: hub.data, env });
    await until(hub, '/api/servers/http', ({ data }) => data.status === 'connected');
  };
  const { client } = await overStdio(t, ['--server', 'http'], capabilities, restart);
  const subscription = await client.listen({ toolsListChanged: true });
  const answered = await client.callTool({ name: 'ask', arguments: { rounds: 1 } });
  t.same(JSON.parse(textOf(answered)), answers, 'the answers still reach the server');
  t.equal(await subscription.closed, 'remote', 'the subscriber gets the end of the stream, and subscribes again');
  await client.listen({ toolsListChanged: true });
});

t.test('this file runs the command that the matrix of commands leaves to it', (t) => {
  allCalled(t, 'mcp-modern-stdio');
  t.end();
});
