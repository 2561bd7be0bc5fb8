import t, { type Test } from 'tap';
import type { Role } from '../../hub/domain/access/caller.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { Identities } from '../../hub/domain/people/sign-in/identities.js';
import { specOf } from '../../hub/domain/servers/spec.js';
import { type Asker, type DomainOptions, startDomain } from '../kit/domain.js';
import { json, readOnly, ScriptedServer } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

const password = 'a long password';
const address = { type: 'postgresql', host: 'db.test', port: 5432, databaseName: 'd', username: 'u' } as const;

/** A domain with a person, and the person's personal servers. */
async function start(test: Test, role: Role, options: DomainOptions = {}) {
  const hub = await startDomain(test, options);
  test.teardown(() => hub.domain.portal.enablements.stop());
  await hub.domain.users.create(SYSTEM, { username: 'last', password, role: 'admin' });
  const { id } = await hub.domain.users.create(SYSTEM, { username: 'ada', password, role });
  for (const name of ['everything', 'mine', 'notes', 'good'])
    hub.fleet.servers.set(`${name}-${role}`, new ScriptedServer({ read: readOnly() }));
  const as = (least: Role) => hub.caller(least, null, { userId: id });
  const own = () => [...hub.domain.registry.all()].filter(({ ownerId }) => ownerId === id);
  const work = async (asker: Asker, ...what: [operation: 'enable' | 'restart', name: string, env?: object]) => {
    const [operation, name, env] = what;
    const config =
      operation === 'enable' ? { autoStart: false, ...(env ? { env: env as Record<string, string> } : {}) } : {};
    const job = await hub.domain.portal.work.submit(asker, operation, name, config);
    return hub.over(job.id);
  };
  /** The person gets another role, and a hub starts afterwards. */
  const becomes = async (next: Role) => {
    await hub.domain.users.bring(SYSTEM, id, { role: next });
    await hub.domain.portal.enablements.start();
  };
  return { hub, id, as, own, work, becomes };
}

t.test('a demoted admin loses its personal server that names a database, and no new password goes there', async (t) => {
  const { hub, id, as, own, work, becomes } = await start(t, 'admin');
  const { databases, portal, users } = hub.domain;
  const ada = await as('admin');
  await databases.create(hub.admin, { name: 'prod', password: 'the first password', site: 'local', ...address });
  await portal.catalog.add(ada, ada.caller, { name: 'mine', image: 'reg.example.com/ada/mine:1', shared: false });
  const env = { DB: '{{database:prod|password}}' };
  t.match(await work(ada, 'enable', 'mine', env), { status: 'completed' });
  const [server] = own();
  if (!server) throw new Error('there is no server');
  const filled = async () => (await specOf(hub.store, server)).transport.value;
  t.match(await filled(), { env: { DB: 'the first password' } });

  await users.bring(SYSTEM, id, { role: 'operator' });
  t.match(await filled(), { env }, 'the hub fills in nothing, even before the server is gone');
  await wait('the server is gone', () => own().length === 0);
  await databases.update(hub.admin, 'prod', { password: 'the second password' });
  t.match(await filled(), { env });
  await becomes('user');
  await t.rejects(work(await as('user'), 'enable', 'mine', env), { code: 'forbidden' });
});

t.test('a key with a lower role changes nothing around a database that its admin named', async (t) => {
  const { hub, as, own, work } = await start(t, 'admin');
  const { databases, portal } = hub.domain;
  const [ada, key] = [await as('admin'), await as('user')];
  await databases.create(hub.admin, { name: 'prod', password: 'the first password', site: 'local', ...address });
  await portal.catalog.add(ada, ada.caller, { name: 'mine', image: 'reg.example.com/ada/mine:1', shared: false });
  const env = { DB: '{{database:prod|password}}', HOST: 'db.test' };
  await work(ada, 'enable', 'mine', env);
  const refused = (field: string) => ({ code: 'forbidden', details: { permission: 'server.execute', field } });
  const around = { ...env, DB: 'https://evil.test/{{database:prod|password}}' };
  await t.rejects(work(key, 'enable', 'mine', around), refused('transport.env.DB'));
  await t.rejects(work(key, 'enable', 'mine', env), refused('transport.env.DB'), 'the same text is given again');
  await t.rejects(work(key, 'enable', 'mine', { HOST: 'evil.test' }), refused('transport.env.HOST'));
  t.match(await work(key, 'enable', 'mine'), { status: 'completed' });
  t.match(await work(ada, 'enable', 'mine', { HOST: 'other.test' }), { status: 'completed' });
  t.match(own(), [{ databases: { length: 1 }, transport: { env: ['DB', 'HOST'] } }]);

  const other = async (asker: Asker, tag: string) => {
    await portal.catalog.update(asker, asker.caller, 'mine', { image: `reg.example.com/ada/mine:${tag}` });
    const entry = portal.catalog.find(asker.caller, 'mine');
    if (entry) await portal.enablements.follow(asker, entry);
  };
  await other(ada, '2');
  t.match(own(), [{ databases: { length: 1 } }], 'an admin takes another version');
  await other(key, '3');
  t.match(own(), [{ databases: { length: 0 }, transport: { env: { length: 0 } } }], 'another version gets no password');
});

