import t from 'tap';
import { keyList } from '../../hub/api/infrastructure/api-keys.js';
import { userList } from '../../hub/api/infrastructure/users.js';
import { everyOperator } from '../every-operator.js';
import { base, infrastructureDocument, newUser, signIn } from '../infrastructure.js';
import { type Hub, startHub } from '../roundhouse.js';

let hub: Hub;
t.before(async () => {
  hub = await startHub(t);
  for (const [name, role] of [
    ['alice', 'operator'],
    ['bob', 'viewer'],
    ['carol', 'viewer'],
  ] as const)
    await newUser(hub, name, role);
  await hub.call('POST', '/connect/api/users', { username: 'dave', password: 'a password of dave', role: 'user' });
});

const list = (query: string) => hub.call('GET', `${base}/users?${query}`);
const names = async (query: string): Promise<string[]> =>
  (await list(query)).body.data?.map(({ username }: { username: string }) => username);
const all = ['admin', 'alice', 'bob', 'carol', 'dave'];

t.test('every operator on every documented field', async (t) => {
  const { body } = await list('');
  t.same(
    body.data.map(({ username }: { username: string }) => username),
    all,
  );
  t.same(Object.keys(userList.fields).sort(), Object.keys(body.data[0]).sort(), 'every field of the answer is one');
  await everyOperator(t, userList.fields, async (query) => (await list(query)).body.data);
  t.same(await names('username=bob'), ['bob'], 'without an operator');
});

t.test('filters go together, and brackets may be encoded', async (t) => {
  t.same(await names('role=viewer&username[gt]=bob'), ['carol']);
  t.same(await names('role%5Bin%5D=viewer,user&order=desc&sort=username'), ['dave', 'carol', 'bob']);
  t.same(await names('role%5Bin%5D=viewer%2Cadmin'), ['admin', 'bob', 'carol']);
  t.same(await names('email='), ['admin', 'dave'], 'those without one');
  t.same(await names('last_login=&email='), ['admin', 'dave']);
  t.same(await names('created_at[gt]=2023-01-01&created_at[lt]=2023-01-02'), []);
  t.same(await names(`created_at[gte]=2023-01-01&created_at[lt]=${new Date(Date.now() + 1000).toISOString()}`), all);
});

t.test('pages, sorting and their bounds', async (t) => {
  const first = await list('limit=2&sort=username&order=desc');
  t.same(first.body.metadata, { page: 1, limit: 2, total: 5, pages: 3, complete: true });
  t.same(await names('limit=2&sort=username&order=desc&page=2'), ['bob', 'alice']);
  t.same(await names('limit=2&page=4'), []);
  for (const field of Object.keys(userList.fields)) t.equal((await list(`sort=${field}`)).status, 200, field);
  for (const [query, field] of [
    ['page=0', 'page'],
    ['page=x', 'page'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['sort=password', 'sort'],
    ['order=up', 'order'],
    ['limit=1&limit=2', 'limit'],
  ] as const) {
    const { status, body } = await list(query);
    t.match([status, body.error], [400, { code: 'VALIDATION_ERROR', details: { field } }], query);
  }
});

t.test('unknown fields and operators, and values of the wrong form', async (t) => {
  const fields = Object.keys(userList.fields);
  for (const [query, details] of [
    ['nmae=x', { field: 'nmae', known: fields }],
    ['password_hash[regex]=.', { field: 'password_hash[regex]', known: fields }],
    ['role[like]=x', { field: 'role[like]', known: infrastructureDocument.operators }],
    ['role[]=x', { field: 'role[]' }],
    ['__proto__[eq]=x', { field: '__proto__[eq]' }],
    ['created_at[gt]=yesterday', { field: 'created_at[gt]' }],
    ['username[regex]=(', { field: 'username[regex]', error: /RE2/ }],
    ['username[regex]=(%3F%3Dx)', { field: 'username[regex]' }],
    ['role=viewer&role=user', { field: 'role' }],
  ] as const) {
    const { status, body } = await list(query);
    t.match([status, body.error], [400, { code: 'VALIDATION_ERROR', details }], query);
  }
});

t.test('a list of keys has the same conventions', async (t) => {
  const { access_token: token } = await signIn(hub);
  for (const [name, expires_in] of [
    ['one', 60],
    ['two', 0],
    ['three', 7200],
  ] as const)
    await hub.call('POST', `${base}/api-keys`, { name, expires_in }, token);
  const keys = async (query: string) => {
    const { body } = await hub.call('GET', `${base}/api-keys?${query}`, undefined, token);
    return body.data.map(({ name }: { name: string }) => name);
  };
  t.same(await keys(''), ['one', 'two', 'three']);
  await everyOperator(t, keyList.fields, async (query) => {
    const { body } = await hub.call('GET', `${base}/api-keys?${query}`, undefined, token);
    return body.data;
  });
  t.same(await keys('sort=expires_at&order=asc'), ['one', 'three', 'two']);
  t.same(await keys('expires_at=&last_used='), ['two']);
  t.same(await keys(`expires_at[gt]=${new Date(Date.now() + 600_000).toISOString()}`), ['three']);
  t.same(await keys('name[regex]=^t&limit=1&page=2'), ['three']);
});
