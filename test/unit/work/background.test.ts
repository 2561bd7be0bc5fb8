import { setImmediate } from 'node:timers/promises';
import { parseYaml, unifiedDiff } from '@roundhouse/proto/work';
import t from 'tap';

/** How many turns the event loop took before some work ended. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  work.then(end, end);
  let turns = 0;
  for (; !isOver; turns += 1) await setImmediate();
  return turns;
}

t.test('the event loop turns while hostile YAML is parsed, and the next text is read after it', async (t) => {
  for (const [name, text] of [
    ['quotes', '"'.repeat(262_000)],
    ['brackets', '['.repeat(200_000)],
    ['keys', Array.from({ length: 5000 }, (_, i) => `k${i}: 1`).join('\n')],
  ] as const) {
    const parsed = parseYaml(text);
    const next = parseYaml('a: [1, two]');
    t.ok((await turnsDuring(parsed)) > 1, name);
    if (name !== 'keys') await t.rejects(parsed, { name: 'TaskError' }, `${name} are refused`);
    t.same(await next, { a: [1, 'two'] });
  }
});

t.test('when too many texts wait, the next one is refused', async (t) => {
  const all = await Promise.allSettled(Array.from({ length: 100 }, () => parseYaml('a: 1')));
  const refused = all.filter(({ status }) => status === 'rejected');
  t.ok(refused.length > 0 && refused.length < 100, `${refused.length} of 100`);
  t.match(refused[0], { reason: { message: 'too many texts wait to be read: try again later' } });
});

t.test(
  'YAML with an alias, a repeated key, a syntax error or too many levels is refused with its reason',
  async (t) => {
    for (const [text, message] of [
      ['a: &x [1]\nb: *x', 'Alias resolution is disabled'],
      ['a: 1\nb: 2\na: 3', "it has the key 'a' twice in one place"],
      ['password: "s3cret', /^it is not valid YAML \(\w+, at character \d+\)$/],
      [`${'['.repeat(200)}${']'.repeat(200)}`, 'it nests deeper than 100 levels'],
    ] as const)
      await t.rejects(parseYaml(text), { name: 'TaskError', message }, text.slice(0, 20));
  },
);

t.test('a diff is unified, and empty where the texts are the same', async (t) => {
  t.equal(await unifiedDiff('a\n', 'a\n'), '');
  t.equal(await unifiedDiff('a\nb\n', 'a\nc\n'), '--- before\n+++ after\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n');
});

t.test('the event loop turns while texts are compared that differ everywhere; they are shown whole', async (t) => {
  const lines = (prefix: string) => Array.from({ length: 20_000 }, (_, i) => `${prefix}${i}\n`).join('');
  const diff = unifiedDiff(lines('a'), lines('b'));
  t.ok((await turnsDuring(diff)) > 1);
  t.match(await diff, /^--- before\n\+\+\+ after\n@@ -1,20000 \+1,20000 @@\n-a0\n/);
});
