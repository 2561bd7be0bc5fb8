import t from 'tap';
import type { Caller, Role } from '../../../hub/domain/access/caller.js';
import { maySee, ownerOf, ownershipKey } from '../../../hub/domain/access/grants.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { Catalog, checkImageName } from '../../../hub/domain/catalog/catalog.js';
import { enablements } from '../../../hub/domain/catalog/entry.js';
import { predefinedEntries } from '../../../hub/domain/catalog/predefined.js';
import { transportOf } from '../../../hub/domain/catalog/transport.js';
import { put, remove } from '../../../hub/domain/store.js';
import { openTestStore } from '../store/stores.js';

const caller = (id: string, role: Role): Caller => ({
  ...{ kind: 'user', id, name: id, userId: id, role, api: 'portal', tier: null, grants: null },
});
const [ada, bob, boss, root] = [
  caller('ada', 'user'),
  caller('bob', 'user'),
  caller('boss', 'operator'),
  caller('root', 'admin'),
];

t.test('the catalog of the hub is consistent', async (t) => {
  const names = predefinedEntries.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  t.equal(new Set(predefinedEntries.map(({ id }) => id)).size, names.length);
  for (const { id, name, category, tags } of predefinedEntries) {
    t.match(id, /^01930000-0000-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/, name);
    t.ok(category !== '' && tags.length > 0);
  }
  for (const { source } of predefinedEntries)
    if (source.type === 'image') t.doesNotThrow(() => checkImageName('image', source.image));
});

t.test('names of images', async (t) => {
  for (const image of [
    'a',
    'team/tool:latest',
    'localhost:5000/x',
    'ghcr.io/a/b@sha256:'.concat('0'.repeat(64)),
    'a.b/c__d-e:V1.2',
  ])
    t.doesNotThrow(() => checkImageName('image', image), image);
  for (const image of [
    '',
    ' a',
    'A',
    '-v/:/x',
    'a:',
    'a b',
    'https://a/b',
    'a@sha256:12',
    'a//b',
    '0'.repeat(64),
    'a\n',
  ])
    t.throws(() => checkImageName('image', image), { code: 'invalid_input' }, image);
});

t.test('images are confined; values are given by name alone', async (t) => {
  const github = predefinedEntries.find(({ name }) => name === 'github');
  if (!github) throw new Error('there is no entry github');
  const secret = { GITHUB_PERSONAL_ACCESS_TOKEN: 'a secret' };
  const transport = transportOf(github, secret);
  t.match(transport, { command: 'docker', env: secret });
  const { args = [] } = transport as { readonly args?: readonly string[] };
  t.ok(args.includes('no-new-privileges') && args.includes('ALL'));
  t.notOk(args.some((arg) => arg.includes('a secret')));
  t.throws(() => transportOf(github, {}), {
    code: 'invalid_input',
    details: { field: 'config.env.GITHUB_PERSONAL_ACCESS_TOKEN' },
  });
});

t.test('users see and change their own entries, and admins shared ones', async (t) => {
  const { store } = await openTestStore(t);
  const catalog = new Catalog(store);
  const custom = (who: Caller) =>
    catalog
      .list(who)
      .filter(({ type }) => type === 'custom')
      .map(({ name }) => name);
  const { id: mine } = await catalog.add(SYSTEM, ada, { name: 'mine', image: 'a/b' });
  await catalog.add(SYSTEM, boss, { name: 'ours', image: 'a/c' });
  t.same(
    [custom(ada), custom(bob), custom(boss), custom(root)],
    [['mine', 'ours'], ['ours'], ['mine', 'ours'], ['mine', 'ours']],
  );
  await t.rejects(catalog.add(SYSTEM, ada, { name: 'MINE', image: 'x' }), { code: 'already_exists' });
  await t.rejects(catalog.add(SYSTEM, bob, { name: 'memory', image: 'x' }), { code: 'already_exists' });
  await t.rejects(catalog.update(SYSTEM, bob, 'mine', { image: 'x' }), { code: 'not_found' });
  await t.rejects(catalog.update(SYSTEM, bob, 'ours', { image: 'x' }), { code: 'forbidden' });
  await t.rejects(catalog.update(SYSTEM, ada, 'mine', { shared: true }), { code: 'forbidden' });
  await catalog.update(SYSTEM, boss, mine, { shared: true });
  t.same(custom(bob), ['mine', 'ours']);
  await t.rejects(catalog.update(SYSTEM, ada, 'mine', { image: 'evil/x' }), { code: 'forbidden' });
  await catalog.update(SYSTEM, ada, 'mine', { description: 'still hers' });
  const { id: entryId } = catalog.find(ada, 'mine') ?? { id: '' };
  const bobs = { id: 'e', ownerId: ownerOf(bob), entryId, serverId: 's', entry: 'custom', revision: 1 } as never;
  await store.apply({ writes: [put(enablements, bobs, 'absent')] });
  await t.rejects(catalog.remove(SYSTEM, ada, 'mine'), { code: 'forbidden' }, "bob's server would go with it");
  await store.apply({ writes: [remove(enablements, 'e', 'any')] });
  await catalog.remove(SYSTEM, ada, 'mine');
  t.same(custom(ada), ['ours']);
});

