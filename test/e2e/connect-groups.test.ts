import t from 'tap';
import { everything, type Hub, startAgent, startHub } from '../roundhouse.js';
import { documented, sameShape } from '../shape.js';

const transport = { type: 'stdio', command: process.execPath, args: [everything] };

async function register(hub: Hub, name: string, more = {}): Promise<string> {
  return (await hub.call('POST', '/api/servers', { name, transport, ...more })).body.data.id;
}

async function groupOf(hub: Hub, server: string): Promise<unknown> {
  return (await hub.call('GET', `/api/servers/${server}`)).body.data.groupId;
}

const names = (answer: { body: { data: { name: string }[] } }) => answer.body.data.map(({ name }) => name);

t.test('groups are made, listed in order, changed and deleted', async (t) => {
  const hub = await startHub(t);
  const [example] = documented('GET /api/groups').data;
  const wanted = {
    name: 'Development',
    description: 'Development and testing servers',
    color: '#6366f1',
    icon: 'code',
  };
  const made = await hub.call('POST', '/api/groups', wanted);
  t.equal(made.status, 201);
  sameShape(t, made.body.data, example);
  t.match(made.body.data, { ...wanted, sortOrder: 0, serverCount: 0 });

  const last = await hub.call('POST', '/api/groups', { name: 'A late one', sortOrder: 5 });
  await hub.call('POST', '/api/groups', { name: 'Billing' });
  const listed = await hub.call('GET', '/api/groups');
  sameShape(t, listed.body, documented('GET /api/groups'));
  t.same(names(listed), ['Billing', 'Development', 'A late one'], 'by sort order, then by name');

  const moved = await hub.call('PUT', `/api/groups/${last.body.data.id}`, { sortOrder: -1, color: '#22C55E' });
  t.match(moved.body.data, { name: 'A late one', sortOrder: -1, color: '#22C55E' });
  sameShape(t, moved.body.data, example);
  t.same(names(await hub.call('GET', '/api/groups')), ['A late one', 'Billing', 'Development']);

  const deleted = await hub.call('DELETE', `/api/groups/${last.body.data.id}`);
  t.match(deleted.body, { success: true, message: 'Group deleted successfully' });
  t.same(names(await hub.call('GET', '/api/groups')), ['Billing', 'Development']);
  t.equal((await hub.call('DELETE', `/api/groups/${last.body.data.id}`)).status, 404);
  t.equal((await hub.call('PUT', '/api/groups/nothing', { name: 'x' })).status, 404);
});

t.test('names are unique without regard to case, colours have six digits', async (t) => {
  const hub = await startHub(t);
  const { id } = (await hub.call('POST', '/api/groups', { name: 'One' })).body.data;
  const same = await hub.call('POST', '/api/groups', { name: 'ONE' });
  t.equal(same.status, 409);
  t.match(same.body, { code: 'CONFLICT', details: { field: 'name' } });
  await hub.call('POST', '/api/groups', { name: 'Two' });
  t.equal((await hub.call('PUT', `/api/groups/${id}`, { name: 'two' })).status, 409);
  t.equal((await hub.call('PUT', `/api/groups/${id}`, { name: 'one' })).status, 200, 'its own name in other letters');
  for (const wrong of [
    { name: '' },
    { name: 'x'.repeat(65) },
    { name: 'c', color: 'red' },
    { name: 'c', color: '#fff' },
  ]) {
    const { status, body } = await hub.call('POST', '/api/groups', wrong);
    t.equal(status, 400, JSON.stringify(wrong));
    t.match(body, { code: 'VALIDATION_ERROR', details: { field: 'color' in wrong ? 'color' : 'name' } });
  }
});

