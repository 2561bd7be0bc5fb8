import { traceparentOf } from '@roundhouse/proto/tracing';
import t from 'tap';
import { parseJson } from '../../../hub/domain/json-body.js';
import { requestIdOf } from '../../../hub/http/request/exchange.js';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

t.test('depth is exact, and brackets in strings do not count', async (t) => {
  t.ok(parseJson(nested(64), 64));
  t.throws(() => parseJson(nested(65), 64), { code: 'malformed', message: /64 levels/ });
  t.throws(() => parseJson(nested(500_000), 64), { code: 'malformed', message: /64 levels/ });
  t.ok(parseJson(JSON.stringify({ a: '['.repeat(100), b: '\\"[[['.repeat(50), c: '\\' }), 4));
  t.ok(parseJson(`[${Array.from({ length: 100 }, () => '[]').join()}]`, 2), 'wide is not deep');
});

t.test('text that is not JSON is malformed', async (t) => {
  for (const [text, line, column] of [
    ['{', 1, 2],
    ['{"a":}', 1, 6],
    ["{'a':1}", 1, 2],
    ['undefined', 1, 1],
    ['1 2', 1, 3],
    ['\u{feff}{}', 1, 1],
    ['"\\ud8', 1, 1],
    ['[1,]', 1, 4],
    ['[1}', 1, 3],
    ['{"a":1,}', 1, 8],
    ['{"a" 1}', 1, 6],
    ['', 1, 1],
    ['{\n  "a": [{}, [], -1.5e3, true, null, "x\\n"],\n  "b": nil\n}', 3, 8],
    ['{"a": "x\ny"}', 1, 7],
    ['[01]', 1, 3],
  ] as const) {
    const message = `The body is not valid JSON: see line ${line}, column ${column}`;
    t.throws(() => parseJson(text, 64), { code: 'malformed', message, details: { line, column } }, text);
  }
});

t.test('a large body with too many values is refused before it is parsed', async (t) => {
  const long = `"${'x'.repeat(900_000)}"`;
  const keys = (count: number) => `{"long":${long},${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`;
  const items = (count: number) => `[${long}${',[]'.repeat(count)}]`;
  t.equal((parseJson(items(99_998), 64) as unknown[]).length, 99_999);
  t.equal(Object.keys(parseJson(keys(12_000), 64) as object).length, 12_001);
  const parse = t.capture(JSON, 'parse');
  for (const text of [items(99_999), keys(14_000)])
    t.throws(() => parseJson(text, 64), {
      code: 'payload_too_large',
      message: 'The JSON body has too many values for its size: a body of more than 262144 characters may have 100000',
      details: { limit: 100_000 },
    });
  t.throws(() => parseJson(`[${'1,'.repeat(40_000)}${long},]`, 64), {
    code: 'malformed',
    message: /^The body is not valid JSON/,
  });
  t.same(parse(), []);
});

t.test('safe request ids are kept, and other requests get a new one', async (t) => {
  t.equal(requestIdOf('abc-123'), 'abc-123');
  t.equal(requestIdOf('x'.repeat(128)).length, 128);
  for (const bad of ['', 'x'.repeat(129), 'a b', 'a\r\nX: y', 'é', '"a"'])
    t.match(requestIdOf(bad), /^[0-9a-f]{8}-[0-9a-f-]{27}$/, bad.slice(0, 10));
});

t.test('a traceparent is taken when it has the form of the recommendation', async (t) => {
  const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  t.equal(traceparentOf(good), good);
  t.equal(traceparentOf(`01${good.slice(2)}-more`), `01${good.slice(2)}-more`);
  const bad = [
    `${good}-more`,
    `ff${good.slice(2)}`,
    good.toUpperCase(),
    good.replace(/4bf.*?-/, `${'0'.repeat(32)}-`),
    'x',
    '',
  ];
  for (const text of bad) t.equal(traceparentOf(text), '', text);
});
