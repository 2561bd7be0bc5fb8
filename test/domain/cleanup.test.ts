import t, { type Test } from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import type { CleanupInput, CleanupResult } from '../../hub/domain/cleanup/cleanup.js';
import type { CleanRequest, Folders } from '../../hub/domain/cleanup/storage.js';
import { startDomain } from '../kit/domain.js';
import { gate, json } from '../kit/scripted-site.js';

const DAY_MS = 86_400_000;
const input: CleanupInput = { dryRun: false, targets: ['logs', 'backups'], retentionDays: 30, force: false };

/** A hub and an agent that find two files of each target to delete. Both note the cleanup requests that they get. */
async function start(t: Test, more: Partial<Folders> = {}) {
  const asked: CleanRequest[] = [];
  const clean = async (request: CleanRequest) => {
    asked.push(request);
    return request.targets.map((target) => ({ target, files: 2, bytes: 100, errors: target === 'logs' ? 1 : 0 }));
  };
  const measure = async () => ({
    fileSystem: 'one machine',
    totalBytes: 1000,
    freeBytes: 400,
    targets: [{ target: 'logs' as const, files: 3, bytes: 30 }],
  });
  const hub = await startDomain(t, { ports: { folders: { clean, measure, ...more } } });
  hub.fleet.answers.set('cleanup', async (_, { value }) => json({ targets: await clean(value as CleanRequest) }));
  hub.fleet.answers.set('storageStats', async () => json(await measure()));
  const { cleanup } = hub.domain;
  const run = async (change: Partial<CleanupInput> = {}) => {
    const job = await hub.over((await cleanup.start(hub.admin, { ...input, ...change })).id);
    return { ...job, result: job.result as unknown as CleanupResult };
  };
  return { hub, cleanup, asked, run };
}

t.test('a cleanup asks the hub and each agent to delete old files, and adds the results up', async (t) => {
  const { hub, asked, run } = await start(t);
  const { status, steps, result } = await run();
  const beforeMs = hub.clock.now - 30 * DAY_MS;
  const wanted = { targets: ['logs', 'backups'], beforeMs, dryRun: false, force: false };
  t.same(asked, [wanted, wanted]);
  t.equal(status, 'completed');
  t.same(
    steps.map(({ name }) => name),
    ['hub', hub.agentId],
  );
  t.same(result, {
    summary: { filesDeleted: 8, bytesFreed: 400, errors: 2 },
    details: [
      { target: 'logs', filesDeleted: 4, bytesFreed: 200, errors: 2 },
      { target: 'backups', filesDeleted: 4, bytesFreed: 200, errors: 0 },
    ],
    problems: [],
  });
});

t.test('a cleanup passes on that it is a dry run or forced, and names each target once', async (t) => {
  const { asked, run } = await start(t);
  await run({ dryRun: true, force: true, targets: ['cache', 'cache'] });
  for (const request of asked) t.match(request, { dryRun: true, force: true, targets: { length: 1 } });
  t.equal(asked.length, 2);
});

t.test('an agent out of reach is named, and all other places are cleaned', async (t) => {
  const { hub, cleanup, run } = await start(t);
  hub.agentGoes();
  const { id, status, result } = await run();
  t.equal(status, 'completed');
  t.match(result, { summary: { filesDeleted: 4, errors: 2 }, problems: [{ place: 'local', error: /away/ }] });
  const [event] = await hub.events('cleanup.complete');
  t.match(event?.data, { cleanupId: id, status: 'completed', summary: { filesDeleted: 4, errors: 2 } });
  t.same((await cleanup.stats(SYSTEM)).unavailable, ['local']);
});

t.test('statistics count the space of a file system once, and the files of all places', async (t) => {
  const { cleanup } = await start(t);
  const stats = await cleanup.stats(SYSTEM);
  t.match(stats, { totalBytes: 1000, freeBytes: 400, unavailable: { length: 0 } });
  t.same(stats.breakdown.get('logs'), { files: 6, bytes: 60 });
  t.same(stats.breakdown.get('temp'), { files: 0, bytes: 0 });
});

t.test('statistics add up the space of several file systems', async (t) => {
  const measure = async () => ({ fileSystem: 'another machine', totalBytes: 500, freeBytes: 100, targets: [] });
  const { cleanup } = await start(t, { measure });
  t.match(await cleanup.stats(SYSTEM), { totalBytes: 1500, freeBytes: 500 });
});

t.test('one cleanup runs at a time', async (t) => {
  const [begun, finish] = [gate(), gate()];
  const clean = async () => {
    begun.open();
    await finish.opened;
    return [];
  };
  const { hub, cleanup } = await start(t, { clean });
  const { id } = await cleanup.start(hub.admin, input);
  await begun.opened;
  await t.rejects(cleanup.start(hub.admin, input), { code: 'conflict' });
  finish.open();
  t.match(await hub.over(id), { status: 'completed' });
  const again = await cleanup.start(hub.admin, input);
  t.match(await hub.over(again.id), { status: 'completed' });
});

t.test('a cleanup goes to no further place after its key was revoked', async (t) => {
  const asked: string[] = [];
  const clean = async () => {
    asked.push('hub');
    await hub.domain.keys.revoke(hub.admin, caller.caller.id);
    return [];
  };
  const { hub, cleanup } = await start(t, { clean });
  hub.fleet.answers.set('cleanup', async () => {
    asked.push('agent');
    return json({ targets: [] });
  });
  const caller = await hub.caller('admin');
  const { id } = await cleanup.start(caller, input);
  t.match(await hub.over(id), { status: 'failed', error: { code: 'invalid_credential' } });
  t.same(asked, ['hub']);
});

t.test("a caller whose key's grants narrow anything starts no cleanup, and an unknown one is not found", async (t) => {
  const { hub, cleanup } = await start(t);
  const narrow = await hub.caller('admin', { sites: ['local'] });
  await t.rejects(cleanup.start(narrow, input), { code: 'forbidden' });
  t.throws(() => cleanup.get(hub.admin, '0193a1b2-0000-7000-8000-000000000000'), { code: 'not_found' });
});
