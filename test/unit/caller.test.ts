import t from 'tap';
import { atLeast, roles } from '../../hub/domain/access/caller.js';

t.test('each role includes those before it, and none after', async (t) => {
  for (const [i, role] of roles.entries()) {
    for (const [j, least] of roles.entries()) t.equal(atLeast(role, least), i >= j, `${role} ≥ ${least}`);
  }
});
