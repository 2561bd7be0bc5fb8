import t, { type Test } from 'tap';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { GroupRegistry, Groups, groupGuard, groupRecords } from '../../../hub/domain/servers/groups.js';
import { type ServerRecord, serverRecords } from '../../../hub/domain/servers/record.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { type Committed, put } from '../../../hub/domain/store.js';
import { openTestStore } from '../store/stores.js';

function server(name: string, groupId: string | null): ServerRecord {
  const known = { id: name, name, groupId, agentId: 'agent', site: 'local', revision: 1 };
  // Groups look at nothing else of a server.
  return known as Partial<ServerRecord> as ServerRecord;
}

async function open(t: Test) {
  const { store } = await openTestStore(t);
  const registry = new GroupRegistry(store);
  const servers = new ServerRegistry(store);
  const groups = new Groups(store, registry, servers);
  const { id } = (await groups.create(SYSTEM, { name: 'team' })).record;
  const join = (name: string) =>
    store.apply({ writes: [put(serverRecords, server(name, id), 'absent'), groupGuard(registry, id)] });
  const stored = (name: string) => store.get(serverRecords, name);
  return { store, groups, id, join, stored };
}

t.test('a group and the membership of its servers go in one change', async (t) => {
  const { store, groups, id, join, stored } = await open(t);
  await Promise.all(['a', 'b'].map(join));
  const changes: Committed[] = [];
  store.observe((committed) => changes.push(committed));
  await groups.delete(SYSTEM, id);
  const [change, ...more] = changes;
  t.same(more, []);
  t.same(change?.writes.map(({ collection }) => collection).sort(), ['audit', 'groups', 'servers', 'servers']);
  t.match(change?.events, [{ type: 'group.deleted', data: { groupId: id, groupName: 'team' } }]);
  t.match(stored('a'), { groupId: null, revision: 2 });
  const [entry] = store.list(auditLog, { index: 'action', equals: ['group.delete'] });
  t.match(entry, { resource: { type: 'group', id }, details: { name: 'team', ungrouped: ['a', 'b'] } });
});

t.test('a server whose change was on its way is ungrouped, too', async (t) => {
  const { groups, id, join, stored } = await open(t);
  const joining = join('late');
  await groups.delete(SYSTEM, id);
  await joining;
  t.match(stored('late'), { groupId: null, revision: 2 });
});

t.test('a change by another caller meanwhile is not lost', async (t) => {
  const { store, groups, id, join, stored } = await open(t);
  await join('a');
  const changed = { ...server('a', id), description: 'new', revision: 2 };
  const changing = store.apply({ writes: [put(serverRecords, changed, 1)] });
  await Promise.all([changing, groups.delete(SYSTEM, id)]);
  t.match(stored('a'), { groupId: null, description: 'new', revision: 3 });
});

t.test('nothing comes into a group that is being deleted', async (t) => {
  const { store, groups, id, join, stored } = await open(t);
  const deleting = groups.delete(SYSTEM, id);
  await t.rejects(join('late'), { code: 'conflict' });
  await deleting;
  t.equal(stored('late'), undefined);
  t.equal(store.count(groupRecords), 0);
  await t.rejects(async () => join('later'), { code: 'invalid_input', details: { field: 'groupId' } });
});

t.test('adding many servers is one change', async (t) => {
  const { store, groups, id, stored } = await open(t);
  await store.apply({ writes: ['a', 'b'].map((name) => put(serverRecords, server(name, null), 'absent')) });
  const changes: Committed[] = [];
  store.observe((committed) => changes.push(committed));
  t.equal((await groups.addServers(SYSTEM, id, ['a', 'B', 'b'])).serverCount, 2);
  t.equal(changes.length, 1);
  t.match(stored('b'), { groupId: id, revision: 2 });
  const again = await groups.addServers(SYSTEM, id, ['a']);
  t.equal(again.serverCount, 2);
  t.match(stored('a'), { revision: 2 }, 'a server that is in it already stays as it is');
});
