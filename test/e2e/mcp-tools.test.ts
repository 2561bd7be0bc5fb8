import t from 'tap';
import { fixtureServer } from '../automation.js';
import { mcpClient } from '../mcp-client.js';
import { everything, startAgent, startHub } from '../roundhouse.js';

t.test('tools of all servers under unique names', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const stdio = { type: 'stdio', command: process.execPath, args: [everything] };
  await hub.connectServer({ name: 'one', transport: stdio });
  await hub.connectServer({ name: 'two', transport: stdio });
  await hub.connectServer(fixtureServer('tells'));
  const { client } = await mcpClient(t, hub);
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  t.ok(names.includes('one__echo') && names.includes('two__echo'));
  t.ok(names.includes('find_tools'));
  const result = await client.callTool({ name: 'two__echo', arguments: { message: 'héllo' } });
  t.match(result, { content: [{ type: 'text', text: /héllo/ }] });
  const found = await client.callTool({ name: 'find_tools', arguments: { query: 'add two numbers' } });
  t.match(found.structuredContent, { tools: [{ name: /get-sum/ }] });
  await t.rejects(client.callTool({ name: 'nope', arguments: {} }), { code: -32602 });
});
