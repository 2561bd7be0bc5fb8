import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import t, { type Test } from 'tap';
import type { Batch, Engine, Member, Outcome } from '../../../hub/cluster/engine.js';
import { activeAddress, sharedAuthority } from '../../../hub/cluster/notes.js';
import { Seat } from '../../../hub/cluster/seat.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { groupRecords } from '../../../hub/domain/servers/groups.js';
import { put, remove } from '../../../hub/domain/store.js';
import { restoreStore } from '../../../hub/store/copies/restore.js';
import type { ReplicaStore } from '../../../hub/store/hub-store.js';
import type { Migration } from '../../../hub/store/migrations.js';
import { openReplica, openStore } from '../../../hub/store/open.js';
import { MemoryEngine } from '../../kit/memory-engine.js';
import { wait } from '../../kit/wait.js';
import { tempFolder } from '../../temp-folder.js';
import { ids, keptLog } from '../store/stores.js';

/** The lease lasts this long on the clock of the database. */
const TERM_MS = 5000;
const SEALING_KEY = 'A'.repeat(43);

/** An engine that can be away, and whose answers can get lost. */
class Database extends MemoryEngine {
  now = Date.now();
  state: 'here' | 'away' | 'answers are lost' = 'here';

  constructor() {
    super(() => this.now);
  }

  override async commit(member: Member, batch: Batch): Promise<Outcome> {
    this.check();
    const outcome = await super.commit(member, batch);
    if (this.state === 'answers are lost') throw away();
    return outcome;
  }

  override async lease(...call: Parameters<Engine['lease']>): Promise<number | undefined> {
    this.check();
    return super.lease(...call);
  }

  override async tail(...call: Parameters<Engine['tail']>): ReturnType<Engine['tail']> {
    this.check();
    return super.tail(...call);
  }

  private check(): void {
    if (this.state === 'away') throw away();
  }
}

const away = () => new DomainError('unavailable', 'the database is away', { retryAfter: 5, outcome: 'unknown' });

interface HubOptions {
  readonly dir?: string;
  readonly key?: string;
  readonly migrations?: readonly Migration[];
}

/** The store of a hub of the cluster. */
interface Hub {
  readonly dir: string;
  readonly store: ReplicaStore;
  /** Resolves once the hub is active. */
  readonly active: Promise<void>;
  /** Why the hub lost its role. */
  readonly lost: readonly Error[];
  /** Stops the hub cleanly. */
  leave(): Promise<void>;
}

async function join(t: Test, database: Database, name: string, options: HubOptions = {}): Promise<Hub> {
  const { dir = tempFolder(t), key = SEALING_KEY, migrations = [] } = options;
  writeFileSync(path.join(dir, 'sealing.key'), key, { mode: 0o600 });
  const store = await openReplica({ dir, log: keptLog(), migrations });
  const lost: Error[] = [];
  const seat = await Seat.join({
    engine: database,
    store,
    hub: { id: store.hubId, address: `http://${name}`, version: '1.0.0' },
    authority: async () => ({ key: `key of ${name}`, certificate: `certificate of ${name}` }),
    knownSchema: migrations.length + 1,
    log: keptLog(),
    onLost: (error) => lost.push(error),
    termMs: TERM_MS,
    pollMs: 5,
  });
  const stop = new AbortController();
  const active = seat.active(stop.signal);
  active.catch(() => {});
  const leave = async () => {
    stop.abort();
    await active.catch(() => {});
    await store.close();
    await seat.close();
  };
  t.teardown(leave);
  return { dir, store, active, lost, leave };
}

const group = (id: string, name = id) => put(groupRecords, { id, name } as never, 'any');
const event = (n: number) => ({ type: 'group.created', data: { n } }) as never;
const namesOf = ({ store }: Hub) => ids(store.list(groupRecords));
const eventsOf = ({ store }: Hub) => store.events(0, 100).map(({ seq, time, data }) => [seq, time, data]);

/** Until a hub that waits has the group. */
const has = (hub: Hub, id: string) => wait(`the hub has the group ${id}`, () => hub.store.get(groupRecords, id));

