import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { modernClient } from '../modern-client.js';
import { connectModernServers } from '../modern-servers.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

/** Each server by the way it is reached. */
const ways = ['stdio', 'http', 'both'] as const;

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  await connectModernServers(t, hub, ways);
});

for (const way of ways) {
  const path = `/mcp/servers/${way}`;

  t.test(`${way}: an older client uses the tools of a newer server`, async (t) => {
    const { client } = await mcpClient(t, hub, { path });
    t.equal(client.getServerVersion()?.name, 'modern');
    t.equal(client.getInstructions(), 'Speak the newer version.');
    t.equal((await client.listTools()).tools.length, 12);
    t.equal(textOf(await client.callTool({ name: 'echo', arguments: { word: 'héllo' } })), 'héllo');
    const progress: unknown[] = [];
    const logged: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      logged.push(params.data);
    });
    const onprogress = (told: { progress: number }) => progress.push(told.progress);
    await client.callTool({ name: 'progress', arguments: {} }, undefined, { onprogress });
    t.same(progress, [1, 2]);
    t.same(logged, ['logged']);
    t.match(await client.listResources(), { resources: [{ uri: 'memo://a' }] });
    t.match(await client.readResource({ uri: 'memo://a' }), { contents: [{ text: 'memo' }] });
    t.match(await client.getPrompt({ name: 'greet' }), { messages: [{ content: { text: 'Hello' } }] });
    const ref = { type: 'ref/prompt', name: 'greet' } as const;
    t.match(await client.complete({ ref, argument: { name: 'x', value: 'a' } }), { completion: { values: ['a!'] } });
    await t.rejects(client.callTool({ name: 'nope', arguments: {} }), { code: -32602 });
    const region = textOf(await client.callTool({ name: 'query', arguments: { region: '日本' } }));
    const repeated = `=?base64?${Buffer.from('日本').toString('base64')}?=`;
    t.equal(region, `日本 ${way === 'stdio' ? 'none' : repeated}`);
  });

  t.test(`${way}: each request names its client, and the questions that the client takes`, async (t) => {
    const { client } = await mcpClient(t, hub, { path });
    const call = { name: 'envelope', arguments: {}, _meta: { trace: { id: 1 } } };
    const told = JSON.parse(textOf(await client.callTool(call)));
    t.match(told, {
      envelope: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'roundhouse-agent' },
      },
      meta: { trace: { id: 1 } },
    });
    t.same(told.envelope['io.modelcontextprotocol/clientCapabilities'], {});
    await t.rejects(client.callTool({ name: 'ask', arguments: {} }), Error, 'no client offers an answer');
  });

  t.test(`${way}: questions in place of results reach clients of either era`, async (t) => {
    const answered = {
      who: { action: 'accept', content: { name: 'x' } },
      model: { model: 'm', role: 'assistant', content: { type: 'text', text: 'yes' } },
    } as const;
    const capabilities = { sampling: {}, elicitation: {} };
    const { client: older } = await mcpClient(t, hub, {
      path,
      capabilities,
      prepare: (made) => {
        made.setRequestHandler(CreateMessageRequestSchema, () => answered.model);
        made.setRequestHandler(ElicitRequestSchema, () => answered.who);
      },
    });
    t.same(JSON.parse(textOf(await older.callTool({ name: 'ask', arguments: { rounds: 2 } }))), answered);
    const newer = await modernClient(t, hub, {
      path,
      capabilities,
      prepare: (made) => {
        made.setRequestHandler('sampling/createMessage', () => answered.model);
        made.setRequestHandler('elicitation/create', () => answered.who);
      },
    });
    t.match(JSON.parse(textOf(await newer.callTool({ name: 'ask', arguments: { rounds: 2 } }))), answered);
  });

  t.test(`${way}: a call that is cancelled is cancelled at the server`, async (t) => {
    const { client } = await mcpClient(t, hub, { path });
    const abort = new AbortController();
    const call = client.callTool({ name: 'wait', arguments: {} }, undefined, { signal: abort.signal });
    const counted = async () => textOf(await client.callTool({ name: 'cancelled', arguments: {} }));
    await wait('the server has the call', async () => (await counted()) !== '0 of 0');
    abort.abort('enough');
    await t.rejects(call, { message: /enough/ });
    await wait('the server knows that the call is cancelled', async () => (await counted()) === '1 of 1');
  });

  t.test(`${way}: a question of a cancelled call is withdrawn`, async (t) => {
    const seen: string[] = [];
    let look = () => {};
    const note = (what: string) => {
      seen.push(what);
      look();
    };
    const saw = async (count: number) => {
      while (seen.length < count)
        await new Promise<void>((resolve) => {
          look = resolve;
        });
      return seen.splice(0).sort();
    };
    /** A person who does not answer. */
    const thinking = (what: string, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        note(`${what} asked`);
        signal.addEventListener('abort', () => {
          note(`${what} withdrawn`);
          reject(new Error('withdrawn'));
        });
      });
    const { client } = await mcpClient(t, hub, {
      path,
      capabilities: { sampling: {}, elicitation: {} },
      prepare: (made) => {
        made.setRequestHandler(CreateMessageRequestSchema, (_, { signal }) => thinking('model', signal));
        made.setRequestHandler(ElicitRequestSchema, (_, { signal }) => thinking('who', signal));
      },
    });
    const abort = new AbortController();
    const call = client.callTool({ name: 'ask', arguments: {} }, undefined, { signal: abort.signal });
    const cancelled = t.rejects(call, { message: /enough/ });
    t.same(await saw(2), ['model asked', 'who asked']);
    abort.abort('enough');
    await cancelled;
    t.same(await saw(2), ['model withdrawn', 'who withdrawn']);
  });

  t.test(`${way}: a subscription is a stream that the agent keeps`, async (t) => {
    const { client } = await mcpClient(t, hub, { path });
    const heard = new Promise<string>((resolve) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => resolve(params.uri));
    });
    await client.subscribeResource({ uri: 'memo://a' });
    await client.callTool({ name: 'touch', arguments: {} });
    t.equal(await heard, 'memo://a');
    await client.unsubscribeResource({ uri: 'memo://a' });
    const { body } = await hub.call('POST', `/api/servers/${way}/ping`);
    t.ok(body, 'health checks have something to ask');
  });
}
