import t from 'tap';
import { Catalog } from '../../../hub/domain/catalog/catalog.js';
import { Enablements } from '../../../hub/domain/catalog/enablements.js';
import {
  type CustomEntryRecord,
  customEntries,
  type EnablementRecord,
  enablements,
} from '../../../hub/domain/catalog/entry.js';
import { PortalServers, ServerStates } from '../../../hub/domain/catalog/portal-servers.js';
import { predefinedEntries } from '../../../hub/domain/catalog/predefined.js';
import { type UserRecord, users } from '../../../hub/domain/people/record.js';
import type { ServerLifecycle } from '../../../hub/domain/servers/lifecycle.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import { type ServerRecord, serverRecords } from '../../../hub/domain/servers/record.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { put, type Store } from '../../../hub/domain/store.js';
import { openTestStore } from '../store/stores.js';

const predefined = predefinedEntries.find(({ confined }) => confined);
const entryId = predefined?.id ?? '';

function enablement(ownerId: string): EnablementRecord {
  const config = { enabled: true, autoStart: true, restartPolicy: 'always' } as const;
  return {
    ...{ id: `of-${ownerId}`, ownerId, entryId, serverId: `server-of-${ownerId}` },
    ...{ ...config, revision: 1, createdAt: 0, updatedAt: 0 },
  };
}

function image(name: string, ownerId: string, shared: boolean): CustomEntryRecord {
  const shown = { displayName: name, description: '', image: 'a', category: 'x', tags: [] };
  return { id: name, name, ...shown, ownerId, shared, revision: 1, createdAt: 0, updatedAt: 0 };
}

function started(store: Store, deleted: string[]) {
  const [registry, observed, catalog] = [new ServerRegistry(store), new ObservedServers(), new Catalog(store)];
  const states = new ServerStates(store, registry, observed);
  const servers = new PortalServers({
    ...{ store, catalog, registry, observed, states },
    fleet: () => ({ agent: () => undefined }),
  });
  const lifecycle = {
    delete: async (_origin: unknown, id: string) => {
      deleted.push(id);
    },
  } as unknown as ServerLifecycle;
  const onError = (error: unknown) => t.error(error);
  const made = new Enablements({ store, servers, catalog, registry, lifecycle, onError });
  return made.start().then(() => made);
}

t.test('a hub that stopped while a user was deleted deletes the things of that user at its next start', async (t) => {
  const { store } = await openTestStore(t);
  const ada = { id: 'ada', username: 'ada', role: 'user', email: null } as UserRecord;
  const owners = ['ada', 'gone'].map((id) => put(enablements, enablement(id), 'any'));
  const entries = [
    image('of-ada', 'ada', false),
    image('of-gone', 'gone', false),
    image('of-gone-for-all', 'gone', true),
    image('of-nobody', 'also-gone', false),
  ].map((one) => put(customEntries, one, 'any'));
  await store.apply({ writes: [put(users, ada, 'any'), ...owners, ...entries] });
  const deleted: string[] = [];
  await started(store, deleted);
  t.same(deleted, ['server-of-gone']);
  t.same(
    [...store.list(enablements)].map(({ ownerId }) => ownerId),
    ['ada'],
  );
  t.same([...store.list(customEntries)].map(({ name }) => name).sort(), ['of-ada', 'of-gone-for-all']);
});

t.test('a start ends the servers that their owners’ roles do not allow', async (t) => {
  const { store } = await openTestStore(t);
  const unconfined = predefinedEntries.find(({ confined }) => !confined)?.id ?? '';
  const people = (['admin', 'user'] as const).map((role) => ({ id: role, username: role, role, email: null }));
  const made = people.map(({ id }) => put(enablements, { ...enablement(id), entryId: unconfined }, 'any'));
  await store.apply({ writes: [...people.map((one) => put(users, one as UserRecord, 'any')), ...made] });
  const deleted: string[] = [];
  await started(store, deleted);
  t.same(deleted, ['server-of-user']);
});

t.test('a start ends the servers that name databases, if their owners may not name them any more', async (t) => {
  const { store } = await openTestStore(t);
  const people = (['admin', 'operator'] as const).map((role) => ({ id: role, username: role, role, email: null }));
  const transport = { type: 'stdio', command: 'x', args: [], env: ['DB'] } as const;
  const server = (ownerId: string) =>
    ({ id: `server-of-${ownerId}`, name: 'x', ownerId, transport, databases: ['db'] }) as unknown as ServerRecord;
  const made = people.flatMap(({ id }) => [
    put(enablements, { ...enablement(id), entryId: 'own' }, 'any'),
    put(serverRecords, server(id), 'any'),
  ]);
  const entries = [put(customEntries, image('own', 'admin', true), 'any')];
  await store.apply({ writes: [...people.map((one) => put(users, one as UserRecord, 'any')), ...entries, ...made] });
  const deleted: string[] = [];
  await started(store, deleted);
  t.same([...new Set(deleted)], ['server-of-operator']);
});

t.test('a removed entry also removes a server that another writer enables at the same moment', async (t) => {
  const { store } = await openTestStore(t);
  const ada = { id: 'ada', username: 'ada', role: 'user', email: null } as UserRecord;
  const made = enablement('ada');
  await store.apply({ writes: [put(users, ada, 'absent'), put(enablements, made, 'absent')] });
  const deleted: string[] = [];
  const enabled = await started(store, deleted);
  const again = store.apply({ writes: [put(enablements, { ...made, serverId: 'the-next', revision: 2 }, 1)] });
  await enabled.forgetEntry(entryId);
  await again;
  t.same(deleted, ['the-next']);
  t.equal(store.count(enablements), 0);
});

t.test('an entry that is shared while its owner is deleted stays', async (t) => {
  const { store } = await openTestStore(t);
  const own = image('own', 'gone', false);
  await store.apply({ writes: [put(customEntries, own, 'absent')] });
  const sharing = store.apply({ writes: [put(customEntries, { ...own, shared: true, revision: 2 }, 1)] });
  t.same(await new Catalog(store).forgetOwner('gone'), []);
  await sharing;
  t.match(store.get(customEntries, own.id), { shared: true });
});
