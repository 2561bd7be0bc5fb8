import t from 'tap';
import { auditLog, SYSTEM } from '../../../hub/domain/audit/audit.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { backupsOf } from '../../../hub/domain/updates/backup.js';
import { gate, rig, start, wanted } from './rig.js';

const failing = (message: string) => {
  throw new DomainError('upstream_failed', message);
};

t.test('an update goes through all its steps, and the version is chosen with the last one', async (t) => {
  const { updates, register, over, store, fleet, registry } = await rig(t);
  const { id } = await register('one');
  const job = await updates.update(SYSTEM, 'one', wanted);
  t.match(job.params, { server: 'one', from: '1.0.0', to: '2.0.0', requested: 'latest', breaking: true });
  const done = await over(job.id);
  t.match(done, { status: 'completed', result: { version: '2.0.0', rolledBack: false } });
  t.same(
    done.steps.map(({ name, status }) => [name, status]),
    ['backup', 'download', 'install', 'verify', 'switch'].map((name) => [name, 'completed']),
  );
  t.same((done.result as { tools: unknown }).tools, { added: ['c'], removed: ['b'], changed: [] });
  t.match(registry.byId(id), { version: '2.0.0', versionOf: 'pkg@1.0.0', switching: undefined });
  t.equal(fleet.told('switchServer')[0]?.server.version, '2.0.0');
  t.equal(fleet.told('putServer').at(-1)?.server.revision, registry.byId(id)?.revision, 'the agent has the last word');
  t.same(fleet.kept, ['1.0.0']);
  t.match(backupsOf(store, id), [{ version: '1.0.0', tools: [{ name: 'a' }, { name: 'b' }] }]);
  const [entry] = store.list(auditLog, { index: 'action', equals: ['server.version'] });
  t.match(entry, { resource: { serverId: id }, details: { from: '1.0.0', to: '2.0.0', jobId: job.id } });
});

t.test('the events of an update report its progress and its end', async (t) => {
  const { updates, register, over, store } = await rig(t);
  const { id } = await register('one');
  await over((await updates.update(SYSTEM, 'one', wanted)).id);
  const events = store.events(0, 1000).filter(({ type }) => type.startsWith('update.'));
  t.match(events[0], { type: 'update.progress', serverId: id, data: { serverName: 'one', progress: 0, message: '' } });
  t.ok(events.some(({ data }) => data.message === 'verify' && Number(data.progress) > 0));
  const complete = { type: 'update.complete', data: { serverName: 'one', version: '2.0.0', success: true } };
  t.match(events.at(-1), complete);
});

t.test('a version that does not start is dropped, and the server keeps running the old version', async (t) => {
  const { updates, register, over, store, fleet, registry, outcomes } = await rig(t);
  const { id } = await register('one');
  fleet.before = ({ case: name }) => (name === 'verifySource' ? failing('it does not start') : undefined);
  const done = await over((await updates.update(SYSTEM, 'one', wanted)).id);
  t.match(done, {
    status: 'failed',
    error: { message: /does not start/ },
    result: { version: '1.0.0', rolledBack: true },
  });
  t.equal(fleet.told('switchServer').length, 0);
  t.notOk(registry.byId(id)?.version);
  t.equal(outcomes.failed(id), true);
  t.match(store.events(0, 1000).findLast(({ type }) => type === 'update.complete')?.data, {
    version: '1.0.0',
    success: false,
  });
  fleet.before = () => {};
  await over((await updates.update(SYSTEM, 'one', wanted)).id);
  t.equal(outcomes.failed(id), false, 'the next update that succeeds resolves it');
});

t.test('a switch that fails is taken back at the agent, too', async (t) => {
  const { updates, register, over, fleet, registry } = await rig(t);
  const { id } = await register('one');
  fleet.before = ({ case: name }) => (name === 'switchServer' ? failing('no') : undefined);
  const done = await over((await updates.update(SYSTEM, 'one', wanted)).id);
  t.match(done, { status: 'failed', result: { version: '1.0.0', rolledBack: true } });
  t.match(registry.byId(id), { version: '1.0.0', switching: undefined });
  t.equal(fleet.told('putServer').at(-1)?.server.version, '1.0.0');
});

t.test('without rollback the server stays on the new version', async (t) => {
  const { updates, register, over, fleet, registry } = await rig(t);
  const { id } = await register('one');
  fleet.before = ({ case: name }) => (name === 'verifySource' ? failing('it does not start') : undefined);
  const done = await over((await updates.update(SYSTEM, 'one', { ...wanted, rollbackOnFailure: false })).id);
  t.match(done, { status: 'failed', result: { version: '2.0.0', rolledBack: false } });
  t.match(registry.byId(id), { version: '2.0.0', switching: undefined });
  t.equal(fleet.told('putServer').at(-1)?.server.version, '2.0.0');
});

t.test('if a version cannot be fetched, the server stays on its old version', async (t) => {
  const { updates, register, over, registry } = await rig(t);
  const { id } = await register('one');
  const input = { ...wanted, version: '9.9.9', rollbackOnFailure: false };
  const done = await over((await updates.update(SYSTEM, 'one', input)).id);
  t.match(done, { status: 'failed', error: { message: /no version 9\.9\.9/ }, result: { version: '1.0.0' } });
  t.notOk(registry.byId(id)?.version);
});

t.test('without a backup the old version is removed', async (t) => {
  const { updates, register, over, store, fleet } = await rig(t);
  const { id } = await register('one');
  const done = await over((await updates.update(SYSTEM, 'one', { ...wanted, backup: false })).id);
  t.match(done.steps[0], { name: 'backup', status: 'skipped' });
  t.same([...fleet.installed], ['2.0.0']);
  t.same(backupsOf(store, id), []);
});

