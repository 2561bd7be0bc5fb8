import t from 'tap';
import { auditWrite, TOOL_INVOKE } from '../../hub/domain/audit/audit.js';
import { CancelSource } from '../../hub/domain/cancellation.js';
import { DomainError } from '../../hub/domain/errors.js';
import { CallActivity } from '../../hub/domain/tools/activity.js';
import type { SeenCalls } from '../../hub/domain/tools/counted.js';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { readOnly, ToolError, writing } from '../kit/scripted-site.js';
import { othersDuring } from '../kit/turns.js';
import { wait } from '../kit/wait.js';

const tools = { echo: readOnly(), sum: readOnly() };
const DAY_MS = 86_400_000;

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const statistics = ({ domain, admin }: TestDomain, as = admin) => domain.statistics.of(as.caller);

t.test('categories count the tools of connected servers that a caller may use', async (t) => {
  const hub = await startDomain(t);
  const { id: files } = await hub.connect('files', tools, { metadata: { category: 'storage' } });
  await hub.connect('plain', tools);
  const categories = (as = hub.admin) => hub.domain.statistics.categories(as.caller);
  t.same(await categories(), [
    { name: 'storage', count: 2 },
    { name: 'uncategorized', count: 2 },
  ]);
  const narrow = await hub.caller('viewer', { servers: [files], tools: ['echo'] });
  t.same(await categories(narrow), [{ name: 'storage', count: 1 }]);
  await hub.domain.lifecycle.disconnect(hub.admin, files);
  t.same(await categories(), [{ name: 'uncategorized', count: 2 }]);
});

t.test('statistics count every call by tool and by day', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('one', tools);
  t.match(await statistics(hub), { totalInvocations: 0, topTools: { length: 0 }, totalTools: 2 });
  const yesterday = hub.clock.now;
  await hub.call('echo');
  await hub.clock.move(DAY_MS);
  await hub.call('sum');
  await hub.call('echo');
  const { totalInvocations, topTools, invocationsByDay } = await statistics(hub);
  t.equal(totalInvocations, 3);
  t.same(topTools, [
    { name: 'echo', invocations: 2 },
    { name: 'sum', invocations: 1 },
  ]);
  t.equal(invocationsByDay.length, 30);
  t.same(
    invocationsByDay.slice(0, 3),
    [
      { date: dayOf(hub.clock.now), count: 2 },
      { date: dayOf(yesterday), count: 1 },
      { date: dayOf(yesterday - DAY_MS), count: 0 },
    ],
    'today comes first',
  );
});

t.test('tools of one name count together, and a caller sees the tools that its grants cover', async (t) => {
  const hub = await startDomain(t);
  await hub.connect('one', tools);
  const { id: two } = await hub.connect('two', tools);
  for (const server of ['one', 'one', 'two']) await hub.call('echo', {}, { server });
  t.same((await statistics(hub)).topTools, [{ name: 'echo', invocations: 3 }]);
  const narrow = await hub.caller('viewer', { servers: [two] });
  t.match(await statistics(hub, narrow), {
    totalInvocations: 1,
    topTools: [{ name: 'echo', invocations: 1 }],
    invocationsByDay: [{ date: dayOf(hub.clock.now), count: 1 }],
  });
});

t.test(
  'activity counts calls, errors and durations by minute of the last hour and by half hour of the last day',
  async (t) => {
    const hub = await startDomain(t);
    const fails = writing(({ arguments: { fail } }) => {
      if (fail) throw new ToolError('not today');
      return 'well';
    });
    const { id: one } = await hub.connect('one', { echo: fails });
    const { id: two } = await hub.connect('two', { echo: fails });
    await hub.clock.move(1_800_000 - (hub.clock.now % 1_800_000));
    const began = hub.clock.now;
    const activity = (period: 'hour' | 'day', as = hub.admin) => hub.domain.statistics.activity(as.caller, period);
    await hub.call('echo', {}, { server: 'one' });
    await hub.call('echo', { fail: true }, { server: 'one' });
    await hub.clock.move(60_000);
    await hub.call('echo', {}, { server: 'two' });
    const hour = await activity('hour');
    t.equal(hour.length, 60);
    t.match(hour.slice(-3), [
      { start: began - 60_000, calls: 0, errors: 0, averageMs: null, slowestMs: null },
      { start: began, calls: 2, errors: 1, averageMs: Number, slowestMs: Number },
      { start: began + 60_000, calls: 1, errors: 0, averageMs: Number },
    ]);
    const day = await activity('day');
    t.equal(day.length, 48);
    t.match(day.at(-1), { start: began, calls: 3, errors: 1 });
    const calls = (points: typeof day) => points.reduce((sum, point) => sum + point.calls, 0);
    const narrow = await hub.caller('viewer', { servers: [two] });
    t.equal(calls(await activity('hour', narrow)), 1, 'a narrowed key sees the calls of its servers');
    const others = await hub.caller('viewer', { servers: [one], tools: ['sum'] });
    t.equal(calls(await activity('day', others)), 0, 'and of its tools');
    await hub.clock.move(3_600_000);
    t.equal(calls(await activity('hour')), 0);
    t.equal(calls(await activity('day')), 3);
    await hub.clock.move(DAY_MS);
    t.equal(calls(await activity('day')), 0);
  },
);

