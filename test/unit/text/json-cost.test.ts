import { jsonCost } from '@roundhouse/proto/json-cost';
import t from 'tap';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const good =
  ' {"a" : [1, -0.5e+7, "x\\u00e9\\n\\"\\\\", {}, [ ] ,[[true,false]], null], "b":{"c":"grüße 👋"},"":0 ,"d\\u0022":[{}]}\n';

t.test('a text is JSON exactly where the parser takes it', async (t) => {
  const texts = [
    '',
    ' ',
    '1',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '"',
    '"a',
    '"\\x"',
    '"\\u12g4"',
    '"\t"',
    'tru',
    'nul',
    '[',
    '[1',
    '[1,',
    '[,]',
  ];
  texts.push(
    '[1,]',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{a:1}',
    '{1:1}',
    '[}',
    '{]',
    '[1}',
    '{"a":1]',
    '1 2',
    '[1] x',
  );
  texts.push('\u00a01', '\ufeff1', '{"a":1 "b":2}', '[1 2]', '""""', good);
  // Each text with one sign left out, doubled or replaced.
  for (let i = 0; i < good.length; i += 1) {
    texts.push(good.slice(0, i) + good.slice(i + 1), good.slice(0, i + 1) + good.slice(i), good.slice(0, i));
    for (const sign of '{}[],:"\\0e-. \nt\u0001') texts.push(good.slice(0, i) + sign + good.slice(i + 1));
  }
  t.same(
    texts.filter((text) => parses(text) !== (jsonCost(text) !== undefined)),
    [],
  );
  t.ok(parses(good));
});

t.test('values count, and further members of a large object count more', async (t) => {
  t.equal(jsonCost('1'), 1);
  t.equal(jsonCost('[1,[],{"a":"b"}]'), 5);
  const keys = (count: number) => `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`;
  t.equal(jsonCost(keys(1000)), 1001);
  t.equal(jsonCost(keys(1002)), 1003 + 2 * 7);
});

t.test('JSON nests 1,000 levels deep at most', async (t) => {
  const nested = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;
  t.equal(jsonCost(nested(1000)), 1001);
  t.equal(jsonCost(nested(1001)), undefined);
});
