import { setImmediate as nextTurn } from 'node:timers/promises';
import t from 'tap';
import type { Caller, Grants } from '../../../hub/domain/access/caller.js';
import type { EventSubscription } from '../../../hub/domain/events/feed.js';
import { EventFeed, type EventListener, type JournalReset } from '../../../hub/domain/events/feed.js';
import { EventTrimmer } from '../../../hub/domain/events/retention.js';
import { type ServerRecord, serverRecords } from '../../../hub/domain/servers/record.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { type JournalEvent, type NewEvent, put, type Store } from '../../../hub/domain/store.js';
import { openTestStore } from '../store/stores.js';

const admin = { role: 'admin', grants: null } as const;

/** A listener that keeps the events that it gets, and has room for a number of events before it asks to be resumed. */
class Ear implements EventListener {
  types: ReadonlySet<string> | null = null;
  serverIds: ReadonlySet<string> | null = null;
  hearer: Pick<Caller, 'role' | 'grants'> = admin;
  room = Number.POSITIVE_INFINITY;
  readonly heard: number[] = [];
  readonly resets: JournalReset[] = [];
  missedCount = 0;

  deliver(events: readonly JournalEvent[]): boolean {
    for (const { seq } of events) this.heard.push(seq);
    this.room -= events.length;
    return this.room > 0;
  }

  reset(reset: JournalReset): void {
    this.resets.push(reset);
  }

  missed(): void {
    this.missedCount += 1;
  }

  failed(error: Error): void {
    throw error;
  }
}

const event = (type = 'tool.invoked', serverId?: string, data: NewEvent['data'] = {}): NewEvent =>
  serverId === undefined ? { type, data } : { type, serverId, data };

const add = (store: Store, ...events: NewEvent[]) => store.apply({ by: null, writes: [], events });

