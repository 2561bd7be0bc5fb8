import t from 'tap';
import { payerOf } from '../../hub/domain/access/caller.js';
import { isUuid } from '../../hub/domain/ids.js';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';

const echo = { echo: readOnly() };

const listed = ({ domain, admin }: TestDomain, as = admin) =>
  domain.groups.list(as).map(({ record, serverCount }) => ({ name: record.name, serverCount }));

async function makeGroup({ domain, admin }: TestDomain, name: string, more = {}): Promise<string> {
  return (await domain.groups.create(admin, { name, ...more })).record.id;
}

const groupOf = ({ domain, admin }: TestDomain, server: string) => domain.servers.get(admin, server).record.groupId;

t.test('groups are listed by sort order and then by name', async (t) => {
  const hub = await startDomain(t);
  const { groups } = hub.domain;
  await makeGroup(hub, 'Development');
  const late = await makeGroup(hub, 'A late one', { sortOrder: 5 });
  await makeGroup(hub, 'Billing');
  const names = () => listed(hub).map(({ name }) => name);
  t.same(names(), ['Billing', 'Development', 'A late one']);
  await groups.update(hub.admin, late, { sortOrder: -1 });
  t.same(names(), ['A late one', 'Billing', 'Development']);
  await groups.delete(hub.admin, late);
  t.same(names(), ['Billing', 'Development']);
});

t.test('a change leaves the other fields as they were', async (t) => {
  const hub = await startDomain(t);
  const wanted = { name: 'one', description: 'the first', color: '#22c55e', icon: 'code', sortOrder: 3 };
  const { record } = await hub.domain.groups.create(hub.admin, wanted);
  t.ok(isUuid(record.id));
  await hub.clock.move(1000);
  const changed = await hub.domain.groups.update(hub.admin, 'ONE', { description: 'still the first' });
  t.match(changed.record, { ...wanted, id: record.id, description: 'still the first', createdAt: record.createdAt });
  t.equal(changed.record.updatedAt, hub.clock.now);
});

t.test('a group that is not there can be neither changed nor deleted', async (t) => {
  const hub = await startDomain(t);
  const { groups } = hub.domain;
  const id = await makeGroup(hub, 'gone');
  await groups.delete(hub.admin, id);
  await t.rejects(groups.delete(hub.admin, id), { code: 'not_found' });
  await t.rejects(groups.update(hub.admin, id, { name: 'x' }), { code: 'not_found' });
  await t.rejects(groups.addServers(hub.admin, id, []), { code: 'not_found' });
});

t.test('names of groups are unique without regard to case', async (t) => {
  const hub = await startDomain(t);
  const { groups } = hub.domain;
  const id = await makeGroup(hub, 'One');
  await makeGroup(hub, 'Two');
  await t.rejects(groups.create(hub.admin, { name: 'ONE' }), { code: 'already_exists', details: { field: 'name' } });
  await t.rejects(groups.update(hub.admin, id, { name: 'two' }), { code: 'already_exists' });
  t.match(await groups.update(hub.admin, id, { name: 'one' }), { record: { name: 'one' } }, 'its own in other letters');
  await t.rejects(groups.create(hub.admin, { name: id }), { code: 'invalid_input', details: { field: 'name' } });
});

t.test('servers are listed by the id or the name of their group', async (t) => {
  const hub = await startDomain(t);
  const groupId = await makeGroup(hub, 'Development');
  await makeGroup(hub, 'empty');
  await hub.register('in', echo, { groupId });
  await hub.register('out', echo);
  const names = (group: string) => hub.domain.servers.list(hub.admin, { group }).map(({ record }) => record.name);
  for (const group of [groupId, 'Development', 'DEVELOPMENT']) t.same(names(group), ['in'], group);
  for (const group of ['empty', 'unknown']) t.same(names(group), [], group);
});

