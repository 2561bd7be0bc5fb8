import t from 'tap';
import { startDomain } from '../kit/domain.js';

t.test('a narrowed key registers no server from a definition, and learns of none', async (t) => {
  const hub = await startDomain(t);
  const { definitions, definedServers } = hub.domain;
  const define = (name: string, env: Readonly<Record<string, string>>) =>
    definitions.create(hub.admin, { name, type: 'stdio', config: { type: 'stdio', command: 'x', args: [], env } });
  await define('vault', { VAULT_TOKEN: 'the-token-of-the-vault' });
  await define('plain', {});
  const narrow = await hub.caller('admin', { sites: ['local'] });
  const register = (definition: string, as = narrow) =>
    definedServers.register(as, definition, { name: `${definition}-${as.caller.name}`, site: 'local' });
  for (const name of ['vault', 'plain', 'absent']) await t.rejects(register(name), { code: 'forbidden' }, name);
  const { record } = await register('vault', await hub.caller('admin', null, { name: 'whole' }));
  await t.rejects(definedServers.apply(narrow, 'vault', record.id, {}), { code: 'forbidden' });
});
