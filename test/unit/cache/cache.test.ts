import { canonicalJson } from '@roundhouse/proto/json';
import t from 'tap';
import { matchesGlob } from '../../../hub/domain/cache/response-cache.js';

t.test('globs', async (t) => {
  for (const [pattern, text] of [
    ['read_file*', 'read_file'],
    ['read_file*', 'read_files'],
    ['*', ''],
    ['*', 'anything'],
    ['a*b*c', 'aXbYbZc'],
    ['?at', 'cat'],
    ['a.c', 'a.c'],
    ['**x**', 'x'],
  ] as const)
    t.ok(matchesGlob(pattern, text), `${pattern} ${text}`);
  for (const [pattern, text] of [
    ['read_file', 'read_files'],
    ['a.c', 'abc'],
    ['?', ''],
    ['a*b', 'acbd'],
    ['', 'a'],
    ['READ', 'read'],
  ] as const)
    t.notOk(matchesGlob(pattern, text), `${pattern} ${text}`);
});

t.test('no pattern makes it slow', async (t) => {
  // Its own time: others may have the processor meanwhile.
  const begun = process.cpuUsage();
  t.notOk(matchesGlob('*a'.repeat(128), 'a'.repeat(127) + 'b'.repeat(129)));
  t.notOk(matchesGlob(`${'a*'.repeat(127)}c`, 'a'.repeat(256)));
  t.ok(process.cpuUsage(begun).user < 1_000_000, 'a second, in microseconds');
});

t.test('canonical JSON', async (t) => {
  t.equal(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' }), '{"a":"x","b":[{"c":null,"d":1}]}');
  t.equal(canonicalJson(JSON.parse('{"__proto__":1,"a":2}')), '{"__proto__":1,"a":2}');
  t.not(canonicalJson({ a: 1 }), canonicalJson({ a: '1' }));
  t.not(canonicalJson([1, 2]), canonicalJson([2, 1]), 'lists keep their order');
});
