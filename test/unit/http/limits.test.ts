import t, { type Test } from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { type LimitState, Limits, type LimitsOptions } from '../../../hub/http/access/limits.js';
import type { Api } from '../../../hub/http/api.js';

const api = {
  name: 'automation',
  limits: { read: { requests: 3, windowSeconds: 60 }, login: { requests: 2, windowSeconds: 60, per: 'address' } },
} as unknown as Api;

const caller = (id: string, tier: Caller['tier'] = null): Caller => ({
  kind: tier ? 'api_key' : 'user',
  id,
  name: id,
  userId: null,
  role: 'user',
  api: null,
  tier,
  grants: null,
});

function limited(t: Test, options: Partial<LimitsOptions> = {}) {
  const clock = { now: Date.UTC(2024, 0, 1, 12) };
  const limits = new Limits({ scale: 1, now: () => clock.now, ...options });
  t.teardown(() => limits.close());
  const take = (
    who: Caller,
    name: string | null,
    ip = '192.0.2.1',
    requests = 1,
  ): LimitState & { refused?: number } => {
    const state = { limit: 0, remaining: 0, resetAt: 0 };
    try {
      limits.countCaller(state, limits.classOf(api, name), who, () => ip, requests);
      return state;
    } catch (error) {
      return { ...state, refused: (error as { details: { retryAfter: number } }).details.retryAfter };
    }
  };
  return { clock, limits, take };
}

t.test(
  'a class allows exactly its number of requests for each caller, and starts from zero after its window',
  async (t) => {
    const { clock, take } = limited(t);
    const ann = caller('ann');
    const start = clock.now;
    t.same(take(ann, 'read'), { limit: 3, remaining: 2, resetAt: start + 60_000 });
    clock.now += 10_500;
    take(ann, 'read');
    t.equal(take(ann, 'read').remaining, 0);
    t.same(take(ann, 'read'), { limit: 3, remaining: 0, resetAt: start + 60_000, refused: 50 });
    t.equal(take(caller('bob'), 'read').remaining, 2);
    clock.now = start + 60_000;
    t.equal(take(ann, 'read').remaining, 2);
  },
);

t.test('the same caller in different objects counts as one caller', async (t) => {
  const { take } = limited(t);
  for (let i = 0; i < 3; i += 1) take(caller('ann'), 'read');
  t.ok(take(caller('ann'), 'read').refused);
});

t.test('class and tier both count, the tighter is shown, and a refused request counts in neither', async (t) => {
  const { clock, take } = limited(t);
  const key = caller('k', 'free');
  t.equal(take(key, 'read').limit, 3);
  take(key, 'read');
  take(key, 'read');
  t.ok(take(key, 'read').refused);
  for (let i = 0; i < 56; i += 1) take(key, null);
  t.match(take(key, null), { limit: 60, remaining: 0 });
  t.ok(take(key, null).refused);
  clock.now += 60_000;
  t.match(take(key, null), { limit: 60, remaining: 59, refused: undefined });
});

t.test('an enterprise key has no tier’s limit', async (t) => {
  const { take } = limited(t);
  t.equal(take(caller('e', 'enterprise'), null).limit, 0);
});

t.test('a person has 600 requests a minute together with the keys that it made for itself', async (t) => {
  const { clock, take } = limited(t);
  const ann = caller('ann');
  const own = { ...caller('own', 'enterprise'), userId: 'ann', countedAs: 'user:ann' };
  for (let i = 0; i < 300; i += 1) take(own, null);
  t.match(take(ann, null), { limit: 600, remaining: 299 });
  for (let i = 0; i < 299; i += 1) t.notOk(take(ann, i % 100 ? null : 'read').refused);
  t.match(take(ann, null), { limit: 600, refused: 60 });
  t.equal(take(own, null).refused, 60);
  t.notOk(take(caller('bob'), null).refused, 'another person');
  clock.now += 60_000;
  t.notOk(take(ann, null).refused);
});

t.test('a count in a class alone leaves the other limits of the caller as they are', async (t) => {
  const { limits, take } = limited(t, { custom: () => ({ perMinute: 2 }) });
  const key = caller('k', 'free');
  const read = limits.classOf(api, 'read');
  if (!read) throw new Error('no class');
  const state = { limit: 0, remaining: 0, resetAt: 0 };
  for (const remaining of [2, 1, 0]) {
    limits.countInClass(state, read, key, () => '');
    t.equal(state.remaining, remaining);
  }
  t.throws(() => limits.countInClass(state, read, key, () => ''), { code: 'rate_limited' });
  t.equal(take(key, null).remaining, 1);
});

t.test('requests that come as one count each, and none of them counts if not all of them are allowed', async (t) => {
  const { take } = limited(t);
  const key = caller('k', 'free');
  t.equal(take(key, null, '', 50).remaining, 10);
  t.ok(take(key, null, '', 11).refused);
  t.equal(take(key, null, '', 10).remaining, 0);
});

t.test('a tier’s day ends at midnight UTC', async (t) => {
  const { clock, take } = limited(t);
  const key = caller('k', 'free');
  for (let i = 0; i < 1000; i += 1) {
    if (i % 60 === 0) clock.now += 60_000;
    t.notOk(take(key, null).refused);
  }
  clock.now += 60_000;
  const refused = take(key, null);
  t.match(refused, { limit: 1000, remaining: 0, resetAt: Date.UTC(2024, 0, 2) });
  t.equal(refused.refused, Math.ceil((Date.UTC(2024, 0, 2) - clock.now) / 1000));
  clock.now = Date.UTC(2024, 0, 2);
  t.notOk(take(key, null).refused);
});

