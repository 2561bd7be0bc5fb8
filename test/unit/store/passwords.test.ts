import t from 'tap';
import { hashPassword, verifyPassword } from '../../../hub/store/passwords.js';

t.test('a password is its own, and no other', async (t) => {
  const hash = await hashPassword('correct horse');
  t.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  t.not(await hashPassword('correct horse'), hash, 'salted');
  t.equal(await verifyPassword(hash, 'correct horse'), true);
  t.equal(await verifyPassword(hash, 'correct horse '), false);
  t.equal(await verifyPassword(hash, ''), false);
});

t.test('an unknown user, or what is no hash, answers false, and as late as a wrong password', async (t) => {
  const hash = await hashPassword('x');
  const time = async (hash: string | undefined) => {
    const times: number[] = [];
    for (let i = 0; i < 7; i++) {
      const started = performance.now();
      t.equal(await verifyPassword(hash, 'y'), false);
      times.push(performance.now() - started);
    }
    return times.sort((a, b) => a - b)[3] ?? 0;
  };
  const wrong = await time(hash);
  for (const absent of [undefined, '', 'not a hash']) {
    const ratio = (await time(absent)) / wrong;
    t.ok(ratio > 0.5 && ratio < 2, `takes ${ratio.toFixed(2)} of the time`);
  }
});

t.test('hashing leaves the event loop free', async (t) => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const results = await Promise.all(Array.from({ length: 8 }, () => hashPassword('x')));
  clearInterval(timer);
  t.equal(new Set(results).size, 8);
  t.ok(turns >= 8, `${turns} turns`);
});
