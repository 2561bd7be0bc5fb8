import t from 'tap';
import type { CommandOptions, Operation } from '../../../hub/domain/agents/fleet.js';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { jobRecords } from '../../../hub/domain/jobs/record.js';
import { serverRecords } from '../../../hub/domain/servers/record.js';
import { specOf } from '../../../hub/domain/servers/spec.js';
import { put, remove } from '../../../hub/domain/store.js';
import { backupsOf } from '../../../hub/domain/updates/backup.js';
import { gate, rig, start, wanted } from './rig.js';

/** Never answers, until the asker gives up. */
function silent(_operation: Operation, { signal }: CommandOptions): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
}

for (const step of ['keepInstalled', 'downloadSource', 'installSource', 'verifySource', 'switchServer'] as const)
  t.test(`a hub that stops at ${step} goes on with that step`, async (t) => {
    const { updates, register, store, fleet, close, registry } = await rig(t);
    const { id } = await register('one');
    const there = gate();
    fleet.before = (operation, options) => {
      if (operation.case !== step) return;
      there.open();
      return silent(operation, options);
    };
    const job = await updates.update(SYSTEM, 'one', wanted);
    await there.opened;
    await close();
    const stopped = registry.byId(id);
    t.ok(stopped);
    const spec = stopped && (await specOf(store, stopped));
    t.equal(spec?.version, step === 'switchServer' ? '2.0.0' : undefined, 'what is wanted meanwhile is definite');

    fleet.before = () => {};
    const asked = fleet.asked.length;
    const again = await start(t, store, fleet);
    const done = await again.over(job.id);
    t.match(done, { status: 'completed', attempts: 2, result: { version: '2.0.0' } });
    t.match(again.registry.byId(id), { version: '2.0.0', switching: undefined });
    t.equal(fleet.running.get(id), '2.0.0');
    t.equal(backupsOf(store, id).length, 1, 'one backup');
    t.equal([...store.list(auditLog, { index: 'action', equals: ['server.version'] })].length, 1, 'one switch');
    const since = new Set(fleet.asked.slice(asked).map((operation) => operation.case));
    if (step === 'switchServer') t.notOk(since.has('downloadSource'), 'what was done is not done again');
  });

t.test('a hub that stops before it learns of the agent’s switch commits the new version', async (t) => {
  const { updates, register, store, fleet, close } = await rig(t);
  const { id } = await register('one');
  const there = gate();
  fleet.before = (operation, options) => {
    if (operation.case !== 'switchServer') return;
    fleet.running.set(id, '2.0.0');
    there.open();
    return silent(operation, options);
  };
  const job = await updates.update(SYSTEM, 'one', wanted);
  await there.opened;
  await close();
  fleet.before = () => {};
  const again = await start(t, store, fleet);
  t.match(await again.over(job.id), { status: 'completed', result: { version: '2.0.0' } });
  const versions = fleet.asked.flatMap((operation) =>
    operation.case === 'putServer' || operation.case === 'switchServer' ? [operation.value.server.version] : [],
  );
  t.notOk(versions.includes('1.0.0'), 'it was never told to go back');
});

t.test('the hub waits for an agent that goes away during the switch, and tells it again', async (t) => {
  const { updates, register, over, fleet } = await rig(t);
  await register('one');
  let lost = 0;
  fleet.before = ({ case: name }) => {
    if (name !== 'switchServer' || lost > 0) return;
    lost += 1;
    fleet.connected = false;
    setTimeout(() => {
      fleet.connected = true;
    }, 50);
    throw new DomainError('agent_unreachable', 'killed', { outcome: 'unknown' });
  };
  const done = await over((await updates.update(SYSTEM, 'one', wanted)).id);
  t.match(done, { status: 'completed', result: { version: '2.0.0' } });
  t.equal(fleet.told('switchServer').length, 2);
});

t.test('the hub does not wait for ever for a lost agent; the old version stays wanted', async (t) => {
  const { updates, register, over, fleet, registry } = await rig(t, { awayMs: 300 });
  const { id } = await register('one');
  fleet.before = ({ case: name }) => {
    if (name !== 'switchServer') return;
    fleet.connected = false;
    throw new DomainError('agent_unreachable', 'killed', { outcome: 'unknown' });
  };
  const done = await over((await updates.update(SYSTEM, 'one', wanted)).id);
  t.match(done, { status: 'failed', error: { code: 'agent_unreachable' }, result: { version: '1.0.0' } });
  t.match(registry.byId(id), { version: '1.0.0', switching: undefined });
});

t.test('a switch whose job is gone is settled', async (t) => {
  const { register, store, fleet, registry } = await rig(t);
  const record = await register('one');
  const switching = { from: '1.0.0', to: '2.0.0', of: 'pkg@1.0.0', jobId: 'gone' };
  await store.apply({ writes: [put(serverRecords, { ...record, switching, revision: 2 }, 1)] });
  t.equal(store.get(jobRecords, 'gone'), undefined);
  await start(t, store, fleet);
  t.match(registry.byId(record.id), { version: '1.0.0', switching: undefined });
  t.equal(fleet.told('putServer').at(-1)?.server.version, '1.0.0');
});

t.test('an update that stops the hub three times without progress fails, and its switch is taken back', async (t) => {
  const { updates, register, store, fleet, close } = await rig(t);
  const { id } = await register('one');
  let there = gate();
  fleet.before = (operation, options) => {
    if (operation.case !== 'switchServer') return;
    there.open();
    return silent(operation, options);
  };
  const job = await updates.update(SYSTEM, 'one', wanted);
  await there.opened;
  await close();
  // The first start made progress: steps ended.
  for (const _ of [2, 3, 4]) {
    there = gate();
    const again = await start(t, store, fleet);
    await there.opened;
    await again.close();
  }
  const last = await start(t, store, fleet);
  t.match(await last.over(job.id), { status: 'failed', error: { message: /3 times/ } });
  const settled = () => last.registry.byId(id)?.switching === undefined;
  while (!settled()) await new Promise((resolve) => setImmediate(resolve));
  t.equal(last.registry.byId(id)?.version, '1.0.0');
});

t.test('a registration that is changed meanwhile', async (t) => {
  const { updates, register, over, servers, fleet, registry } = await rig(t);
  const { id } = await register('one');
  fleet.before = async ({ case: name }) => {
    if (name === 'switchServer')
      await servers.update(SYSTEM, 'one', { description: 'other', metadata: { tags: ['x'] } });
  };
  t.equal((await over((await updates.update(SYSTEM, 'one', wanted)).id)).status, 'completed');
  t.match(registry.byId(id), { version: '2.0.0', description: 'other' }, 'both changes are there');

  await servers.update(SYSTEM, 'one', { transport: { type: 'stdio', command: 'npx', args: ['-y', 'other@1.0.0'] } });
  t.equal(registry.byId(id)?.version, undefined, 'the version was of another package');
});

t.test('a server that is deleted meanwhile', async (t) => {
  const { updates, register, over, store, fleet } = await rig(t);
  const { id } = await register('one');
  fleet.before = async ({ case: name }) => {
    if (name === 'installSource') await store.apply({ writes: [remove(serverRecords, id, 'any')] });
  };
  const done = await over((await updates.update(SYSTEM, 'one', wanted)).id);
  t.match(done, { status: 'failed', error: { code: 'not_found' } });
});
