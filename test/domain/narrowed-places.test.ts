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
