import t from 'tap';
import { DomainError } from '../../hub/domain/errors.js';
import { startDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';

t.test('no error reveals to a narrowed key a site outside its grants, or a name there', async (t) => {
  const hub = await startDomain(t);
  hub.agentComes({ operations: ['measureUsage', 'putDevice', 'checkCluster'] });
  const { lifecycle, network, kubernetes, databases } = hub.domain;
  const credentials = { username: 'netadmin', password: 'a password' };
  const config = { host: 'https://192.0.2.1:6443', token: 'a-token-of-the-cluster' };
  const database = { type: 'redis', port: 6379, databaseName: '0', username: '', password: 'a password' } as const;
  const makers: Readonly<Record<string, (as: typeof hub.admin, site: string) => Promise<unknown>>> = {
    server: (as, site) =>
      lifecycle.create(as, { name: 'x', transport: { type: 'http', url: 'https://example.org/mcp' }, site }),
    device: (as, site) =>
      network.devices.create(as, { name: 'x', type: 'cisco_ios', hostname: '192.0.2.1', credentials, site }),
    cluster: (as, site) => kubernetes.clusters.create(as, { name: 'taken', config, site }),
    database: (as, site) => databases.create(as, { ...database, name: 'x', host: 'db.example.org', site }),
  };
  hub.fleet.answers.set('checkCluster', () => {
    throw new DomainError('upstream_failed', 'it is out of reach');
  });
  await makers.cluster?.(hub.admin, 'local');
  const narrowed = await hub.caller('operator', { sites: ['elsewhere'] });
  for (const [noun, make] of Object.entries(makers)) {
    const told = (site: string) =>
      make(narrowed, site).then(
        () => t.fail(`${noun} was made`),
        ({ code, message }: DomainError) => [code, message.replace(`'${site}'`, 'SITE')],
      );
    t.same(await told('local'), await told('nowhere'), noun);
    t.notMatch(await told('nowhere'), [String, /local/], noun);
  }
});

t.test(
  'the policy of a site is told to an operator with that site, and an answer of another form is refused',
  async (t) => {
    const hub = await startDomain(t);
    hub.agentComes({ operations: ['readPolicy'] });
    const id = hub.agentId;
    const { agents } = hub.domain;
    const policy = { read_only: true, commands: { allow: ['npx -y @acme/* **'] } };
    const answers = (value: unknown) => hub.fleet.answers.set('readPolicy', () => json(value));
    answers({ ...policy, surplus: 'a member that the hub does not know' });
    t.same(await agents.policy(await hub.caller('operator', { sites: ['local'] }), id, {}), policy);
    await t.rejects(agents.policy(await hub.caller('operator', { sites: ['elsewhere'] }), id, {}), {
      code: 'not_found',
    });
    await t.rejects(agents.policy(await hub.caller('viewer'), id, {}), { code: 'forbidden' });
    for (const wrong of [[], { commands: ['npx'] }, { commands: { allow: 'npx' } }, { read_only: 'yes' }]) {
      answers(wrong);
      await t.rejects(agents.policy(hub.admin, id, {}), { code: 'upstream_failed' }, JSON.stringify(wrong));
    }
  },
);