t.test('servers come into groups and leave them', async (t) => {
  const hub = await startDomain(t);
  const { groups, servers } = hub.domain;
  const [group, other] = [await makeGroup(hub, 'first'), await makeGroup(hub, 'second')];
  const count = () => groups.get(hub.admin, group).serverCount;
  const { id: a } = await hub.register('a', echo);
  const { id: b } = await hub.register('b', echo);
  const { id: c } = await hub.register('c', echo, { groupId: group });
  t.equal(count(), 1, 'the server that was registered into it');

  await t.rejects(groups.addServers(hub.admin, group, [a, 'nobody']), {
    code: 'invalid_input',
    details: { field: 'serverIds.1' },
  });
  t.equal(groupOf(hub, a), null, 'all or none');

  t.match(await groups.addServers(hub.admin, group, [a, 'b', a]), { record: { id: group }, serverCount: 3 });
  t.same(
    servers.list(hub.admin, { group }).map(({ record }) => record.name),
    ['a', 'b', 'c'],
  );
  await servers.update(hub.admin, b, { groupId: null });
  t.equal(count(), 2, 'one was taken out');
  await groups.addServers(hub.admin, other, [a]);
  t.equal(count(), 1, 'one moved to another group');
  await hub.domain.lifecycle.delete(hub.admin, c);
  t.equal(count(), 0, 'one was deleted');
});

t.test('a deleted group leaves its servers ungrouped, and no server comes into it any more', async (t) => {
  const hub = await startDomain(t);
  const group = await makeGroup(hub, 'team');
  const { id } = await hub.register('member', echo, { groupId: group });
  await hub.domain.groups.delete(hub.admin, group);
  t.equal(groupOf(hub, id), null);
  const unknown = { code: 'invalid_input', details: { field: 'groupId' } };
  await t.rejects(hub.domain.servers.update(hub.admin, id, { groupId: group }), unknown);
  await t.rejects(hub.register('late', echo, { groupId: group }), unknown);
});

t.test('a group can be deleted while servers come into it and change', async (t) => {
  const hub = await startDomain(t);
  const { groups, servers } = hub.domain;
  const groupId = await makeGroup(hub, 'busy');
  const early = [];
  for (const name of ['a', 'b', 'c', 'd']) early.push((await hub.register(name, echo, { groupId })).id);
  const [deleted, ...others] = await Promise.allSettled([
    groups.delete(hub.admin, groupId),
    ...early.map((id) => servers.update(hub.admin, id, { description: 'changed meanwhile' })),
    ...['e', 'f', 'g'].map((name) => hub.register(name, echo, { groupId })),
  ]);
  t.equal(deleted?.status, 'fulfilled');
  for (const outcome of others)
    if (outcome.status === 'rejected')
      t.ok(['conflict', 'invalid_input', 'already_exists'].includes(outcome.reason.code), outcome.reason.message);
  const left = servers.list(hub.admin);
  t.same(
    left.filter(({ record }) => record.groupId !== null),
    [],
    'no server is left in the deleted group',
  );
  t.ok(left.length >= early.length);
});

t.test('a key that is granted a group sees the servers of the group, as soon as they are in it', async (t) => {
  const hub = await startDomain(t);
  const { groups, servers, catalog } = hub.domain;
  const [team] = [await makeGroup(hub, 'team'), await makeGroup(hub, 'others')];
  const { id } = await hub.connect('shared', echo);
  const narrow = await hub.caller('operator', { groups: [team] });
  await t.rejects(hub.call('echo', {}, { as: narrow }), { code: 'not_found' }, 'not in the group yet');
  await groups.addServers(hub.admin, team, [id]);
  t.match(await hub.call('echo', {}, { as: narrow }), { answer: 1 }, 'now it is');
  t.same(
    servers.list(narrow).map(({ record }) => record.name),
    ['shared'],
  );
  t.same(listed(hub, narrow), [{ name: 'team', serverCount: 1 }], 'other groups stay out of sight');
  await servers.update(hub.admin, id, { groupId: null });
  await t.rejects(hub.call('echo', {}, { as: narrow }), { code: 'not_found' }, 'and out again');
  t.throws(() => catalog.find(narrow.caller, 'echo', undefined), { code: 'not_found' });
});

