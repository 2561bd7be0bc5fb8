import t from 'tap';
import { fixtureServer } from '../automation.js';
import { textOf } from '../mcp-answers.js';
import { mcpClient } from '../mcp-client.js';
import { mcpListener } from '../mcp-listener.js';
import { everything, startAgent, startHub } from '../roundhouse.js';

const changed = 'notifications/tools/list_changed';

t.test('a client that answers questions learns of the tools that only such clients have', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.connectServer({
    name: 'one',
    transport: { type: 'stdio', command: process.execPath, args: [everything] },
  });
  await hub.connectServer(fixtureServer('alike', 'everything'));
  const { client, next } = await mcpListener(t, hub, { answer: () => 'sampled' });
  const asking = 'one__trigger-sampling-request';
  const names = async () => (await client.listTools()).tools.map(({ name }) => name);
  t.notOk((await names()).includes(asking), 'no client waits for a start');
  await next(changed);
  t.ok((await names()).includes(asking), 'and no call was needed');
  const result = await client.callTool({ name: asking, arguments: { prompt: 'x', maxTokens: 5 } });
  t.match(textOf(result), /sampled/);

  const { client: plain } = await mcpClient(t, hub);
  t.notOk(
    (await plain.listTools()).tools.some(({ name }) => name === asking),
    'others do not have them',
  );
});
