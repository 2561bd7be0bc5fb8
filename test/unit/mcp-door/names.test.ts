import t from 'tap';
import { exposedName, exposedUri, ownUri } from '../../../hub/domain/mcp/lists/names.js';

const server = (name: string, id = `id of ${name}`) => ({ id, name });

t.test('names that fit stay readable', async (t) => {
  t.equal(exposedName(server('files'), 'read_file'), 'files__read_file');
  t.equal(exposedName(server('my-Server_2'), '_x'), 'my-Server_2___x');
});

t.test('all others are shortened, with a hash', async (t) => {
  for (const [name, tool] of [
    ['a__b', 'c'],
    ['a_', 'b'],
    ['über server', 'read.file'],
    ['x'.repeat(64), 'y'.repeat(200)],
    ['漢字', '工具'],
    ['s', '__proto__'.repeat(9)],
  ] as const) {
    const exposed = exposedName(server(name), tool);
    t.match(exposed, /^[A-Za-z0-9_-]{1,64}$/, exposed);
    t.notMatch(exposed, /__/, 'none of the readable kind');
    t.equal(exposed, exposedName(server(name), tool), 'always the same');
  }
});

t.test('names that look alike are told apart', async (t) => {
  const names = [
    exposedName(server('a__b'), 'c'),
    exposedName(server('a'), 'b__c'),
    exposedName(server('a b'), 'c'),
    exposedName(server('a.b'), 'c'),
    exposedName(server('a.b', 'another'), 'c'),
    exposedName(server('a_'), '_c'),
  ];
  t.equal(new Set(names).size, names.length);
});

t.test('10,000 names are unique', async (t) => {
  const names = new Set<string>();
  for (let s = 0; s < 200; s += 1)
    for (let i = 0; i < 50; i += 1) {
      const exposed = exposedName(server(`team ${s} server`, `id-${s}`), `a_rather_long_name_of_a_tool_number.${i}`);
      if (exposed.length > 64) t.fail(exposed);
      names.add(exposed);
    }
  t.equal(names.size, 10_000);
});

t.test('an exposed URI leads back to its original', async (t) => {
  for (const [name, uri] of [
    ['files', 'file:///a/b?c#d'],
    ['a/b {c}', 'custom:x/y/{z}'],
  ] as const) {
    t.same(ownUri(exposedUri(name, uri)), { server: name, uri });
    t.ok(URL.canParse(exposedUri(name, 'x:y')));
  }
  t.equal(ownUri('file:///x'), undefined);
  t.equal(ownUri('roundhouse://x'), undefined);
  t.equal(ownUri('roundhouse://%zz/x'), undefined);
});
