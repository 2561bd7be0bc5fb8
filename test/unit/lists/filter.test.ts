import t from 'tap';
import type { Fields } from '../../../hub/domain/lists/field.js';
import { conditionsOf, operators } from '../../../hub/domain/lists/filter.js';

interface Item {
  readonly name: string | null;
  readonly size: number | null;
  readonly hot: boolean;
  readonly at: number | null;
}

const fields: Fields<Item> = {
  name: { type: 'string', of: ({ name }) => name },
  size: { type: 'number', of: ({ size }) => size },
  hot: { type: 'boolean', of: ({ hot }) => hot },
  at: { type: 'date', of: ({ at }) => at },
};
const day = Date.parse('2025-08-15');
const items: Item[] = [
  { name: 'alpha', size: 1, hot: true, at: day },
  { name: 'beta', size: 2.5, hot: false, at: day + 3_600_000 },
  { name: 'gamma', size: -3, hot: true, at: day + 86_400_000 },
  { name: null, size: null, hot: false, at: null },
];

/** Which items, by their place, a filter lets through. */
function found(parameters: Readonly<Record<string, string>>): number[] {
  const conditions = conditionsOf(fields, parameters);
  const matching = { left: 100_000 };
  return items.flatMap((item, i) => (conditions.every(({ holds }) => holds(item, matching)) ? [i] : []));
}

t.test('every operator on every type', async (t) => {
  const cases: readonly [parameter: string, value: string, places: readonly number[]][] = [
    ['name', 'beta', [1]],
    ['name[eq]', 'beta', [1]],
    ['name[ne]', 'beta', [0, 2, 3]],
    ['name[gt]', 'beta', [2]],
    ['name[gte]', 'beta', [1, 2]],
    ['name[lt]', 'beta', [0]],
    ['name[lte]', 'beta', [0, 1]],
    ['name[in]', 'alpha,gamma,delta', [0, 2]],
    ['name[nin]', 'alpha,gamma', [1, 3]],
    ['name[regex]', 'a$', [0, 1, 2]],
    ['name[regex]', '(?i)^BE', [1]],
    ['size[eq]', '2.5', [1]],
    ['size[eq]', '25e-1', [1]],
    ['size[ne]', '1', [1, 2, 3]],
    ['size[gt]', '1', [1]],
    ['size[gte]', '1', [0, 1]],
    ['size[lt]', '1', [2]],
    ['size[lte]', '1', [0, 2]],
    ['size[in]', '1,-3', [0, 2]],
    ['size[nin]', '1,-3', [1, 3]],
    ['size[regex]', '^-', [2]],
    ['hot', 'true', [0, 2]],
    ['hot[ne]', 'true', [1, 3]],
    ['hot[gt]', 'false', [0, 2]],
    ['hot[gte]', 'false', [0, 1, 2, 3]],
    ['hot[lt]', 'true', [1, 3]],
    ['hot[lte]', 'false', [1, 3]],
    ['hot[in]', 'true,false', [0, 1, 2, 3]],
    ['hot[nin]', 'true', [1, 3]],
    ['hot[regex]', '^f', [1, 3]],
    ['at', '2025-08-15', [0, 1]],
    ['at[eq]', '2025-08-15T00:00:00Z', [0]],
    ['at[eq]', '2025-08-15T01:00', [1]],
    ['at[eq]', '2025-08-15T03:00:00+02:00', [1]],
    ['at[ne]', '2025-08-15', [2, 3]],
    ['at[gt]', '2025-08-15', [1, 2]],
    ['at[gte]', '2025-08-15', [0, 1, 2]],
    ['at[lt]', '2025-08-16', [0, 1]],
    ['at[lte]', '2025-08-16', [0, 1, 2]],
    ['at[in]', '2025-08-16,2024-01-01', [2]],
    ['at[nin]', '2025-08-16', [0, 1, 3]],
    ['at[regex]', 'T01:', [1]],
  ];
  for (const [parameter, value, places] of cases)
    t.same(found({ [parameter]: value }), places, `${parameter}=${value}`);
  for (const name of Object.keys(fields))
    for (const operator of operators)
      t.ok(
        cases.some(([parameter]) => parameter === `${name}[${operator}]`) || operator === 'eq',
        `${name}[${operator}] is a case`,
      );
});

