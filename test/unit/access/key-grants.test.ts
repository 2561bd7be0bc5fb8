import t, { type Test } from 'tap';
import type { Grants } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { openAccess } from './access.js';

/** An admin key of no user for each kind of grants, and an admin key without grants. */
async function start(t: Test) {
  const access = await openAccess(t);
  const key = async (name: string, grants: Grants | null) => {
    const made = await access.keys.create(SYSTEM, { name, role: 'admin', tier: 'free', grants });
    return { id: made.record.id, caller: await access.identity.verify(made.key) };
  };
  return {
    ...access,
    wide: await key('wide', null),
    narrowed: [
      await key('servers', { servers: ['a'] }),
      await key('groups', { groups: ['g'] }),
      await key('tools', { tools: ['echo'] }),
      await key('sites', { sites: ['berlin'] }),
    ],
  };
}

t.test('a narrowed key of an admin sees and revokes no key that may do more', async (t) => {
  const { keys, wide, narrowed } = await start(t);
  t.equal(keys.list(wide.caller).length, 5);
  for (const { id, caller } of narrowed) {
    t.same(
      keys.list(caller).map((key) => key.id),
      [id],
      `${caller.name} sees itself`,
    );
    await t.rejects(keys.revoke({ ...SYSTEM, caller }, wide.id), { code: 'not_found' });
  }
  t.equal(keys.list(wide.caller).length, 5);
});

t.test("a narrowed key of a user does not touch the user's other keys", async (t) => {
  const { keys, ownKeys, make, identity } = await start(t);
  const { id: userId } = await make('alice', 'user');
  const full = await keys.create(SYSTEM, { name: 'full', role: 'user', tier: 'free', userId });
  const grants = { tools: ['echo'] };
  const narrow = await keys.create(SYSTEM, { name: 'narrow', role: 'user', tier: 'free', userId, grants });
  const caller = await identity.verify(narrow.key);
  t.same(
    [...ownKeys.source(caller).list({})].map(({ key }) => key.name),
    ['narrow'],
  );
  await t.rejects(ownKeys.delete(SYSTEM, caller, full.record.id), { code: 'not_found' });
  t.match(identity.verify(full.key), { name: 'full' });
});
