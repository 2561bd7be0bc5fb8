import t from 'tap';
import { type TSchema, Type } from 'typebox';
import type { DomainError } from '../../../hub/domain/errors.js';
import { validator } from '../../../hub/http/validation.js';

const Stdio = Type.Object({ type: Type.Literal('stdio'), command: Type.String({ minLength: 1 }) });
const Http = Type.Object({
  type: Type.Literal('http'),
  url: Type.String({ format: 'uri' }),
  retry: Type.Optional(Type.Object({ attempts: Type.Integer({ default: 3 }) })),
});
const Server = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 8 }),
  transport: Type.Union([Stdio, Http]),
  groupId: Type.Optional(Type.Union([Type.String({ minLength: 2 }), Type.Null()])),
  sort: Type.Optional(Type.Union([Type.Literal('name'), Type.Literal('usage')])),
  env: Type.Optional(Type.Record(Type.String(), Type.String())),
  both: Type.Optional(Type.Intersect([Type.Object({ a: Type.Integer() }), Type.Object({ b: Type.Integer() })])),
  mixed: Type.Optional(Type.Union([Type.Integer(), Type.Array(Type.Object({ n: Type.Integer() }))])),
});

const problems = (schema: TSchema, value: unknown, size = 0): string[] => {
  const compiled = validator(schema, 'body', 'body');
  try {
    compiled.check(value, size);
    return [];
  } catch (error) {
    const { details } = error as DomainError & { details: { problems: { field: string; error: string }[] } };
    return details.problems.map((problem) => `${problem.field} ${problem.error}`);
  }
};
const http = { type: 'http', url: 'https://x' };

t.test('what is valid passes', async (t) => {
  t.same(problems(Server, { name: 'a', transport: http, groupId: null, env: { A: 'b' }, both: { a: 1, b: 2 } }), []);
  t.same(problems(Server, { name: 'a', transport: http, groupId: 'ab', sort: 'name', mixed: [{ n: 1 }] }), []);
});

t.test(
  'the field is named by its path, and of a union only the branch that was meant is complained about',
  async (t) => {
    t.same(problems(Server, { name: 'a', transport: { type: 'http', url: 'no' } }), [
      'transport.url must be a valid uri',
    ]);
    t.same(problems(Server, { name: 'a', transport: { type: 'http' } }), ['transport.url is required']);
    t.same(problems(Server, { name: 'a', transport: { type: 'smtp' } }), [
      'transport.type is not one of the known types',
    ]);
    t.same(problems(Server, { name: 'a', transport: { url: 'x' } }), ['transport.type is required']);
  },
);

t.test('unknown members are refused at every depth, but for those of a record', async (t) => {
  t.same(problems(Server, { name: 'a', transport: { ...http, x: 1 }, y: 2 }), [
    'y is not a known field',
    'transport.x is not a known field',
  ]);
  t.same(problems(Server, { name: 'a', transport: http, both: { a: 1, b: 2, c: 3 } }), ['both.c is not a known field']);
});

t.test('a record checks its keys where it says so, and takes any other', async (t) => {
  const Strict = Type.Object({ env: Type.Record(Type.String({ pattern: '^[A-Z]+$' }), Type.String()) });
  t.same(problems(Strict, { env: { A: 'x', b: 'y' } }), ['env.b is not a known field']);
  t.same(problems(Server, { name: 'a', transport: http, env: { 'a\nb': 'c', __proto__x: 'd' } }), []);
  t.same(problems(Server, { name: 'a', transport: http, env: { a: 1 } }), ['env.a must be string']);
});

t.test('all problems are told', async (t) => {
  t.same(problems(Server, { name: '', transport: http, groupId: 1, sort: 'x', mixed: [{ n: 'x' }] }), [
    'name must NOT have fewer than 1 characters',
    'groupId must be string or null',
    'sort must be one of: name, usage',
    'mixed.0.n must be integer',
  ]);
});

t.test('the whole value', async (t) => {
  for (const value of [null, 1, 'x', []]) t.same(problems(Server, value), ['body must be object']);
});

t.test('no more than twenty problems, and of a large value only the first', async (t) => {
  const List = Type.Array(Type.Integer());
  const bad = Array.from({ length: 1000 }, () => 'x');
  t.equal(problems(List, bad).length, 20);
  t.equal(problems(List, bad, 100_000).length, 1);
});

t.test('defaults are filled in, in a union’s branch too', async (t) => {
  const value = { name: 'a', transport: { ...http, retry: {} } };
  validator(Server, 'body', 'body').check(value, 0);
  t.same(value.transport.retry, { attempts: 3 });
});

t.test('a member called __proto__ is an unknown field, and touches no prototype', async (t) => {
  const value: unknown = JSON.parse(`{"name":"a","transport":${JSON.stringify(http)},"__proto__":{"polluted":1}}`);
  t.same(problems(Server, value), ['__proto__ is not a known field']);
  t.equal(({} as { polluted?: unknown }).polluted, undefined);
});

t.test('bodies are not coerced', async (t) => {
  t.same(problems(Type.Object({ n: Type.Integer() }), { n: '1' }), ['n must be integer']);
});
