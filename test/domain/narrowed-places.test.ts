import t from 'tap';
import { startDomain } from '../kit/domain.js';

t.test('a key narrowed to a site makes join tokens for no other site', async (t) => {
  const hub = await startDomain(t);
  const { joinTokens } = hub.domain;
  const narrowed = await hub.caller('admin', { sites: ['local'] });
  await t.rejects(joinTokens.create(narrowed, 'berlin', 60), { code: 'forbidden' });
  await t.resolves(joinTokens.create(narrowed, 'local', 60));
});

t.test('a join token is valid only while the caller that made it may enrol agents', async (t) => {
  const hub = await startDomain(t);
  const { joinTokens, agents, keys, users } = hub.domain;
  const joins = (secret: string) => agents.redeem(secret, { name: 'late', key: secret });
  const ended = { code: 'invalid_credential', details: { reason: 'ended' } };

  const maker = await hub.caller('admin');
  const ofKey = await joinTokens.create(maker, 'local', 60);
  t.match(joinTokens.list(hub.admin), [{ id: ofKey.record.id, site: 'local' }]);
  await keys.revoke(hub.admin, maker.caller.id);
  t.same(joinTokens.list(hub.admin), []);
  await t.rejects(joins(ofKey.secret), ended, 'its key was revoked');
  t.throws(() => agents.checkToken(ofKey.secret), ended);
  t.throws(() => agents.checkToken('unknown'), { code: 'invalid_credential', details: { reason: 'unknown' } });

  const password = 'correct horse battery';
  await users.create(hub.admin, { username: 'chief', password, role: 'admin' });
  const user = await users.create(hub.admin, { username: 'ada', password, role: 'admin' });
  const ada = await hub.caller('admin', null, { userId: user.id });
  const { id, username: name, credentialVersion } = user;
  const signedIn = { kind: 'user', id, name, userId: id, role: 'admin', api: null, tier: null, grants: null } as const;
  const ofUser = await joinTokens.create({ ...ada, caller: { ...signedIn, credentialVersion } }, 'local', 60);
  const ofUsersKey = await joinTokens.create(ada, 'local', 60);
  await users.update(hub.admin, hub.admin.caller, id, { role: 'operator' });
  for (const { secret } of [ofUser, ofUsersKey]) await t.rejects(joins(secret), ended, 'its user is no admin any more');
  await users.update(hub.admin, hub.admin.caller, id, { role: 'admin' });
  await t.resolves(joins(ofUser.secret), 'its user is an admin again');
  t.doesNotThrow(() => agents.checkToken(ofUser.secret), 'its agent may ask again');
  await users.delete(hub.admin, hub.admin.caller, id);
  await t.rejects(joins(ofUsersKey.secret), ended, 'its user was deleted');
});

t.test('a join token expires no later than the key that makes it', async (t) => {
  const hub = await startDomain(t);
  const expiresAt = Date.now() + 10_000;
  const short = await hub.caller('admin', null, { expiresAt });
  t.equal((await hub.domain.joinTokens.create(short, 'local', 60)).record.expiresAt, expiresAt);
});

t.test('a join token is listed and revoked by callers whose grants cover its site', async (t) => {
  const hub = await startDomain(t);
  const { joinTokens, agents } = hub.domain;
  const { secret, record } = await joinTokens.create(hub.admin, 'berlin', 60);
  for (const grants of [{ sites: ['local'] }, { servers: ['x'] }, { groups: [] }]) {
    const narrowed = await hub.caller('admin', grants);
    t.same(joinTokens.list(narrowed), [], JSON.stringify(grants));
    await t.rejects(joinTokens.revoke(narrowed, record.id), { code: 'not_found' }, JSON.stringify(grants));
  }
  await t.rejects(joinTokens.revoke(await hub.caller('operator'), record.id), { code: 'forbidden' });
  await joinTokens.revoke(await hub.caller('admin', { sites: ['berlin'] }), record.id);
  await t.rejects(agents.redeem(secret, { name: 'late', key: 'k' }), { code: 'invalid_credential' });
  await t.rejects(joinTokens.revoke(hub.admin, record.id), { code: 'not_found' });
});

t.test('no narrowed key changes the catalog, or sees the entries of other users', async (t) => {
  const hub = await startDomain(t);
  const { catalog } = hub.domain.portal;
  const team = await hub.caller('operator');
  const shared = await catalog.add(team, team.caller, { name: 'team-tool', image: 'team/tool:1' });
  const ada = await hub.caller('user');
  const own = await catalog.add(ada, ada.caller, { name: 'private-tool', image: 'ada/tool:1' });
  for (const grants of [{ servers: [] }, { sites: ['local'] }, { groups: ['x'] }, { tools: ['x'] }])
    for (const role of ['operator', 'admin'] as const) {
      const narrowed = await hub.caller(role, grants);
      const asked = [narrowed, narrowed.caller] as const;
      const what = `${role} ${JSON.stringify(grants)}`;
      for (const { id } of [shared, own]) {
        await t.rejects(catalog.update(...asked, id, { image: 'evil/tool:1' }), { code: 'forbidden' }, what);
        await t.rejects(catalog.remove(...asked, id), { code: 'forbidden' }, what);
      }
      await t.rejects(catalog.add(...asked, { name: 'mine', image: 'evil/tool:1' }), { code: 'forbidden' }, what);
      const seen = catalog.list(narrowed.caller).map(({ name }) => name);
      t.same([seen.includes('team-tool'), seen.includes('private-tool')], [true, false], what);
    }
  t.ok(catalog.find(team.caller, own.id), 'team admins see it');
});

