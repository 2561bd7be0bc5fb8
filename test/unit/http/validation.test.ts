import { EXPECTED, expecting, form } from '@roundhouse/proto/wording';
import t from 'tap';
import { type TSchema, Type } from 'typebox';
import { describedApis } from '../../../hub/apis.js';
import type { DomainError } from '../../../hub/domain/errors.js';
import { validator } from '../../../hub/http/request/validation.js';

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

const problems = (schema: TSchema, value: unknown): string[] => {
  const compiled = validator(schema, 'body', 'body');
  try {
    compiled.check(value);
    return [];
  } catch (error) {
    const { details } = error as DomainError & { details: { problems: { field: string; error: string }[] } };
    return details.problems.map((problem) => `${problem.field} ${problem.error}`);
  }
};
const http = { type: 'http', url: 'https://x' };

t.test('valid input passes', async (t) => {
  t.same(problems(Server, { name: 'a', transport: http, groupId: null, env: { A: 'b' }, both: { a: 1, b: 2 } }), []);
  t.same(problems(Server, { name: 'a', transport: http, groupId: 'ab', sort: 'name', mixed: [{ n: 1 }] }), []);
});

t.test('an error names the field by its path, and only the chosen branch of a union', async (t) => {
  t.same(problems(Server, { name: 'a', transport: { type: 'http', url: 'no' } }), ['transport.url must be a URL']);
  t.same(problems(Server, { name: 'a', transport: { type: 'http' } }), ['transport.url is required']);
  t.same(problems(Server, { name: 'a', transport: { type: 'smtp' } }), ['transport.type must be one of: stdio, http']);
  t.same(problems(Server, { name: 'a', transport: { url: 'x' } }), ['transport.type is required']);
});

t.test('unknown members are refused at every depth, except members of a record', async (t) => {
  t.same(problems(Server, { name: 'a', transport: { ...http, x: 1 }, y: 2 }), [
    'y is not a known field; known: name, transport, groupId, sort, env, both, mixed',
    'transport.x is not a known field; known: type, url, retry',
  ]);
  t.same(problems(Server, { name: 'a', transport: http, both: { a: 1, b: 2, c: 3 } }), [
    'both.c is not a known field; known: a, b',
  ]);
});

t.test('a record checks its keys if it has a pattern, and otherwise accepts any key', async (t) => {
  const Strict = Type.Object({ env: Type.Record(Type.String({ pattern: '^[A-Z]+$' }), Type.String()) });
  t.same(problems(Strict, { env: { A: 'x', b: 'y' } }), ['env.b is not a known field']);
  t.same(problems(Server, { name: 'a', transport: http, env: { 'a\nb': 'c', __proto__x: 'd' } }), []);
  t.same(problems(Server, { name: 'a', transport: http, env: { a: 1 } }), ['env.a must be a string']);
});

t.test('an error lists all problems', async (t) => {
  t.same(problems(Server, { name: '', transport: http, groupId: 1, sort: 'x', mixed: [{ n: 'x' }] }), [
    'name must have 1 to 8 characters',
    'groupId must be a string or null',
    'sort must be one of: name, usage',
    'mixed.0.n must be a whole number',
  ]);
});

t.test('an error can be about the whole value', async (t) => {
  for (const value of [null, 1, 'x', []]) t.same(problems(Server, value), ['body must be an object']);
});

t.test('an error lists at most twenty problems, and only the first of a large value', async (t) => {
  const List = Type.Array(Type.Integer());
  const bad = (length: number) => Array.from({ length }, () => 'x');
  t.equal(problems(List, bad(999)).length, 20);
  t.equal(problems(List, bad(1000)).length, 1, 'a list and a thousand items');
  t.equal(problems(Type.Array(List), [bad(500), bad(500)]).length, 1);
});

t.test('defaults are filled in, in a union’s branch too', async (t) => {
  const value = { name: 'a', transport: { ...http, retry: {} } };
  validator(Server, 'body', 'body').check(value);
  t.same(value.transport.retry, { attempts: 3 });
});

