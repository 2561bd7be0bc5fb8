import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import t from 'tap';
import { httpServers, registration, tool } from '../fixtures/servers/http-servers.js';
import { mcpClient } from '../mcp-client.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  const tools = Array.from({ length: 400 }, (_, i) => tool(`tool${i}`));
  const resources = Array.from({ length: 400 }, (_, i) => ({ uri: `r:${i}`, name: `r${i}` }));
  const servers = await httpServers(t, 3, () => ({ tools, resources }));
  for (const [i, server] of servers.entries()) await hub.connectServer(registration(`s${i}`, server));
});

type Connected = Awaited<ReturnType<typeof mcpClient>>['client'];
type Page = { tools: readonly { name: string }[]; nextCursor?: string | undefined };

async function first(client: Connected) {
  const { tools, nextCursor = '' } = await client.listTools();
  return { names: tools.map(({ name }) => name), cursor: nextCursor };
}

t.test('a cursor is valid only for its own list', async (t) => {
  const { client } = await mcpClient(t, hub);
  const { cursor } = await first(client);
  const refused = async (why: string, bad: unknown, list: (params: never) => Promise<unknown>) =>
    t.rejects(list({ cursor: bad } as never), { code: -32602, message: /cursor/, data: { field: 'cursor' } }, why);
  const tools = client.listTools.bind(client);

  const [mark, key] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  const sealed = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
  await refused('another place in the list', sealed(mark, `${key}x`), tools);
  await refused('no mark', sealed('', key), tools);
  await refused('no place', sealed(mark), tools);
  for (const bad of [cursor.slice(1), cursor.slice(0, -8), 'x', '', '7']) await refused(`'${bad}'`, bad, tools);
  await refused('of another list', cursor, client.listResources.bind(client));

  const { client: filtered } = await mcpClient(t, hub, { path: '/mcp?site=local' });
  await refused('of another filter', cursor, filtered.listTools.bind(filtered));
  await refused('and the other way', (await first(filtered)).cursor, tools);
  const { client: one } = await mcpClient(t, hub, { path: '/mcp/servers/s1' });
  await refused('of another address', cursor, one.listTools.bind(one));
  const { client: other } = await mcpClient(t, hub, { key: await hub.key('admin') });
  await refused('of another caller', cursor, other.listTools.bind(other));

  const { client: again } = await mcpClient(t, hub);
  const page: Page = await again.listTools({ cursor });
  t.ok(page.tools.length > 0, 'another session of the same caller goes on with it');
});

t.test('a list that changes between two pages neither repeats nor hides the entries that stay', async (t) => {
  const { client } = await mcpClient(t, hub);
  const told = new Promise<void>((resolve) =>
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve()),
  );
  const { names, cursor } = await first(client);
  await hub.call('DELETE', '/api/servers/s0');
  const rest: string[] = [];
  for (let next: string | undefined = cursor; next !== undefined; ) {
    const page: Page = await client.listTools({ cursor: next });
    rest.push(...page.tools.map(({ name }) => name));
    next = page.nextCursor;
  }
  const all = [...names, ...rest].filter((name) => /^s[12]__/.test(name));
  t.equal(new Set(all).size, all.length);
  t.equal(all.length, 800);
  // Its first page is of the earlier list.
  await told;
});
