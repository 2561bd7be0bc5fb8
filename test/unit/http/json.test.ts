import t from 'tap';
import { parseJson } from '../../../hub/http/json.js';
import { requestIdOf, traceparentOf } from '../../../hub/http/request-id.js';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

t.test('depth is exact, and brackets in strings do not count', async (t) => {
  t.ok(parseJson(nested(64), 64));
  t.throws(() => parseJson(nested(65), 64), { code: 'malformed', message: /64 levels/ });
  t.throws(() => parseJson(nested(500_000), 64), { code: 'malformed', message: /64 levels/ });
  t.ok(parseJson(JSON.stringify({ a: '['.repeat(100), b: '\\"[[['.repeat(50), c: '\\' }), 4));
  t.ok(parseJson(`[${Array.from({ length: 100 }, () => '[]').join()}]`, 2), 'wide is not deep');
});

t.test('what is not JSON is malformed', async (t) => {
  for (const text of ['{', '{"a":}', "{'a':1}", 'undefined', '1 2', '\u{feff}{}', '"\\ud8', '[1,]'])
    t.throws(() => parseJson(text, 64), { code: 'malformed' }, text);
});

t.test('request ids are taken when they are sane, and made otherwise', async (t) => {
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
