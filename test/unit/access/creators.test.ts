import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Creators } from '../../../hub/domain/people/creators.js';
import { identityRecords } from '../../../hub/domain/people/record.js';
import { put } from '../../../hub/domain/store.js';
import { openAccess } from './access.js';

const person: Caller = {
  kind: 'user',
  id: 'oidc:someone',
  name: 'Someone',
  userId: null,
  role: 'operator',
  api: null,
  tier: null,
  grants: null,
};

t.test(
  'work of a person whom only the identity provider knows goes on with the role that its token named',
  async (t) => {
    const { keys, users } = await openAccess(t);
    t.match(new Creators(keys, users).now(person, 0), { id: 'oidc:someone', userId: null, role: 'operator' });
  },
);

t.test('work of a user that was deleted does not go on', async (t) => {
  const { keys, users } = await openAccess(t);
  const gone = {
    ...person,
    id: '01a1fea5-5818-77c1-8437-1369c21462e7',
    userId: '01a1fea5-5818-77c1-8437-1369c21462e7',
  };
  t.throws(() => new Creators(keys, users).now(gone, 0), { code: 'invalid_credential' });
});

t.test('work that the previous owner of an account asked for does not go on', async (t) => {
  const { keys, users, make } = await openAccess(t);
  const { id } = await make('ada', 'operator');
  const creators = new Creators(keys, users);
  const asked = Date.now();
  const ada = { ...person, id, userId: id };
  t.match(creators.now(ada, asked), { role: 'operator' });
  const identity = { id: 'i', issuer: 'https://id.example.org', subject: 'ada', userId: id, createdAt: 0 };
  const { handedOverAt = 0 } = await users.join(SYSTEM, id, put(identityRecords, identity), {});
  t.throws(() => creators.now(ada, asked), { code: 'invalid_credential', message: /another owner/ });
  t.match(creators.now(ada, handedOverAt + 1), { role: 'operator' }, 'the new owner asks for work of their own');
});
