import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { ADMIN_KEY, commandLine, everything, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const hub = await startHub(t);
await startAgent(t, hub, 'berlin');
const person = commandLine(t, hub, { isTerminal: true });
const program = commandLine(t, hub);
const source = ['--', process.execPath, everything];

t.test('events are followed until Ctrl-C, and the last ones are printed', async (t) => {
  const follow = program.start(t, ['event', '-f', '--json', '--types', 'group.created']);
  // The stream has begun once an event comes: groups are made until then.
  let made = 0;
  while (!follow.stdout.includes('group.created')) {
    made += 1;
    await program.json('group', 'create', `events-${made}`);
  }
  follow.interrupt();
  t.equal(await follow.ended, 130);
  const [line = ''] = follow.stdout.split('\n');
  t.match(JSON.parse(line), { type: 'group.created', data: { groupName: /^events-/ } });
  t.match((await person.run(['event'])).stdout, /group\.created +groupName=events-1/);
});

t.test('the end of a pipe ends a command that prints without end', async (t) => {
  const follow = program.start(t, ['event', '-f']);
  follow.closeOutput();
  t.equal(await follow.ended, 0);
});

t.test('workflows are listed, shown and run, and their jobs are shown and waited for', async (t) => {
  await program.json('server', 'add', 'flow', '--site', 'berlin', ...source);
  const call = (tool: string) => ({ id: 'call', kind: 'tool_call', with: { server: 'flow', tool, arguments: {} } });
  for (const [name, tool] of [
    ['works', 'get-env'],
    ['breaks', 'no_such_tool'],
  ] as const) {
    const definition = { name, description: 'calls a tool', parameters: {}, steps: [call(tool)] };
    const { status, body } = await hub.call('POST', '/automation/api/v1/orchestration/workflows', definition);
    t.equal(status, 201, JSON.stringify(body));
  }
  t.match((await person.run(['workflow', 'list'])).stdout, /^works +1/m);
  t.match((await person.run(['workflow', 'show', 'works'])).stdout, /^call +tool_call$/m);
  const done = await person.run(['workflow', 'run', 'works', '--wait']);
  t.match(done, { code: 0, stdout: /^call +completed.*"content"/m });
  const begun = await program.run(['workflow', 'run', 'breaks']);
  const id = begun.stdout.trim();
  t.match(await person.run(['job', 'wait', id]), { code: 6, stderr: `the job ${id} is failed` });
  t.match((await person.run(['job', 'show', id])).stdout, /^status +failed$/m);
  t.match(await program.json('job', 'list', '--status', 'failed'), [{ job_id: id }]);
  t.match(await person.run(['job', 'show', '019a0000-0000-7000-8000-000000000000']), { code: 5 });
});

t.test('users are made with a password from a prompt, listed, changed and removed', async (t) => {
  const create = person.start(t, ['user', 'create', 'ann', '--role', 'operator']);
  await create.written('Password');
  create.type('a long password');
  t.equal(await create.ended, 0, create.stderr);
  t.notMatch(create.stdout + create.stderr, 'a long password');
  t.match((await person.run(['user', 'list'])).stdout, /^ann +operator/m);
  t.match(await program.json('user', 'role', 'ann', 'viewer'), { username: 'ann', role: 'viewer' });
  t.equal((await program.run(['user', 'remove', 'ann', '--yes'])).code, 0);
  t.match(await program.run(['user', 'remove', 'ann', '--yes']), { code: 5, stderr: "there is no user 'ann'" });
});

t.test('keys and tokens print nothing but themselves, and JSON for programs', async (t) => {
  const narrowed = await person.run(['key', 'create', '--name', 'narrowed', '--servers', 'nope']);
  t.match(narrowed, { code: 5, stderr: "--servers: the hub has no server 'nope'" });
  t.match((await person.run(['key', 'create', '--name', 'ci'])).stdout, /^mcp_\S+\n$/);
  t.match(await program.json('key', 'create', '--name', 'ci2', '--role', 'viewer'), { key: /^mcp_/, role: 'viewer' });
  t.match((await program.run(['token', 'create', '--site', 'lisbon'])).stdout, /^\S+\n$/);
  t.match(parse((await program.run(['key', 'list', '--yaml'])).stdout), [{ name: String }]);
});

t.test('a plan shows hidden characters as their codes, also in a pipe', async (t) => {
  const fleet = stringify({ apiVersion: 'roundhouse/v1', groups: { shown: { description: 'a\u202eb\u009bc' } } });
  const { code, stdout } = await program.run(['plan', '-f', '-'], { input: fleet });
  t.match({ code, stdout }, { code: 2, stdout: '"a\\u{202e}b\\u{9b}c"' });
});

t.test('alerts, rules and the audit log are listed', async (t) => {
  t.same(await program.json('alert', 'list'), []);
  t.match((await person.run(['alert', 'list'])).stderr, 'no alerts');
  t.match((await person.run(['alert', 'rules'])).stdout, /^RULE +SEVERITY/m);
  await program.json('group', 'create', 'audited');
  const entries = await program.json('audit', 'list', '--limit', '5');
  t.equal(entries.length, 5);
  t.match((await person.run(['audit', 'list'])).stdout, /group\.create/);
  t.match((await program.run(['audit', 'export'])).stdout, /^id,timestamp/);
});

t.test('groups get servers', async (t) => {
  await program.json('server', 'add', 'grouped', '--site', 'berlin', '--register-only', ...source);
  await program.json('group', 'create', 'office', '--description', 'of the office');
  t.match(await program.json('group', 'add', 'office', 'grouped'), { name: 'office', serverCount: 1 });
  t.match(await program.json('server', 'list', '--group', 'office'), [{ name: 'grouped' }]);
  t.equal((await program.run(['group', 'remove', 'office', '-y'])).code, 0);
  t.match(await program.json('server', 'show', 'grouped'), { groupId: null });
});

t.test('a cluster and a device that cannot be reached are registered, shown and forgotten', async (t) => {
  const folder = tempFolder(t, { token: 'cluster-secret\n', password: 'device-secret\n' });
  const at = ['--address', 'https://127.0.0.1:1', '--token-file', join(folder, 'token'), '--site', 'berlin'];
  const cluster = await program.run(['cluster', 'add', 'far', ...at, '--json']);
  t.equal(cluster.code, 0, cluster.stderr);
  t.match((await person.run(['cluster', 'list'])).stdout, /^far +berlin +error/m);
  t.match(await person.run(['cluster', 'check', 'far']), {
    code: 6,
    stderr: /^roundhouse: 127\.0\.0\.1:1 is out of reach/m,
  });
  t.match((await person.run(['cluster', 'show', 'far'])).stdout, /^status +error$/m);
  const words = ['device', 'add', 'router', '127.0.0.1', '--port', '1', '--type', 'frr', '--user', 'admin'];
  const device = await program.run([
    ...words,
    '--site',
    'berlin',
    '--password-file',
    join(folder, 'password'),
    '--json',
  ]);
  t.equal(device.code, 0, device.stderr);
  t.match((await person.run(['device', 'list'])).stdout, /^router +berlin/m);
  const shown = await program.run(['device', 'show', 'router', '--json']);
  t.match(JSON.parse(shown.stdout), { name: 'router', type: 'frr', port: 1 });
  for (const { stdout, stderr } of [cluster, device, shown]) t.notMatch(stdout + stderr, /-secret/);
  t.equal((await program.run(['cluster', 'remove', 'far', '-y'])).code, 0);
  t.equal((await program.run(['device', 'remove', 'router', '-y'])).code, 0);
  t.same(await program.json('device', 'list'), []);
});

t.test('operations on containers reach the hub, and its refusal reaches the user', async (t) => {
  t.type(await program.json('docker', 'hosts'), Array);
  const missing = await person.run(['docker', 'show', 'no-such-container', '--site', 'nowhere']);
  t.not(missing.code, 0);
  t.match(missing.stderr, /^roundhouse: .+\n$/);
});

t.test('the doctor names what is wrong', async (t) => {
  const well = await commandLine(t, hub).run(['doctor', '--json']);
  const checks = JSON.parse(well.stdout).map(({ check }: { check: string }) => check);
  for (const check of ['program', 'hub', 'version', 'clock', 'key', 'agents']) t.ok(checks.includes(check), check);
  const refused = await person.run(['doctor'], { env: { ROUNDHOUSE_API_KEY: 'wrong' } });
  t.match(refused, { code: 6, stdout: /^key +fail/m });
  const away = await person.run(['doctor', '--hub', 'http://127.0.0.1:1']);
  t.match(away, { code: 6, stdout: /^hub +fail +no hub answers/m });
  // It is well by its health alone.
  const other = createServer(({ url }, response) =>
    response
      .writeHead(url?.endsWith('/health') ? 200 : 500, { 'content-type': 'application/json' })
      .end(JSON.stringify({ success: true, status: 'healthy', version: '1.0.0', timestamp: new Date() })),
  );
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.teardown(() => other.close());
  const sick = await person.run(['doctor', '--hub', `http://127.0.0.1:${(other.address() as AddressInfo).port}`]);
  t.match(sick, { code: 6, stdout: /^hub +fail/m });
  t.notMatch(sick.stdout, /^hub +ok/m, 'a check has one result');
  await hub.call('POST', '/api/servers', {
    name: 'broken',
    site: 'berlin',
    transport: { type: 'stdio', command: 'no-such-program-here' },
  });
  const unable = await program.run(['server', 'connect', 'broken']);
  t.match(unable, { code: 6, stderr: /no-such-program-here/ }, 'the hub did its part, and the server does not start');
  t.match(await person.run(['doctor']), { code: 6, stdout: /^server +fail +broken: /m });
});

t.test('a bug report holds versions and states, and no secret', async (t) => {
  const file = join(tempFolder(t), 'report.json');
  await program.run(
    ['server', 'add', 'reported', '--site', 'berlin', '--secret', 'TOKEN', '--register-only', ...source],
    {
      input: 'report-secret\n',
    },
  );
  t.equal((await program.run(['bugreport', file])).stdout, `${file}\n`);
  t.equal(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, 'utf8');
  t.match(JSON.parse(text), { checks: Array, agents: [{ site: 'berlin' }], servers: Array, node: process.version });
  t.match(text, 'reported');
  t.notMatch(text, 'report-secret');
  t.notMatch(text, ADMIN_KEY);
  t.match(await program.run(['bugreport', file]), { code: 1, stderr: 'is there already' });
});

t.test("a site's policy is shown and exported; a plan names a difference, and only the site mends it", async (t) => {
  const rules = { commands: { allow: ['npx -y @acme/* **', `${process.execPath} **`] }, urls: { deny: ['http://*'] } };
  const folder = tempFolder(t, { 'policy.yaml': stringify(rules) });
  const policy = join(folder, 'policy.yaml');
  const strict = await startHub(t);
  const agent = await startAgent(t, strict, 'oslo', ['--policy', policy, '--name', 'north']);
  await startAgent(t, strict, 'rome');
  const people = commandLine(t, strict, { isTerminal: true });
  const programs = commandLine(t, strict);

  const shown = await people.run(['site', 'show', 'oslo']);
  t.match(shown.stdout, /^north +commands +allow: npx -y @acme\/\* \*\*, /m);
  t.match((await people.run(['site', 'show', 'rome'])).stdout, /none +the site allows everything/);
  t.match(await programs.json('site', 'show', 'oslo'), { policies: [{ agent: 'north', policy: rules, reason: null }] });
  const viewer = await programs.json('key', 'create', '--name', 'viewer', '--role', 'viewer');
  const refused = await people.run(['site', 'show', 'oslo', '--key', viewer.key]);
  t.match(refused, { code: 0, stdout: /^north +not known +.+/m });
  t.notMatch(refused.stdout, '@acme');

  const file = join(folder, 'fleet.yaml');
  writeFileSync(file, (await programs.run(['export'])).stdout);
  const sorted = { ...rules, commands: { allow: rules.commands.allow.toSorted() } };
  t.same(parse(readFileSync(file, 'utf8')).sites, { oslo: { policy: sorted } });
  t.match(await people.run(['plan', '-f', file]), { code: 0, stderr: ' 0 to delete, ' });
  writeFileSync(policy, stringify({ ...rules, read_only: true, commands: rules.commands.allow.toReversed() }));
  await agent.logged(({ body }) => body === 'site policy changed');

  const plan = await people.run(['plan', '-f', file]);
  t.match(plan, { code: 2, stdout: /^! site 'oslo'\n {4}policy\.read_only: true, and the file has nothing$/m });
  t.match(plan.stderr, 'policy.yaml in the data folder of each of its agents');
  t.match(JSON.parse((await programs.run(['plan', '-f', file, '--json'])).stdout), {
    steps: { length: 0 },
    drift: [{ name: 'oslo' }],
  });
  writeFileSync(file, `${readFileSync(file, 'utf8')}groups: {office: {}}\n`);
  t.match(await programs.run(['apply', '-f', file, '--yes']), { code: 6, stderr: "site 'oslo': its policy differs" });
  t.match(await programs.json('group', 'list'), [{ name: 'office' }], 'the other changes are made');

  await agent.stop();
  await strict.logged(({ body, name }) => body === 'agent disconnected' && name === 'north');
  t.match(await people.run(['plan', '-f', file]), {
    code: 0,
    stderr: "note: site 'oslo' is not compared: agent 'north' is not connected",
  });
  t.match((await programs.run(['export'])).stderr, "site 'oslo': is left out: ");
  writeFileSync(file, 'apiVersion: roundhouse/v1\nsites: {nowhere: {policy: {}}, oslo: {policy: {comands: []}}}\n');
  t.match(await programs.run(['plan', '-f', file]), { code: 1, stderr: 'comands: is not a known field' });
  writeFileSync(file, 'apiVersion: roundhouse/v1\nsites: {nowhere: {policy: {}}}\n');
  t.match(await programs.run(['plan', '-f', file]), { code: 1, stderr: 'sites.nowhere: the hub does not have it' });
});