t.test('statistics outlive the hub, also of deleted servers', async (t) => {
  const hub = await startDomain(t);
  const { id: one } = await hub.connect('one', tools);
  const { id: two } = await hub.connect('two', tools);
  const narrow = await hub.caller('viewer', { servers: [two] });
  for (const server of ['one', 'one', 'one', 'two']) await hub.call('echo', {}, { server });
  await hub.domain.lifecycle.delete(hub.admin, one);
  await hub.restart();
  t.match(await statistics(hub), {
    totalInvocations: 4,
    invocationsByDay: [{ date: dayOf(hub.clock.now), count: 4 }],
  });
  t.match(await statistics(hub, narrow), { totalInvocations: 1 });
});

t.test('the recent tools of a caller are the tools that it used itself, newest first', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('demo', tools);
  const [mine, other] = [await hub.caller('user'), await hub.caller('user')];
  const recent = async (as: typeof mine, limit = 10) =>
    (await hub.domain.toolHistory.recent(as.caller, limit)).map(({ found }) => found.tool.name);
  t.same(await recent(mine), []);
  await hub.call('echo', {}, { as: mine });
  await hub.call('sum', {}, { as: mine });
  t.same(await recent(mine), ['sum', 'echo']);
  await hub.clock.move(1000);
  await hub.call('echo', {}, { as: mine });
  const usedAt = hub.clock.now;
  t.same(await recent(mine), ['echo', 'sum'], 'each once');
  t.same(await recent(mine, 1), ['echo']);
  t.same(await recent(other), []);
  await hub.clock.move(1000);
  await hub.call('echo', {}, { as: other });
  t.match(await hub.domain.toolHistory.recent(mine.caller, 1), [{ lastUsedAt: usedAt }], 'when this key used it');
  await hub.domain.lifecycle.delete(hub.admin, id);
  t.same(await recent(mine), [], 'a tool that is gone is no longer offered');
});

t.test('the history of a tool names its callers and outcomes, newest first', async (t) => {
  const hub = await startDomain(t);
  const echo = writing(({ arguments: { fail } }) => {
    if (fail) throw new ToolError('not today');
    return 'well';
  });
  const { id } = await hub.connect('demo', { ...tools, echo });
  const clerk = await hub.caller('user', null, { name: 'clerk' });
  const history = (as = hub.admin, range = {}) =>
    hub.domain.toolHistory.of(as.caller, 'echo', { limit: 100, ...range });
  t.same(await history(), [], 'of a tool that was not called yet');
  await hub.call('echo');
  await hub.clock.move(1000);
  await hub.call('echo', {}, { as: clerk });
  const clerkAt = hub.clock.now;
  await hub.clock.move(1000);
  await hub.call('echo', { fail: true });
  await hub.call('sum');

  const calls = await history();
  t.match(calls, [
    { entry: { success: false }, error: /./, serverId: id, serverName: 'demo', cached: false },
    { entry: { success: true, time: clerkAt, actor: { type: 'api_key', name: 'clerk' } }, error: undefined },
    { entry: { success: true, actor: { name: 'admin' } } },
  ]);
  t.equal(calls.length, 3);
  const ids = (found: typeof calls) => found.map(({ entry }) => entry.id);
  t.same(ids(await history(hub.admin, { limit: 2 })), ids(calls.slice(0, 2)));
  t.same(ids(await history(clerk)), ids(calls.slice(1, 2)), 'callers below operator see their own calls');
  t.same(
    ids(await history(hub.admin, { from: clerkAt, to: clerkAt + 1 })),
    ids(calls.slice(1, 2)),
    'from is inclusive',
  );
  t.same(ids(await history(hub.admin, { to: clerkAt })), ids(calls.slice(2)), 'to is exclusive');
});

