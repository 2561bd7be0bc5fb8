import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import t, { type Test } from 'tap';
import { fixtureServer, until } from '../automation.js';
import { freePort } from '../free-port.mjs';
import { wait } from '../kit/wait.js';
import { textOf } from '../mcp-answers.js';
import { runs } from '../parts/agent/harness.js';
import { ADMIN_KEY, type Hub, roundhouse, startAgent, startHub } from '../roundhouse.js';

const bin = fileURLToPath(new URL('../../agent/bin/roundhouse.mjs', import.meta.url));

let hub: Hub;
let env: Record<string, string>;
t.before(async () => {
  const [port, agentPort] = [await freePort(), await freePort()];
  env = { ROUNDHOUSE_LISTEN: `127.0.0.1:${port}`, ROUNDHOUSE_AGENT_LISTEN: `127.0.0.1:${agentPort}` };
  hub = await startHub(t, { env });
  await startAgent(t, hub);
  await hub.connectServer(fixtureServer('alpha', 'everything'));
});

/** The official SDK's client, with `roundhouse mcp` as its server. */
async function stdioClient(
  t: Test,
  args: readonly string[] = [],
  { capabilities = {}, url = hub.url, prepare = (_: Client) => {} } = {},
) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [bin, 'mcp', '--hub', url, ...args],
    env: { ...(process.env as Record<string, string>), ROUNDHOUSE_API_KEY: ADMIN_KEY },
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const client = new Client({ name: 'over stdio', version: '1.0.0' }, { capabilities });
  const strays: Error[] = [];
  client.onerror = (error) => strays.push(error);
  prepare(client);
  t.teardown(() => client.close());
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return { client, transport, strays, stderr: () => stderr };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

t.test('a client that speaks stdio only has the whole fleet', async (t) => {
  const { client, strays } = await stdioClient(t);
  t.equal(client.getServerVersion()?.name, 'roundhouse');
  const { tools } = await client.listTools();
  t.ok(tools.some(({ name }) => name === 'alpha__echo'));
  t.equal(textOf(await client.callTool({ name: 'alpha__echo', arguments: { word: 'hé\nllo' } })), 'hé\nllo');
  await t.rejects(client.callTool({ name: 'nope' }), { code: -32602 });
  t.same(strays, [], 'nothing but the protocol on standard output');
});

t.test('one server, under its own names; its description of itself comes through', async (t) => {
  const updated = deferred<string>();
  const logged = deferred<unknown>();
  const { client } = await stdioClient(t, ['--server', 'alpha'], {
    prepare: (made) => {
      made.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => updated.resolve(params.uri));
      made.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => logged.resolve(params.data));
    },
  });
  await client.subscribeResource({ uri: 'file:///notes/a.txt' });
  await client.callTool({ name: 'touch' });
  t.equal(await updated.promise, 'file:///notes/a.txt');
  await client.setLoggingLevel('debug');
  await client.callTool({ name: 'log', arguments: { word: 'word' } });
  t.equal(await logged.promise, 'word');
  const prompt = await client.getPrompt({ name: 'greet', arguments: { who: 'Ann' } });
  t.match(prompt.messages, [{ content: { text: 'Hello Ann' } }]);
});

t.test('servers ask the client; its instance ends with it', async (t) => {
  const { client, transport } = await stdioClient(t, ['--server', 'alpha'], {
    capabilities: { sampling: {}, elicitation: {} },
    prepare: (made) => {
      made.setRequestHandler(CreateMessageRequestSchema, () => ({
        model: 'mine',
        role: 'assistant' as const,
        content: { type: 'text' as const, text: 'hi' },
      }));
      made.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' as const }));
    },
  });
  const ask = async (method: string, params: object) =>
    JSON.parse(textOf(await client.callTool({ name: 'ask', arguments: { method, params } })));
  const messages = [{ role: 'user', content: { type: 'text', text: 'hello?' } }];
  t.match(await ask('sampling/createMessage', { messages, maxTokens: 5 }), { model: 'mine' });
  const requestedSchema = { type: 'object', properties: { name: { type: 'string' } } };
  t.same(await ask('elicitation/create', { message: 'who?', requestedSchema }), { action: 'decline' });
  const own = Number(textOf(await client.callTool({ name: 'pid' })));
  t.ok(runs(own));
  const { pid } = transport;
  await client.close();
  t.notOk(runs(Number(pid)), 'it ends with its standard input');
  await wait('the instance has ended', () => !runs(own));
});

