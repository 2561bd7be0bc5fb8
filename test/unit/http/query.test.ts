import t from 'tap';
import { Type } from 'typebox';
import { QueryReader } from '../../../hub/http/request/target.js';

const reader = new QueryReader(
  Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50 }),
    enabled: Type.Optional(Type.Boolean()),
    search: Type.Optional(Type.String()),
    ids: Type.Optional(Type.Array(Type.String())),
  }),
  'refused',
);

t.test('values are coerced, and defaults filled in', async (t) => {
  t.same({ ...reader.read('enabled=true&search=a+b%26c') }, { limit: 50, enabled: true, search: 'a b&c' });
  t.same({ ...reader.read('limit=7&&search') }, { limit: 7, search: '' });
  t.same({ ...reader.read('') }, { limit: 50 });
});

t.test('unknown parameters are refused, all of them, with the known ones', async (t) => {
  const error = 'is not a known parameter; known: limit, enabled, search, ids';
  const problems = [
    { field: 'serach', error },
    { field: 'other', error },
  ];
  t.throws(() => reader.read('serach=a&limit=1&other=1&other=2'), {
    code: 'invalid_input',
    message: `serach: ${error}`,
    details: { problems },
  });
  t.throws(() => new QueryReader(Type.Object({}), 'refused').read('a=1'), {
    message: 'a: is not a known parameter; there are none here',
  });
});

t.test('unknown parameters are ignored on request', async (t) => {
  const lenient = new QueryReader(Type.Object({ state: Type.String() }), 'ignored');
  t.same({ ...lenient.read('state=a&session_state=b&session_state=c') }, { state: 'a' });
});

t.test('a list parameter may be repeated, and a single value is a list', async (t) => {
  t.same({ ...reader.read('ids=a&ids=b') }, { limit: 50, ids: ['a', 'b'] });
  t.same(reader.read('ids=a').ids, ['a']);
});

t.test('other parameters may not be repeated', async (t) => {
  t.throws(() => reader.read('limit=1&limit=2'), { code: 'invalid_input', details: { field: 'limit' } });
});

t.test('the error for a wrong value names the parameter', async (t) => {
  t.throws(() => reader.read('limit=0'), {
    code: 'invalid_input',
    details: { field: 'limit', error: 'must be a whole number from 1 to 100' },
  });
  t.throws(() => reader.read('limit=x&enabled=maybe'), {
    code: 'invalid_input',
    details: { problems: [{ field: 'limit' }, { field: 'enabled' }] },
  });
  t.throws(() => reader.read('limit='), { code: 'invalid_input' });
});

t.test('broken encoding, NUL and floods of parameters are malformed', async (t) => {
  for (const query of ['search=%', 'search=%ff', '%zz=1', 'search=%00', `${'a=1&'.repeat(300)}`])
    t.throws(() => reader.read(query), { code: 'malformed' }, query.slice(0, 20));
});

t.test('an open schema sees every parameter', async (t) => {
  const open = new QueryReader(
    Type.Object({ page: Type.Integer({ default: 1 }) }, { additionalProperties: Type.String() }),
    'refused',
  );
  t.same({ ...open.read('status[in]=a,b&__proto__=x') }, { page: 1, 'status[in]': 'a,b', ['__proto__']: 'x' });
});
