import t from 'tap';
import { type Caller, keptCaller, payerOf } from '../../../hub/domain/access/caller.js';
import { ownerOf } from '../../../hub/domain/access/grants.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import type { NewApiKey } from '../../../hub/domain/people/keys/keys.js';
import { type ApiKeyRecord, apiKeys } from '../../../hub/domain/people/record.js';
import { put } from '../../../hub/domain/store.js';
import { migrations } from '../../../hub/store/migrations.js';
import { testCollection } from '../store/stores.js';
import { openAccess } from './access.js';

const api = 'infrastructure';
const as = (caller: Caller) => ({ ...SYSTEM, caller });

t.test('a key has the rights of its user, and loses them with a demotion', async (t) => {
  const { make, callerOf, ownKeys, identity, users } = await openAccess(t);
  const [alice] = await Promise.all([make('alice', 'admin'), make('root', 'admin')]);
  const asAlice = await callerOf('alice');
  const { key, record } = await ownKeys.create(as(asAlice), asAlice, { api, name: 'k', expiresIn: 0 });
  t.match(record, { role: 'admin', expiresAt: null, userId: alice.id, api });
  const before = await identity.verify(key);
  t.match(before, { role: 'admin', tier: 'enterprise', grants: null });
  const root = await callerOf('root');
  await users.update(SYSTEM, root, alice.id, { role: 'viewer' });
  t.match(await identity.verify(key), { role: 'viewer' });
  t.match(identity.recheck(before), { role: 'viewer' }, 'also on a stream that is open');
  await users.update(SYSTEM, root, alice.id, { role: 'admin' });
  t.match(await identity.verify(key), { role: 'admin' });
});

t.test('a user sees and deletes only their own keys', async (t) => {
  const { make, callerOf, ownKeys, keys, identity } = await openAccess(t);
  await Promise.all([make('alice', 'user'), make('admin', 'admin')]);
  const [alice, admin] = [await callerOf('alice'), await callerOf('admin')];
  const { record } = await ownKeys.create(as(alice), alice, { api, name: 'hers', expiresIn: 0 });
  const names = (caller: Caller) => Array.from(ownKeys.source(caller).list({}), ({ key }) => key.name);
  t.same(names(alice), ['hers']);
  t.same(names(admin), []);
  await t.rejects(ownKeys.delete(as(admin), admin, record.id), { code: 'not_found' });

  const first = await keys.create(SYSTEM, { name: 'first', role: 'admin', tier: 'enterprise' });
  const nobody = await identity.verify(first.key);
  const made = await ownKeys.create(as(nobody), nobody, { api, name: 'made', expiresIn: 0 });
  t.same(names(nobody), ['first', 'made']);
  t.same(names(await identity.verify(made.key)), ['made']);
  await ownKeys.delete(as(nobody), nobody, made.record.id);
  t.same(names(nobody), ['first']);
});

t.test('no key makes a key that may do more, or lives longer', async (t) => {
  const { keys, identity, ownKeys } = await openAccess(t);
  const grants = { sites: ['berlin'] };
  const limits = { perMinute: 7 };
  const expiresAt = Date.now() + 60_000;
  const wanted = { name: 'narrow', role: 'admin', tier: 'free', grants, limits, expiresAt } as const;
  const narrow = await identity.verify((await keys.create(SYSTEM, wanted)).key);
  const forbidden = { code: 'forbidden' };
  const create = (expiresIn: number) => ownKeys.create(as(narrow), narrow, { api, name: 'k', expiresIn });
  await t.rejects(async () => create(0), forbidden);
  await t.rejects(async () => create(3600), forbidden);
  t.match((await create(30)).record, { role: 'admin', tier: 'free', grants, limits });
  const more = { name: 'more', role: 'admin', tier: 'free' } as const;
  await t.rejects(keys.create(as(narrow), more), forbidden);
  await t.rejects(keys.create(as(narrow), { ...more, grants: { sites: ['berlin', 'paris'] } }), forbidden);
  await t.rejects(keys.create(as(narrow), { ...more, grants: { servers: ['x'] } }), forbidden);
  const fits = { ...more, expiresAt, limits, grants: { sites: ['berlin'], servers: ['x'] } };
  await t.resolves(keys.create(as(narrow), fits));
});

