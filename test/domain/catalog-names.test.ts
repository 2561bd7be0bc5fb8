import t from 'tap';
import { startDomain } from '../kit/domain.js';

t.test('an operator that enables or imports by name never runs the private image of another user', async (t) => {
  const hub = await startDomain(t);
  const { catalog, work, configuration, servers } = hub.domain.portal;
  const [mallory, boss] = [await hub.caller('user'), await hub.caller('operator')];
  const entry = await catalog.add(mallory, mallory.caller, { name: 'jira', image: 'evil/jira' });
  const config = { env: { TOKEN: 'a token of the team' }, autoStart: false };
  await t.rejects(work.submit(boss, 'enable', 'jira', config), { code: 'not_found' });
  const wanted = [{ name: 'jira', enabled: true, config }];
  t.match(await configuration.import(boss, boss.caller, wanted), { imported: 0, errors: [{ name: 'jira' }] });
  const bulk = await work.submitBulk(boss, { operation: 'enable', servers: ['jira'], config: { autoStart: false } });
  t.match((await hub.over(bulk.id)).result, { details: [{ status: 'failed' }] });
  t.same([...hub.domain.registry.all()], [], 'no server was made');

  const shared = await catalog.add(boss, boss.caller, { name: 'jira', image: 'team/jira' });
  await work.submit(boss, 'enable', 'jira', config);
  t.match(servers.get(boss.caller, 'jira'), { id: shared.id, image: 'team/jira', enabled: true });
  t.match(servers.get(boss.caller, entry.id), { image: 'evil/jira', enabled: false }, 'the id means the private entry');
});

t.test('the list marks the private entries of other users, and names their owners to admins', async (t) => {
  const hub = await startDomain(t);
  const { catalog, servers } = hub.domain.portal;
  const [ada, boss] = [await hub.caller('user', null, { name: 'adas-key' }), await hub.caller('operator')];
  await catalog.add(ada, ada.caller, { name: 'hers', image: 'a/b' });
  await catalog.add(boss, boss.caller, { name: 'ours', image: 'a/c' });
  const seen = ({ caller }: typeof ada, name: string) =>
    servers
      .list(caller)
      .part(0, 100)
      .filter((one) => one.name === name)
      .map(({ isPrivate, owner }) => [isPrivate, owner]);
  t.same(
    [seen(ada, 'hers'), seen(boss, 'hers'), seen(hub.admin, 'hers')],
    [[[false, null]], [[true, null]], [[true, 'adas-key']]],
  );
  t.same([seen(ada, 'ours'), seen(hub.admin, 'ours')], [[[false, null]], [[false, 'operator']]]);
  t.same(seen(hub.admin, 'time'), [[false, null]], 'an entry of the hub');
});
