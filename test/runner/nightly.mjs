// `npm run test:nightly`: the tests that are too large for each change, in full. They are the files that import test/nightly.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ended, main, root } from '../../deploy/local/prepare.mjs';

await main(async () => {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join('test', path))
    .filter((path) => /from '[./]+\/nightly\.js'/.test(readFileSync(join(root, path), 'utf8')));
  const env = { ...process.env, ROUNDHOUSE_TEST_NIGHTLY: '1' };
  const command = ['test/runner/main.mjs', ...process.argv.slice(2), ...files];
  const [code] = await ended(process.execPath, command, { env, stdio: 'inherit' });
  return code ?? 1;
});
