import t from 'tap';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';

const tools = { echo: readOnly(), sum: readOnly() };

/** The favorites of a caller, newest first. */
const listed = ({ domain, admin }: TestDomain, as = admin) =>
  domain.favorites.list(as.caller).map(({ record, server }) => `${server.name}/${record.tool}`);

t.test('each key has its own favorites, and they outlive the hub', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('demo', tools);
  const [mine, other] = [await hub.caller('viewer'), await hub.caller('viewer')];
  const added = await hub.domain.favorites.add(mine, mine.caller, 'echo', undefined);
  t.match(added, { record: { tool: 'echo', serverId: id, favoritedAt: hub.clock.now }, server: { name: 'demo' } });
  await hub.clock.move(1000);
  t.same(await hub.domain.favorites.add(mine, mine.caller, 'echo', 'demo'), added, 'added again it stays as it was');
  await hub.domain.favorites.add(mine, mine.caller, 'sum', undefined);
  t.same(listed(hub, mine), ['demo/sum', 'demo/echo'], 'newest first');
  t.same(listed(hub, other), [], 'those of another key are its own');
  await hub.restart();
  t.same(listed(hub, mine), ['demo/sum', 'demo/echo']);
  await hub.domain.favorites.remove(mine, mine.caller, 'echo', undefined);
  t.same(listed(hub, mine), ['demo/sum']);
  await t.rejects(hub.domain.favorites.remove(mine, mine.caller, 'echo', undefined), { code: 'not_found' });
});

t.test('an unknown tool cannot be marked', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('demo', tools);
  await t.rejects(hub.domain.favorites.add(hub.admin, hub.admin.caller, 'nothing', undefined), { code: 'not_found' });
});

t.test('a caller names the server if several servers have the tool', async (t) => {
  const hub = await startDomain(t);
  const { favorites } = hub.domain;
  const { caller } = hub.admin;
  const { id: one } = await hub.connect('one', tools);
  const { id: two } = await hub.connect('two', tools);
  const ambiguous = {
    code: 'invalid_input',
    details: { field: 'serverId', servers: [{ serverName: 'one' }, { serverName: 'two' }] },
  };
  await t.rejects(favorites.add(hub.admin, caller, 'echo', undefined), ambiguous);
  await favorites.add(hub.admin, caller, 'echo', one);
  await hub.clock.move(1);
  await favorites.add(hub.admin, caller, 'echo', two);
  await t.rejects(favorites.remove(hub.admin, caller, 'echo', undefined), {
    code: 'invalid_input',
    details: { field: 'serverId', servers: { length: 2 } },
  });
  await favorites.remove(hub.admin, caller, 'echo', one);
  t.same(listed(hub), ['two/echo']);
});

t.test('a server that is down keeps its favorites, and a deleted server does not', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('demo', tools);
  await hub.domain.favorites.add(hub.admin, hub.admin.caller, 'echo', undefined);
  await hub.domain.lifecycle.disconnect(hub.admin, id);
  t.same(listed(hub), ['demo/echo']);
  await hub.domain.lifecycle.delete(hub.admin, id);
  t.same(listed(hub), []);
});

t.test('the favorites of a key go when it is revoked, and when its user is deleted', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('demo', tools);
  const { domain, admin } = hub;
  const user = await domain.users.create(admin, { username: 'ann', password: 'correct horse battery', role: 'viewer' });
  const ofUser = await domain.keys.create(admin, { name: 'k', role: 'viewer', tier: 'pro', userId: user.id });
  const [mine, other] = [{ ...admin, caller: domain.keys.verify(ofUser.key) }, await hub.caller('viewer')];
  for (const as of [mine, other]) await domain.favorites.add(as, as.caller, 'echo', undefined);
  await domain.keys.revoke(admin, other.caller.id);
  t.same([listed(hub, mine), listed(hub, other)], [['demo/echo'], []]);
  await domain.users.delete(admin, admin.caller, user.id);
  t.same(listed(hub, mine), []);
});

t.test("a caller marks and sees only tools that its key's grants cover", async (t) => {
  const hub = await startDomain(t);
  const { favorites, groups, servers } = hub.domain;
  const groupId = (await groups.create(hub.admin, { name: 'team' })).record.id;
  const { id } = await hub.connect('shared', tools, { groupId });
  const narrow = await hub.caller('viewer', { groups: [groupId], tools: ['echo'] });
  await t.rejects(favorites.add(narrow, narrow.caller, 'sum', undefined), { code: 'forbidden' });
  await favorites.add(narrow, narrow.caller, 'echo', undefined);
  t.same(listed(hub, narrow), ['shared/echo']);
  await servers.update(hub.admin, id, { groupId: null });
  t.same(listed(hub, narrow), [], 'out of the group, out of sight');
  await t.rejects(favorites.remove(narrow, narrow.caller, 'echo', undefined), { code: 'not_found' });
});