t.test('every tier has exactly its numbers', async (t) => {
  // `seeds/003`, "Rate Limits".
  const documented = [
    ['free', 60, 1000],
    ['pro', 300, 50_000],
  ] as const;
  for (const [tier, perMinute, perDay] of documented) {
    const { clock, take } = limited(t);
    const key = caller('k', tier);
    const taken = { minute: 0, day: 0 };
    while (!take(key, null).refused) taken.minute += 1;
    t.equal(taken.minute, perMinute, `${tier}, a minute`);
    taken.day = taken.minute;
    const midnight = Date.UTC(2024, 0, 2);
    for (clock.now += 60_000; clock.now < midnight; clock.now += 60_000)
      for (let i = 0; i < perMinute && !take(key, null).refused; i += 1) taken.day += 1;
    t.equal(taken.day, perDay, `${tier}, a day`);
  }
  const { take } = limited(t);
  for (let i = 0; i < 100_000; i += 1)
    if (take(caller('e', 'enterprise'), null).refused) t.fail('enterprise is unlimited');
});

t.test('earlier day counts go on', async (t) => {
  const added: string[] = [];
  const dayCounts = { count: () => 999, add: (subject: string) => void added.push(subject) };
  const { take } = limited(t, { dayCounts });
  const key = caller('k', 'free');
  t.match(take(key, null), { limit: 1000, remaining: 0 });
  t.ok(take(key, null).refused);
  t.same(added, ['api_key:k']);
});

t.test('a key’s own limits replace its tier’s', async (t) => {
  const { take } = limited(t, { custom: () => ({ perMinute: 2 }) });
  const key = caller('k', 'enterprise');
  t.same([take(key, null).remaining, take(key, null).remaining], [1, 0]);
  t.ok(take(key, null).refused);
});

t.test(
  'a class counts a caller together with the keys that it made for itself, and other keys by themselves',
  async (t) => {
    const { take } = limited(t);
    const own = (id: string) => ({ ...caller(id, 'enterprise'), userId: 'ann', countedAs: 'user:ann' });
    take(caller('ann'), 'read');
    take(own('first'), 'read');
    t.equal(take(own('second'), 'read').remaining, 0);
    t.ok(take(own('third'), 'read').refused);
    t.ok(take(caller('ann'), 'read').refused);
    t.notOk(take({ ...caller('service', 'enterprise'), userId: 'ann' }, 'read').refused, 'a key that an admin made');
  },
);

t.test('a class per address counts all requests of an address', async (t) => {
  const { take } = limited(t);
  take(caller('a'), 'login');
  take(caller('b'), 'login');
  t.ok(take(caller('c'), 'login').refused);
  t.notOk(take(caller('c'), 'login', '192.0.2.2').refused);
});

t.test('without a credential the address counts, even if the API has no class', async (t) => {
  const { limits } = limited(t);
  const state = { limit: 0, remaining: 0, resetAt: 0 };
  for (let i = 0; i < 60; i += 1) limits.countAddress(state, null, '192.0.2.1');
  t.throws(() => limits.countAddress(state, null, '192.0.2.1'), { code: 'rate_limited' });
  t.equal(state.limit, 60);
});

t.test('the scale multiplies every limit', async (t) => {
  const { take } = limited(t, { scale: 10 });
  t.equal(take(caller('a'), 'read').limit, 30);
  t.equal(take(caller('k', 'free'), null).limit, 600);
});

t.test('memory is bounded by the number of addresses', async (t) => {
  const { limits } = limited(t);
  const state = { limit: 0, remaining: 0, resetAt: 0 };
  for (let i = 0; i < 100_500; i += 1)
    limits.countAddress(state, null, `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`);
  t.equal(limits.size, 100_000);
});

t.test(
  'a clock that is set back blocks no caller: the windows of callers, addresses and days begin again',
  async (t) => {
    const { clock, limits, take } = limited(t, { custom: () => ({ perDay: 5 }) });
    const [ann, key] = [caller('ann'), caller('k', 'free')];
    for (let i = 0; i < 3; i += 1) take(ann, 'read');
    for (let i = 0; i < 2; i += 1) take(caller('bob'), 'login');
    for (let i = 0; i < 5; i += 1) take(key, null);
    t.ok(take(ann, 'read').refused && take(caller('bob'), 'login').refused && take(key, null).refused);
    clock.now -= 24 * 3_600_000;
    t.match(take(ann, 'read'), { remaining: 2, resetAt: clock.now + 60_000 });
    t.match(take(caller('bob'), 'login'), { remaining: 1, resetAt: clock.now + 60_000 });
    t.match(take(key, null), { remaining: 4 });
    limits.close();
  },
);

t.test('keys count together with their creator: many keys get no more than one', async (t) => {
  const { take } = limited(t, { custom: () => ({ perMinute: 6, perDay: 10 }) });
  const maker = caller('maker', 'pro');
  const child = { ...caller('child', 'pro'), countedAs: 'api_key:maker' };
  const passed = [maker, child, maker, child, maker, child, maker, child].filter((who) => !take(who, null).refused);
  t.equal(passed.length, 6);
  t.notOk(take(caller('other', 'pro'), null).refused, 'other keys count by themselves');
});
