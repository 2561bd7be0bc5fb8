import t from 'tap';
import { fixtureServer } from '../automation.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';

let hub: Hub;
let id: string;
t.before(async () => {
  hub = await startHub(t);
  await startAgent(t, hub);
  id = await hub.connectServer(fixtureServer('everything'));
});

t.test('/mcp?group= shows a narrowed key nothing about a group that the key does not cover', async (t) => {
  const made = await hub.call('POST', '/api/groups', { name: 'hidden' });
  t.equal(made.status, 201);
  const key = await hub.key('admin', { grants: { groups: ['0193a1b2-0000-7000-8000-000000000002'] } });
  const answer = async (group: string, as: string) => {
    const message = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const { status, body } = await hub.call('POST', `/mcp?group=${group}`, message, as);
    return { status, body: JSON.stringify(body).replaceAll(group, 'GROUP') };
  };
  const unknown = await answer('nowhere', key);
  t.equal(unknown.status, 404);
  t.same(await answer('hidden', key), unknown, 'by name');
  t.match(await answer(made.body.data.id, key), { status: 404 }, 'by id');
  t.not((await answer('hidden', await hub.key('admin'))).status, 404, 'a key without grants finds it');
});

t.test('a key narrowed to tools is shown those tools of a server, and no others', async (t) => {
  const key = await hub.key('viewer', { grants: { tools: ['echo'] } });
  const names = async (as?: string) => {
    const { body } = await hub.call('GET', `/api/servers/${id}`, undefined, as);
    return body.data.tools.map((tool: string | { readonly name: string }) =>
      typeof tool === 'string' ? tool : tool.name,
    );
  };
  t.same(await names(key), ['echo']);
  t.ok((await names()).length > 1);
  const { body } = await hub.call('GET', '/api/tools', undefined, key);
  t.same(
    body.data.tools.map(({ name }: { readonly name: string }) => name),
    ['echo'],
  );
});

t.test('grants take names of servers and groups, and refuse names that do not exist', async (t) => {
  const { body: group } = await hub.call('POST', '/api/groups', { name: 'Office' });
  const groupId = group.data.id;
  const make = (grants: object) => hub.call('POST', '/api/keys', { name: 'narrow', role: 'viewer', grants });
  const made = await make({ servers: ['everything'] });
  t.match([made.status, made.body.data.grants], [201, { servers: [id] }]);
  const { body } = await hub.call('GET', '/api/servers', undefined, made.body.data.key);
  t.match(body.data, [{ name: 'everything' }], 'the key sees the server that it names');
  t.match((await make({ servers: [id], groups: ['office'] })).body.data.grants, { groups: [groupId] });
  for (const [grants, field] of [
    [{ servers: ['everything', 'evrything'] }, 'grants.servers.1'],
    [{ groups: ['none'] }, 'grants.groups.0'],
  ] as const)
    t.match(await make(grants), { status: 400, body: { error: `${field}: is no id and no name` } }, field);
});