t.test('a member called __proto__ is an unknown field, and changes no prototype', async (t) => {
  const value: unknown = JSON.parse(`{"name":"a","transport":${JSON.stringify(http)},"__proto__":{"polluted":1}}`);
  t.match(problems(Server, value), [/^__proto__ is not a known field/]);
  t.equal(({} as { polluted?: unknown }).polluted, undefined);
});

t.test('bodies are not coerced', async (t) => {
  t.same(problems(Type.Object({ n: Type.Integer() }), { n: '1' }), ['n must be a whole number']);
});

t.test('one schema serves a body and a query, and each place has its own name', async (t) => {
  const schema = Type.Object({ n: Type.Integer() });
  const checks = (kind: 'body' | 'text', root: string, value: unknown) => {
    try {
      validator(schema, kind, root).check(value);
      return 'right';
    } catch (error) {
      return (error as DomainError).details?.field;
    }
  };
  t.equal(checks('body', 'body', { n: '1' }), 'n', 'a body is not coerced');
  t.equal(checks('text', 'query', { n: '1' }), 'right', 'a query is');
  t.equal(checks('body', 'body', 1), 'body');
  t.equal(checks('body', 'arguments', 1), 'arguments');
});

t.test('an error says what the hub expected', async (t) => {
  const Words = Type.Object({
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 64, ...form('letters and digits', '^[a-z0-9]*$') })),
    url: Type.Optional(Type.String({ format: 'uri', ...form('must be a URL that begins with https://', '^https://') })),
    password: Type.Optional(Type.String({ minLength: 8 })),
    note: Type.Optional(Type.String({ maxLength: 1 })),
    pages: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    port: Type.Optional(Type.Integer({ minimum: 1 })),
    share: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    tags: Type.Optional(Type.Array(Type.String(), { minItems: 1, uniqueItems: true })),
    time: Type.Optional(Type.String({ format: 'date-time' })),
    value: Type.Optional(Type.Union([Type.Boolean(), Type.Number(), Type.Array(Type.String())])),
    env: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Z]+$' }), Type.String(), expecting('capital letters'))),
    only: Type.Optional(Type.Literal('this')),
  });
  for (const [value, told] of [
    [{ name: 'é' }, 'name must have 1 to 64 characters: letters and digits'],
    [{ name: '' }, 'name must have 1 to 64 characters: letters and digits'],
    [{ url: 'no' }, 'url must be a URL that begins with https://'],
    [{ password: 'x' }, 'password must have at least 8 characters'],
    [{ note: 'xy' }, 'note must have at most 1 character'],
    [{ pages: 0 }, 'pages must be a whole number from 1 to 100'],
    [{ port: 0 }, 'port must be a whole number of at least 1'],
    [{ share: 0 }, 'share must be a number of more than 0 and at most 1'],
    [{ tags: [] }, 'tags must have at least 1 item'],
    [{ tags: ['a', 'a'] }, 'tags must have no item twice'],
    [{ time: 'now' }, 'time must be a time such as 2026-01-31T03:00:00Z'],
    [{ value: 'x' }, 'value must be true or false or a number or a list'],
    [{ env: { a: 'x' } }, 'env.a is not a name that can be used here; expected: capital letters'],
    [{ only: 'that' }, 'only must be "this"'],
  ] as const)
    t.equal(problems(Words, value)[0], told);
});

t.test('each pattern of an endpoint has a description', async (t) => {
  const without = (schema: unknown): unknown[] => {
    if (typeof schema !== 'object' || schema === null) return [];
    const { pattern, patternProperties, properties, ...rest } = schema as Record<string, unknown>;
    const keys = Object.keys(patternProperties ?? {}).filter((key) => key !== '^.*$');
    const lacks =
      (typeof pattern === 'string' || keys.length > 0) && (schema as { [EXPECTED]?: string })[EXPECTED] === undefined;
    const parts = [
      ...Object.values(patternProperties ?? {}),
      ...Object.values(properties ?? {}),
      ...Object.values(rest),
    ];
    return [...(lacks ? [pattern ?? keys] : []), ...parts.flatMap(without)];
  };
  for (const api of describedApis())
    for (const { spec } of api.endpoints)
      t.same([spec.params, spec.query, spec.body].flatMap(without), [], `${api.name} ${spec.method} ${spec.path}`);
});
