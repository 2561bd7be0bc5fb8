import t from 'tap';
import { defaultPreferences, preferences } from '../../hub/domain/catalog/configuration.js';
import { favoriteRecords } from '../../hub/domain/favorites/favorites.js';
import { put } from '../../hub/domain/store.js';
import { declarations, undeclared } from '../../hub/domain/suites/declaration.js';
import { type ServerBackup, serverBackups } from '../../hub/domain/updates/backup.js';
import { startDomain, type TestDomain } from '../kit/domain.js';

/** Keeps a favorite, a backup and a declaration of tests for a server, under the server's id. */
async function keepAllFor({ store, admin }: TestDomain, serverId: string): Promise<void> {
  const favorite = { id: serverId, ownerId: admin.caller.id, serverId, tool: 'echo', favoritedAt: 1 };
  const source = { version: '1', versionOf: 'npm:demo', tools: [], jobId: 'job' };
  const backup: ServerBackup = { id: serverId, serverId, revision: 1, ...source, createdAt: 1 };
  const writes = [
    put(favoriteRecords, favorite, 'any'),
    put(serverBackups, backup, 'any'),
    put(declarations, undeclared(serverId), 'any'),
  ];
  await store.apply({ writes });
}

/** The records that are kept for a server. */
const keptFor = ({ store }: TestDomain, id: string) =>
  [favoriteRecords, serverBackups, declarations].filter((kind) =>
    store.get<{ readonly id: string }>(kind as never, id),
  );

t.test(
  'favorites, backups and declared tests of a server are removed when it is deleted; records of other servers stay',
  async (t) => {
    const hub = await startDomain(t);
    const { id: gone } = await hub.register('gone', {});
    const { id: kept } = await hub.register('kept', {});
    for (const id of [gone, kept]) await keepAllFor(hub, id);
    await hub.domain.lifecycle.delete(hub.admin, gone);
    t.same(keptFor(hub, gone), []);
    t.equal(keptFor(hub, kept).length, 3);
  },
);

t.test('favorites and preferences of a user go when the user is deleted', async (t) => {
  const { store, domain, admin } = await startDomain(t);
  const user = { password: 'a long enough one', role: 'user' } as const;
  const { id } = await domain.users.create(admin, { ...user, username: 'ada' });
  const favorite = { id: 'favorite', ownerId: id, serverId: 'any', tool: 'echo', favoritedAt: 1 };
  await store.apply({
    writes: [put(favoriteRecords, favorite, 'any'), put(preferences, { id, ...defaultPreferences }, 'any')],
  });
  await domain.users.delete(admin, admin.caller, id);
  t.equal(store.get(favoriteRecords, 'favorite'), undefined);
  t.equal(store.get(preferences, id), undefined);
});

t.test('a key without a user loses its preferences when it is revoked', async (t) => {
  const hub = await startDomain(t);
  const { store, domain, admin } = hub;
  const { caller } = await hub.caller('viewer');
  await domain.portal.configuration.setPreferences(admin, caller, { theme: 'dark' });
  await domain.keys.revoke(admin, caller.id);
  t.equal(store.get(preferences, caller.id), undefined);
});
