import { createRequire } from 'node:module';
import t from 'tap';

/** The beginnings of the hashes that a password was compared with. */
const computed: string[] = [];

// The product takes the library's functions when it is loaded, so the test loads it after this.
const argon2 = createRequire(import.meta.url)('@node-rs/argon2') as { verify: typeof import('@node-rs/argon2').verify };
const { verify } = argon2;
argon2.verify = (passwordHash, ...rest) => {
  computed.push(String(passwordHash).slice(0, 30));
  return verify(passwordHash, ...rest);
};
const { hashPassword, verifyPassword } = await import('../../../hub/store/passwords.js');

t.test('a password is its own, and no other', async (t) => {
  const hash = await hashPassword('correct horse', 'a');
  t.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  t.not(await hashPassword('correct horse', 'a'), hash, 'salted');
  t.equal(await verifyPassword(hash, 'correct horse', 'a'), true);
  t.equal(await verifyPassword(hash, 'correct horse ', 'a'), false);
  t.equal(await verifyPassword(hash, '', 'a'), false);
});

t.test(
  'an unknown user, or an invalid hash, answers false, after the same computation as a wrong password',
  async (t) => {
    const full = /^\$argon2id\$v=19\$m=19456,t=2,p=1/;
    for (const known of [await hashPassword('x', 'a'), undefined, '', 'not a hash']) {
      computed.length = 0;
      t.equal(await verifyPassword(known, 'y', 'a'), false);
      t.equal(computed.filter((one) => full.test(one)).length, 1, `${known}`);
    }
  },
);

t.test('hashing leaves the event loop free', async (t) => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const results = await Promise.all(Array.from({ length: 8 }, () => hashPassword('x', 'a')));
  clearInterval(timer);
  t.equal(new Set(results).size, 8);
  t.ok(turns >= 8, `${turns} turns`);
});

t.test('many hashes of one payer do not hold up the hash of another', async (t) => {
  const done: string[] = [];
  const hashed = (payer: string) => hashPassword('x', payer).then(() => done.push(payer));
  const many = Array.from({ length: 40 }, () => hashed('many'));
  await hashed('one');
  t.ok(done.indexOf('one') < 20, `${done}`);
  await Promise.all(many);
  t.equal(done.length, 41, 'each has its turn');
});
