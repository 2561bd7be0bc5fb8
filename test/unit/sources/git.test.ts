import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { mcpPackage } from '../../fixtures/packages/mcp-package.js';
import { firstText, harness, never, spec, tempFolder } from '../agent/harness.js';

t.setTimeout(120_000);

/** A repository with a commit and a tag for each version of an npm package; gives its folder. */
function repository(t: Test, tags: readonly string[]): string {
  const folder = join(tempFolder(t), 'sample.git');
  mkdirSync(folder);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      stdio: 'pipe',
    });
  git('init', '--quiet', '--initial-branch=main');
  for (const tag of tags) {
    const { name, version, manifest, files } = mcpPackage(tag.replace(/^v/, ''));
    for (const [file, text] of Object.entries(files ?? {})) writeFileSync(join(folder, file), text);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version, ...manifest }));
    git('add', '.');
    git('commit', '--quiet', '-m', tag);
    git('tag', tag);
  }
  return folder;
}

function fromGit(t: Test, folder: string, ref: string) {
  const h = harness(t);
  const args = ['-y', `git+file://${folder}${ref}`];
  const at = (version: string, revision: bigint) =>
    spec({
      version,
      revision,
      connected: true,
      transport: { case: 'stdio', value: { command: 'npx', args, env: {} } },
    });
  const call = async () => {
    const { json } = await h.servers.callTool('s1', 'version', Buffer.from('{}'), { signal: never });
    return firstText(Buffer.from(json).toString());
  };
  h.servers.put(at('', 1n));
  return { ...h, at, call };
}

t.test('a repository: its tags are its versions, and one is switched to from what was downloaded', async (t) => {
  const folder = repository(t, ['v1.0.0', 'v1.1.0', 'v2.0.0', 'v2.1.0-rc.1']);
  const { servers, at, call } = fromGit(t, folder, '#v1.0.0');
  t.match(await servers.connect('s1', never), { version: 'v1.0.0' });
  const found = await servers.versions.check('s1', never);
  t.match(found, { kind: 'git', current: 'v1.0.0', latest: 'v2.0.0', breaking: true, changelog: /2\.0\.0.*1\.1\.0/s });
  t.same(found.versions, ['v2.0.0', 'v1.1.0', 'v1.0.0']);
  t.match(await servers.versions.download('s1', 'latest', never), { version: 'v2.0.0', already: false });
  renameSync(folder, `${folder}.away`);
  t.match(await servers.versions.install('s1', 'v2.0.0'), { version: 'v2.0.0', already: false });
  await servers.switch(at('v2.0.0', 2n), { drainMs: 1000, signal: never });
  t.equal(await call(), '2.0.0');
  await t.rejects(servers.versions.check('s1', never), {
    name: 'AgentFailure',
    kind: 'upstream',
    message: /git .*failed/,
  });
});

t.test('a branch is the commit that it is at when the server first starts, a range the newest tag in it', async (t) => {
  const folder = repository(t, ['v1.0.0', 'v1.1.0', 'v2.0.0']);
  const branch = fromGit(t, folder, '#main');
  t.match(await branch.servers.connect('s1', never), { version: /^[0-9a-f]{40}$/ });
  t.equal(await branch.call(), '2.0.0');
  const range = fromGit(t, folder, '#semver:^1.0.0');
  t.match(await range.servers.connect('s1', never), { version: 'v1.1.0' });
  const nothing = fromGit(t, folder, '#nowhere');
  await t.rejects(nothing.servers.connect('s1', never), {
    name: 'AgentFailure',
    message: /no tag or branch 'nowhere'/,
  });
});