t.test('a name reveals no entry of another person', async (t) => {
  const { store } = await openTestStore(t);
  const catalog = new Catalog(store);
  const hers = await catalog.add(SYSTEM, ada, { name: 'secret-project', image: 'a/b' });
  const his = await catalog.add(SYSTEM, bob, { name: 'Secret-Project', image: 'c/d' });
  t.equal(catalog.find(ada, 'secret-project')?.id, hers.id);
  t.equal(catalog.find(bob, 'secret-project')?.id, his.id);
  const other = await catalog.add(SYSTEM, bob, { name: 'other', image: 'c/d' });
  await t.rejects(
    catalog.update(SYSTEM, bob, other.id, { name: 'secret-project' }),
    { code: 'already_exists' },
    'his own',
  );
  await t.resolves(catalog.update(SYSTEM, ada, hers.id, { name: 'other' }));
  const shared = await catalog.add(SYSTEM, boss, { name: 'other', image: 'x', shared: true });
  await t.rejects(catalog.update(SYSTEM, boss, hers.id, { shared: true }), { code: 'already_exists' });
  await catalog.remove(SYSTEM, boss, shared.id);
  await catalog.update(SYSTEM, boss, hers.id, { shared: true });
  t.equal(catalog.find(bob, 'other')?.id, other.id, 'his own comes before a shared one');
  await t.rejects(catalog.update(SYSTEM, boss, other.id, { shared: true }), { code: 'already_exists' });
});

t.test('a name means no private entry of another user, and such an entry takes no name', async (t) => {
  const { store } = await openTestStore(t);
  const catalog = new Catalog(store);
  const hers = await catalog.add(SYSTEM, ada, { name: 'jira', image: 'evil/jira' });
  for (const who of [bob, boss, root]) t.equal(catalog.find(who, 'Jira'), undefined, who.id);
  await t.rejects(catalog.update(SYSTEM, boss, 'jira', { description: 'x' }), { code: 'not_found' });
  await t.rejects(catalog.remove(SYSTEM, root, 'jira'), { code: 'not_found' });
  for (const who of [boss, root, ada]) t.equal(catalog.find(who, hers.id)?.id, hers.id, `${who.id} gives the id`);
  t.equal(catalog.find(bob, hers.id), undefined);
  const shared = await catalog.add(SYSTEM, boss, { name: 'JIRA', image: 'team/jira' });
  for (const who of [bob, boss, root]) t.equal(catalog.find(who, 'jira')?.id, shared.id, who.id);
  t.equal(catalog.find(ada, 'jira')?.id, hers.id, 'her own comes first');
});

t.test('the registries that standard users take images from', async (t) => {
  const { store } = await openTestStore(t);
  const catalog = new Catalog(store, ['GHCR.io', 'docker.io', 'registry.example.com:5000']);
  const refused = { code: 'forbidden', details: { field: 'image' } };
  const add = (image: string, who = ada) => catalog.add(SYSTEM, who, { name: image.replaceAll(/[/:]/g, '-'), image });
  for (const image of ['ghcr.io/a/b', 'team/tool:1', 'index.docker.io/a/bcd', 'registry.example.com:5000/x'])
    await t.resolves(add(image), image);
  for (const image of ['ghcr.io.evil.example/a/b', 'registry.example.com/x', '127.0.0.1:9/x', 'localhost/x'])
    await t.rejects(add(image), refused, image);
  await t.rejects(catalog.update(SYSTEM, ada, 'ghcr.io-a-b', { image: 'evil.example/x' }), refused);
  await t.resolves(add('evil.example/team/tool', boss), 'a team admin');
});

t.test('a server with an owner', async (t) => {
  const server = { id: 's', groupId: null, site: 'local', ownerId: 'ada' };
  t.same(
    [ada, bob, boss, root].map((who) => maySee(who, server)),
    [true, false, false, true],
  );
  const key = { ...bob, kind: 'api_key', id: 'k', userId: 'ada' } as const;
  t.ok(maySee({ ...key, countedAs: 'user:ada' }, server), 'by a key that its owner made for itself, too');
  t.notOk(maySee(key, server), 'not by a key that its owner made for another person');
  t.notOk(maySee({ grants: null }, server));
  const owners = new Set(['ada']);
  t.same(
    [ada, bob, root].map((who) => ownershipKey(who, owners)),
    ['ada', '', 'admin '],
  );
  t.equal(ownershipKey(root, new Set()), '');
});
