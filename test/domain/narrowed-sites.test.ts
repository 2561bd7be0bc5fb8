import t from 'tap';
import { DomainError } from '../../hub/domain/errors.js';
import { startDomain } from '../kit/domain.js';

t.test('no error tells a narrowed key of a site that its grants leave out, nor of a name there', async (t) => {
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
