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
