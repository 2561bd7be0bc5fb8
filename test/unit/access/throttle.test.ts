import t from 'tap';
import { DomainError } from '../../../hub/domain/errors.js';
import { SignInThrottle } from '../../../hub/domain/people/users/throttle.js';

const PASSWORD = 'right';

/** A throttle with the test's own clock, before a sign-in that accepts one password. */
function door() {
  let now = 1_700_000_000_000;
  let looks = 0;
  const throttle = new SignInThrottle(() => now);
  /** `in`, `wrong`, or how many seconds to wait. */
  const knock = async (user: string, ip: string, password = 'wrong'): Promise<'in' | 'wrong' | number> => {
    try {
      await throttle.attempt(user, ip, async () => {
        looks += 1;
        if (password !== PASSWORD) throw new DomainError('invalid_login', 'no');
      });
      return 'in';
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return error.code === 'invalid_login' ? 'wrong' : Number(error.details.retryAfter);
    }
  };
  return {
    throttle,
    knock,
    looks: () => looks,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    /** Fails so often, and waits as long as the hub demands. */
    async fail(user: string, ip: string, times: number): Promise<void> {
      for (let failed = 0; failed < times; ) {
        const answer = await knock(user, ip);
        if (answer === 'wrong') failed += 1;
        else now += Number(answer) * 1000;
      }
    },
  };
}

