import t from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { Redactor } from '../../hub/domain/audit/redactor.js';
import { DatabaseQueries } from '../../hub/domain/databases/queries.js';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';

/** Enrols and connects an agent at a site. */
async function enrol(hub: TestDomain, site: string): Promise<void> {
  const { secret } = await hub.domain.joinTokens.create(SYSTEM, site, 60);
  const { agentId } = await hub.domain.agents.redeem(secret, { name: site, key: site });
  const rest = { version: '0.0.0', platform: 'linux', capabilities: [], operations: ['queryDatabase'] };
  hub.fleet.connected.set(agentId, { id: agentId, name: site, site, ...rest, connectedAt: 0, roundTripMs: 1 });
}

t.test('the password of a database without a site stays with the site that used it', async (t) => {
  const hub = await startDomain(t);
  const { agents, databases } = hub.domain;
  const fleet = () => hub.fleet;
  const parts = { store: hub.store, databases, agents, fleet, redactor: new Redactor() };
  const queries = new DatabaseQueries({ ...parts, rightsNow: (caller) => caller });
  await agents.revoke(hub.admin, hub.agentId);
  await enrol(hub, 'berlin');
  const address = { type: 'postgresql', host: 'db.test', port: 5432, databaseName: 'd', username: 'u' } as const;
  await databases.create(hub.admin, { name: 'db', password: 'a password of db', ...address });
  hub.fleet.answers.set('queryDatabase', () => json({ rows: [], affected: 0, cut: '' }));
  const query = { statement: 'select 1', values: [], change: false, maxRows: 1, maxBytes: 100, timeoutMs: 1000 };
  const siteOf = async () => {
    const target = queries.find(hub.admin, 'db', false);
    const signal = new AbortController().signal as never;
    return (await queries.run(hub.admin, target, query, { signal, journal: '' })).site;
  };
  t.equal(await siteOf(), 'berlin');
  await enrol(hub, 'local');
  t.equal(await siteOf(), 'berlin', 'a site that is enrolled later gets no password');
  await databases.update(hub.admin, 'db', { password: 'another password' });
  t.equal(await siteOf(), 'berlin', 'nor does it get a new one');
  await t.rejects(databases.update(hub.admin, 'db', { site: 'local' }), {
    code: 'invalid_input',
    details: { field: 'password' },
  });
  await databases.update(hub.admin, 'db', { site: 'local', password: 'another password' });
  t.equal(await siteOf(), 'local');
});
