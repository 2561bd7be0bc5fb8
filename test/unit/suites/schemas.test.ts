import { checkSchema } from '@roundhouse/proto/work';
import t from 'tap';
import { checkCases, type DeclaredCase } from '../../../hub/domain/suites/declaration.js';

const declared = (structuredSchema: DeclaredCase['structuredSchema'], name = 'a'): DeclaredCase => ({
  ...{ name, tool: 'read', arguments: {}, expectError: false, contains: '', matches: '', timeoutMs: null },
  structuredSchema,
});

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
  t.match(await checkSchema(many, { p299: 'x' }, { p299: 1 }), { errors: [null, '/p299 must be string'] });
});

t.test('what is no schema, or more schemas than are checked, is refused with its field', async (t) => {
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
  t.same(await checkSchema(schema('^[a-z]{1,64}', 100), { p0: 'a0' }, { p0: '!' }), {
    errors: [null, '/p0 must match pattern "^[a-z]{1,64}0"'],
  });
  t.same(await checkSchema(schema(costly, 1)), { unchecked: 'its patterns take too much work' });
  t.same(await checkSchema(schema('(?i)[a-\ufb00]', 50)), { unchecked: 'its patterns take too much work' });
});

t.test('a schema is checked outside the event loop', async (t) => {
  // Each element is compared with each other one.
  const values = Array.from({ length: 100_000 }, (_, at) => ({ at }));
  const answer = checkSchema({ type: 'array', uniqueItems: true }, values);
  const first = await Promise.race([answer, new Promise((resolve) => setImmediate(resolve, 'the event loop goes on'))]);
  t.equal(first, 'the event loop goes on');
  t.match(await answer, { unchecked: /longer than/ });
});
