import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { Creators } from '../../../hub/domain/people/creators.js';
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
    t.match(new Creators(keys, users).now(person), { id: 'oidc:someone', userId: null, role: 'operator' });
  },
);

t.test('work of a user that was deleted does not go on', async (t) => {
  const { keys, users } = await openAccess(t);
  const gone = {
    ...person,
    id: '01a1fea5-5818-77c1-8437-1369c21462e7',
    userId: '01a1fea5-5818-77c1-8437-1369c21462e7',
  };
  t.throws(() => new Creators(keys, users).now(gone), { code: 'invalid_credential' });
});