t.test('the history of a tool outlives its server, and grants still apply', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('demo', tools);
  const narrow = await hub.caller('operator', { servers: ['0193a1b2-0000-7000-8000-000000000000'] });
  const history = (as: typeof narrow, tool = 'echo', range = {}) =>
    hub.domain.toolHistory.of(as.caller, tool, { limit: 100, ...range });
  await hub.call('echo');
  await t.rejects(history(narrow), { code: 'not_found' });
  await t.rejects(history(hub.admin, 'nothing'), { code: 'not_found' });
  await hub.domain.lifecycle.delete(hub.admin, id);
  t.equal((await history(hub.admin)).length, 1);
  t.same(await history(hub.admin, 'echo', { to: 1 }), [], 'a span without calls is empty, not unknown');
  await t.rejects(history(narrow), { code: 'not_found' });
});

/** Writes audit entries of calls of `echo`. */
async function called(hub: TestDomain, id: string, as: TestDomain['admin'], count: number): Promise<void> {
  const call = { action: TOOL_INVOKE, details: {}, success: true, durationMs: 1 };
  const resource = { type: 'tool', id: 'echo', serverId: id };
  const writes = Array.from({ length: count }, () => auditWrite(as, { ...call, resource }));
  await hub.store.apply({ writes });
}

t.test('a user sees its own calls, however many calls of others came later', async (t) => {
  const hub = await startDomain(t);
  const { id } = await hub.connect('demo', tools);
  const user = await hub.caller('user');
  await hub.call('echo', {}, { as: user });
  await hub.call('sum', {}, { as: user });
  for (let portion = 0; portion < 20; portion += 1) await called(hub, id, hub.admin, 1000);
  const history = await hub.domain.toolHistory.of(user.caller, 'echo', { limit: 100 });
  t.match(history, [{ entry: { actor: { id: user.caller.id } } }]);
  t.equal(history.length, 1);
});

t.test(
  'the search of the history ends when its client goes, and waits for an earlier search of its payer',
  async (t) => {
    const hub = await startDomain(t);
    const { id } = await hub.connect('demo', tools);
    await called(hub, id, hub.admin, 500);
    const [one, two] = [await hub.caller('operator'), await hub.caller('operator')];
    const read = new Map<string, number>();
    const { list } = hub.store;
    const search = (name: string, as: typeof one, signal = new CancelSource()) => ({
      signal,
      done: hub.domain.toolHistory.of(as.caller, 'echo', { limit: 1000 }, signal),
      read: () => read.get(name) ?? 0,
    });
    let searches = 0;
    // Each look at the clock takes a millisecond.
    let now = performance.now();
    t.intercept(performance, 'now', { value: () => now++ });
    t.capture(hub.store, 'list', function* (this: typeof hub.store, ...args: Parameters<typeof list>) {
      const name = `search ${searches++}`;
      for (const entry of list.apply(this, args)) {
        read.set(name, (read.get(name) ?? 0) + 1);
        yield entry;
      }
    } as typeof list);
    const first = search('search 0', one);
    const second = search('search 1', one);
    await wait('the first search reads', () => first.read() > 0);
    t.equal(searches, 1, 'the second search of the payer has not begun');
    const other = search('search 1', two);
    await wait("another payer's search reads", () => other.read() > 0);
    const gone = new DomainError('cancelled', 'The client went away');
    first.signal.abort(gone);
    second.signal.abort(gone);
    await t.rejects(first.done, gone);
    await t.rejects(second.done, gone);
    t.ok(first.read() < 500, `${first.read()} entries were read`);
    t.equal((await other.done).length, 500);
    t.equal(searches, 2, 'the second search read nothing');
  },
);