t.test('servers come into groups and leave them; a deleted group leaves its servers ungrouped', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const [group, other] = await Promise.all(
    ['first', 'second'].map(async (name) => (await hub.call('POST', '/api/groups', { name })).body.data.id),
  );
  const count = async () => (await hub.call('GET', '/api/groups')).body.data[0].serverCount;
  const [a, b, c] = [await register(hub, 'a'), await register(hub, 'b'), await register(hub, 'c', { groupId: group })];
  t.equal(await count(), 1, 'the one that was registered into it');

  const unknown = await hub.call('POST', `/api/groups/${group}/servers`, { serverIds: [a, 'nobody'] });
  t.equal(unknown.status, 400);
  t.match(unknown.body.details, { field: 'serverIds.1' });
  t.equal(await groupOf(hub, a), null, 'all or none');

  const added = await hub.call('POST', `/api/groups/${group}/servers`, { serverIds: [a, b, a] });
  t.equal(added.status, 200);
  sameShape(t, added.body.data, documented('GET /api/groups').data[0]);
  t.match(added.body.data, { id: group, serverCount: 3 });
  t.same(names(await hub.call('GET', `/api/servers?groupId=${group}`)), ['a', 'b', 'c']);

  await hub.call('PUT', `/api/servers/${b}`, { groupId: null });
  t.equal(await count(), 2, 'one was taken out');
  await hub.call('POST', `/api/groups/${other}/servers`, { serverIds: [a] });
  t.equal(await count(), 1, 'one moved to another group');
  await hub.call('DELETE', `/api/servers/${c}`);
  t.equal(await count(), 0, 'one was deleted');

  t.equal((await hub.call('DELETE', `/api/groups/${other}`)).status, 200);
  t.equal(await groupOf(hub, a), null);
  const gone = await hub.call('PUT', `/api/servers/${a}`, { groupId: other });
  t.equal(gone.status, 400);
  t.match(gone.body, { code: 'VALIDATION_ERROR', details: { field: 'groupId' } });
  t.equal((await hub.call('POST', '/api/servers', { name: 'd', transport, groupId: other })).status, 400);
});

t.test('a group can be deleted while servers come into it and change', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const groupId = (await hub.call('POST', '/api/groups', { name: 'busy' })).body.data.id;
  const early = await Promise.all(['a', 'b', 'c', 'd'].map((name) => register(hub, name, { groupId })));
  const [deleted, ...others] = await Promise.all([
    hub.call('DELETE', `/api/groups/${groupId}`),
    ...early.map((id) => hub.call('PUT', `/api/servers/${id}`, { description: 'changed meanwhile' })),
    ...['e', 'f', 'g'].map((name) => hub.call('POST', '/api/servers', { name, transport, groupId })),
  ]);
  t.equal(deleted?.status, 200);
  t.same(
    others.filter(({ status }) => ![200, 201, 400, 409].includes(status)),
    [],
    'done, or refused for a reason',
  );
  const servers = (await hub.call('GET', '/api/servers')).body.data;
  t.same(
    servers.filter((server: { groupId: unknown }) => server.groupId !== null),
    [],
    'nothing is left in a group that is no more',
  );
  t.ok(servers.length >= early.length);
});

t.test('grants follow membership at once', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const groupId = (await hub.call('POST', '/api/groups', { name: 'team' })).body.data.id;
  const hiddenGroup = (await hub.call('POST', '/api/groups', { name: 'others' })).body.data.id;
  const id = await hub.connectServer({ name: 'shared', transport });
  const hidden = await register(hub, 'hidden', { groupId: hiddenGroup });
  const narrow = await hub.key('operator', { grants: { groups: [groupId] } });
  const echo = () => hub.call('POST', '/api/tools/echo/invoke', { arguments: { message: 'x' } }, narrow);

  t.equal((await echo()).status, 404, 'not in the group yet');
  await hub.call('POST', `/api/groups/${groupId}/servers`, { serverIds: [id] });
  t.equal((await echo()).status, 200, 'now it is');
  t.same(names(await hub.call('GET', '/api/servers', undefined, narrow)), ['shared']);
  t.same(names(await hub.call('GET', '/api/groups', undefined, narrow)), ['team'], 'other groups stay out of sight');

  const steal = await hub.call('POST', `/api/groups/${groupId}/servers`, { serverIds: [hidden] }, narrow);
  t.equal(steal.status, 400, 'a key cannot widen its own grants');
  t.equal((await hub.call('PUT', `/api/servers/${id}`, { groupId: null }, narrow)).status, 403, 'nor give things away');
  t.equal((await hub.call('POST', '/api/groups', { name: 'mine' }, narrow)).status, 403);
  t.equal((await hub.call('DELETE', `/api/groups/${groupId}`, undefined, narrow)).status, 403);

  await hub.call('PUT', `/api/servers/${id}`, { groupId: null });
  t.equal((await echo()).status, 404, 'and out again');
  t.same((await hub.call('GET', '/api/tools', undefined, narrow)).body.data.tools, []);
});

t.test('groups and memberships outlive the hub', async (t) => {
  const first = await startHub(t);
  await startAgent(t, first);
  const { id } = (await first.call('POST', '/api/groups', { name: 'kept', icon: 'box' })).body.data;
  await register(first, 'member', { groupId: id });
  await first.stop();
  const hub = await startHub(t, { data: first.data });
  t.match((await hub.call('GET', '/api/groups')).body.data, [{ id, name: 'kept', icon: 'box', serverCount: 1 }]);
});
