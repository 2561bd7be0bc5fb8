import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import { type ServerReport, ServerState } from '@roundhouse/proto/agent/v1/server';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { policeServers, type RefusedServer } from '../../../agent/policy/policed-servers.js';
import { Policy } from '../../../agent/policy/policy.js';
import { PolicyFile } from '../../../agent/policy/policy-file.js';
import { wait } from '../../kit/wait.js';
import { tempFolder } from '../../temp-folder.js';
import { fixture, harness, never, runs, silentLog, spec } from './harness.js';

/** The servers of an agent under a policy, the refusals, and the reports as the hub gets them. */
function policed(t: Test, text: string) {
  const h = harness(t);
  const refused: RefusedServer[] = [];
  const police = policeServers(h.servers, new Policy(parsePolicy(text)), (server) => refused.push(server));
  const reports: ServerReport[] = [];
  police.servers.onReport((report) => reports.push(report));
  const state = () => police.servers.reports().find(({ serverId }) => serverId === 's1');
  return { ...police, refused, reports, state };
}

const wanted = fixture('talks', {}, { connected: true });
const denied = 'commands: [something-else]';

t.test('a server that the site does not allow is never started; its state gives the reason', async (t) => {
  const { servers, refused, state } = policed(t, denied);
  const reason = /refused: this site does not allow the command/;
  t.match(servers.put(wanted), { state: ServerState.ERROR, error: reason, pid: 0 });
  await t.rejects(servers.connect('s1', never), {
    name: 'AgentFailure',
    kind: 'refused',
    details: { outcome: 'not_run' },
  });
  await t.rejects(servers.callTool('s1', 'x', Buffer.from('{}'), { signal: never }), {
    name: 'AgentFailure',
    kind: 'refused',
  });
  t.match(state(), { state: ServerState.ERROR, error: reason, pid: 0 });
  t.ok(servers.has('s1'), 'it is known all the same');
  t.match(refused, [{ serverId: 's1', reason: /does not allow/ }]);
  servers.setDesired([wanted]);
  t.equal(refused.length, 1, 'it is told once, however often the hub comes back');
});

t.test('the hub cannot get around the policy', async (t) => {
  const { servers, state } = policed(t, denied);
  servers.setDesired([wanted]);
  await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'refused' });
  servers.setDesired([{ ...wanted, revision: 9n }]);
  await t.rejects(servers.connect('s1', never), { name: 'AgentFailure', kind: 'refused' });
  await servers.disconnect('s1');
  t.equal(state()?.pid, 0);
});

t.test('a new policy ends the servers that it forbids, and starts the servers that it allows', async (t) => {
  const { servers, enforce, reports, refused, state } = policed(t, '');
  servers.put(wanted);
  const { pid } = await servers.connect('s1', never);
  t.ok(pid > 0);
  enforce(new Policy(parsePolicy(denied)));
  await wait("the refused server's process has ended", () => !runs(pid));
  await wait('the server is reported as refused', () => reports.some(({ error }) => error.startsWith('refused')));
  t.equal(refused.length, 1);
  enforce(new Policy(parsePolicy('')));
  await wait('the server is connected again', () => state()?.state === ServerState.CONNECTED);
  t.not(state()?.pid, pid);
});

t.test('a change of the policy that does not concern a server does not affect it', async (t) => {
  const { servers, enforce, state } = policed(t, '');
  servers.put(wanted);
  const { pid } = await servers.connect('s1', never);
  enforce(new Policy(parsePolicy('urls: ["https://x"]')));
  servers.setDesired([wanted]);
  t.equal((await servers.connect('s1', never)).pid, pid, 'it is connected to the same process');
  t.equal(state()?.pid, pid);
});

t.test('a read-only site calls only tools that say that they change nothing', async (t) => {
  const { servers, enforce } = policed(t, `{ read_only: true, commands: ['${process.execPath} **'] }`);
  const server = fixture('read-only', {}, { connected: true });
  servers.put(server);
  await servers.connect('s1', never);
  const call = (tool: string) => servers.callTool('s1', tool, Buffer.from('{}'), { signal: never });
  t.ok(await call('look'));
  await t.rejects(call('change'), { name: 'AgentFailure', kind: 'refused', message: /read-only/ });
  await t.rejects(call('no-such-tool'), { name: 'AgentFailure', kind: 'refused' });
  enforce(new Policy({}));
  t.ok(await call('change'));
});