t.test('the command that an admin gave to a personal server ends with the role', async (t) => {
  const { hub, id, as, own, work } = await start(t, 'admin');
  const { lifecycle, portal, users } = hub.domain;
  const [ada, later] = [await as('admin'), await as('user')];
  await work(ada, 'enable', 'everything');
  const entry = own()[0]?.transport;
  const serverId = own()[0]?.id ?? '';
  const give = (transport: Parameters<typeof lifecycle.update>[2]['transport']) =>
    lifecycle.update(hub.admin, serverId, transport ? { transport } : {});
  await give({ type: 'stdio', command: 'my-shell', args: [] });
  t.match(await work(ada, 'restart', 'everything'), { status: 'completed' });
  t.match(own(), [{ transport: { command: 'my-shell' } }], 'an admin keeps it');
  await users.bring(SYSTEM, id, { role: 'user' });
  const isNpx = ({ transport }: ReturnType<typeof own>[number]) =>
    transport.type === 'stdio' && transport.command === 'npx';
  await wait('the server is as its entry has it', () => own().some(isNpx));
  t.same(own()[0]?.transport, entry);

  const env = { GZIP_ALLOWED_DOMAINS: 'evil.test' };
  const { args = [] } = entry?.type === 'stdio' ? entry : {};
  for (const [title, transport] of Object.entries({
    'a command': { type: 'stdio', command: 'my-shell', args, env },
    'an address': { type: 'http', url: 'http://10.0.0.1/mcp' },
  } as const)) {
    await give(transport);
    t.throws(() => portal.enablements.checkAllowed(serverId), { code: 'forbidden' }, `${title} does not start`);
    t.match(await work(later, 'restart', 'everything'), { status: 'completed' }, title);
    t.same(own()[0]?.transport, entry, title);
  }
  await give({ type: 'stdio', command: 'npx', args, env });
  await work(later, 'enable', 'everything');
  t.match((await specOf(hub.store, hub.domain.registry.get(serverId))).transport.value, {
    env: { GZIP_ALLOWED_DOMAINS: /^(?!evil)/ },
  });
});

t.test('the address that an operator gave to its server of an image ends with the role', async (t) => {
  const { hub, id, as, own, work } = await start(t, 'operator');
  const { lifecycle, portal, users } = hub.domain;
  const ada = await as('operator');
  await portal.catalog.add(ada, ada.caller, { name: 'mine', image: 'docker.io/x/y:1', shared: false });
  await work(ada, 'enable', 'mine', { TOKEN: 'a token' });
  const auth = { type: 'api_key', key: 'a key' } as const;
  const transport = { type: 'http', url: 'http://10.0.0.1/mcp' } as const;
  await lifecycle.update(ada, own()[0]?.id ?? '', { transport, auth });
  await users.bring(SYSTEM, id, { role: 'user' });
  await wait('the server is as its entry has it', () => own()[0]?.transport.type === 'stdio');
  t.match(own(), [{ transport: { args: /docker.io\/x\/y:1/, env: { length: 0 } }, auth: { type: 'none' } }]);
  t.match(await work(await as('user'), 'restart', 'mine'), { status: 'completed' });
});

t.test('an image of a registry that a demoted operator may not take runs no more', async (t) => {
  const { hub, id, as, own, work } = await start(t, 'operator', { settings: { imageRegistries: ['docker.io'] } });
  const { portal, users } = hub.domain;
  const ada = await as('operator');
  await portal.catalog.add(ada, ada.caller, { name: 'mine', image: 'evil.example/x:1', shared: false });
  await portal.catalog.add(ada, ada.caller, { name: 'good', image: 'x/y:1', shared: false });
  for (const name of ['mine', 'good']) t.match(await work(ada, 'enable', name), { status: 'completed' });
  const serverId = own().find(({ name }) => name.startsWith('mine'))?.id ?? '';
  await users.bring(SYSTEM, id, { role: 'user' });
  t.throws(() => portal.enablements.checkAllowed(serverId), { code: 'forbidden' });
  await wait('the server is gone', () => own().length === 1);
  t.match(own(), [{ name: /^good/ }]);
  await t.rejects(work(await as('user'), 'restart', 'mine'), { code: 'conflict' });
});