t.test('a call is cancelled', async (t) => {
  const { client } = await stdioClient(t, ['--server', 'alpha']);
  const logged = (word: string) => `/api/v1/logs?server=alpha&query=${word}`;
  const count = async (word: string): Promise<number> => (await hub.call('GET', logged(word))).body.data.total;
  const [waiting, cancelled] = [await count('waiting'), await count('cancelled')];
  const abort = new AbortController();
  const hung = client.callTool({ name: 'wait' }, undefined, { signal: abort.signal });
  await until(hub, logged('waiting'), ({ data }) => data.total > waiting);
  abort.abort();
  await t.rejects(hung, { message: /abort/i });
  await until(hub, logged('cancelled'), ({ data }) => data.total > cancelled);
});

t.test('lines from a pipe', async (t) => {
  const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'pipe', version: '1' } };
  const lines = [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    {
      jsonrpc: '2.0',
      id: 'two',
      method: 'tools/call',
      params: { name: 'alpha__progress', _meta: { progressToken: 'p' } },
    },
    'no JSON',
    7,
  ].map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const { stdout, stderr, code } = await roundhouse(t, ['mcp', '--hub', hub.url, '--key', ADMIN_KEY], {
    input: lines.join('\n'),
  });
  t.equal(code, 0, stderr);
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const [parseError, invalidRequest] = answers.filter(({ id }) => id === null);
  t.equal(parseError.error.code, -32700);
  t.equal(invalidRequest.error.code, -32600);
  t.match(
    answers.filter(({ id, params }) => id === 'two' || params?.progressToken === 'p'),
    [{ params: { progress: 1 } }, { params: { progress: 2 } }, { id: 'two', result: { content: [{ text: 'done' }] } }],
    'what is said before an answer comes before it',
  );
  t.equal(answers.length, 6);
});

t.test('errors name their reason', async (t) => {
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  await t.rejects(stdioClient(t, [], { url: nowhere }), { code: -32000, message: /no hub answers at .*ECONNREFUSED/ });
  await t.rejects(stdioClient(t, ['--key', 'wrong']), { code: -32000, message: /credential|key/i });
  await t.rejects(stdioClient(t, ['--server', 'nope']), { message: /not found/i });
  const { code, stderr, stdout } = await roundhouse(t, ['mcp', '--hub', 'ftp://x', '--key', 'k']);
  t.equal(code, 2);
  t.match(stderr, /--hub/);
  t.equal(stdout, '');
});

t.test('a hub that goes and comes back', async (t) => {
  const back = deferred<void>();
  const { client, transport } = await stdioClient(t, ['--server', 'alpha'], {
    prepare: (made) =>
      made.setNotificationHandler(ToolListChangedNotificationSchema, async () => {
        const { tools } = await made.listTools();
        if (tools.some(({ name }) => name === 'echo')) back.resolve();
      }),
  });
  t.equal(textOf(await client.callTool({ name: 'echo', arguments: { word: '1' } })), '1');
  const hung = t.rejects(client.callTool({ name: 'wait' }), {
    code: -32000,
    message: /hub/,
    data: { outcome: 'unknown' },
  });
  await client.listTools();
  await hub.stop();
  await t.rejects(client.listTools(), { message: /no hub answers/ });
  hub = await startHub(t, { data: hub.data, env });
  await hung;
  await back.promise;
  t.pass('it hears that the server is there again');
  t.equal(textOf(await client.callTool({ name: 'echo', arguments: { word: '2' } })), '2');
  const { pid } = transport;
  const closed = deferred<void>();
  client.onclose = closed.resolve;
  process.kill(Number(pid), 'SIGTERM');
  await closed.promise;
  t.notOk(runs(Number(pid)), 'a signal ends it, too');
});