t.test('the file is read again when it changes; a broken file changes nothing, and is reported', async (t) => {
  const path = join(tempFolder(t), 'policy.yaml');
  writeFileSync(path, 'read_only: true\n');
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const file = new PolicyFile(path, true, log);
  t.equal(file.policy.readOnly, true);
  const changes: boolean[] = [];
  t.teardown(file.watch(({ readOnly }) => void changes.push(readOnly)));
  writeFileSync(`${path}.new`, 'read_only: false\n');
  renameSync(`${path}.new`, path);
  await wait('the changed policy is in force', () => changes.length === 1);
  t.same([changes, file.policy.readOnly], [[false], false]);
  writeFileSync(path, 'read_only: perhaps\n');
  await wait('the log says that the old policy stays in force', () =>
    lines.some((line) => line.includes('the old one stays in force')),
  );
  t.ok(lines.some((line) => line.includes('expected true or false')));
  t.equal(file.policy.readOnly, false);
  rmSync(path);
  await wait('the log says that the policy is kept without its file', () =>
    lines.some((line) => line.includes('it stays in force here, but the agent will not start without it')),
  );
  writeFileSync(path, 'read_only: true\n');
  await wait('the second change of the policy is in force', () => changes.length === 2);
  t.equal(file.policy.readOnly, true);
});

t.test('a policy file may be created later', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const path = join(tempFolder(t), 'policy.yaml');
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const file = new PolicyFile(path, false, log);
  const changes: boolean[] = [];
  t.teardown(file.watch(({ readOnly }) => void changes.push(readOnly)));
  mock.timers.tick(1000);
  t.same(lines, [], 'until then there is nothing to say');
  writeFileSync(path, 'read_only: true\n');
  mock.timers.tick(1000);
  t.equal(changes.length, 1, 'the policy that was written is in force');
  t.equal(file.policy.readOnly, true);
});

t.test('at the start a policy must be readable, and a named policy must exist', async (t) => {
  const path = join(tempFolder(t), 'policy.yaml');
  t.throws(() => new PolicyFile(path, true, silentLog), { name: 'PolicyError', message: /policy\.yaml.*ENOENT/ });
  t.equal(new PolicyFile(path, false, silentLog).policy.readOnly, false);
  writeFileSync(path, 'nonsense: 1\n');
  t.throws(() => new PolicyFile(path, false, silentLog), { name: 'PolicyError', message: /unknown section/ });
});

t.test(
  'a version is judged as if the command named it: for a switch, an installation, or a second instance',
  async (t) => {
    const { servers } = policed(t, 'commands: { allow: ["npx -y pkg@1.*"] }');
    const at = (version: string, revision: bigint) =>
      spec({
        version,
        revision,
        transport: { case: 'stdio', value: { command: 'npx', args: ['-y', 'pkg@1.0.0'], env: {} } },
      });
    servers.put(at('', 1n));
    const refused = { name: 'AgentFailure', kind: 'refused', message: /does not allow the command/ };
    await t.rejects(servers.switch(at('2.0.0', 2n), { drainMs: 0, signal: never }), refused);
    for (const version of ['2.0.0', 'latest']) {
      await t.rejects(servers.versions.install('s1', version), refused);
      await t.rejects(servers.versions.download('s1', version, never), refused);
      await t.rejects(servers.versions.verify('s1', version, never), refused);
      await t.rejects(servers.openSecond('s1', { version, signal: never }), refused);
    }
    t.match(await servers.switch(at('1.2.0', 2n), { drainMs: 0, signal: never }), { revision: 2n });
  },
);

t.test('a command without a version allows any version, except a denied one', (t) => {
  const judge = new Policy(parsePolicy('commands: { allow: ["npx -y pkg", "uvx other"], deny: ["npx -y pkg@6.*"] }'));
  const at = (version: string, ...args: string[]) =>
    judge.server(spec({ version, transport: { case: 'stdio', value: { command: 'npx', args, env: {} } } }));
  t.equal(at('2.0.0', '-y', 'pkg'), undefined);
  t.match(at('6.6.6', '-y', 'pkg'), /does not allow/);
  t.match(at('2.0.0', '-y', 'pkg@1.0.0'), /does not allow/);
  t.end();
});
