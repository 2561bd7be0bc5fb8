import t from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Dependants } from '../../../hub/domain/dependants.js';
import { ApiKeys } from '../../../hub/domain/people/keys/keys.js';
import { apiKeys } from '../../../hub/domain/people/record.js';
import { UnreadBytes } from '../../../hub/http/access/unread.js';
import { SseChannels } from '../../../hub/http/answer/sse.js';
import { openTestStore } from '../store/stores.js';
import { over, Rig, receiver } from '../webhooks/rig.js';
import { openAccess, PASSWORD } from './access.js';

t.test(
  'a sign-out, a new role and a revoked key are announced at once, with the callers that they concern',
  async (t) => {
    const { make, callerOf, identity, sessions, users, keys } = await openAccess(t);
    const [alice, bob] = [await make('alice', 'user'), await make('bob', 'user')];
    const [first, second, other] = [await callerOf('alice'), await callerOf('alice'), await callerOf('bob')];
    const made = await keys.create(SYSTEM, { name: 'k', role: 'user', tier: 'free', userId: alice.id });
    const key = await identity.verify(made.key);
    const told: string[][] = [];
    const all: Readonly<Record<string, Caller>> = { first, second, other, key };
    identity.onEnded((concerns) => {
      told.push(Object.keys(all).filter((name) => concerns(all[name] as Caller)));
    });
    await sessions.signOut(SYSTEM, first);
    t.same(told.pop(), ['first']);
    await keys.revoke(SYSTEM, made.record.id);
    t.same(told.pop(), ['key']);
    await users.bring(SYSTEM, alice.id, { role: 'viewer' });
    t.same(told.pop(), ['first', 'second', 'key']);
    await users.setPassword(SYSTEM, 'bob', `${PASSWORD} of bob`);
    t.same(told.pop(), ['other']);
    await make('carol', 'user');
    t.same(told.pop(), [], 'a new user concerns none of them');
    t.ok(bob);
  },
);

t.test('event streams of those callers are verified again at that moment', async (t) => {
  const channels = new SseChannels({
    most: 10,
    mostOfCaller: 10,
    stallMs: 1000,
    recheck: (_, caller) => caller,
    unread: new UnreadBytes(1000),
  });
  t.teardown(() => channels.close());
  const verified: string[] = [];
  const stream = (id: string) => ({ caller: { id } as Caller, recheck: () => verified.push(id) });
  for (const id of ['alice', 'bob']) channels.add(stream(id) as never);
  channels.recheckThose(({ id }) => id === 'bob');
  t.same(verified, ['bob']);
});

t.test('a webhook of a revoked key is disabled at once, and says why', async (t) => {
  const { store } = await openTestStore(t);
  const keys = new ApiKeys(store, new Dependants());
  const made = await keys.create(SYSTEM, { name: 'ops', role: 'operator', tier: 'free' });
  const caller = keys.verify(made.key);
  const rig = new Rig(store).start(t);
  const target = await receiver(t);
  const origin = { ...SYSTEM, caller };
  const { webhook, secret } = await rig.webhooks.create(origin, { url: target.url, events: ['tool.invoked'] });
  target.secret = secret;
  await rig.happen(1);
  await rig.until(webhook, over);
  const disabled = new Promise<void>((resolve) => {
    store.observe(() => {
      if (!rig.webhooks.get(SYSTEM, webhook.id).enabled) resolve();
    });
  });
  await keys.revoke(SYSTEM, made.record.id);
  t.ok(store.get(apiKeys, made.record.id)?.revokedAt);
  await disabled;
  await rig.happen(2);
  t.match(rig.webhooks.get(SYSTEM, webhook.id).disabledReason, /owner may not have webhooks any more.*revoked/);
  t.equal(rig.webhooks.deliveries(SYSTEM, webhook.id, { limit: 10 }).length, 1);
});

t.test('the caller that changes the URL of a webhook is its owner from then on', async (t) => {
  const { store } = await openTestStore(t);
  const keys = new ApiKeys(store, new Dependants());
  const rig = new Rig(store);
  const as = async (role: 'admin' | 'operator') => {
    const { key } = await keys.create(SYSTEM, { name: role, role, tier: 'free' });
    return { ...SYSTEM, caller: keys.verify(key) };
  };
  const [admin, operator] = [await as('admin'), await as('operator')];
  const url = 'http://127.0.0.1:9/';
  const { webhook } = await rig.webhooks.create(admin, { url, events: ['tool.invoked'] });
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
  const changed = await rig.webhooks.update(operator, webhook.id, { url: `${url}operators`, secret });
  t.match(changed.owner, { id: operator.caller.id, role: 'operator' });
});
