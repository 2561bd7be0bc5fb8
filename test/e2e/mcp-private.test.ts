import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { wait } from '../kit/wait.js';
import { callsOf, hubWithEverything, textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { runs } from '../parts/agent/harness.js';
import type { Hub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await hubWithEverything(t, ['alpha'], { ROUNDHOUSE_MCP_AWAY: '5' });
});

/** A client that answers any question of a server, by its own name; `asked` holds the questions. */
async function answering(test: Parameters<typeof mcpClient>[0], name: string, path = '/mcp') {
  const asked: unknown[] = [];
  const { client, transport } = await mcpClient(test, hub, {
    path,
    capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } },
    prepare: (made) => {
      made.setRequestHandler(CreateMessageRequestSchema, ({ params }) => {
        asked.push(params.messages);
        return { model: name, role: 'assistant' as const, content: { type: 'text' as const, text: `by ${name}` } };
      });
      made.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept' as const, content: { name } }));
      made.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: `file:///${name}` }] }));
    },
  });
  return { client, transport, asked, ...callsOf(client, path) };
}

async function gone(pid: number): Promise<void> {
  await wait('the instance has ended', () => !runs(pid));
}

t.test('servers ask the client that called them, and get its answers', async (t) => {
  for (const path of ['/mcp', '/mcp/servers/alpha']) {
    const { call, sample } = await answering(t, 'one', path);
    t.match(JSON.parse(await sample('hi')), { model: 'one', content: { text: 'by one' } }, `sampling at ${path}`);
    const elicited = await call('ask', {
      method: 'elicitation/create',
      params: { message: 'who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } },
    });
    t.same(JSON.parse(elicited), { action: 'accept', content: { name: 'one' } });
    t.same(JSON.parse(await call('ask', { method: 'roots/list', params: {} })), { roots: [{ uri: 'file:///one' }] });
    t.match(JSON.parse(await call('ask', { method: 'sampling/other', params: {} })), { code: -32601 });
    const told = JSON.parse(await call('client'));
    t.equal(told.name, 'test');
    t.same(told.capabilities, { sampling: {}, elicitation: {}, roots: { listChanged: true } });
  }
});

t.test('a client that offers nothing, and one over REST, are not asked', async (t) => {
  const { client } = await mcpClient(t, hub);
  const args = { method: 'sampling/createMessage', params: {} };
  const asked = await client.callTool({ name: 'alpha__ask', arguments: args });
  t.match(JSON.parse(textOf(asked)), { code: -32601 });
  const { body } = await hub.call('POST', '/api/tools/ask/invoke', { arguments: args });
  t.match(JSON.parse(textOf(body.data)), { code: -32601 });
});

t.test('two clients on the same server at once never see questions to the other', async (t) => {
  const [one, two] = await Promise.all([answering(t, 'one'), answering(t, 'two')]);
  const words = Array.from({ length: 20 }, (_, i) => i);
  const answers = await Promise.all(words.flatMap((i) => [one.sample(`one ${i}`), two.sample(`two ${i}`)]));
  t.equal(answers.filter((answer) => JSON.parse(answer).model === 'one').length, 20);
  t.equal(one.asked.length, 20);
  t.equal(two.asked.length, 20);
  t.notMatch(JSON.stringify(one.asked), /two/);
  t.notMatch(JSON.stringify(two.asked), /one/);
  t.not(await one.call('pid'), await two.call('pid'), 'each has a process of its own');
});

t.test('the instances of a client end with its session, and when it vanishes', async (t) => {
  const [leaving, vanishing, staying] = await Promise.all([
    answering(t, 'leaving'),
    answering(t, 'vanishing'),
    answering(t, 'staying'),
  ]);
  const pids = await Promise.all([leaving.call('pid'), vanishing.call('pid'), staying.call('pid')]);
  const [left = 0, vanished = 0, stayed = 0] = pids.map(Number);
  await leaving.transport.terminateSession();
  await gone(left);
  vanishing.call('wait').catch(() => {});
  await vanishing.client.close();
  await gone(vanished);
  t.ok(runs(stayed), 'the others stay');
  t.equal(await staying.call('pid'), String(stayed));
});
