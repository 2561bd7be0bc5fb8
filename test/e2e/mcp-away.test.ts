import t from 'tap';
import { fixtureServer, until } from '../automation.js';
import { type callsOf, textOf } from '../mcp-answers.js';
import { mcpClient, OPERATIONS } from '../mcp-client.js';
import { modernClient } from '../modern-client.js';
import { type Hub, runAgent, startAgent, startHub } from '../roundhouse.js';

interface Lister {
  listTools(): Promise<{ tools: { name: string }[] }>;
}
const listed = async (client: Lister) => (await client.listTools()).tools.map(({ name }) => name);

/** Resolves once a server is in a state. */
async function becomes(hub: Hub, name: string, state: string): Promise<void> {
  await until(hub, `/api/servers/${name}`, ({ data }) => data.status === state);
}

t.test('tools of a server that is away stay known, and a call gives the reason', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  await hub.connectServer(fixtureServer('alpha', 'everything'));
  const [{ client }, { client: alone }, { client: answering }, modern, modernAlone] = await Promise.all([
    mcpClient(t, hub),
    mcpClient(t, hub, { path: '/mcp/servers/alpha' }),
    mcpClient(t, hub, { capabilities: { roots: {} } }),
    modernClient(t, hub),
    modernClient(t, hub, { path: '/mcp/servers/alpha' }),
  ]);
  const everywhere: [Lister & Parameters<typeof callsOf>[0], string][] = [
    [client, 'alpha__echo'],
    [alone, 'echo'],
    [answering, 'alpha__echo'],
    [modern, 'alpha__echo'],
    [modernAlone, 'echo'],
  ];
  const refused = async (state: string) => {
    for (const [one, name] of everywhere)
      await t.rejects(one.callTool({ name, arguments: { word: 'x' } }), {
        code: -32000,
        message: /'alpha' is not connected/,
        data: { code: 'server_disconnected', serverName: 'alpha', state, outcome: 'not_run' },
      });
  };

  await hub.call('POST', '/api/servers/alpha/disconnect');
  await refused('stopped');
  t.notOk((await listed(client)).includes('alpha__echo'), 'what was stopped is not offered');
  await hub.call('POST', '/api/servers/alpha/connect');
  t.ok((await listed(client)).includes('alpha__echo'));

  const lost = hub.logged(({ body }) => body === 'agent disconnected');
  await agent.stop();
  await lost;
  for (const [one, name] of everywhere) t.ok((await listed(one)).includes(name), 'listed from what is known');
  await refused('unreachable');
  const { body } = await hub.call('GET', '/api/audit?action=tool.invoke');
  t.match(body.data.entries[0], {
    resource: { id: 'echo' },
    details: { success: false, error: 'server_disconnected' },
  });

  runAgent(t, ['--data', agent.data]);
  await becomes(hub, 'alpha', 'connected');
  t.equal(textOf(await client.callTool({ name: 'alpha__echo', arguments: { word: 'back' } })), 'back');
});

t.test('of a server that was never there its name is enough', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  await hub.call('POST', '/api/servers', fixtureServer('idle', 'everything'));
  const { client } = await mcpClient(t, hub);
  await t.rejects(client.callTool({ name: 'idle__echo', arguments: {} }), {
    code: -32000,
    data: { code: 'server_disconnected', state: 'stopped', outcome: 'not_run' },
  });
  await t.rejects(client.callTool({ name: 'idle_echo', arguments: {} }), { code: -32602, message: /Unknown tool/ });
  const narrowed = await hub.key('user', { grants: { tools: ['other'] } });
  const { client: other } = await mcpClient(t, hub, { key: narrowed });
  await t.rejects(other.callTool({ name: 'idle__echo', arguments: {} }), { code: -32602, message: /Unknown tool/ });
});

t.test('find_tools knows the tools of the hub, and shows a tool of several servers once', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  for (const name of ['one', 'two']) await hub.connectServer(fixtureServer(name, 'everything'));
  const found = async (key: string | undefined, query: string) => {
    const { client } = await mcpClient(t, hub, { path: OPERATIONS, ...(key === undefined ? {} : { key }) });
    const { structuredContent } = await client.callTool({ name: 'find_tools', arguments: { query } });
    return (structuredContent as { tools: { name: string; server?: string; alsoAt?: object[] }[] }).tools;
  };
  const names = async (query: string, key?: string) => (await found(key, query)).map(({ name }) => name);
  t.equal((await names('restart a server'))[0], 'roundhouse_restart_server');
  t.ok((await names('which containers are running')).includes('roundhouse_list_containers'));
  const viewer = await hub.key('viewer');
  t.notOk((await names('restart a server', viewer)).includes('roundhouse_restart_server'), 'what one may not use');
  t.ok((await names('which servers are there', viewer)).includes('roundhouse_list_servers'));
  const echo = (await found(undefined, 'echo')).filter(({ name }) => name.endsWith('__echo'));
  t.equal(echo.length, 1);
  t.match(echo[0]?.alsoAt, [{ name: /^(one|two)__echo$/, site: 'local' }]);
});
