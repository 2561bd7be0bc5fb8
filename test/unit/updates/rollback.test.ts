import t from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import type { Folders } from '../../../hub/domain/cleanup/storage.js';
import { backupsOf, FoldersWithBackups, KEPT_BACKUPS } from '../../../hub/domain/updates/backup.js';
import { rig, wanted } from './rig.js';

const auto = { version: 'auto', force: false };

t.test('auto goes back to the newest backup, and further back the next time', async (t) => {
  const { updates, register, over, fleet, registry } = await rig(t);
  const { id } = await register('one');
  for (const version of ['1.1.0', '2.0.0'])
    await over((await updates.update(SYSTEM, 'one', { ...wanted, version })).id);
  for (const version of ['1.1.0', '1.0.0']) {
    const job = await updates.rollback(SYSTEM, 'one', auto);
    t.match(job, { kind: 'rollback', params: { to: version, requested: 'auto' } });
    const done = await over(job.id);
    t.match(done, { status: 'completed', result: { version } });
    t.same(
      done.steps.map(({ name }) => name),
      ['download', 'install', 'verify', 'switch'],
    );
    t.equal(registry.byId(id)?.version, version);
    t.equal(fleet.running.get(id), version);
  }
  t.equal(fleet.told('downloadSource').length, 2, 'what is installed is not fetched');
});

t.test('without a backup there is no rollback', async (t) => {
  const { updates, register } = await rig(t);
  await register('one');
  const conflict = { name: 'DomainError', code: 'conflict', message: /no backup/ };
  await t.rejects(updates.rollback(SYSTEM, 'one', auto), conflict);
});

t.test('a named version has to be kept, unless it is forced', async (t) => {
  const { updates, register, over } = await rig(t);
  await register('one');
  await over((await updates.update(SYSTEM, 'one', wanted)).id);
  const rollback = (version: string, force = false) => updates.rollback(SYSTEM, 'one', { version, force });
  const unknown = { name: 'DomainError', code: 'not_found', message: /kept: 1\.0\.0/, details: { known: ['1.0.0'] } };
  await t.rejects(rollback('1.1.0'), unknown);
  await t.rejects(rollback('2.0.0'), { name: 'DomainError', code: 'conflict', message: /runs version/ });
  t.match(await over((await rollback('1.0.0')).id), { status: 'completed', result: { version: '1.0.0' } });
  t.match(await over((await rollback('1.1.0', true)).id), { status: 'completed', result: { version: '1.1.0' } });
});

t.test('a rollback to `latest` names the version that the source has', async (t) => {
  const { updates, register, over, fleet } = await rig(t);
  await register('one');
  const job = await updates.rollback(SYSTEM, 'one', { version: 'latest', force: true });
  t.match(await over(job.id), { status: 'completed', params: { to: '2.0.0' }, result: { version: '2.0.0' } });
  t.match(fleet.told('downloadSource'), [{ version: '2.0.0' }]);
});

t.test('backups are bounded, and go with their server', async (t) => {
  const { updates, register, over, store, servers } = await rig(t);
  const { id } = await register('one');
  for (let n = 0; n < KEPT_BACKUPS + 2; n += 1)
    await over((await updates.update(SYSTEM, 'one', { ...wanted, force: true, version: '1.0.0' })).id);
  t.equal(backupsOf(store, id).length, KEPT_BACKUPS);
  await servers.delete(SYSTEM, 'one');
  t.same(backupsOf(store, id), []);
});

t.test('a cleanup keeps the newest backup of each server', async (t) => {
  const { updates, register, over, store } = await rig(t);
  for (const name of ['one', 'two']) {
    await register(name);
    for (const version of ['1.1.0', '2.0.0'])
      await over((await updates.update(SYSTEM, name, { ...wanted, version })).id);
  }
  const target = 'backups' as const;
  const disk: Folders = {
    clean: async () => [{ target, files: 1, bytes: 10, errors: 0 }],
    measure: async () => ({ fileSystem: 'x', totalBytes: 1, freeBytes: 1, targets: [{ target, files: 2, bytes: 20 }] }),
  };
  const folders = new FoldersWithBackups(disk, store);
  const clean = async (more: object) => {
    const request = { targets: [target], beforeMs: Date.now() + 1000, dryRun: false, force: false, ...more };
    return (await folders.clean(request))[0];
  };
  t.equal((await folders.measure()).targets[0]?.files, 6);
  t.equal((await clean({ beforeMs: 1 }))?.files, 1, 'nothing is that old');
  const dry = await clean({ dryRun: true });
  t.equal(dry?.files, 3);
  t.same(await clean({}), dry, 'a dry run counts what the run deletes');
  t.equal((await folders.measure()).targets[0]?.files, 4);
  t.equal((await clean({ force: true }))?.files, 3);
});