t.test('the number of keys of a user is bounded', async (t) => {
  const { make, callerOf, ownKeys } = await openAccess(t);
  await make('alice', 'user');
  const alice = await callerOf('alice');
  for (let i = 0; i < 100; i += 1) await ownKeys.create(as(alice), alice, { api, name: `${i}`, expiresIn: 0 });
  await t.rejects(async () => ownKeys.create(as(alice), alice, { api, name: 'k', expiresIn: 0 }), { code: 'conflict' });
});

t.test("a key of a lower role does not see or revoke its user's keys of a higher one", async (t) => {
  const { make, callerOf, ownKeys, keys, identity } = await openAccess(t);
  await make('alice', 'admin');
  const alice = await callerOf('alice');
  const high = await ownKeys.create(as(alice), alice, { api, name: 'high', expiresIn: 0 });
  const wanted = { name: 'low', role: 'viewer', tier: 'enterprise', userId: alice.id } as const;
  const low = await identity.verify((await keys.create(SYSTEM, wanted)).key);
  t.same(
    keys.ofCaller(low).map(({ name }) => name),
    ['low'],
  );
  await t.rejects(ownKeys.delete(as(low), low, high.record.id), { code: 'not_found' });
  await t.rejects(keys.revoke(as(low), high.record.id), { code: 'forbidden' });
  t.same(keys.ofCaller(alice).length, 2, 'the user sees both');
});

t.test("an admin's key makes no key that is bounded less than itself", async (t) => {
  const { keys, identity } = await openAccess(t);
  const expiresAt = Date.now() + 60_000;
  const wanted = { name: 'bounded', role: 'admin', tier: 'pro', limits: { perMinute: 7 }, expiresAt } as const;
  const bounded = await identity.verify((await keys.create(SYSTEM, wanted)).key);
  const create = (more: object) => keys.create(as(bounded), { ...wanted, name: 'k', ...more });
  const refused = {
    'no end': { expiresAt: null },
    'a later end': { expiresAt: expiresAt + 1 },
    'a higher tier': { tier: 'enterprise' },
    'no limit per minute': { limits: null },
    'a higher limit per minute': { limits: { perMinute: 8 } },
    "a limit per day in place of the tier's": { limits: { perMinute: 7, perDay: 10_000_000 } },
  };
  for (const [name, more] of Object.entries(refused)) await t.rejects(create(more), { code: 'forbidden' }, name);
  await t.resolves(create({ tier: 'free', limits: { perMinute: 6 }, expiresAt: expiresAt - 1 }));
});

t.test('keys that a caller makes for itself count with it, and so do theirs', async (t) => {
  const { make, callerOf, ownKeys, keys, identity } = await openAccess(t);
  const alice = await make('alice', 'viewer');
  const asAlice = await callerOf('alice');
  const child = async (maker: Caller) =>
    identity.verify((await ownKeys.create(as(maker), maker, { api, name: 'k', expiresIn: 0 })).key);
  const first = await child(asAlice);
  const second = await child(first);
  t.same([payerOf(first), payerOf(second)], Array(2).fill(payerOf(asAlice)));
  t.equal(payerOf(asAlice), `user:${alice.id}`);

  const wanted = { name: 'bounded', role: 'admin', tier: 'pro' } as const;
  const bounded = await identity.verify((await keys.create(SYSTEM, wanted)).key);
  const made = await identity.verify((await keys.create(as(bounded), wanted)).key);
  t.equal(payerOf(made), payerOf(bounded), 'a limited key, for any maker');
  const free = await identity.verify((await keys.create(SYSTEM, { ...wanted, tier: 'enterprise' })).key);
  const others = await identity.verify((await keys.create(as(free), wanted)).key);
  t.not(payerOf(others), payerOf(free), 'keys that an unlimited key makes for others count by themselves');
});

t.test('the keys that a key makes, and their keys, count towards one bound', async (t) => {
  const { keys, identity, ownKeys } = await openAccess(t);
  const root = await keys.create(SYSTEM, { name: 'root', role: 'viewer', tier: 'free' });
  const make = async (key: string) => {
    const maker = await identity.verify(key);
    return (await ownKeys.create(as(maker), maker, { api, name: 'k', expiresIn: 0 })).key;
  };
  const child = await make(root.key);
  const grandchild = await make(child);
  for (let i = 3; i < 100; i += 1) await make(child);
  for (const key of [root.key, child, grandchild]) await t.rejects(make(key), { code: 'conflict' });
});

