import * as argon2 from '@node-rs/argon2';
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

t.test(
  'an unknown user, or what is no hash, answers false, after the same computation as a wrong password',
  async (t) => {
    const computed: string[] = [];
    const counting = {
      hash: argon2.hash,
      verify(passwordHash: string, password: string) {
        computed.push(passwordHash.slice(0, 30));
        return argon2.verify(passwordHash, password);
      },
    };
    const passwords = (await t.mockImport('../../../hub/store/passwords.js', { '@node-rs/argon2': counting })) as {
      verifyPassword: typeof verifyPassword;
    };
    const full = /^\$argon2id\$v=19\$m=19456,t=2,p=1/;
    for (const known of [await hashPassword('x'), undefined, '', 'not a hash']) {
      computed.length = 0;
      t.equal(await passwords.verifyPassword(known, 'y'), false);
      t.equal(computed.filter((one) => full.test(one)).length, 1, `${known}`);
    }
  },
);

t.test('hashing leaves the event loop free', async (t) => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const results = await Promise.all(Array.from({ length: 8 }, () => hashPassword('x')));
  clearInterval(timer);
  t.equal(new Set(results).size, 8);
  t.ok(turns >= 8, `${turns} turns`);
});
