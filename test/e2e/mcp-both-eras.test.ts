import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { server as program, serveFixture } from '../conformance/ways.mjs';
import { wait } from '../kit/wait.js';
import { textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { modernClient } from '../modern-client.js';
import { part } from '../parts.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { buildGoClient, fastmcpClient, pythonClient } from '../sdk-clients.js';

const answered = {
  person: { action: 'accept', content: { name: 'Ada', ok: true } },
  model: { model: 'm', role: 'assistant', content: { type: 'text', text: 'Paris' } },
} as const;
const roots = { roots: [{ uri: 'file:///home' }] };
const capabilities = { sampling: {}, elicitation: {}, roots: {} };
const asked = { name: 'test_input_required_result_multiple_inputs', arguments: {} };
const confirmed = { name: 'test_input_required_result_request_state', arguments: {} };

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  const cleanup: (() => Promise<void>)[] = [];
  t.teardown(async () => {
    for (const end of cleanup) await end();
  });
  const url = await serveFixture('both', cleanup);
  await hub.connectServer({ name: 'http', transport: { type: 'http', url } });
  const stdio = { type: 'stdio', command: process.execPath, args: [program, 'stdio', 'both'] };
  await hub.connectServer({ name: 'stdio', transport: stdio });
});

for (const way of ['http', 'stdio']) {
  const path = `/mcp/servers/${way}`;

  t.test(`${way}: a server of both eras asks an older client in the middle of a call`, async (t) => {
    const { client } = await mcpClient(t, hub, {
      path,
      capabilities,
      prepare: (made) => {
        made.setRequestHandler(ElicitRequestSchema, () => answered.person);
        made.setRequestHandler(CreateMessageRequestSchema, () => answered.model);
        made.setRequestHandler(ListRootsRequestSchema, () => roots);
      },
    });
    t.equal(textOf(await client.callTool(asked)), 'Paris Ada, file:///home');
    // In the newer era this tool answers `state-ok`.
    t.match(textOf(await client.callTool(confirmed)), /: true$/, 'in the words of its own era');
    t.match(textOf(await client.callTool({ name: 'test_sampling', arguments: { prompt: 'x' } })), /response: Paris/);
  });

  t.test(`${way}: it asks the clients of the official SDKs in each of their modes`, async (t) => {
    const goClient = part(t, 'mcp-go') && (await buildGoClient(t));
    for (const mode of ['legacy', 'auto'] as const) {
      const client = await modernClient(t, hub, {
        path,
        mode,
        capabilities,
        prepare: (made) => {
          made.setRequestHandler('elicitation/create', () => answered.person);
          made.setRequestHandler('sampling/createMessage', () => answered.model);
          made.setRequestHandler('roots/list', () => roots);
        },
      });
      t.equal(textOf(await client.callTool(asked)), 'Paris Ada, file:///home', `TypeScript, ${mode}`);
      for (const [needs, sdk, name] of [
        ['mcp-python', pythonClient, 'py'],
        ['mcp-fastmcp', fastmcpClient, 'py'],
        // The fixture's request for roots has no `params`, and the Go SDK does not read it without them.
        ['mcp-go', goClient, 'go'],
      ] as const)
        if (part(t, needs) && sdk)
          t.match(
            await sdk(hub, path, mode, asked.name),
            { text: new RegExp(`^heard .* Ada, file:///${name}$`) },
            `${needs}, ${mode}`,
          );
    }
  });

  t.test(`${way}: an older client gets its log messages and list changes`, async (t) => {
    // A client with an instance of its own hears all that the instance logs.
    const { client } = await mcpClient(t, hub, { path, capabilities });
    const logged: unknown[] = [];
    let changes = 0;
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      logged.push(params.data);
    });
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      changes += 1;
    });
    await client.setLoggingLevel('info');
    await client.listTools();
    await client.callTool({ name: 'test_tool_with_logging', arguments: {} });
    await wait('the client has heard all', () => logged.length === 3);
    t.same(logged.sort(), ['Tool execution completed', 'Tool execution started', 'Tool processing data']);
    await client.callTool({ name: 'test_trigger_tool_change', arguments: {} });
    await wait('the client hears that the tools have changed', () => changes > 0);
    await client.subscribeResource({ uri: 'test://watched-resource' });
    await client.unsubscribeResource({ uri: 'test://watched-resource' });
  });

  t.test(`${way}: it asks a newer client by a result`, async (t) => {
    const client = await modernClient(t, hub, {
      path,
      capabilities,
      prepare: (made) => {
        made.setRequestHandler('elicitation/create', () => answered.person);
        made.setRequestHandler('sampling/createMessage', () => answered.model);
        made.setRequestHandler('roots/list', () => roots);
      },
    });
    t.equal(textOf(await client.callTool(asked)), 'Paris Ada, file:///home');
  });

  t.test(`${way}: a newer client speaks to the server in its own era`, async (t) => {
    const client = await modernClient(t, hub, {
      path,
      capabilities: { elicitation: {} },
      prepare: (made) => made.setRequestHandler('elicitation/create', () => answered.person),
    });
    t.equal(textOf(await client.callTool(confirmed)), 'state-ok');
  });

  t.test(`${way}: a newer client that answers no questions is told which capability it misses`, async (t) => {
    const client = await modernClient(t, hub, { path });
    await t.rejects(client.callTool(asked), { code: -32021 });
  });

  t.test(`${way}: an older client that answers no questions hears logs and changes, too`, async (t) => {
    const { client } = await mcpClient(t, hub, { path });
    const logged: unknown[] = [];
    let changes = 0;
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      logged.push(params.data);
    });
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      changes += 1;
    });
    await client.setLoggingLevel('info');
    await client.listTools();
    await client.callTool({ name: 'test_tool_with_logging', arguments: {} });
    await wait('the client has heard all', () => logged.length === 3);
    await client.callTool({ name: 'test_trigger_tool_change', arguments: {} });
    await wait('the client hears that the tools have changed', () => changes > 0);
    await client.subscribeResource({ uri: 'test://watched-resource' });
    await client.unsubscribeResource({ uri: 'test://watched-resource' });
  });
}

/** A server of the older era that ends at any other first message, as some SDKs let it. It tells its process id. */
const strict = `
  let greeted = false;
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    greeted ||= method === 'initialize';
    if (!greeted) process.exit(1);
    const results = {
      initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
      'tools/list': { tools: [{ name: 'pid', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [{ type: 'text', text: String(process.pid) }] },
    };
    if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }) + '\\n');
  });
`;

t.test(
  'a server of the older era that ends at an unknown first message goes on while a newer client uses it',
  async (t) => {
    await hub.connectServer({
      name: 'strict',
      transport: { type: 'stdio', command: process.execPath, args: ['-e', strict] },
    });
    const older = await mcpClient(t, hub, { path: '/mcp/servers/strict' });
    const newer = await modernClient(t, hub, { path: '/mcp/servers/strict' });
    const pid = { name: 'pid', arguments: {} };
    const before = textOf(await older.client.callTool(pid));
    t.match(before, /^\d+$/);
    t.equal(textOf(await newer.callTool(pid)), before);
    t.equal(textOf(await older.client.callTool(pid)), before);
  },
);