t.test(
  'one hub is active, the others follow, and the next one takes over all records, events and unique keys',
  async (t) => {
    const database = new Database();
    const a = await join(t, database, 'a');
    await a.active;
    const b = await join(t, database, 'b');
    await a.store.apply({ writes: [group('1', 'One'), group('2')], events: [event(1), event(2)] });
    await a.store.apply({ writes: [remove(groupRecords, '2', 'any'), group('3')], events: [event(3)] });
    a.store.record({ writes: [group('4')] });
    await a.store.flush();
    await has(b, '4');
    t.same(namesOf(b), ['1', '3', '4']);
    t.same(eventsOf(b), eventsOf(a), 'with their numbers and times');
    t.equal(activeAddress(b.store), 'http://a');

    await a.leave();
    await b.active;
    t.equal(activeAddress(b.store), 'http://b');
    await t.rejects(b.store.apply({ writes: [group('5', 'ONE')] }), { code: 'already_exists' });
    const { events } = await b.store.apply({ writes: [group('5')], events: [event(4)] });
    t.match(events, [{ seq: 4 }]);

    const again = await join(t, database, 'a', { dir: a.dir });
    await has(again, '5');
    t.same(eventsOf(again), eventsOf(b));
  },
);

t.test('a killed hub is replaced once its lease is over, and its late changes are refused', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  await a.store.apply({ writes: [group('1')] });
  const b = await join(t, database, 'b');
  await has(b, '1');
  // The clock of the database moves, and the first hub cannot renew its lease.
  database.now += TERM_MS + 1;
  await b.active;
  await b.store.apply({ writes: [group('2')] });
  await t.rejects(a.store.apply({ writes: [group('late')] }), { code: 'unavailable', message: /not the active one/ });
  t.match(a.lost, [{ message: /lease .* lost/ }]);
  t.same(namesOf(b), ['1', '2']);
});

t.test(
  'while the database is away a hub reads, refuses changes, keeps recorded changes, and goes on afterwards',
  async (t) => {
    const database = new Database();
    const a = await join(t, database, 'a');
    await a.active;
    await a.store.apply({ writes: [group('1')] });
    database.state = 'away';
    await t.rejects(a.store.apply({ writes: [group('doubtful')] }), { code: 'unavailable' });
    await t.rejects(a.store.apply({ writes: [group('refused')] }), { code: 'unavailable' });
    t.equal(a.store.failure?.code, 'unavailable');
    a.store.record({ writes: [group('recorded')], events: [event(1)] });
    t.same(namesOf(a), ['1']);
    // The lease runs out meanwhile. No other hub takes it.
    database.now += TERM_MS + 1;
    database.state = 'here';
    await has(a, 'recorded');
    t.same(namesOf(a), ['1', 'doubtful', 'recorded'], 'a change that was sent before is made after all');
    t.equal(a.store.failure, undefined);
    await a.store.apply({ writes: [group('2')] });
    t.same(a.lost, []);
  },
);

t.test('changes that a hub records while the database is away outlast the hub', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  database.state = 'away';
  await t.rejects(a.store.apply({ writes: [group('doubtful')] }), { code: 'unavailable' });
  const before = Date.now();
  a.store.record({ writes: [group('recorded')], events: [event(1)] });
  t.equal(a.store.recordFailure, undefined, 'it is on the disk of the hub');
  await a.leave();
  const after = Date.now();
  database.now += TERM_MS + 1;
  database.state = 'here';
  const again = await join(t, database, 'a', { dir: a.dir });
  await again.active;
  await has(again, 'recorded');
  t.same(namesOf(again), ['recorded']);
  const [{ time = 0 } = {}] = again.store.events(0, 10);
  t.ok(time >= before && time <= after, 'with the time of the event');
  const b = await join(t, database, 'b');
  await has(b, 'recorded');
  await again.leave();
  await b.active;
  await b.leave();
  const last = await join(t, database, 'a', { dir: a.dir });
  await last.active;
  t.equal(last.store.latestSeq, 1, 'it is made once');
});

