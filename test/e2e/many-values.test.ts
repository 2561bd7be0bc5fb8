import t from 'tap';
import { until } from '../automation.js';
import { as, base } from '../backend.js';
import { httpServer, type Message, registration, tool } from '../fixtures/servers/http-servers.js';
import { mcpClient } from '../mcp-client.js';
import { modernClient } from '../modern-client.js';
import { ADMIN_KEY, type Hub, startAgent, startHub } from '../roundhouse.js';

const many = 40_000;
/** Few bytes, and more values than the hub reads in its event loop: three for each element. */
const texts = Array.from({ length: many }, () => ({ type: 'text', text: '' }));
const contents = Array.from({ length: many }, () => ({ uri: '', text: '' }));
const link = { type: 'resource_link', uri: 'file:///a', name: 'a' };

const answers: Readonly<Record<string, (message: Message) => unknown>> = {
  'resources/read': ({ params }) => ({ contents: params.uri === 'x:few' ? [{ uri: 'x:few', text: 'a' }] : contents }),
  'tools/call': ({ params }) => ({ content: params.name === 'links' ? [link, ...texts] : texts }),
};

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  const offer = { tools: [tool('plain'), tool('links')], resources: [{ uri: 'x:many', name: 'n' }] };
  const server = await httpServer(t, offer);
  server.answering = (message) => answers[message.method ?? '']?.(message);
  await hub.connectServer(registration('heavy', server));
});

const refused = { message: /has more than 100000 values, and is not read/ };

t.test('where the hub changes a result of too many values, it refuses the result and names the bound', async (t) => {
  const { client } = await mcpClient(t, hub);
  await t.rejects(client.readResource({ uri: 'roundhouse://heavy/x:many' }), refused);
  await t.rejects(client.callTool({ name: 'heavy__links' }), refused);
  const { contents } = await client.readResource({ uri: 'roundhouse://heavy/x:few' });
  t.match(contents, [{ uri: 'roundhouse://heavy/x:few' }], 'a small result is read');
  const modern = await modernClient(t, hub);
  await t.rejects(modern.callTool({ name: 'heavy__plain', arguments: {} }), refused);
});

t.test('where the hub only carries a result, it may have any number of values', async (t) => {
  const { status, body } = await hub.call('POST', '/api/tools/plain/invoke', { arguments: {} });
  t.match([status, body.data.content.length], [200, many]);
});

t.test('a step of a workflow refuses a result of too many values', async (t) => {
  const call = as(hub, ADMIN_KEY);
  const steps = [{ name: 'one', kind: 'tool_call', with: { tool: 'plain', server: 'heavy' } }];
  await call('POST', '/mcp-definitions', { name: 'w', mcp_type: 'workflow', config: { type: 'workflow', steps } });
  const { body: run } = await call('POST', '/workflow-runs', { workflow_definition_id: 'w' });
  const over = ({ status }: { status: string }) => ['failed', 'completed'].includes(status);
  const { body } = await until(hub, `${base}/workflow-runs/${run.id}`, over);
  t.match(body, { status: 'failed', error: refused });
});
