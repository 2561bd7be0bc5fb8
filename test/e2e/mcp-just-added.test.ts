import t from 'tap';
import { until } from '../automation.js';
import {
  type HttpServer,
  httpServer,
  type Message,
  registration,
  text,
  tool,
} from '../fixtures/servers/http-servers.js';
import { textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { modernClient } from '../modern-client.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
let server: HttpServer;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  server = await httpServer(t, { tools: [tool('add')] });
  server.answering = ({ method, params }: Message) => (method === 'tools/call' ? text(params.name) : undefined);
  await hub.connectServer(registration('growing', server));
});

interface Caller {
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
}

t.test('a tool that its server has just added can be called at once', async (t) => {
  const elicitation = { elicitation: {} };
  const path = '/mcp/servers/growing';
  const clients: Record<string, { client: Caller; prefix: string }> = {
    plain: { client: (await mcpClient(t, hub)).client, prefix: 'growing__' },
    alone: { client: (await mcpClient(t, hub, { path })).client, prefix: '' },
    answering: { client: (await mcpClient(t, hub, { capabilities: elicitation })).client, prefix: 'growing__' },
    modern: { client: await modernClient(t, hub), prefix: 'growing__' },
    asked: { client: await modernClient(t, hub, { path, capabilities: elicitation }), prefix: '' },
  };
  for (const [name, { client, prefix }] of Object.entries(clients)) {
    t.equal(textOf(await client.callTool({ name: `${prefix}add`, arguments: {} })), 'add');
    // The server does not announce its new tool.
    server.offer = { ...server.offer, tools: [...server.offer.tools, tool(name)] };
    t.equal(textOf(await client.callTool({ name: `${prefix}${name}`, arguments: {} })), name);
    await t.rejects(client.callTool({ name: `${prefix}other`, arguments: {} }), {
      code: -32602,
      message: /Unknown tool/,
    });
  }
});

t.test('a tool of a server that is being connected for the first time can be called at once', async (t) => {
  const { client } = await mcpClient(t, hub);
  const young = await httpServer(t, { tools: [tool('echo')] });
  let open = () => {};
  const opened = new Promise<undefined>((resolve) => {
    open = () => resolve(undefined);
  });
  young.answering = ({ method }: Message) => (method === 'tools/call' ? text('x') : opened);
  await hub.call('POST', '/api/servers', registration('young', young));
  const connecting = hub.call('POST', '/api/servers/young/connect');
  await until(hub, '/api/servers/young', ({ data }) => data.runtime.connecting === true);
  const called = client.callTool({ name: 'young__echo', arguments: {} });
  await client.ping();
  open();
  t.equal(textOf(await called), 'x');
  await connecting;
});

t.test('a name without its server gets the names that it may stand for', async (t) => {
  const { client } = await mcpClient(t, hub);
  const message = /Unknown tool: add\. Did you mean growing__add\?/;
  await t.rejects(client.callTool({ name: 'add', arguments: {} }), { code: -32602, message });
  const narrowed = await hub.key('user', { grants: { tools: ['other'] } });
  const { client: other } = await mcpClient(t, hub, { key: narrowed });
  await t.rejects(other.callTool({ name: 'add', arguments: {} }), { code: -32602, message: /Unknown tool: add$/ });
});

t.test('tools come in the order in which their server gives them', async (t) => {
  const names = ['zeta', 'alpha', 'mid'];
  await hub.connectServer(registration('ordered', await httpServer(t, { tools: names.map((name) => tool(name)) })));
  const { client: alone } = await mcpClient(t, hub, { path: '/mcp/servers/ordered' });
  t.same(
    (await alone.listTools()).tools.map(({ name }) => name),
    names,
  );
  const { client } = await mcpClient(t, hub);
  const listed = (await client.listTools()).tools.map(({ name }) => name).filter((name) => name.startsWith('ordered'));
  t.same(
    listed,
    names.map((name) => `ordered__${name}`),
  );
});
