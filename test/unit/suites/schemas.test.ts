import { SchemaWork } from '@roundhouse/proto/work';
import t from 'tap';
import { checkCases, type DeclaredCase } from '../../../hub/domain/suites/declaration.js';

const declared = (structuredSchema: DeclaredCase['structuredSchema'], name = 'a'): DeclaredCase => ({
  ...{ name, tool: 'read', arguments: {}, expectError: false, contains: '', matches: '', timeoutMs: null },
  structuredSchema,
});

const schemas = new SchemaWork();
t.teardown(() => schemas.end());

/** One large part, and many references to it. With a copy of the part for each reference it takes minutes. */
const many = {
  $defs: {
    part: {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`p${i}`, { type: 'string' }])),
    },
  },
  allOf: Array.from({ length: 300 }, () => ({ $ref: '#/$defs/part' })),
};

t.test('a schema that refers to one part many times is declared and checked', async (t) => {
  t.doesNotThrow(() => checkCases([declared(many)], new Set()));
  t.match(await schemas.check(many, { p299: 'x' }, { p299: 1 }), { errors: [null, '/p299 must be a string'] });
});

t.test('an error of a value has the form of all other errors, and names its field', async (t) => {
  const schema = {
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: {
      name: { type: 'string', minLength: 2 },
      count: { type: 'integer', multipleOf: 5, minimum: 1 },
      kind: { enum: ['a', { b: 1 }] },
      no: { not: {} },
    },
  };
  const said = [
    [{}, '/name is required'],
    [{ name: 'x' }, '/name must have at least 2 characters'],
    [{ name: 'xy', more: 1 }, '/more is not a known field; known: name, count, kind, no'],
    [{ name: 'xy', count: 3 }, '/count must be a multiple of 5'],
    [{ name: 'xy', count: 0 }, '/count must be a whole number of at least 1'],
    [{ name: 'xy', kind: 'c' }, '/kind must be one of: a, {"b":1}'],
    [{ name: 'xy', no: 1 }, "/no does not fit 'not' of its schema"],
    [[], 'it must be an object'],
  ] as const;
  const { errors } = await schemas.check(schema, ...said.map(([value]) => value));
  t.same(
    errors,
    said.map(([, error]) => error),
  );
});

t.test('a value that is not a schema, or more schemas than are checked, is refused with its field', async (t) => {
  const check = (cases: readonly DeclaredCase[]) => () => checkCases(cases, new Set());
  const refused = (field: string) => ({ code: 'invalid_input', details: { field } });
  t.throws(check([declared({}), declared({ type: 'nothing' }, 'b')]), refused('cases.1.structured_schema'));
  const large = { description: 'x'.repeat(60_000) };
  t.doesNotThrow(check([declared(large), declared(large, 'b')]));
  t.throws(check([declared(large), declared(large, 'b'), declared(large, 'c')]), refused('cases.2.structured_schema'));
});

/** Two hundred characters that the compiler of the engine takes 100 ms for. */
const costly = `(?i)${'[a-\ufb00]'.repeat(40)}`;

t.test('the patterns of all cases together are bounded', async (t) => {
  const check = (patterns: readonly string[]) => () =>
    checkCases(
      patterns.map((matches, at) => ({ ...declared(null, `case ${at}`), matches })),
      new Set(),
    );
  const refused = (field: string) => ({ code: 'invalid_input', details: { field, error: /too much work/ } });
  t.doesNotThrow(check(Array(200).fill('^\\d{4}-\\d{2}-\\d{2}: [a-z]+$')));
  t.throws(check(['ok', costly]), refused('cases.1.matches'));
  t.throws(check(Array(10).fill('(?i)[a-\ufb00]')), refused('cases.7.matches'));
});

t.test('a schema with costly patterns is not compiled', async (t) => {
  const schema = (pattern: string, count: number) => ({
    properties: Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, { pattern: pattern + at }])),
  });
  t.same(await schemas.check(schema('^[a-z]{1,64}', 100), { p0: 'a0' }, { p0: '!' }), {
    errors: [null, '/p0 must fit the pattern ^[a-z]{1,64}0'],
  });
  t.same(await schemas.check(schema(costly, 1)), { unchecked: 'its patterns take too much work' });
  t.same(await schemas.check(schema('(?i)[a-\ufb00]', 50)), { unchecked: 'its patterns take too much work' });
});

t.test('a schema is checked outside the event loop', async (t) => {
  // Each element is compared with each other one.
  const values = Array.from({ length: 100_000 }, (_, at) => ({ at }));
  const answer = schemas.check({ type: 'array', uniqueItems: true }, values);
  const first = await Promise.race([answer, new Promise((resolve) => setImmediate(resolve, 'the event loop goes on'))]);
  t.equal(first, 'the event loop goes on');
  await t.rejects(answer, { name: 'TaskError', message: /^the schema is too costly: it takes longer than/ });
});

t.test('a sample has a bound on its values and its length', async (t) => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `p${at}`);
  const object = (count: number, each: object) => ({
    type: 'object',
    required: names(count),
    properties: Object.fromEntries(names(count).map((name) => [name, each])),
  });
  t.same(Object.keys(await schemas.sample(object(500, { type: 'string' }))), names(500));
  const tooCostly = (more: RegExp) => ({ name: 'TaskError', message: more });
  // 625 characters that stand for 24 to the power of eight values.
  await t.rejects(schemas.sample(object(24, { $ref: '#' })), tooCostly(/^the schema is too costly: .*10000 values/));
  const long = { ...object(300, { $ref: '#/$defs/long' }), $defs: { long: { const: 'x'.repeat(1000) } } };
  await t.rejects(schemas.sample(long), tooCostly(/^the schema is too costly: .*262144 characters/));
});

t.test('a schema that nests too deeply to be copied is too costly, and the next one is checked', async (t) => {
  let deep: object = {};
  for (let at = 0; at < 50_000; at++) deep = { not: deep };
  await t.rejects(schemas.check(deep), { name: 'TaskError', message: /nested too deeply/ });
  t.same(await schemas.check({ type: 'object' }, {}), { errors: [null] });
});

t.test('unfinished work fails when the worker ends', async (t) => {
  const ended = new SchemaWork();
  const values = Array.from({ length: 100_000 }, (_, at) => ({ at }));
  const left = [ended.check({ type: 'array', uniqueItems: true }, values), ended.sample({ type: 'object' })];
  const outcomes = Promise.allSettled(left);
  ended.end();
  for (const { status } of await outcomes) t.equal(status, 'rejected');
  await t.rejects(ended.sample({ type: 'object' }), { name: 'TaskError' });
});