/** The calls of the last hour that a caller sees. */
async function lastHour(activity: CallActivity, tools?: readonly string[], now = 0): Promise<number> {
  const seen: SeenCalls = { ofServer: () => true, tools: tools && new Set(tools) };
  return (await activity.recent('hour', seen, now)).reduce((sum, { calls }) => sum + calls, 0);
}

t.test('activity counts the calls of every server, and no server takes the room of another', async (t) => {
  const activity = new CallActivity(
    { observe: () => () => {} },
    { byId: (id: string) => ({ id }) as never, ownerOf: () => undefined },
  );
  for (let i = 0; i < 2000; i += 1) activity.count('greedy', `tool-${i}`, 1, true, 0);
  for (let i = 0; i < 11_000; i += 1) activity.count(`server-${i}`, 'read', 1, true, 0);
  t.equal(await lastHour(activity), 13_000, 'all calls count');
  t.equal(await lastHour(activity, ['read']), 11_000, 'the tools of other servers are counted apart');
  const greedy = Array.from({ length: 2000 }, (_, i) => `tool-${i}`);
  t.equal(await lastHour(activity, greedy), 100);
});

t.test('tools without calls in the last day make room for others of their server', async (t) => {
  const activity = new CallActivity(
    { observe: () => () => {} },
    { byId: (id: string) => ({ id }) as never, ownerOf: () => undefined },
  );
  for (let i = 0; i < 100; i += 1) activity.count('one', `old-${i}`, 1, true, 0);
  activity.count('one', 'new', 1, true, DAY_MS);
  t.equal(await lastHour(activity, ['new'], DAY_MS), 1);
});

t.test(
  'calls of deleted servers count together: all callers see them, those of private servers only admins',
  async (t) => {
    const hub = await startDomain(t);
    const { id } = await hub.connect('stays', { kept: readOnly() });
    await hub.call('kept');
    const ada = await hub.caller('user');
    const input = { name: 'diary', transport: { type: 'stdio', command: 'diary', args: [] } } as const;
    const own = { ownerId: ada.caller.id, curated: true };
    const { record: diary } = await hub.domain.lifecycle.create(ada, input, {}, own);
    for (let i = 0; i < 3; i += 1) {
      const { id: shared } = await hub.connect(`shared-${i}`, { [`gone-${i}`]: readOnly() });
      await hub.call(`gone-${i}`);
      await hub.domain.lifecycle.delete(hub.admin, shared);
    }
    hub.domain.usage.count(diary.id, 'secret');
    await hub.domain.lifecycle.delete(hub.admin, diary.id);
    hub.domain.usage.count(diary.id, 'secret');
    const viewer = await hub.caller('viewer');
    const narrow = await hub.caller('viewer', { tools: ['kept', 'gone-0', '(other)'] });
    const check = async (when: string) => {
      const topTools = [{ name: 'kept', invocations: 1 }];
      const of = (calls: number) => ({ totalInvocations: calls, topTools, invocationsByDay: [{ count: calls }] });
      const all = await statistics(hub);
      t.match(all, of(6), `an admin, ${when}`);
      t.equal(all.topTools.length, 1, `no deleted tools, ${when}`);
      t.match(await statistics(hub, viewer), of(4), `a viewer, ${when}`);
      t.match(await statistics(hub, narrow), of(1), `a key with grants for tools, ${when}`);
    };
    await check('at once');
    const activity = await hub.domain.statistics.activity(viewer.caller, 'hour');
    t.equal(
      activity.reduce((sum, { calls }) => sum + calls, 0),
      4,
    );
    await hub.restart();
    await check('after a restart');
    t.same(
      [...hub.domain.usage.servers()].sort(),
      ['deleted', 'deleted-private', id].sort(),
      'no deleted server has a counter',
    );
  },
);

t.test('the statistics of many servers are made in turns with other work', async (t) => {
  const hub = await startDomain(t);
  for (let i = 0; i < 40; i += 1) {
    await hub.connect(`server-${i}`, tools);
    await hub.call('echo', {}, { server: `server-${i}` });
  }
  for (const [name, work] of Object.entries({
    statistics: () => statistics(hub),
    categories: () => hub.domain.statistics.categories(hub.admin.caller),
    activity: () => hub.domain.statistics.activity(hub.admin.caller, 'day'),
  })) {
    const rounds = await othersDuring(t, work);
    t.ok(rounds >= 5, `${name}: ${rounds} rounds of the event loop`);
  }
});