t.test('a stopped server is not started for an update', async (t) => {
  const { updates, register, over, fleet, registry } = await rig(t);
  const { id } = await register('one', { wanted: false });
  const done = await over((await updates.update(SYSTEM, 'one', wanted)).id);
  t.equal(done.status, 'completed');
  t.equal(fleet.told('switchServer').length, 0);
  t.match(registry.byId(id), { version: '2.0.0', wanted: false });
});

t.test('a dry run changes nothing, and lists the changes', async (t) => {
  const { updates, register, over, store, fleet, registry, outcomes } = await rig(t);
  const record = await register('one');
  const job = await updates.update(SYSTEM, 'one', { ...wanted, dryRun: true });
  const done = await over(job.id);
  t.match(done, {
    kind: 'update.plan',
    status: 'completed',
    result: { installed: false, bytes: null, keepsOld: true },
  });
  t.same(
    (done.result as { steps: { name: string }[] }).steps.map(({ name }) => name),
    ['backup', 'download', 'install', 'verify', 'switch'],
  );
  t.same(registry.byId(record.id), record);
  t.same([...new Set(fleet.asked.map((operation) => operation.case))], ['checkSource', 'listInstalled']);
  t.equal(outcomes.failed(record.id), undefined);
  t.notOk(store.events(0, 1000).some(({ type }) => type.startsWith('update.')));
});

t.test('updates that the hub refuses', async (t) => {
  const { updates, register, over, fleet } = await rig(t);
  await register('one');
  await register('url', { transport: { type: 'http', url: 'http://x/mcp', headers: [] } });
  const refused = (name: string, version: string, code: string, details: object = {}) =>
    t.rejects(updates.update(SYSTEM, name, { ...wanted, version }), { name: 'DomainError', code, details });
  await refused('one', 'newest', 'invalid_input', { field: 'version' });
  await refused('one', '../x', 'invalid_input', { field: 'version' });
  await refused('one', '1.0.0', 'conflict', { current_version: '1.0.0' });
  await refused('url', 'latest', 'conflict');
  await refused('nobody', 'latest', 'not_found');
  fleet.connected = false;
  await refused('one', 'latest', 'agent_unreachable');
  fleet.connected = true;
  const again = await updates.update(SYSTEM, 'one', { ...wanted, version: '1.0.0', force: true });
  t.match(await over(again.id), { status: 'completed', result: { version: '1.0.0' } });
});

t.test('a second update of a server is refused, with the first one named', async (t) => {
  const { updates, register, over, fleet } = await rig(t);
  await register('one');
  const { opened, open } = gate();
  fleet.before = ({ case: name }) => (name === 'installSource' ? opened : undefined);
  const first = await updates.update(SYSTEM, 'one', wanted);
  const conflict = { name: 'DomainError', code: 'conflict', details: { update_id: first.id } };
  await t.rejects(updates.update(SYSTEM, 'one', { ...wanted, force: true }), conflict);
  await t.rejects(updates.rollback(SYSTEM, 'one', { version: 'auto', force: false }), conflict);
  open();
  await over(first.id);
  const both = await Promise.allSettled([1, 2].map(() => updates.update(SYSTEM, 'one', { ...wanted, force: true })));
  t.equal(both.filter(({ status }) => status === 'fulfilled').length, 1, 'at the same moment as well');
});

t.test('one of two updates at two hubs at the same moment is refused, with the other one named', async (t) => {
  const { store, fleet, updates, register, over } = await rig(t);
  const other = await start(t, store, fleet);
  await register('one');
  const both = await Promise.allSettled([updates, other.updates].map((hub) => hub.update(SYSTEM, 'one', wanted)));
  const made = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []));
  const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  t.match(refused, [{ code: 'conflict', details: { update_id: made[0] } }]);
  t.equal(made.length, 1);
  await over(made[0] ?? '');
  await over((await updates.update(SYSTEM, 'one', { ...wanted, force: true })).id);
});

t.test('the number of updates that run at once is bounded', async (t) => {
  const { updates, register, over, fleet } = await rig(t, { maxConcurrent: 2 });
  for (const name of ['a', 'b', 'c', 'd']) await register(name);
  const { opened, open } = gate();
  const two = gate();
  let running = 0;
  let most = 0;
  fleet.before = async ({ case: name }) => {
    if (name !== 'installSource') return;
    running += 1;
    most = Math.max(most, running);
    if (running === 2) two.open();
    await opened;
    running -= 1;
  };
  const jobs = await Promise.all(['a', 'b', 'c', 'd'].map((name) => updates.update(SYSTEM, name, wanted)));
  await two.opened;
  open();
  for (const { id } of jobs) t.equal((await over(id)).status, 'completed');
  t.equal(most, 2);
});

t.test('a cancelled update keeps the old version', async (t) => {
  const { updates, register, jobs, fleet, registry } = await rig(t);
  const { id } = await register('one');
  const there = gate();
  fleet.before = ({ case: name }, { signal }) => {
    if (name !== 'switchServer') return;
    there.open();
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  };
  const job = await updates.update(SYSTEM, 'one', wanted);
  await there.opened;
  t.equal(registry.byId(id)?.switching?.to, '2.0.0', 'decided on');
  t.match(await jobs.cancel(SYSTEM, job.id), { status: 'cancelled', result: { version: '1.0.0' } });
  t.match(registry.byId(id), { version: '1.0.0', switching: undefined });
  t.equal(fleet.told('putServer').at(-1)?.server.version, '1.0.0');
});
