import t from 'tap';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { stopClock } from '../../kit/clock.js';
import { openAccess } from './access.js';

const wanted = { name: 'first', role: 'admin', tier: 'enterprise' } as const;

t.test('a chosen key has at least 16 characters, and no beginning of it is kept', async (t) => {
  const { keys } = await openAccess(t);
  await t.rejects(keys.create(SYSTEM, { ...wanted, key: 'fifteen-letters' }), {
    code: 'invalid_input',
    details: { field: 'ROUNDHOUSE_API_KEY' },
  });
  const key = 'sixteen--letters';
  const { record } = await keys.create(SYSTEM, { ...wanted, key });
  t.notMatch(JSON.stringify(record), key.slice(0, 6));
  const { record: made, key: random } = await keys.create(SYSTEM, wanted);
  t.ok(JSON.stringify(made).includes(random.slice(0, 12)), 'the beginning of a random key is kept, to tell keys apart');
});

t.test('a sign-in at the portal lasts a day, one with a password thirty', async (t) => {
  const clock = stopClock(t);
  const { make, sessions } = await openAccess(t);
  const alice = await make('alice', 'user');
  const [portal, other] = [
    await sessions.open(SYSTEM, 'portal', alice),
    await sessions.open(SYSTEM, 'automation', alice),
  ];
  await clock.move(23 * 3_600_000);
  await sessions.refresh(SYSTEM, portal.refreshToken);
  await clock.move(2 * 3_600_000);
  await t.rejects(sessions.refresh(SYSTEM, portal.refreshToken), { code: 'expired_credential' });
  await sessions.refresh(SYSTEM, other.refreshToken);
});