t.test('a change whose answer is lost is made once', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  database.state = 'answers are lost';
  await t.rejects(a.store.apply({ writes: [group('1')], events: [event(1)] }), {
    code: 'unavailable',
    details: { outcome: 'unknown' },
  });
  // The hub finds its own change in the log, and keeps its place.
  database.now += TERM_MS + 1;
  database.state = 'here';
  await has(a, '1');
  await a.store.apply({ writes: [group('2')], events: [event(2)] });
  const b = await join(t, database, 'b');
  await has(b, '2');
  t.same(eventsOf(b), eventsOf(a));
  await wait('the number of the newest event is known', () => b.store.latestSeq === 2);
  t.same(a.lost, []);
});

t.test('a hub ends if the database has lost its changes', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  await a.store.apply({ writes: [group('1')] });
  const { commit } = database;
  // As after a failover to a standby that was behind: the numbers begin again further down.
  database.commit = async (...call) => {
    const { verdicts, head } = await commit.apply(database, call);
    return { verdicts: verdicts.map(() => ({ change: 1, firstSeq: 1 })), head: { ...head, change: 1 } };
  };
  await t.rejects(a.store.apply({ writes: [group('2')] }), { code: 'unavailable', message: /not the active one/ });
  t.match(a.lost, [{ message: /lost changes/ }]);
});

t.test('a hub that stops while the database is away stops at once', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  database.state = 'away';
  await t.rejects(a.store.apply({ writes: [group('1')] }), { code: 'unavailable' });
  await a.leave();
  t.same(a.lost, []);
});

t.test('the first hub brings its own records and the numbers of its events', async (t) => {
  const dir = tempFolder(t);
  writeFileSync(path.join(dir, 'sealing.key'), SEALING_KEY, { mode: 0o600 });
  const own = await openStore({ dir, log: keptLog(), migrations: [] });
  await own.apply({ writes: [group('1'), group('2')], events: [event(1), event(2)] });
  await own.close();
  const database = new Database();
  const a = await join(t, database, 'a', { dir });
  await a.active;
  t.same(namesOf(a), ['1', '2']);
  const { events } = await a.store.apply({ writes: [group('3')], events: [event(3)] });
  t.match(events, [{ seq: 3 }]);
  const b = await join(t, database, 'b');
  await has(b, '3');
  t.same(namesOf(b), ['1', '2', '3']);
  await wait('the second hub has the numbers of all events', () => b.store.latestSeq === 3);

  await t.test('a hub with other records is refused', async (t) => {
    const other = tempFolder(t);
    const store = await openStore({ dir: other, log: keptLog(), migrations: [] });
    await store.apply({ writes: [group('of another hub')] });
    await store.close();
    const c = await join(t, database, 'c', { dir: other });
    await t.rejects(c.active, { code: 'conflict', message: /empty data folder/ });
  });

  await t.test('a hub that leaves the cluster keeps all records', async (t) => {
    await b.leave();
    const alone = await openStore({ dir: b.dir, log: keptLog(), migrations: [] });
    t.teardown(() => alone.close());
    t.same(ids(alone.list(groupRecords)), ['1', '2', '3']);
    t.match(await alone.apply({ writes: [], events: [event(4)] }), { events: [{ seq: 4 }] });
  });
});

t.test(
  'a backup of the active hub is restored into an empty database, and the numbers of events continue',
  async (t) => {
    const database = new Database();
    const a = await join(t, database, 'a');
    await a.active;
    await a.store.apply({ writes: [group('1'), group('2')], events: [event(1), event(2)] });
    const from = Readable.from(await a.store.copy({ withSealingKey: true }));
    const dir = tempFolder(t);
    await restoreStore({ from, dir });
    const restored = await join(t, new Database(), 'b', { dir });
    await restored.active;
    t.same(namesOf(restored), ['1', '2']);
    t.match(await restored.store.apply({ writes: [group('3')], events: [event(3)] }), { events: [{ seq: 3 }] });
    t.not(restored.store.hubId, a.store.hubId);
    const late = tempFolder(t);
    await restoreStore({ from: Readable.from(await a.store.copy({ withSealingKey: true })), dir: late });
    const refused = await join(t, database, 'c', { dir: late });
    await t.rejects(refused.active, { code: 'conflict', message: /has records already/ });
  },
);

