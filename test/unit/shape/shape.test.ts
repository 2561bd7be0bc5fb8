import t from 'tap';
import { differences, documented, documentedEndpoints } from '../../shape.js';

const found = (actual: unknown, example: unknown) => [...differences(actual, example, '')];

t.test('all 39 endpoints of the document are there', async (t) => {
  t.equal(documentedEndpoints.length, 39);
  for (const endpoint of documentedEndpoints) t.match(endpoint, /^(GET|POST|PUT|DELETE) \/[\w/{}-]+$/);
  t.throws(() => documented('GET /nowhere'));
});

t.test('keys and types are compared, recursively', async (t) => {
  const example = { a: { b: [{ c: 1, at: '2024-01-15T10:00:00.000Z' }] }, list: ['x'], free: {}, any: [] };
  const good = { a: { b: [{ c: 2, at: '2025-01-01T00:00:00Z', more: 1 }] }, list: [], free: { x: 1 }, any: [1] };
  t.same(found(good, example), []);
  t.same(found({ ...good, a: null }, example), [], 'null goes with everything');
  t.same(found({ ...good, a: { b: [] } }, example), ['a.b: empty, so nothing was compared']);
  t.same(found({ ...good, list: undefined }, example), ['list: missing where the document has array']);
  t.same(found({ ...good, a: { b: [{ c: '2', at: 'soon' }] } }, example), [
    'a.b[0].c: string where the document has number',
    "a.b[0].at: 'soon' is not of the form 2024-01-15T10:00:00.000Z",
  ]);
  t.same(found([{ a: 1 }, { b: 'x' }], [{ a: 2 }, { b: 'y' }]), [], 'each element is like one of the example’s');
  t.same(found([{ a: 1 }, { c: 1 }], [{ a: 2 }, { b: 'y' }]), ['[1].a: missing where the document has number']);
});
