import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { markOf } from '../../../hub/domain/access/caller.js';

const caller: Caller = {
  kind: 'api_key',
  id: 'k1',
  name: 'key one',
  userId: null,
  role: 'user',
  api: null,
  tier: null,
  grants: null,
};

t.test('a caller keeps its mark when its role changes, and no other caller has this mark', async (t) => {
  const mark = markOf(caller);
  t.equal(markOf({ ...caller, role: 'admin' }), mark);
  const others = [
    { ...caller, id: 'k2' },
    { ...caller, kind: 'user' as const },
  ];
  t.equal(new Set([mark, ...others.map((other) => markOf(other))]).size, 3);
  t.match(mark, /^[\w-]{16}$/, 'it says nothing of the caller');
});
