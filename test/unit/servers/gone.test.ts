import t from 'tap';
import type { Agents } from '../../../hub/domain/agents/agents.js';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { Dependants } from '../../../hub/domain/dependants.js';
import { GroupRegistry } from '../../../hub/domain/servers/groups.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import { serverRecords } from '../../../hub/domain/servers/record.js';
import { goneOf, goneServers, goneTrimmer, ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { Servers } from '../../../hub/domain/servers/servers.js';
import { SpecRoom } from '../../../hub/domain/sited/spec-room.js';
import { put } from '../../../hub/domain/store.js';
import { openTestStore } from '../store/stores.js';
import { registration } from '../updates/rig.js';

t.test('the owners of deleted servers stay known, up to a bound', async (t) => {
  const { store } = await openTestStore(t);
  const registry = new ServerRegistry(store);
  t.same(goneOf({ id: 'of-all' }), []);
  for (const id of ['first', 'second', 'third']) {
    await store.apply({ writes: goneOf({ id, ownerId: 'ada' }) });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  t.equal(registry.ownerOf('first'), 'ada');
  t.equal(registry.ownerOf('of-all'), undefined);
  t.equal(await goneTrimmer(store, undefined, 2).trim(), 1);
  t.same(
    [...store.list(goneServers)].map(({ id }) => id).sort(),
    ['second', 'third'],
    'the oldest deletion is forgotten',
  );
  t.equal(registry.ownerOf('first'), undefined);
});

t.test('a deletion that meets a change goes on with the changed server', async (t) => {
  const { store } = await openTestStore(t);
  const record = registration('one');
  await store.apply({ writes: [put(serverRecords, record, 'absent')] });
  const registry = new ServerRegistry(store);
  const observed = new ObservedServers(() => new Redactor());
  const servers = new Servers(
    store,
    {} as Agents,
    registry,
    observed,
    new GroupRegistry(store),
    new Dependants(),
    new SpecRoom(),
  );
  const later = { ...record, name: 'later', ownerId: 'ada', revision: 2 };
  const changed = store.apply({ writes: [put(serverRecords, later, 1)] });
  await servers.delete(SYSTEM, 'one');
  await changed;
  t.equal(registry.ownerOf(record.id), 'ada', 'its last owner is known');
  t.match([...store.list(auditLog)].at(-1), { action: 'server.delete', details: { name: 'later' } });
  t.equal(store.count(serverRecords), 0);
});
