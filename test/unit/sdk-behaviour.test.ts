import { readFileSync } from 'node:fs';
import t from 'tap';
import { codeRows, defaultRows } from '../../sdk/behaviour.mjs';

const readme = (language: string) => readFileSync(new URL(`../../sdk/${language}/README.md`, import.meta.url), 'utf8');

t.test('each SDK’s README tells its error codes and its defaults', async (t) => {
  for (const language of ['typescript', 'python', 'go'] as const)
    t.ok(readme(language).includes(codeRows(language)), language);
  const seconds = (ms: number) => `${ms / 1000} s`;
  const options = {
    typescript: { timeoutMs: 'timeoutMs', retries: 'retries', maxRetryWaitMs: 'maxRetryWaitMs' },
    python: { timeoutMs: 'timeout', retries: 'max_retries', maxRetryWaitMs: 'max_retry_wait' },
    go: { timeoutMs: 'Timeout', retries: 'Retries', maxRetryWaitMs: 'MaxRetryWait' },
  };
  for (const [language, names] of Object.entries(options))
    t.ok(readme(language).includes(defaultRows(seconds, names)), language);
});

t.test('the packages say where they come from, as registries ask', async (t) => {
  const read = (path: string) => readFileSync(new URL(`../../sdk/${path}`, import.meta.url), 'utf8');
  const home = 'https://github.com/roundhouse/roundhouse';
  t.match(JSON.parse(read('typescript/package.json')), {
    author: String,
    bugs: `${home}/issues`,
    homepage: String,
    repository: { url: `git+${home}.git`, directory: 'sdk/typescript' },
  });
  t.match(read('python/pyproject.toml'), new RegExp(`\\[project\\.urls\\][^[]*Repository = "${home}"`));
  // A registry shows the README without the other files.
  for (const language of ['typescript', 'python']) t.notMatch(read(`${language}/README.md`), /\]\(\.\.?\//);
});
