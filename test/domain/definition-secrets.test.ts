import t from 'tap';
import { startDomain } from '../kit/domain.js';

t.test('a narrowed key registers no server with the secrets of a definition', async (t) => {
  const hub = await startDomain(t);
  const { definitions, definedServers } = hub.domain;
  const define = (name: string, env: Readonly<Record<string, string>>) =>
    definitions.create(hub.admin, { name, type: 'stdio', config: { type: 'stdio', command: 'x', args: [], env } });
  await define('vault', { VAULT_TOKEN: 'the-token-of-the-vault' });
  await define('plain', {});
  const narrow = await hub.caller('admin', { sites: ['local'] });
  const register = (definition: string, as = narrow) =>
    definedServers.register(as, definition, { name: `${definition}-${as.caller.name}`, site: 'local' });
  await t.rejects(register('vault'), { code: 'forbidden', message: /grants do not allow/ });
  t.match(await register('plain'), { record: { site: 'local' } });
  const { record } = await register('vault', await hub.caller('admin', null, { name: 'whole' }));
  await t.rejects(definedServers.apply(narrow, 'vault', record.id, {}), { code: 'forbidden' });
});
