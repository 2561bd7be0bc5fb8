import t from 'tap';
import { listOf, page, sorted } from '../../../hub/api/mcp/paging.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { caller } from './caller.js';

const view = new McpView(caller, {});
const entries = sorted(
  Array.from({ length: 1234 }, (_, i) => ({ key: `k${String(i).padStart(4, '0')}`, json: String(i) })),
);

function walk(from: McpView, list = entries): number[] {
  const found: number[] = [];
  let cursor: string | undefined;
  do {
    const { things, nextCursor } = JSON.parse(page(from, 'things', listOf(list), cursor));
    found.push(...things);
    cursor = nextCursor;
  } while (cursor !== undefined);
  return found;
}

t.test('pages hold every entry once', async (t) => {
  t.same(
    walk(view),
    entries.map((_, i) => i),
  );
  t.same(walk(view, []), []);
});

t.test('an entry that comes or goes between two pages hides and repeats no other', async (t) => {
  const first = JSON.parse(page(view, 'things', listOf(entries), undefined));
  const changed = sorted([...entries.slice(10), { key: 'k0000x', json: '-1' }]);
  const second = JSON.parse(page(view, 'things', listOf(changed), first.nextCursor));
  t.equal(second.things[0], first.things.at(-1) + 1);
});

t.test('a cursor is good for its own list of its own view only', async (t) => {
  const { nextCursor } = JSON.parse(page(view, 'things', listOf(entries), undefined));
  const other = new McpView(caller, { site: 'elsewhere' });
  for (const bad of [nextCursor.slice(1), 'x', '', 7, null, {}])
    t.throws(() => page(view, 'things', listOf(entries), bad), { code: -32602 });
  t.throws(() => page(other, 'things', listOf(entries), nextCursor), { code: -32602 });
  t.throws(() => page(view, 'others', listOf(entries), nextCursor), { code: -32602 });
});

t.test('a page that would be too large ends earlier, and never empty', async (t) => {
  const large = sorted(Array.from({ length: 5 }, (_, i) => ({ key: String(i), json: `"${'x'.repeat(700_000)}"` })));
  t.equal(JSON.parse(page(view, 'things', listOf(large), undefined)).things.length, 1);
});
