import t from 'tap';
import type { Caller } from '../../hub/domain/access/caller.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import type { NewApiKey } from '../../hub/domain/people/keys/keys.js';
import { type Asker, startDomain, type TestDomain } from '../kit/domain.js';
import { json, readOnly, ScriptedServer } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

/** An admin who is signed in. */
async function signedIn(hub: TestDomain): Promise<Asker> {
  const wanted = { username: 'alice', password: 'a long password', role: 'admin' } as const;
  const { id, username: name } = await hub.domain.users.create(SYSTEM, wanted);
  const rest = { userId: id, role: 'admin', api: 'connect', tier: null, grants: null, credentialVersion: 1 } as const;
  return { ...SYSTEM, api: 'connect', caller: { kind: 'user', id, name, ...rest } };
}

/** The holder of a key that a signed-in admin makes for another person, as `POST /api/keys` does. */
async function partnerOf({ domain }: TestDomain, maker: Asker, more: Partial<NewApiKey> = {}): Promise<Asker> {
  const { userId } = maker.caller;
  const { key } = await domain.keys.create(maker, { name: 'partner', role: 'user', tier: 'pro', userId, ...more });
  return { ...SYSTEM, api: 'connect', caller: domain.keys.verify(key) };
}

/** A key that a caller makes for itself. */
async function ownKeyOf({ domain }: TestDomain, maker: Asker): Promise<Asker> {
  const { key } = await domain.ownKeys.create(maker, maker.caller, { api: 'portal', name: 'own', expiresIn: 0 });
  return { ...SYSTEM, api: 'portal', caller: domain.keys.verify(key) };
}

/** A personal server with a tool. */
async function connectPersonal(hub: TestDomain, { caller }: Asker): Promise<string> {
  const { lifecycle, servers } = hub.domain;
  hub.fleet.servers.set('mail', new ScriptedServer({ send: readOnly(() => 'sent') }));
  const transport = { type: 'stdio', command: 'mail', args: [] } as const;
  const belonging = { ownerId: caller.id, curated: true };
  const { record } = await lifecycle.create(hub.admin, { name: 'mail', transport }, {}, belonging);
  await servers.setWanted(hub.admin, record.id, true, { curated: true });
  await lifecycle.connect(hub.admin, record.id);
  return record.id;
}

t.test('a key that an admin makes for another person owns nothing of the admin', async (t) => {
  const hub = await startDomain(t);
  const { servers, registry, keys, ownKeys, users } = hub.domain;
  const alice = await signedIn(hub);
  const personal = await connectPersonal(hub, alice);
  const own = await ownKeyOf(hub, alice);
  const partner = await partnerOf(hub, alice);
  const narrowed = await partnerOf(hub, alice, { grants: { sites: ['local'] } });
  const ofPartner = await ownKeyOf(hub, partner);
  const namesFor = (asker: Asker) => servers.list(asker).map(({ record }) => record.name);
  t.same(namesFor(own), ['mail'], 'the admin’s own key has the admin’s servers');
  t.match(await hub.call('send', {}, { as: own }), { answer: 'sent' });
  for (const stranger of [partner, narrowed, ofPartner]) {
    t.same(namesFor(stranger), []);
    await t.rejects(hub.call('send', {}, { as: stranger }), { code: 'not_found' });
    t.throws(() => users.view(stranger.caller, alice.caller.id), { code: 'forbidden' });
  }
  const idsFor = ({ caller }: Asker) => keys.ofCaller(caller).map(({ id }) => id);
  t.same(idsFor(partner), [partner.caller.id, ofPartner.caller.id], 'the key itself, and the key that it made');
  t.equal(idsFor(alice).includes(partner.caller.id), true, 'the admin still sees the key');
  await t.rejects(ownKeys.delete(partner, partner.caller, own.caller.id), { code: 'not_found' });
  const shared = await hub.register('mail', {});
  const named = ({ caller }: Asker) => registry.find('mail', caller)?.id;
  t.equal(named(own), personal);
  t.same([partner, narrowed, ofPartner].map(named), Array(3).fill(shared.id), 'the name means the shared server');
});