t.test('a hub that is stopped while it brings its records goes on; no other hub leads before that', async (t) => {
  const dir = tempFolder(t);
  writeFileSync(path.join(dir, 'sealing.key'), SEALING_KEY, { mode: 0o600 });
  const own = await openStore({ dir, log: keptLog(), migrations: [] });
  await own.apply({ writes: Array.from({ length: 300 }, (_, n) => group(`${n}`.padStart(3, '0'))) });
  await own.close();
  const database = new Database();
  const { commit } = database;
  let commits = 0;
  database.commit = (...call) => {
    commits += 1;
    if (commits === 2) throw new DomainError('internal', 'the hub is killed here');
    return commit.apply(database, call);
  };
  const a = await join(t, database, 'a', { dir });
  await t.rejects(a.active, { message: 'the hub is killed here' });
  await a.leave();
  const b = await join(t, database, 'b');
  await t.rejects(b.active, { code: 'conflict', message: /does not have all records yet/ });
  await b.leave();
  const again = await join(t, database, 'a', { dir });
  await again.active;
  const c = await join(t, database, 'c');
  await has(c, '299');
  t.equal(namesOf(c).length, 300);
});

t.test('a hub that was away for long loads all records, and its other records are gone', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  await a.store.apply({ writes: [group('1'), group('2')], events: [event(1)] });
  const b = await join(t, database, 'b');
  await has(b, '2');
  await b.leave();
  await a.store.apply({ writes: [remove(groupRecords, '2', 'any'), group('3', 'TWO')], events: [event(2)] });
  await a.store.apply({ writes: [group('4', '2')], events: [event(3)] });
  await database.trimLog(1000, 1000);
  const again = await join(t, database, 'b', { dir: b.dir });
  await has(again, '4');
  t.same(namesOf(again), ['1', '3', '4']);
  await a.leave();
  await again.active;
  t.match(await again.store.apply({ writes: [], events: [event(4)] }), { events: [{ seq: 4 }] });
  await t.rejects(again.store.apply({ writes: [group('5', 'two')] }), { code: 'already_exists' });
});

t.test('hubs with different sealing keys do not work together', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  await a.leave();
  const b = await join(t, database, 'b', { key: 'B'.repeat(43) });
  await t.rejects(b.active, { code: 'conflict', message: /copy the file `sealing.key`/ });
});

t.test('the first hub brings the authority of its agents together with its records, sealed', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  await a.leave();
  const b = await join(t, database, 'b');
  await b.active;
  t.same(await sharedAuthority(b.store), { key: 'key of a', certificate: 'certificate of a' });
  let bytes = '';
  await database.snapshot((records) => {
    bytes += records.map(({ value }) => Buffer.from(value).toString('latin1')).join();
  });
  t.notMatch(bytes, 'key of a');
});

t.test('the first hub of a newer version migrates the records for all; an older hub leads no more', async (t) => {
  const database = new Database();
  const a = await join(t, database, 'a');
  await a.active;
  await a.store.apply({ writes: [group('1'), group('2')] });
  const old = await join(t, database, 'old');
  await has(old, '2');
  await a.leave();
  await old.leave();
  const renaming: Migration = {
    version: 2,
    name: 'renaming',
    up(tx) {
      for (const record of tx.records('groups')) tx.put('groups', { ...record, name: `new ${record.name}` });
      tx.remove('groups', '2');
    },
  };
  const b = await join(t, database, 'b', { migrations: [renaming] });
  await b.active;
  t.match([...b.store.list(groupRecords)], [{ id: '1', name: 'new 1' }]);
  await b.leave();
  const c = await join(t, database, 'c', { migrations: [renaming] });
  await c.active;
  t.match([...c.store.list(groupRecords)], [{ id: '1', name: 'new 1' }], 'once');
  await c.leave();
  const late = await join(t, database, 'old', { dir: old.dir });
  await t.rejects(late.active, { code: 'conflict', message: /use a newer program/ });
});
