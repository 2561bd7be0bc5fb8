import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { rig, wanted } from './rig.js';

const COMMIT = 'c0ffee'.repeat(6).concat('c0de');
const caller = { kind: 'api_key', id: 'k', name: 'k', userId: null, api: null, tier: null, grants: null } as const;
const as = (role: Caller['role']) => ({ ...SYSTEM, caller: { ...caller, role } });

t.test('a commit that a repository does not name runs code of the caller’s choice: it takes an admin', async (t) => {
  const { updates, register, fleet } = await rig(t);
  fleet.kind = 'git';
  await register('one');
  const refused = { code: 'forbidden', details: { permission: 'server.execute' } };
  for (const version of [COMMIT, COMMIT.slice(0, 7), COMMIT.toUpperCase()]) {
    await t.rejects(updates.update(as('operator'), 'one', { ...wanted, version, dryRun: true }), refused, version);
    await t.rejects(updates.rollback(as('operator'), 'one', { version, force: true }), refused, 'nor by a rollback');
  }
  t.ok(await updates.update(as('admin'), 'one', { ...wanted, version: COMMIT, dryRun: true }));
});

t.test('an admin who is demoted before the update begins brings no server to such a commit', async (t) => {
  const { updates, register, fleet, over, creatorIs } = await rig(t);
  fleet.kind = 'git';
  await register('one');
  creatorIs({ ...caller, role: 'operator' });
  const { id } = await updates.update(as('admin'), 'one', { ...wanted, version: COMMIT });
  t.match(await over(id), { status: 'failed', error: { code: 'forbidden', message: /needs role admin/ } });
  t.same(fleet.told('downloadSource'), []);
});

t.test('the agent is told whether the caller may name any commit, as of now', async (t) => {
  const { updates, register, fleet, over, creatorIs } = await rig(t);
  fleet.kind = 'git';
  await register('one');
  // The output of `git describe` for a commit: only the agent can tell it from a tag.
  const version = 'v1.0.0-1-gc0ffee';
  const asked = async (role: Caller['role'], version: string) => {
    creatorIs({ ...caller, role });
    await over((await updates.update(as('admin'), 'one', { ...wanted, version, force: true })).id);
    return [fleet.told('downloadSource').at(-1), fleet.told('installSource').at(-1)];
  };
  fleet.versions.push(version);
  t.match(await asked('operator', '2.0.0'), [{ anyCommit: true }, { anyCommit: true }], 'the source names it');
  fleet.before = ({ case: name }) => {
    if (name === 'checkSource') fleet.versions.length = 0;
    if (name === 'downloadSource') fleet.versions.push(version);
    return undefined;
  };
  t.match(await asked('operator', version), [
    { version, anyCommit: false },
    { version, anyCommit: false },
  ]);
  fleet.installed.delete(version);
  t.match(await asked('admin', version), [
    { version, anyCommit: true },
    { version, anyCommit: true },
  ]);
});

t.test('tags, branches and the commits that a repository names are for operators', async (t) => {
  const { updates, register, fleet } = await rig(t);
  fleet.kind = 'git';
  fleet.latest = COMMIT;
  await register('one');
  for (const version of ['v1.2.3', 'main', 'latest', COMMIT])
    t.ok(await updates.update(as('operator'), 'one', { ...wanted, version, dryRun: true }), version);
});