async function settled(subscription: EventSubscription): Promise<void> {
  while (!subscription.isLive) await nextTurn();
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function feedOf(t: Parameters<typeof openTestStore>[0]) {
  const { store } = await openTestStore(t);
  const registry = new ServerRegistry(store);
  return { store, feed: new EventFeed(store, registry) };
}

t.test('a reader begins with the next event, or after a given event', async (t) => {
  const { store, feed } = await feedOf(t);
  await add(store, ...Array.from({ length: 1000 }, () => event()));
  const live = new Ear();
  const early = new Ear();
  const middle = new Ear();
  feed.subscribe(live);
  await settled(feed.subscribe(early, 0));
  await settled(feed.subscribe(middle, 400));
  await add(store, event(), event());
  t.same(live.heard, [1001, 1002]);
  t.same(early.heard, range(1, 1002));
  t.same(middle.heard, range(401, 1002));
});

t.test('an unknown or expired last event id leads to a reset, and then the stream goes on', async (t) => {
  const { store, feed } = await feedOf(t);
  await add(store, ...Array.from({ length: 10 }, () => event()));
  await store.trimEvents({ keep: 4 });
  const ears = [5, 6, 11, Number.NaN, -1, 1.5].map((after) => {
    const ear = new Ear();
    feed.subscribe(ear, after);
    return ear;
  });
  await nextTurn();
  await add(store, event());
  const resets = ears.map((ear) => ear.resets.map(({ reason }) => reason).join());
  t.same(resets, ['expired', '', 'unknown', 'unknown', 'unknown', 'unknown']);
  t.same(ears[0]?.resets, [{ reason: 'expired', oldestSeq: 7, latestSeq: 10 }]);
  t.same(ears[1]?.heard, range(7, 11));
  t.same(ears[0]?.heard, [11]);
});

t.test('filters by type, server, role and grants', async (t) => {
  const { store, feed } = await feedOf(t);
  const server = (id: string, groupId: string | null) =>
    put(serverRecords, { id, name: id, groupId, site: 'x' } as ServerRecord, 'any');
  await store.apply({ writes: [server('s1', 'g1'), server('s2', null)] });
  const ear = (more: Partial<EventListener>) => {
    const made = Object.assign(new Ear(), more);
    feed.subscribe(made);
    return made;
  };
  const narrowed = (grants: Grants) => ear({ hearer: { role: 'user', grants } });
  const byType = ear({ types: new Set(['tool.invoked', 'server.error']) });
  const byServer = ear({ serverIds: new Set(['s1']) });
  const viewer = ear({ hearer: { role: 'viewer', grants: null } });
  const ofServer = narrowed({ servers: ['s2', 'gone'] });
  const ofGroup = narrowed({ groups: ['g1'] });
  const ofTool = narrowed({ tools: ['echo'] });
  await add(
    store,
    event('tool.invoked', 's1', { toolName: 'echo' }),
    event('tool.invoked', 's2', { toolName: 'add' }),
    event('server.error', 'gone'),
    event('server.connected', 's1'),
    event('group.created'),
    event('no.such_type'),
  );
  t.same(byType.heard, [1, 2, 3]);
  t.same(byServer.heard, [1, 4]);
  t.same(viewer.heard, [1, 2, 3, 4, 5], 'an event without a listed audience is for admins');
  t.same(ofServer.heard, [2, 3]);
  t.same(ofGroup.heard, [1, 4]);
  t.same(ofTool.heard, [1, 3, 4]);
});

t.test('a listener without room gets the rest from the journal later', async (t) => {
  const { store, feed } = await feedOf(t);
  const ear = new Ear();
  ear.room = 1;
  const subscription = feed.subscribe(ear);
  await add(store, event());
  await add(store, event());
  await add(store, event('circuit.opened'), event());
  t.same(ear.heard, [1]);
  t.equal(ear.missedCount, 3);
  ear.room = Number.POSITIVE_INFINITY;
  subscription.resume();
  await settled(subscription);
  await add(store, event());
  t.same(ear.heard, [1, 2, 3, 4, 5]);
});

t.test('a reader that falls behind the kept events is told', async (t) => {
  const { store, feed } = await feedOf(t);
  const ear = new Ear();
  ear.room = 1;
  const subscription = feed.subscribe(ear);
  await add(store, ...range(1, 10).map(() => event()));
  await add(store, ...range(1, 10).map(() => event()));
  await store.trimEvents({ keep: 5 });
  ear.room = Number.POSITIVE_INFINITY;
  subscription.resume();
  await settled(subscription);
  await add(store, event());
  t.same(ear.heard, [...range(1, 10), 21]);
  t.same(ear.resets, [{ reason: 'expired', oldestSeq: 16, latestSeq: 20 }]);
});

t.test('property: however often it breaks off, each listener gets each event once and in order', async (t) => {
  const { store, feed } = await feedOf(t);
  let seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  t.comment(`SEED=${seed}`);
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  const types = ['tool.invoked', 'tool.error', 'server.error'];
  const ears = range(1, 40).map((i) => {
    const ear = new Ear();
    if (i % 3 === 0) ear.types = new Set([types[i % 2] ?? '']);
    return { ear, subscription: feed.subscribe(ear, 0) };
  });
  const told: { seq: number; type: string }[] = [];
  for (let round = 0; round < 300; round += 1) {
    const events = range(0, random(20)).map(() => event(types[random(3)]));
    const write = add(store, ...events).then((committed) => told.push(...committed.events));
    if (random(3) === 0) await write;
    for (const one of ears) {
      const { ear, subscription } = one;
      const dice = random(10);
      if (dice === 0) ear.room = random(30);
      if (dice === 1) {
        ear.room = 1 + random(100);
        subscription.resume();
      }
      if (dice === 2) {
        subscription.close();
        one.subscription = feed.subscribe(ear, ear.heard.at(-1) ?? 0);
      }
    }
    if (random(5) === 0) await nextTurn();
  }
  await store.flush();
  for (const { ear, subscription } of ears) {
    ear.room = Number.POSITIVE_INFINITY;
    subscription.resume();
    await settled(subscription);
  }
  for (const { ear } of ears) {
    const wanted = told.filter(({ type }) => ear.types === null || ear.types.has(type)).map(({ seq }) => seq);
    t.same(ear.heard, wanted);
    t.equal(ear.resets.length, 0);
  }
});

t.test('the journal is trimmed by age and count, but keeps the events that are still needed', async (t) => {
  const { store } = await openTestStore(t);
  await add(store, ...range(1, 100).map(() => event()));
  let done = 30;
  const trimmer = (maxAgeMs: number, maxEvents: number) =>
    new EventTrimmer(store, { maxAgeMs, maxEvents, maxBytes: 1e9 }, () => done);
  t.equal(await trimmer(3_600_000, 1000).trim(), 0);
  t.equal(await trimmer(3_600_000, 90).trim(), 10);
  t.equal(await trimmer(3_600_000, 10).trim(), 20, 'up to the last processed event');
  t.equal(store.oldestSeq, 31);
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(await trimmer(1, 1000).trim(), 0, 'by age neither');
  done = 100;
  t.equal(await trimmer(1, 1000).trim(), 69, 'the newest stays');
});

t.test('the journal is trimmed by its size on disk, but keeps the events that are still needed', async (t) => {
  const { store } = await openTestStore(t);
  const long = { ...event(), data: { error: 'x'.repeat(16_000) } };
  await add(store, ...range(1, 200).map(() => long));
  const size = 200 * 16_384;
  let done = 20;
  const trimmer = (maxBytes: number) => {
    const retention = { maxAgeMs: 3_600_000, maxEvents: 1000, maxBytes };
    return new EventTrimmer(store, retention, () => done);
  };
  t.equal(await trimmer(2 * size).trim(), 0);
  t.equal(await trimmer(size / 2).trim(), 20, 'up to the last processed event');
  done = 200;
  await trimmer(size / 2).trim();
  const kept = store.latestSeq - store.oldestSeq + 1;
  t.ok(kept > 70 && kept <= 100, `about half of them are left: ${kept}`);
  await trimmer(1).trim();
  t.same([store.oldestSeq, store.latestSeq], [200, 200], 'the newest stays');
});
