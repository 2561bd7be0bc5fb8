import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { root } from '../../deploy/local/prepare.mjs';
import { tempFolder } from '../temp-folder.js';

const run = promisify(execFile);

t.test('one command sets the version in every place, and the release prints its notes', async (t) => {
  const copy = tempFolder(t);
  const { stdout } = await run(
    'git',
    ['ls-files', '-z', 'package*.json', '*/package.json', 'CHANGELOG.md', 'deploy', 'sdk'],
    { cwd: root },
  );
  for (const file of stdout.split('\0').filter(Boolean)) cpSync(join(root, file), join(copy, file));
  const version = (...args: string[]) =>
    run(process.execPath, [join(copy, 'deploy/version.mjs'), ...args], { cwd: copy });

  await version();
  await version('9.9.9');
  await version();
  t.equal(JSON.parse(readFileSync(join(copy, 'package-lock.json'), 'utf8')).packages.hub.version, '9.9.9');
  const [, unreleased = ''] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split('## [Unreleased]\n');
  t.equal((await version('--notes')).stdout.trim(), unreleased.split(/^## /m)[0]?.trim());

  const chart = join(copy, 'deploy/helm/roundhouse/Chart.yaml');
  writeFileSync(chart, readFileSync(chart, 'utf8').replace('version: 9.9.9', 'version: 9.9.8'));
  const refused = await version().catch((error) => error);
  t.match(refused, { code: 1, stderr: /Chart\.yaml: 9\.9\.8, and package\.json has 9\.9\.9/ });
});
