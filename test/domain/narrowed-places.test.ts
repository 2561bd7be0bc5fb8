import t from 'tap';
import { startDomain } from '../kit/domain.js';

t.test('a key narrowed to a site makes join tokens for no other site', async (t) => {
  const hub = await startDomain(t);
  const { joinTokens } = hub.domain;
  const narrowed = await hub.caller('admin', { sites: ['local'] });
  await t.rejects(joinTokens.create(narrowed, 'berlin', 60), { code: 'forbidden' });
  await t.resolves(joinTokens.create(narrowed, 'local', 60));
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