t.test(
  'revoking a key revokes the keys that it made for its holder, and not the keys that an admin made for others',
  async (t) => {
    const { make, callerOf, keys, identity, ownKeys } = await openAccess(t);
    await make('alice', 'user');
    const alice = await callerOf('alice');
    const first = await ownKeys.create(as(alice), alice, { api, name: 'first', expiresIn: 0 });
    const other = await ownKeys.create(as(alice), alice, { api, name: 'other', expiresIn: 0 });
    const madeBy = async (key: string) => {
      const maker = await identity.verify(key);
      return ownKeys.create(as(maker), maker, { api, name: 'made', expiresIn: 0 });
    };
    const child = await madeBy(first.key);
    const grandchild = await madeBy(child.key);
    await keys.revoke(as(alice), first.record.id);
    for (const { key } of [first, child, grandchild])
      t.throws(() => identity.verify(key), { code: 'invalid_credential' });
    t.ok(identity.verify(other.key));

    const admin = await keys.create(SYSTEM, { name: 'admin', role: 'admin', tier: 'enterprise' });
    const asAdmin = as(await identity.verify(admin.key));
    const given = await keys.create(asAdmin, { name: 'for a program', role: 'user', tier: 'pro' });
    await keys.revoke(SYSTEM, admin.record.id);
    t.ok(identity.verify(given.key));
  },
);

t.test('keys of an older hub count with the callers that made them, and go with the keys that made them', async (t) => {
  const old = await openAccess(t, { migrations: [] });
  const alice = await old.make('alice', 'user');
  const asAlice = await old.callerOf('alice');
  const own = async (maker: Caller) => old.ownKeys.create(as(maker), maker, { api, name: 'own', expiresIn: 0 });
  const first = await own(asAlice);
  const child = await own(await old.identity.verify(first.key));
  const bounded = { name: 'bounded', role: 'admin', tier: 'pro' } as const;
  const limited = await old.keys.create(SYSTEM, bounded);
  const ofLimited = await old.keys.create(as(await old.identity.verify(limited.key)), bounded);
  const free = await old.keys.create(SYSTEM, { ...bounded, tier: 'enterprise' });
  const forOthers = await old.keys.create(as(await old.identity.verify(free.key)), bounded);
  const older = ({ madeBy: _, countedAs: __, ...key }: ApiKeyRecord) => put(apiKeys, key, 'any');
  await old.store.apply({ writes: [...old.store.list(apiKeys)].map(older) });
  await old.store.close();

  const { keys, identity } = await openAccess(t, { dir: old.dir });
  const payer = async ({ key }: { key: string }) => payerOf(await identity.verify(key));
  t.same([await payer(first), await payer(child)], Array(2).fill(`user:${alice.id}`));
  t.equal(await payer(ofLimited), await payer(limited));
  t.equal(await payer(forOthers), `api_key:${forOthers.record.id}`);
  t.equal(keys.countOf(asAlice), 2);
  for (const { record } of [first, limited, free]) await keys.revoke(SYSTEM, record.id);
  for (const { key } of [child, ofLimited]) t.throws(() => identity.verify(key), { code: 'invalid_credential' });
  t.ok(identity.verify(forOthers.key), 'an admin made it for others');
});

