import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { repoPath, tempFolder } from '../../parts/agent/harness.js';

/** The most blocks of a file. For a program this limit looks like a full disk. */
const limited = 'ulimit -f 512; exec "$@"';

t.test('an agent outlives a journal that cannot be written', { skip: process.platform === 'win32' }, async (t) => {
  const program = [process.execPath, ...process.execArgv, repoPath('test/fixtures/journal-writer.ts'), tempFolder(t)];
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', limited, 'sh', ...program]);
  t.equal(stdout, 'answered\n', 'what was written before is there');
  t.equal(stderr, '', 'it is not LMDB that finds the disk full, which it would not survive for long');
});
