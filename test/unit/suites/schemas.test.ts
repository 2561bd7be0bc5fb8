import t from 'tap';
import { checkSchema, violation } from '../../../agent/drivers/suite/schema-check.js';
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
  const { validate } = checkSchema(many) as { readonly validate: Parameters<typeof violation>[0] };
  t.equal(violation(validate, { p299: 'x' }), undefined);
  t.match(violation(validate, { p299: 1 }), '/p299 must be string');
});

t.test('what is no schema, or more schemas than are checked, is refused with its field', async (t) => {
  const check = (cases: readonly DeclaredCase[]) => () => checkCases(cases, new Set());
  const refused = (field: string) => ({ code: 'invalid_input', details: { field } });
  t.throws(check([declared({}), declared({ type: 'nothing' }, 'b')]), refused('cases.1.structured_schema'));
  const large = { description: 'x'.repeat(60_000) };
  t.doesNotThrow(check([declared(large), declared(large, 'b')]));
  t.throws(check([declared(large), declared(large, 'b'), declared(large, 'c')]), refused('cases.2.structured_schema'));
});