t.test('five failures are free; then each doubles the wait, up to 15 minutes', async (t) => {
  const { knock, pass } = door();
  for (let i = 0; i < 5; i += 1) t.equal(await knock('admin', '192.0.2.1'), 'wrong');
  const waits: number[] = [];
  for (let i = 0; i < 12; i += 1) {
    const wait = Number(await knock('admin', '192.0.2.1', PASSWORD));
    waits.push(wait);
    pass(wait);
    t.equal(await knock('admin', '192.0.2.1'), 'wrong');
  }
  t.same(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
});

t.test('the hub checks no password while a caller has to wait, and early attempts cost no more', async (t) => {
  const { knock, fail, looks, pass } = door();
  await fail('admin', '192.0.2.1', 8);
  const before = looks();
  for (let i = 0; i < 100; i += 1) t.equal(await knock('ADMIN', '192.0.2.1', PASSWORD), 8);
  t.equal(looks(), before);
  pass(8);
  t.equal(await knock('admin', '192.0.2.1', PASSWORD), 'in', 'the right password after the wait');
  for (let i = 0; i < 5; i += 1) t.equal(await knock('admin', '192.0.2.1'), 'wrong', 'and all is as new');
});

t.test('one address does not shut out another', async (t) => {
  const { knock, fail } = door();
  await fail('admin', '192.0.2.1', 10);
  t.equal(await knock('admin', '192.0.2.2', PASSWORD), 'in');
});

t.test('an address that tries many names waits, even if it signs in to an account of its own', async (t) => {
  const { knock, pass } = door();
  for (let i = 0; i < 20; i += 1) {
    t.equal(await knock(`user${i}`, '192.0.2.1'), 'wrong');
    if (i < 10) t.equal(await knock('attacker', '192.0.2.1', PASSWORD), 'in');
  }
  t.equal(await knock('another', '192.0.2.1', PASSWORD), 1);
  t.equal(await knock('attacker', '192.0.2.1', PASSWORD), 'in', 'who is known there is not kept out');
  pass(1);
  t.equal(await knock('another', '192.0.2.1'), 'wrong');
  t.equal(await knock('another', '192.0.2.1'), 2);
});

t.test(
  'a name under attack from everywhere: each new address waits once, 30 seconds at most, and has its turn',
  async (t) => {
    const { knock, fail, pass } = door();
    t.equal(await knock('admin', '203.0.113.7', PASSWORD), 'in');
    for (let i = 0; i < 60; i += 1) await fail('admin', `198.51.100.${i}`, 1);
    t.equal(await knock('admin', '203.0.113.7', PASSWORD), 'in', 'a known address does not wait');
    t.equal(await knock('admin', '192.0.2.1', PASSWORD), 30);
    pass(29);
    t.equal(await knock('admin', '192.0.2.1', PASSWORD), 1);
    for (let i = 0; i < 60; i += 1) await knock('admin', `198.51.100.${i}`);
    pass(1);
    t.equal(await knock('admin', '192.0.2.1', PASSWORD), 'in', 'whatever others did meanwhile');
    t.equal(await knock('operator', '192.0.2.2'), 'wrong', 'other names do not wait');
    t.equal(await knock('admin', '192.0.2.3'), 30);
    pass(30);
    t.equal(await knock('admin', '192.0.2.3'), 'wrong');
    t.equal(await knock('admin', '192.0.2.3', PASSWORD), 30, 'a turn is one attempt');
    pass(331);
    t.equal(await knock('admin', '192.0.2.3', PASSWORD), 30, 'and lapses');
  },
);

t.test('a known address waits 30 seconds at most', async (t) => {
  const { knock, fail } = door();
  t.equal(await knock('admin', '192.0.2.1', PASSWORD), 'in');
  await fail('admin', '192.0.2.1', 18);
  t.equal(await knock('admin', '192.0.2.1', PASSWORD), 30);
});

t.test('a burst is not over before its first failure counts', async (t) => {
  const { throttle } = door();
  const doors: (() => void)[] = [];
  const hold = () =>
    throttle
      .attempt(
        'admin',
        '192.0.2.1',
        () =>
          new Promise<void>((_, reject) => {
            doors.push(() => reject(new DomainError('invalid_login', 'no')));
          }),
      )
      .then(
        () => 'in',
        ({ code }: DomainError) => code,
      );
  const burst = Array.from({ length: 50 }, hold);
  t.equal(doors.length, 10);
  for (const open of doors) open();
  const codes = await Promise.all(burst);
  t.equal(codes.filter((code) => code === 'invalid_login').length, 10);
  t.equal(codes.filter((code) => code === 'rate_limited').length, 40);
});

t.test('IPv6 clients count by their /64, and IPv4 in IPv6 as IPv4', async (t) => {
  const { knock } = door();
  for (let i = 0; i < 5; i += 1) await knock('admin', `2001:db8:1:2:${i}::1`);
  t.equal(await knock('admin', '2001:db8:1:2:ffff:ffff:ffff:ffff'), 1);
  t.equal(await knock('admin', '2001:db8:1:3::1'), 'wrong');
  for (let i = 0; i < 5; i += 1) await knock('user', '::ffff:192.0.2.9');
  t.equal(await knock('user', '192.0.2.9'), 1);
});

t.test('a sign-in that failed for another reason is no guess', async (t) => {
  const { throttle, knock } = door();
  for (let i = 0; i < 30; i += 1)
    await t.rejects(
      throttle.attempt('admin', '192.0.2.1', () => Promise.reject(new DomainError('unavailable', 'disk'))),
      { code: 'unavailable' },
    );
  t.equal(await knock('admin', '192.0.2.1', PASSWORD), 'in');
});

t.test('an hour without a failure is forgotten', async (t) => {
  const { knock, fail, pass } = door();
  await fail('admin', '192.0.2.1', 15);
  pass(3601);
  for (let i = 0; i < 5; i += 1) t.equal(await knock('admin', '192.0.2.1'), 'wrong');
  t.equal(await knock('admin', '192.0.2.1'), 1);
});

t.test('memory is bounded', async (t) => {
  const { knock, throttle } = door();
  for (let i = 0; i < 55_000; i += 1) await knock(`user${i}`, `2001:db8:${(i >> 8).toString(16)}:${i & 255}::1`);
  t.ok(throttle.size <= 110_000, `${throttle.size}`);
});
