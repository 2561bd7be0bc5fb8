import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
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
    ['brackets', `[${'[],'.repeat(50_000)}`],
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

t.test('texts, schemas and values that nest deeply end no process, however often they come', async (t) => {
  // In a process of its own: at the end of the stack the engine may abort the whole process.
  const program = `
    import { parseYaml, SchemaWork } from ${JSON.stringify(import.meta.resolve('@roundhouse/proto/work'))};
    const lines = Array.from({ length: 3400 }, (_, at) => ' '.repeat(at) + 'a:').join('\\n');
    const texts = ['['.repeat(3400), '[{a:'.repeat(3000), '- '.repeat(20_000), '? '.repeat(20_000), ': '.repeat(20_000), lines];
    const nested = (wrap) => Array(900).fill(0).reduce(wrap, { type: 'string', format: 'date' });
    const schemas = new SchemaWork();
    const work = [
      ...texts.map((text) => () => parseYaml(text)),
      () => schemas.check(nested((inner) => ({ allOf: [inner] })), 'x'),
      () => schemas.check(nested((inner) => ({ properties: { a: inner } })), {}),
      () => schemas.check({ items: { $ref: '#' } }, nested((inner) => [inner])),
      () => schemas.sample(nested((inner) => ({ type: 'object', properties: { a: inner } })), { optional: true }),
      () => schemas.matches('(?:'.repeat(999) + 'a' + ')*'.repeat(999), 'a'),
    ];
    const told = [];
    for (const one of work)
      for (let time = 0; time < 3; time += 1) told.push(await one().then(JSON.stringify, (error) => error.message));
    schemas.end();
    console.log(JSON.stringify(told));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  const deep = 'it nests deeper than 100 levels';
  const expected = [
    ...Array(6).fill(deep),
    ...[JSON.stringify({ unchecked: deep }), JSON.stringify({ unchecked: deep })],
    JSON.stringify({ unchecked: `a value is not checked: ${deep}` }),
    `the schema is too costly: ${deep}`,
    'true',
  ];
  t.same(
    JSON.parse(stdout),
    expected.flatMap((one) => [one, one, one]),
  );
});

t.test('YAML may nest 100 levels, and brackets within texts and comments count as text', async (t) => {
  t.same(await parseYaml(`${'['.repeat(99)}${']'.repeat(99)}`), JSON.parse(`${'['.repeat(99)}${']'.repeat(99)}`));
  const brackets = '[{'.repeat(200);
  const parsed = await parseYaml(`a: |\n  ${brackets}\nb: "${brackets}" # ${brackets}\nc: x${brackets}\n`);
  t.same(parsed, { a: `${brackets}\n`, b: brackets, c: `x${brackets}` });
  await t.rejects(parseYaml('a: 1\n---\nb: 1\n'), { message: /^it is not valid YAML \(MULTIPLE_DOCS, at/ });
  for (const text of ['', '# only a comment\n']) t.equal(await parseYaml(text), null);
});

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
