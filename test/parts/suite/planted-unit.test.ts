import t from 'tap';
import { tempFolder } from '../../temp-folder.js';
import { faulty, findings, nodeServer, suite } from './bench.js';
import { findsPlanted } from './planted.js';

const books = ['search_books', 'count_books'];

findsPlanted(t, 'unit', [
  ['invalid-schema', books],
  ['invalid-schema --required', books],
  ['invalid-schema --output', books],
  ['bad-pagination', ['time_in_berlin']],
  ['bad-pagination --garbage', ['time_in_berlin']],
  ['wrong-error', ['list_colours', 'colour_code']],
  ['crash-on-bad-input', ['outline', 'measure_tree']],
]);

t.test('the control gives no finding, and the suite calls only tools that are declared safe', async (t) => {
  const calls = `${tempFolder(t)}/calls`;
  const safeTools = ['count_words', 'list_topics'];
  const result = await suite(t, nodeServer([faulty('good')], { CALLS: calls }), { safeTools, dataDir: t.testdirName });
  t.same(findings(result), []);
  const { readFileSync } = await import('node:fs');
  t.notMatch(readFileSync(calls, 'utf8'), /read_note/);
  t.match(
    result.skipped.filter(({ test }) => test.endsWith('[read_note]')).map(({ reason }) => reason),
    [/not declared safe/, /not declared safe/, /not declared safe/, /not declared safe/],
  );
});

t.test('a schema that asks for too many values is too costly, and the tests say so', async (t) => {
  const options = { safeTools: ['search_books'], types: ['unit', 'performance', 'security'] as const };
  const { skipped } = await suite(t, nodeServer([faulty('invalid-schema'), '--recursive']), options);
  const costly = skipped.filter(({ reason }) => reason.startsWith('the schema is too costly: '));
  t.same(costly.map(({ test }) => test).sort(), [
    'test_fuzz[search_books]',
    'test_latency[search_books]',
    'test_malformed_arguments[search_books]',
    'test_oversize_input[search_books]',
    'test_path_traversal[search_books]',
    'test_shell_injection[search_books]',
  ]);
});

t.test('a schema that takes too long fails its test, and the run goes on', async (t) => {
  const result = await suite(t, nodeServer([faulty('invalid-schema'), '--costly']), { types: ['unit'] });
  t.match(findings(result), [/test_input_schema\[search_books\]: .*the schema is too costly: it takes longer than/]);
  t.match(
    result.passed?.map(({ test }) => test),
    ['test_initialize'],
  );
  t.ok(result.passed?.some(({ test }) => test === 'test_input_schema[count_books]'));
});

t.test("the run's own limit cuts off the work on a schema", async (t) => {
  const server = nodeServer([faulty('invalid-schema'), '--costly']);
  const timeoutMs = 61_000;
  let reachLimit = () => {};
  const { setTimeout } = globalThis;
  const limited = (run: () => void, delayMs?: number) => {
    if (delayMs === timeoutMs) reachLimit = run;
    return setTimeout(run, delayMs);
  };
  t.intercept(globalThis, 'setTimeout', { value: Object.assign(limited, setTimeout) });
  const progress = (_done: number, test: string) => {
    // The limit is reached when the work on the schema has begun.
    if (test === 'test_input_schema[search_books]') setImmediate(() => reachLimit());
  };
  const { failures, skipped } = await suite(t, server, { types: ['unit'], timeoutMs, progress });
  t.same(failures, []);
  const { reason } = skipped.find(({ test }) => test === 'test_input_schema[search_books]') ?? {};
  t.equal(reason, 'it was cut off: the limit of 61 s for this server was reached');
});