t.test(
  'a hand-over of an account ends the personal servers and the private entries of the previous owner',
  async (t) => {
    const { hub, id, as, own, work } = await start(t, 'user');
    const { portal, users } = hub.domain;
    const ada = await as('user');
    await portal.catalog.add(ada, ada.caller, { name: 'notes', image: 'docker.io/ada/notes:1' });
    for (const name of ['notes', 'everything']) t.match(await work(ada, 'enable', name), { status: 'completed' });
    t.equal(own().length, 2);
    await users.update(hub.admin, hub.admin.caller, id, { email: 'new@example.org' });
    const email = { email: 'new@example.org', emailVerified: true };
    const person = { issuer: 'https://idp.test', subject: 'new', ...email, name: null, username: 'new', role: null };
    const joined = await new Identities(hub.store, users, 'viewer').userOf(SYSTEM, person);
    t.equal(joined.id, id);
    await wait('the servers are gone', () => own().length === 0);
    const now = await as('user');
    t.same(
      portal.catalog.list(now.caller).filter(({ type }) => type === 'custom'),
      [],
    );
    await portal.catalog.add(now, now.caller, { name: 'notes', image: 'docker.io/new/notes:1' });
    for (const name of ['notes', 'everything']) t.match(await work(now, 'enable', name), { status: 'completed' });
    await users.update(hub.admin, hub.admin.caller, id, { role: 'operator' });
    await portal.enablements.start();
    t.equal(own().length, 2, 'the things of the new owner stay');
  },
);

t.test('an admin who sends the same address back with another change does not vouch for it', async (t) => {
  const { hub, id } = await start(t, 'user');
  const { users } = hub.domain;
  const self = { kind: 'user', id, name: 'ada', userId: id, role: 'user', api: 'automation', tier: null } as const;
  const email = 'victim@example.org';
  const caller = { ...self, grants: null, credentialVersion: 1 };
  await users.update({ ...SYSTEM }, caller, id, { email, currentPassword: password });
  const set = async (changes: Parameters<typeof users.update>[3]) =>
    (await users.update(hub.admin, hub.admin.caller, id, changes)).emailBy;
  t.equal(await set({ email, role: 'operator' }), 'self');
  t.equal(await set({ email, role: 'operator' }), 'self', 'also if the role is the same');
  t.equal(await set({ email }), 'admin', 'an admin confirms an address by setting it');
  t.equal(await set({ email: 'other@example.org', role: 'user' }), 'admin');
});

t.test('an image that only the private entry of another person names is in no list', async (t) => {
  const { hub, as } = await start(t, 'user');
  const { docker, portal } = hub.domain;
  const ada = await as('user');
  await portal.catalog.add(ada, ada.caller, { name: 'secret', image: 'ghcr.io/ada/secret:1' });
  await portal.catalog.add(ada, ada.caller, { name: 'known', image: 'x/known:1' });
  await portal.catalog.add(hub.admin, hub.admin.caller, { name: 'known', image: 'docker.io/x/known', shared: true });
  const image = (name: string, tags: string[], digests: string[] = []) =>
    ({ id: name, tags, digests, createdAt: 0, bytes: 1, containers: 0 }) as const;
  const images = [
    image('a', ['ghcr.io/ada/secret:2'], ['ghcr.io/ada/secret@sha256:00']),
    image('b', ['ghcr.io/ada/secret:1', 'other:1']),
    image('c', ['x/known:1']),
    image('d', []),
  ];
  hub.agentComes({ operations: ['dockerInfo'] });
  hub.fleet.answers.set('listImages', () => json({ images, total: 9 }));
  const list = async (asker: Asker) => {
    const found = await docker.images.list(asker, {}, { name: '', limit: 4 });
    return { tags: Object.fromEntries(found.images.map(({ id, tags }) => [id, tags])), total: found.total };
  };
  const others = { c: ['x/known:1'], d: [] };
  t.same(await list(await hub.caller('viewer')), { tags: { b: ['other:1'], ...others }, total: 8 });
  const all = { a: ['ghcr.io/ada/secret:2'], b: ['ghcr.io/ada/secret:1', 'other:1'], ...others };
  t.same(await list(ada), { tags: all, total: 9 });
  t.same(await list(await hub.caller('operator')), { tags: all, total: 9 });
});