t.test('keys of an older hub that descend from a key for another person own nothing of the user', async (t) => {
  const old = await openAccess(t, { migrations: [] });
  const alice = await old.make('alice', 'admin');
  const asAlice = await old.callerOf('alice');
  const callerOf = ({ key }: { key: string }) => old.keys.verify(key);
  const own = async (maker: Caller) => old.ownKeys.create(as(maker), maker, { api, name: 'own', expiresIn: 0 });
  const handOut = (maker: Caller, more: Partial<NewApiKey> = {}) =>
    old.keys.create(as(maker), { name: 'partner', role: 'admin', tier: 'enterprise', userId: alice.id, ...more });
  const mine = await own(asAlice);
  const ofMine = await own(callerOf(mine));
  const partner = await handOut(callerOf(mine));
  const child = await own(callerOf(partner));
  const grandchild = await own(callerOf(child));
  const narrowed = await handOut(asAlice, { tier: 'pro', grants: { sites: ['local'] } });
  const ofNarrowed = await own(callerOf(narrowed));
  const unknown = [
    await handOut(asAlice, { tier: 'pro' }),
    await handOut(asAlice, { grants: { sites: ['local'] } }),
    await handOut(asAlice, { limits: { perDay: 5 } }),
  ];
  const ofUnknown = await Promise.all(unknown.map((key) => own(callerOf(key))));
  const older = ({ madeBy: _, countedAs: __, ...key }: ApiKeyRecord) => put(apiKeys, key, 'any');
  await old.store.apply({ writes: [...old.store.list(apiKeys)].map(older) });
  await old.store.close();

  const second = await openAccess(t, { dir: old.dir, migrations: migrations.slice(0, 1) });
  const forgotten = ofUnknown.map(({ record }) => second.store.get(apiKeys, record.id) as ApiKeyRecord);
  await second.store.apply({ writes: forgotten.map(({ madeBy: _, ...key }) => put(apiKeys, key, 'any')) });
  const kept = { ...keptCaller(second.keys.verify(child.key)), countedAs: `user:${alice.id}` };
  const ofUser = { ...keptCaller(asAlice), countedAs: `user:${alice.id}` };
  const keeping = [
    ...['workflow_triggers', 'webhooks'].map((name) => ({ name, of: (caller: Caller) => ({ owner: caller }) })),
    ...['workflow_schedules', 'jobs'].map((name) => ({ name, of: (caller: Caller) => ({ origin: as(caller) }) })),
    { name: 'join_tokens', of: (caller: Caller) => ({ maker: caller }) },
  ].map(({ name, of }) => ({ kind: testCollection<{ readonly id: string }>(name, name, {}), of }));
  await second.store.apply({
    writes: keeping.flatMap(({ kind, of }) => [
      put(kind, { id: 'of-child', ...of(kept) }),
      put(kind, { id: 'of-user', ...of(ofUser) }),
      put(kind, { id: 'of-hub', owner: null, maker: null, origin: SYSTEM }),
    ]),
  });
  await second.store.close();

  const { keys, store, identity } = await openAccess(t, { dir: old.dir });
  const payer = ({ key }: { key: string }) => payerOf(keys.verify(key));
  t.same([mine, ofMine].map(payer), Array(2).fill(`user:${alice.id}`));
  t.same([partner, child, grandchild].map(payer), Array(3).fill(`api_key:${partner.record.id}`));
  t.equal(payer(ofNarrowed), `api_key:${narrowed.record.id}`);
  t.same(
    ofUnknown.map(payer),
    ofUnknown.map(({ record }) => `api_key:${record.id}`),
    'no record names the maker',
  );
  const owner = ({ key }: { key: string }) => ownerOf(keys.verify(key));
  t.same([mine, ofMine].map(owner), Array(2).fill(alice.id));
  const others = [partner, child, grandchild, narrowed, ofNarrowed, ...ofUnknown];
  t.same(
    others.map(owner),
    others.map(({ record }) => record.id),
  );
  for (const { kind, of } of keeping) {
    t.same(store.get(kind, 'of-child'), { id: 'of-child', ...of({ ...kept, countedAs: payer(child) }) }, kind.name);
    t.same(store.get(kind, 'of-user'), { id: 'of-user', ...of(ofUser) }, kind.name);
    t.same(store.get(kind, 'of-hub'), { id: 'of-hub', owner: null, maker: null, origin: SYSTEM }, kind.name);
  }
  await keys.revoke(SYSTEM, partner.record.id);
  for (const { key } of [child, grandchild]) t.throws(() => identity.verify(key), { code: 'invalid_credential' });
});

t.test('a key that is made while its maker is revoked is not valid afterwards', async (t) => {
  const { keys, identity, ownKeys } = await openAccess(t);
  const leaked = await keys.create(SYSTEM, { name: 'leaked', role: 'user', tier: 'pro' });
  const caller = await identity.verify(leaked.key);
  const make = async () => ownKeys.create(as(caller), caller, { api, name: 'child', expiresIn: 0 });
  const before = [make(), make()];
  const revoked = keys.revoke(SYSTEM, leaked.record.id);
  const made = await Promise.allSettled([...before, make(), make()]);
  await revoked;
  t.same(
    made.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
  await t.rejects(make(), { code: 'invalid_credential' }, 'nor later');
  for (const child of made)
    if (child.status === 'fulfilled') t.throws(() => identity.verify(child.value.key), { code: 'invalid_credential' });
});