t.test('all conditions must hold', async (t) => {
  t.same(found({ hot: 'true', 'size[gt]': '0' }), [0]);
  t.same(found({}), [0, 1, 2, 3]);
});

t.test('an empty value is "none", which is neither greater nor less than any value', async (t) => {
  for (const name of ['name', 'size', 'at']) {
    t.same(found({ [name]: '' }), [3]);
    t.same(found({ [`${name}[ne]`]: '' }), [0, 1, 2]);
    t.same(found({ [`${name}[gte]`]: '' }), []);
  }
  t.same(found({ 'name[in]': 'alpha,' }), [0, 3]);
});

t.test('unknown fields and operators are named, and the known ones listed', async (t) => {
  const of =
    (parameter: string, value = 'x') =>
    () =>
      found({ [parameter]: value });
  const code = 'invalid_input';
  t.throws(of('nmae'), { code, details: { field: 'nmae', error: /name, size, hot, at/, known: Object.keys(fields) } });
  t.throws(of('name[like]'), { code, details: { field: 'name[like]', known: [...operators] } });
  for (const parameter of [
    '',
    '[eq]',
    'name[',
    'name]',
    'name[eq]x',
    'name[eq][ne]',
    'name[]',
    '__proto__',
    'toString',
  ])
    t.throws(of(parameter), { code, details: { field: parameter } }, parameter);
  t.throws(of('x'.repeat(5000)), { code, details: { field: 'x'.repeat(100) } });
});

t.test('values of the wrong form name the parameter', async (t) => {
  const wrong = {
    size: ['x', '1,2', '0x10', 'Infinity', '1e999', ' 1'],
    hot: ['yes', '1', 'TRUE'],
    at: ['soon', '2025-02-30', '2025-08-15T25:00', '20250815', '0'],
  };
  for (const [name, values] of Object.entries(wrong))
    for (const value of values)
      t.throws(
        () => found({ [`${name}[gt]`]: value }),
        { code: 'invalid_input', details: { field: `${name}[gt]` } },
        value,
      );
});

t.test('regular expressions: linear time, and bad ones are refused', async (t) => {
  for (const pattern of ['(', '[', 'a**', '(?=a)', '\\1', 'a{1001}', 'x'.repeat(257)])
    t.throws(
      () => found({ 'name[regex]': pattern }),
      { code: 'invalid_input', details: { field: 'name[regex]' } },
      pattern,
    );
  const [condition] = conditionsOf(fields, { 'name[regex]': '^(a+)+$' });
  // An engine that backtracks would not end within the age of the universe.
  const item = { name: `${'a'.repeat(5000)}!`, size: 0, hot: true, at: 0 };
  t.equal(condition?.holds(item, { left: 1_000_000 }), false);
});

t.test('each match is paid for by the work of the pattern and the length of the text', async (t) => {
  const [condition] = conditionsOf(fields, { 'name[regex]': 'a{10}' });
  const item = { name: 'a'.repeat(100), size: 0, hot: true, at: 0 };
  const matching = { left: 12_000 };
  t.equal(condition?.holds(item, matching), true);
  t.equal(matching.left, 12_000 - 50 * 100, 'ten characters, and four units for each repeat');
  t.equal(condition?.holds(item, matching), true);
  t.equal(condition?.holds(item, matching), false, 'the budget is used up');
  t.ok(matching.left < 0);
});

t.test('the conditions of one list are bounded', async (t) => {
  // A unit of work for eight characters whose case is ignored.
  const folded = '(?i)[a-\u1a00]';
  t.doesNotThrow(() => conditionsOf(fields, { 'name[regex]': folded }));
  // One pattern is compiled; the patterns of one request together take too long.
  const refused: readonly Record<string, string>[] = [
    { 'name[regex]': folded.repeat(20) },
    { 'name[regex]': '(?:[ab]{0,9}a){99}[x-z]' },
    { 'name[regex]': folded, 'size[regex]': folded, 'hot[regex]': folded },
  ];
  for (const parameters of refused) {
    const field = Object.keys(parameters).at(-1);
    t.throws(() => found(parameters), { code: 'invalid_input', details: { field, error: /too much work/ } });
  }
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`name[${i}]`, 'x']));
  t.throws(() => found(many), { code: 'invalid_input', details: { error: /32/ } });
  t.throws(() => found({ 'name[in]': 'a,'.repeat(100) }), { code: 'invalid_input', details: { error: /100/ } });
});
