import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { gitEnvironment } from '../../../agent/drivers/sources/git/git.js';
import { createSources } from '../../../agent/drivers/sources/sources.js';
import { sourceOperations } from '../../../agent/operations/sources.js';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { policeServers } from '../../../agent/policy/policed-servers.js';
import { Policy } from '../../../agent/policy/policy.js';
import { mcpPackage } from '../../fixtures/packages/mcp-package.js';
import { firstText, harness, isError, never, silentLog, spec, tempFolder } from '../agent/harness.js';

function gitIn(folder: string, ...args: string[]): string {
  const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
  return execFileSync('git', ['-C', folder, ...author, ...args], { stdio: 'pipe', encoding: 'utf8' }).trim();
}

/** A repository with a commit and a tag for each version of an npm package; gives its folder. */
function repository(parent: string, tags: readonly string[]): string {
  const folder = join(parent, 'sample.git');
  mkdirSync(folder);
  const git = (...args: string[]) => gitIn(folder, ...args);
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

function fromGit(t: Test, tags: readonly string[], ref: string) {
  const h = harness(t);
  const folder = repository(h.dataDir, tags);
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
  return { ...h, folder, at, call };
}

t.test('the policy of a site judges the version that `latest` stands for, and a tag of that name', async (t) => {
  const { servers, folder } = fromGit(t, ['v1.0.0', 'v2.0.0', 'latest'], '#v1.0.0');
  const policy = new Policy(parsePolicy(`commands: ["npx -y git+file://${folder}#v1.0.0"]`));
  const police = policeServers(servers, policy, () => {});
  police.servers.setDesired([servers.spec('s1')]);
  const context = { commandId: '', signal: never, progress: () => {}, log: () => {} };
  const refused = { name: 'AgentFailure', kind: 'refused', message: /does not allow the command/ };
  const { downloadSource, installSource } = sourceOperations(police.servers.versions);
  const latest = { serverId: 's1', version: 'latest' } as Parameters<typeof downloadSource>[0];
  await t.rejects(downloadSource(latest, context), refused);
  await t.rejects(installSource({ ...latest, $typeName: 'agent.v1.InstallSource' }), refused);
  t.same((await servers.versions.list('s1')).installed, []);
});

t.test('a repository: its tags are its versions, and a server switches to a downloaded one', async (t) => {
  const tags = ['v1.0.0', 'v1.1.0', 'v2.0.0', 'v2.1.0-rc.1'];
  const { servers, folder, at, call } = fromGit(t, tags, '#v1.0.0');
  t.match(await servers.connect('s1', never), { version: 'v1.0.0' });
  const found = await servers.versions.check('s1', never);
  t.match(found, { kind: 'git', current: 'v1.0.0', latest: 'v2.0.0', breaking: true, changelog: /2\.0\.0.*1\.1\.0/s });
  t.same(found.versions, ['v2.0.0', 'v1.1.0', 'v1.0.0']);
  t.match(await servers.versions.download('s1', await servers.versions.exact('s1', 'latest', never), never), {
    version: 'v2.0.0',
    already: false,
  });
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

/** Adds a commit as a host keeps that of a pull request: no branch and no tag is at it. Gives its 40 digits. */
function pullRequest(folder: string): string {
  gitIn(folder, 'checkout', '--quiet', '--detach');
  gitIn(folder, 'commit', '--quiet', '--allow-empty', '-m', 'not reviewed');
  const id = gitIn(folder, 'rev-parse', 'HEAD');
  gitIn(folder, 'update-ref', 'refs/pull/1/head', id);
  gitIn(folder, 'checkout', '--quiet', 'main');
  return id;
}

for (const [installer, command] of [
  ['npm', 'npx -y'],
  ['pip', 'uvx'],
] as const)
  t.test(`${installer}: no name of a commit outside of branches and tags is a version`, async (t) => {
    const { servers, folder } = fromGit(t, ['v1.0.0'], '#v1.0.0');
    const id = pullRequest(folder);
    const [program = '', ...args] = [...command.split(' '), `git+file://${folder}`];
    servers.put(spec({ revision: 2n, transport: { case: 'stdio', value: { command: program, args, env: {} } } }));
    const lacks = { name: 'AgentFailure', kind: 'upstream', details: { missing: true }, message: /no tag or branch/ };
    const names = [4, 5, 6, 7, 39].map((digits) => id.slice(0, digits));
    names.push(id.toUpperCase(), `x-1-g${id.slice(0, 12)}`, `v1.0.0-1-g${id.slice(0, 7)}`);
    for (const version of [...names, 'refs/pull/1/head', 'pull/1/head', 'HEAD']) {
      await t.rejects(servers.versions.download('s1', version, never, true), lacks, version);
      await t.rejects(servers.versions.install('s1', version, true), lacks, version);
    }
    const refused = { name: 'AgentFailure', kind: 'refused', details: { field: 'version' } };
    await t.rejects(servers.versions.download('s1', id, never), refused, 'only a caller with the right names it');
    await t.rejects(servers.versions.install('s1', id), refused);
    t.same((await servers.versions.list('s1')).installed, []);
  });

t.test('a commit outside of branches and tags is installed for a caller with the right', async (t) => {
  const { servers, folder, at, call } = fromGit(t, ['v1.0.0'], '#v1.0.0');
  const id = pullRequest(folder);
  await servers.versions.download('s1', id, never, true);
  t.match(await servers.versions.install('s1', id, true), { version: id, already: false });
  t.match(await servers.versions.install('s1', id), { already: true }, 'it is kept: a rollback goes back to it');
  servers.put(at(id, 2n));
  t.match(await servers.connect('s1', never), { version: id });
  t.equal(await call(), '1.0.0');
});

/** A repository, and agents that start one after the other with the same data, each with its own list of allowed commands. */
function site(t: Test, command: string) {
  const dataDir = tempFolder(t);
  const folder = repository(dataDir, ['v1.0.0']);
  const line = `${command} git+file://${folder}`;
  const [program = '', ...args] = line.split(' ');
  const start = (allow?: readonly string[]) => {
    const policy = new Policy(parsePolicy(allow ? `commands: ${JSON.stringify({ allow })}` : ''));
    const mayBeAnyCommit = policy.anyCommit.bind(policy);
    const sources = createSources({ dataDir, log: silentLog, mayBeAnyCommit });
    const { servers } = policeServers(harness(t, {}, { dataDir, sources }).servers, policy, () => {});
    const at = (version: string, revision: bigint) =>
      spec({ version, revision, transport: { case: 'stdio', value: { command: program, args, env: {} } } });
    servers.put(at('', 1n));
    return { servers, at };
  };
  return { folder, line, start };
}

const outside = { name: 'AgentFailure', kind: 'refused', details: { field: 'version' }, message: /no branch or tag/ };

for (const command of ['npx -y', 'uvx'])
  t.test(`${command}: a site that allows a repository takes no commit outside of branches and tags`, async (t) => {
    const { folder, line, start } = site(t, command);
    const id = pullRequest(folder);
    const { servers, at } = start([line, `${line} **`]);
    await t.rejects(servers.versions.download('s1', id, never, true), outside, 'the hub may not say otherwise');
    await t.rejects(servers.versions.install('s1', id, true), outside);
    await t.rejects(servers.switch({ ...at(id, 2n), connected: true }, { drainMs: 1000, signal: never }), outside);
    await t.rejects(servers.openSecond('s1', { version: id, signal: never }), outside);
    servers.put(at(id, 3n));
    await t.rejects(servers.connect('s1', never), outside);
    t.same((await servers.versions.list('s1')).installed, []);
  });

t.test('an older commit of a branch does not count, and the refusal says what it takes', async (t) => {
  const { folder, line, start } = site(t, 'npx -y');
  const id = gitIn(folder, 'rev-parse', 'main');
  gitIn(folder, 'tag', '--delete', 'v1.0.0');
  gitIn(folder, 'commit', '--quiet', '--allow-empty', '-m', 'the next one');
  const refusal = (way: RegExp) => ({
    ...outside,
    message: new RegExp(`is at commit ${id} now, and an older commit of a branch does not count\\. .*${way.source}`),
  });
  const open = start();
  await t.rejects(open.servers.versions.install('s1', id), refusal(/permission server\.execute$/));
  await open.servers.close();
  const limited = start([line, `${line} **`]);
  await t.rejects(
    limited.servers.versions.install('s1', id, true),
    refusal(/commands\.allow that names its 40 digits$/),
  );
  await limited.servers.close();
  const { servers } = start([line, `${line}#${id}`]);
  t.match(await servers.versions.install('s1', id, true), { version: id });
});

t.test('a pattern that names a commit allows that commit', async (t) => {
  const { folder, line, start } = site(t, 'npx -y');
  const id = pullRequest(folder);
  const { servers, at } = start([line, `${line}#${id}`]);
  servers.put(at(id, 2n));
  t.match(await servers.connect('s1', never), { version: id });
});

t.test('an installed commit of a branch starts after the branch has moved, without the repository', async (t) => {
  const { folder, line, start } = site(t, 'npx -y');
  const id = gitIn(folder, 'rev-parse', 'main');
  const before = start([line]);
  t.match(await before.servers.versions.install('s1', id), { version: id, already: false });
  await before.servers.close();
  gitIn(folder, 'tag', '--delete', 'v1.0.0');
  gitIn(folder, 'commit', '--quiet', '--allow-empty', '-m', 'the next one');
  renameSync(folder, `${folder}.away`);
  const { servers, at } = start([line]);
  servers.put(at(id, 2n));
  t.match(await servers.connect('s1', never), { version: id });
});

t.test('a server without a version keeps the commit that the agent chose', async (t) => {
  const { folder, line, start } = site(t, 'npx -y');
  gitIn(folder, 'tag', '--delete', 'v1.0.0');
  const id = gitIn(folder, 'rev-parse', 'main');
  const before = start();
  t.match(await before.servers.connect('s1', never), { version: id });
  await before.servers.close();
  gitIn(folder, 'commit', '--quiet', '--allow-empty', '-m', 'the next one');
  renameSync(folder, `${folder}.away`);
  t.match(await start([line]).servers.connect('s1', never), { version: id });
});

t.test('a commit from before the list of allowed commands has to be at a branch or tag', async (t) => {
  const { folder, line, start } = site(t, 'npx -y');
  const id = pullRequest(folder);
  const before = start();
  before.servers.put(before.at(id, 2n));
  t.match(await before.servers.connect('s1', never), { version: id }, 'without a list, the hub names any commit');
  await before.servers.close();
  const { servers, at } = start([line]);
  servers.put(at(id, 2n));
  await t.rejects(servers.connect('s1', never), outside);
  gitIn(folder, 'branch', 'merged', id);
  t.match(await servers.connect('s1', never), { version: id });
});

t.test('a branch, a tag with a message, and their commits are versions', async (t) => {
  const { servers, folder } = fromGit(t, ['v1.0.0'], '#v1.0.0');
  gitIn(folder, 'tag', '-a', '-m', 'a message', 'reviewed', 'v1.0.0');
  const id = gitIn(folder, 'rev-parse', 'main');
  for (const version of ['main', 'reviewed', id])
    t.match(await servers.versions.install('s1', version), { version, already: false });
});

for (const [ref, version, what] of [
  ['#main', /^[0-9a-f]{40}$/, 'a branch is the commit that it is at when the server first starts'],
  ['#semver:^1.0.0', /^v1\.1\.0$/, 'a range is the newest tag in it'],
  ['', /^v2\.0\.0$/, 'nothing is the newest tag'],
] as const) {
  t.test(what, async (t) => {
    const { servers } = fromGit(t, ['v1.0.0', 'v1.1.0', 'v2.0.0'], ref);
    t.match(await servers.connect('s1', never), { version });
  });
}

for (const [ref, message] of [
  ['#nowhere', /no tag or branch 'nowhere'/],
  ['#semver:^9.0.0', /no tag or branch 'semver:\^9\.0\.0'/],
  ['#v9.9.9', /v9\.9\.9/],
  [`#${'0123456789'.repeat(4)}`, /(?:0123456789){4}/],
] as const)
  t.test(`${ref}, which the repository lacks, is not tried again`, async (t) => {
    const { servers, report, at } = fromGit(t, ['v1.0.0'], ref);
    servers.put(at('', 2n));
    const { error, nextAttemptMs } = await report(isError);
    t.match(error, message);
    t.match(error, /not tried again until/);
    t.equal(nextAttemptMs, 0n);
  });

for (const ref of ['#nowhere', '#v9.9.9'])
  t.test(`${ref} of a repository that is out of reach is tried again`, async (t) => {
    const { servers, report, folder, at } = fromGit(t, ['v1.0.0'], ref);
    renameSync(folder, `${folder}.away`);
    servers.put(at('', 2n));
    t.ok((await report(isError)).nextAttemptMs > 0n);
  });

t.test('git follows no redirect', async (t) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(302, { location: `http://localhost:${port}/elsewhere${request.url}` }).end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const env = { ...process.env, ...(await gitEnvironment(`http://127.0.0.1:${port}/a.git`)) };
  const failed = await promisify(execFile)('git', ['ls-remote', `http://127.0.0.1:${port}/a.git`], { env }).catch(
    (error: Error) => error,
  );
  t.ok(failed instanceof Error);
  t.same(asked, ['/a.git/info/refs?service=git-upload-pack']);
});