t.test('keys that the holder of a key for another person makes take no room of the admin', async (t) => {
  const hub = await startDomain(t);
  const alice = await signedIn(hub);
  const partner = await partnerOf(hub, alice);
  for (let i = 1; i < 100; i += 1) await ownKeyOf(hub, partner);
  await t.rejects(ownKeyOf(hub, partner), { code: 'conflict' });
  await t.resolves(ownKeyOf(hub, alice));
});

t.test(
  'things of a key that an admin made for another person end with the key, and follow the role of the admin',
  async (t) => {
    const hub = await startDomain(t);
    const { portal, registry, keys, users } = hub.domain;
    hub.fleet.answers.set('putServer', () => json({}));
    const alice = await signedIn(hub);
    const enabledBy = async () => {
      const partner = await partnerOf(hub, alice);
      const { id } = await portal.work.submit(partner, 'enable', 'everything', { autoStart: false });
      t.match(await hub.over(id), { status: 'completed' });
      return partner.caller.id;
    };
    const [first, second] = [await enabledBy(), await enabledBy()];
    const has = (owner: string) => [...registry.all()].some(({ ownerId }) => ownerId === owner);
    t.same([first, second].map(has), [true, true]);
    await keys.revoke(alice, first);
    await wait('the server of the revoked key is gone', () => !has(first));
    t.equal(has(second), true);
    await users.create(SYSTEM, { username: 'other', password: 'a long password', role: 'admin' });
    await users.bring(SYSTEM, alice.caller.id, { role: 'viewer' });
    await wait('the server of the other key is gone, too', () => !has(second));
  },
);

t.test('stored values of a personal server stay only beside variables that were there', async (t) => {
  const hub = await startDomain(t);
  const { portal } = hub.domain;
  const sent: string[] = [];
  hub.fleet.answers.set('putServer', (_, { value }) => {
    sent.push(JSON.stringify(value));
    return json({});
  });
  const alice = await signedIn(hub);
  const enable = (env: Record<string, string>) =>
    portal.work.submit(alice, 'enable', 'github', { autoStart: false, env });
  const over = async (job: Promise<{ id: string }>) => hub.over((await job).id);
  const token = { GITHUB_PERSONAL_ACCESS_TOKEN: 'ghp_first' };
  t.match(await over(enable(token)), { status: 'completed' });
  const moved = { HTTPS_PROXY: 'http://proxy.example:3128' };
  await t.rejects(enable(moved), {
    code: 'invalid_input',
    details: { field: 'config.env.GITHUB_PERSONAL_ACCESS_TOKEN' },
  });
  t.match(await over(enable({ ...moved, ...token })), { status: 'completed' }, 'with all values');
  t.match(await over(enable(moved)), { status: 'completed' }, 'a variable that was there');
});

t.test(
  'a key with a lower role than the owner of a trigger does not enable it, and a key for another person does not change it',
  async (t) => {
    const hub = await startDomain(t);
    const { triggers, workflows } = hub.domain;
    const steps = [{ id: 'pause', kind: 'wait', with: { seconds: 1 } }];
    await workflows.catalog.add(hub.admin, { name: 'look', description: '', parameters: {}, steps });
    const alice = await signedIn(hub);
    const own = await ownKeyOf(hub, alice);
    const { trigger } = await triggers.create(own, { name: 'on-error', workflow: 'look', events: ['alert.new'] });
    const low: Caller = { ...own.caller, role: 'operator' };
    await triggers.setEnabled({ ...own, caller: low }, trigger.id, false);
    await t.rejects(triggers.setEnabled({ ...own, caller: low }, trigger.id, true), {
      code: 'forbidden',
      details: { requiredRole: 'admin' },
    });
    t.match(await triggers.setEnabled(hub.admin, trigger.id, true), { enabled: true });
    const partner = await partnerOf(hub, alice, { role: 'operator' });
    await t.rejects(triggers.setEnabled(partner, trigger.id, false), { code: 'forbidden' });
    await t.rejects(triggers.delete(partner, trigger.id), { code: 'forbidden' });
  },
);