t.test(
  'a key that is granted a group makes, changes and deletes no groups, and takes no servers from others',
  async (t) => {
    const hub = await startDomain(t);
    const { groups } = hub.domain;
    const [team, others] = [await makeGroup(hub, 'team'), await makeGroup(hub, 'others')];
    const { id: hidden } = await hub.register('hidden', echo, { groupId: others });
    const narrow = await hub.caller('operator', { groups: [team] });
    await t.rejects(groups.addServers(narrow, team, [hidden]), {
      code: 'invalid_input',
      details: { field: 'serverIds.0' },
    });
    await t.rejects(groups.create(narrow, { name: 'mine' }), { code: 'forbidden' });
    await t.rejects(groups.update(narrow, team, { name: 'mine' }), { code: 'forbidden' });
    await t.rejects(groups.delete(narrow, team), { code: 'forbidden' });
  },
);

t.test('a narrowed key puts no server into a group that it does not know', async (t) => {
  const hub = await startDomain(t);
  const { lifecycle } = hub.domain;
  const [known, vault] = [await makeGroup(hub, 'known'), await makeGroup(hub, 'vault')];
  const { id: own } = await hub.register('own', echo, { groupId: known });
  const { id: hidden } = await hub.register('hidden', echo, { groupId: vault });
  const narrow = await hub.caller('operator', { servers: [own] });
  const unknown = { code: 'invalid_input', details: { field: 'groupId' } };
  await t.rejects(lifecycle.update(narrow, own, { groupId: vault }), unknown);
  t.same(listed(hub, narrow), [{ name: 'known', serverCount: 1 }]);
  t.match(await lifecycle.update(narrow, own, { groupId: known, description: 'stays' }), {
    record: { groupId: known },
  });
  const both = await hub.caller('operator', { servers: [own, hidden] });
  t.match(await lifecycle.update(both, own, { groupId: vault }), { record: { groupId: vault } });
  const elsewhere = await hub.caller('operator', { sites: ['local'], groups: [known] });
  const transport = { type: 'http', url: 'http://192.0.2.1/mcp' } as const;
  await t.rejects(lifecycle.create(elsewhere, { name: 'new', transport, groupId: vault }), unknown);
  t.match(await lifecycle.create(elsewhere, { name: 'new', transport, groupId: known }), {
    record: { groupId: known },
  });
});

t.test('groups and memberships outlive the hub', async (t) => {
  const hub = await startDomain(t);
  const groupId = await makeGroup(hub, 'kept', { icon: 'box' });
  await hub.register('member', echo, { groupId });
  await hub.restart();
  t.match(hub.domain.groups.list(hub.admin), [{ record: { id: groupId, name: 'kept', icon: 'box' }, serverCount: 1 }]);
});

t.test(
  'an operator makes 100 groups, together with the keys that count with it, and an admin makes more',
  async (t) => {
    const hub = await startDomain(t);
    const { groups } = hub.domain;
    const operator = await hub.caller('operator');
    const itsKey = await hub.caller('operator', null, { countedAs: payerOf(operator.caller) });
    const made = (as = operator, name = 'one more') => groups.create(as, { name });
    const [first] = await Promise.all(Array.from({ length: 100 }, (_, i) => made(operator, `group-${i}`)));
    for (const as of [operator, itsKey])
      await t.rejects(made(as), {
        code: 'conflict',
        message: 'you have made 100 groups already: delete some of them first',
      });
    await made(await hub.caller('operator'), "another operator's");
    await groups.delete(operator, first?.record.id ?? '');
    await made(itsKey);
    await t.rejects(made(operator, 'and one'), { code: 'conflict' });
    for (let i = 0; i < 101; i += 1) await made(hub.admin, `of the admin ${i}`);
  },
);
