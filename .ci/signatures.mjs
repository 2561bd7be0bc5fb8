// Checks the signatures of the installed packages, where the registry signs its packages.
import { execFileSync } from 'node:child_process';
import { main, root, run, say } from '../deploy/local/prepare.mjs';

await main(async () => {
  const registry = execFileSync('npm', ['config', 'get', 'registry'], { cwd: root, encoding: 'utf8' }).trim();
  const { ok, status } = await fetch(new URL('-/npm/v1/keys', registry));
  if (!ok && status !== 404) throw new Error(`the registry's keys cannot be read: HTTP ${status}`);
  if (!ok)
    return say(
      'The registry publishes no keys, so no signature can be checked. package-lock.json pins every package by its hash.',
    );
  await run('npm', ['audit', 'signatures']);
});