t.test('a narrowed key of a person does not reach the personal servers that its grants leave out', async (t) => {
  const hub = await startDomain(t);
  const { portal, users } = hub.domain;
  const { id: userId } = await users.create(hub.admin, { username: 'ada', password: 'a good password', role: 'user' });
  const ada = await hub.caller('user', null, { userId });
  await portal.catalog.add(ada, ada.caller, { name: 'own-tool', image: 'ada/tool:1' });
  const config = { autoStart: false, env: { TOKEN: 'a-value-of-ada' } };
  const { server } = await portal.enablements.enable(ada, ada.caller, 'own-tool', config);
  const serverId = server?.id ?? '';
  const narrowed = await hub.caller('user', { servers: ['x'] }, { userId });
  const gone = { code: 'not_found' };
  for (const name of ['own-tool', serverId]) {
    t.throws(() => portal.servers.get(narrowed.caller, name), gone);
    for (const operation of ['enable', 'disable', 'restart'] as const)
      await t.rejects(portal.work.submit(narrowed, operation, name), gone, operation);
  }
  t.same(portal.servers.list(narrowed.caller, { search: 'own-tool' }).total, 0);
  t.same(portal.configuration.servers(narrowed.caller), []);
  const wanted = [{ name: 'own-tool', enabled: false, config: {} }];
  t.match(await portal.configuration.import(narrowed, narrowed.caller, wanted), { imported: 0, errors: { length: 1 } });
  t.match(portal.servers.get(ada.caller, 'own-tool'), { enabled: true, env: ['TOKEN'] }, 'nothing was changed');
  const granted = await hub.caller('user', { servers: [serverId] }, { userId });
  t.match(portal.servers.get(granted.caller, 'own-tool'), { enabled: true });
});

t.test('a key is shown the agents and sites that its grants cover, and no others', async (t) => {
  const hub = await startDomain(t);
  const { agents } = hub.domain;
  const shown = async (grants: Parameters<typeof hub.caller>[1]) => {
    const caller = await hub.caller('admin', grants);
    return [agents.list(caller).map(({ record }) => record.id), agents.sites(caller).map(({ name }) => name)];
  };
  for (const grants of [null, { sites: ['local'] }]) t.same(await shown(grants), [[hub.agentId], ['local']]);
  for (const grants of [{ sites: ['berlin'] }, { servers: ['x'] }, { groups: ['x'] }, { tools: ['x'] }]) {
    t.same(await shown(grants), [[], []], JSON.stringify(grants));
    const caller = await hub.caller('admin', grants);
    t.throws(() => agents.get(caller, hub.agentId), { code: 'not_found' }, 'nor by its id');
  }
});

t.test('a key narrowed to a server does not give the database that the server names to another command', async (t) => {
  const hub = await startDomain(t);
  const { lifecycle, databases } = hub.domain;
  const place = { host: '192.0.2.1', port: 5432, databaseName: 'app', username: 'app' };
  await databases.create(hub.admin, { name: 'main', type: 'postgresql', password: 'database-pass', ...place });
  const transport = {
    type: 'stdio' as const,
    command: 'npx',
    args: ['a-package@1.0.0'],
    env: { DB: '{{database:main}}' },
  };
  const { record: server } = await lifecycle.create(hub.admin, { name: 'reports', transport });
  const narrowed = await hub.caller('admin', { servers: [server.id] });
  const moved = { ...transport, args: ['another-package@1.0.0'] };
  await t.rejects(lifecycle.update(narrowed, server.id, { transport: moved }), {
    code: 'invalid_input',
    message: /transport\.env\.DB/,
  });
  await t.resolves(
    lifecycle.update(narrowed, server.id, { transport: { ...transport, args: ['a-package@1.0.1'] } }),
    'another version of the same package keeps it',
  );
  await t.resolves(lifecycle.update(hub.admin, server.id, { transport: moved }));
});

t.test('the server counts of agents and sites include only servers that the caller sees', async (t) => {
  const hub = await startDomain(t);
  const { agents, lifecycle } = hub.domain;
  const ada = await hub.caller('user');
  const transport = { type: 'stdio', command: 'x', args: [] } as const;
  await lifecycle.create(hub.admin, { name: 'shared', transport });
  await lifecycle.create(ada, { name: 'of-ada', transport }, {}, { ownerId: ada.caller.id, curated: true });
  const counts = (as: typeof ada) => [
    agents.sites(as).map(({ serverCount }) => serverCount),
    agents.serverCounts(as).get(hub.agentId),
  ];
  t.same(counts(hub.admin), [[2], 2]);
  t.same(counts(ada), [[2], 2]);
  t.same(counts(await hub.caller('operator')), [[1], 1]);
  t.same(counts(await hub.caller('viewer', { sites: ['local'] })), [[1], 1]);
});
