import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { CallLimitsSchema, type ServerReport, ServerState } from '@roundhouse/proto/agent/v1/server';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { PrivateInstances } from '../../../agent/drivers/mcp/instances/private-instances.js';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { policeServers, type RefusedServer } from '../../../agent/policy/policed-servers.js';
import { Policy } from '../../../agent/policy/policy.js';
import { PolicyFile } from '../../../agent/policy/policy-file.js';
import { httpServer, tool } from '../../fixtures/servers/http-servers.js';
import { wait } from '../../kit/wait.js';
import { tempFolder } from '../../temp-folder.js';
import { fixture, harness, httpSpec, never, runs, silentLog, spec } from './harness.js';

/** The servers of an agent under a policy, the refusals, and the reports as the hub gets them. */
function policed(t: Test, text: string) {
  const h = harness(t);
  const refused: RefusedServer[] = [];
  const police = policeServers(h.servers, new Policy(parsePolicy(text)), (server) => refused.push(server));
  const reports: ServerReport[] = [];
  police.servers.onReport((report) => reports.push(report));
  const state = () => police.servers.reports().find(({ serverId }) => serverId === 's1');
  return { ...police, refused, reports, state, runtime: h.servers, logs: h.logs };
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
  t.ok(servers.has('s1'), 'the agent still knows the server');
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

t.test('a specification that cannot be used changes nothing: the server stays refused', async (t) => {
  const { servers, state } = policed(t, denied);
  servers.put(wanted);
  const refused = { name: 'AgentFailure', kind: 'refused' };
  const invalid = { name: 'AgentFailure', kind: 'invalid_argument' };
  for (const bad of [spec({}), fixture('talks', { 'A=B': '' }), httpSpec('not a url')]) {
    t.throws(() => servers.put({ ...bad, revision: 2n }), invalid);
    await t.rejects(servers.switch({ ...bad, revision: 2n }, { drainMs: 0, signal: never }), invalid);
    await t.rejects(servers.connect('s1', never), refused);
    await t.rejects(servers.openSecond('s1', { signal: never }), refused);
    await t.rejects(servers.authorize('s1', ''), refused);
    await t.rejects(servers.request('s1', 'tools/list', '{}', { signal: never }), refused);
    await t.rejects(servers.versions.install('s1', '1.0.0'), refused);
  }
  servers.setDesired([wanted, spec({ id: 's2', connected: true })]);
  await t.rejects(servers.connect('s2', never), refused, 'a server without a transport is refused');
  t.match(state(), { state: ServerState.ERROR, pid: 0 });
});

t.test('the policy is asked immediately before a connection is made', async (t) => {
  const { servers, runtime, enforce } = policed(t, '');
  servers.put({ ...wanted, connected: false });
  enforce(new Policy(parsePolicy(denied)));
  const refused = { name: 'AgentFailure', kind: 'refused', details: { outcome: 'not_run' } };
  await t.rejects(runtime.connect('s1', never), refused);
  await t.rejects(runtime.openSecond('s1', { signal: never }), refused);
  const other = fixture('talks', { OTHER: '1' }, { connected: true, revision: 2n });
  await t.rejects(runtime.switch(other, { drainMs: 0, signal: never }), refused);
});

t.test('a policy is applied to all servers, also if one of them cannot be changed', async (t) => {
  const h = harness(t);
  let isFull = true;
  const police = policeServers(h.servers, new Policy({}), () => {
    if (isFull) throw new Error('the disk is full');
  });
  const ids = ['s1', 's2'];
  for (const id of ids) police.servers.put({ ...wanted, id });
  const pids = await Promise.all(ids.map(async (id) => (await police.servers.connect(id, never)).pid));
  t.throws(() => police.enforce(new Policy(parsePolicy(denied))), /the disk is full/);
  await wait('the processes of both servers have ended', () => !pids.some(runs));
  isFull = false;
  for (const id of ids) await t.rejects(police.servers.connect(id, never), { name: 'AgentFailure', kind: 'refused' });
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

const readOnly = new Policy({ read_only: true });
const refusedTool = { name: 'AgentFailure', kind: 'refused', message: /read-only/, details: { outcome: 'not_run' } };
const wipe = (readOnlyHint: boolean) => tool('wipe', { annotations: { readOnlyHint } });

/** A server that answers no call before `release`, and the specification of a server with one call at once. */
async function oneAtOnce(t: Test, hint: boolean) {
  const server = await httpServer(t, { tools: [wipe(hint)] });
  let release = () => {};
  const released = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  server.answering = ({ method }) => (method === 'tools/call' ? released : undefined);
  const limits = create(CallLimitsSchema, { maxConcurrent: 1, maxQueue: 5 });
  return { server, release, spec: (revision: bigint) => httpSpec(server.url, { revision, connected: true, limits }) };
}

t.test('a call that waits is judged by the tools of the server that it reaches after a switch', async (t) => {
  const { servers } = policed(t, 'read_only: true');
  const hostile = await oneAtOnce(t, true);
  const honest = await oneAtOnce(t, false);
  honest.release();
  const calls: unknown[] = [];
  honest.server.on('message', ({ method }) => method === 'tools/call' && calls.push(method));
  servers.put(hostile.spec(1n));
  await servers.connect('s1', never);
  const call = () => servers.callTool('s1', 'wipe', Buffer.from('{}'), { signal: never });
  const arrived = hostile.server.received('tools/call');
  const running = call();
  await arrived;
  const waiting = call();
  const outcome = t.rejects(waiting, refusedTool);
  await servers.switch(honest.spec(2n), { drainMs: 10_000, signal: never });
  hostile.release();
  t.ok(await running);
  await outcome;
  t.same(calls, []);
  servers.put(hostile.spec(3n));
  await servers.connect('s1', never);
  t.ok(await call(), 'the refused call gave its place back');
});

t.test('a call that waits while the policy becomes read-only does not run, also at a private instance', async (t) => {
  const { servers, enforce, runtime, logs } = policed(t, '');
  const { server, release, spec } = await oneAtOnce(t, false);
  const privates = new PrivateInstances({ servers, reports: runtime, logs, log: silentLog });
  t.teardown(() => privates.closeAll());
  servers.put(spec(1n));
  await servers.connect('s1', never);
  await privates.open('s1', 'own', { capabilities: '{}', info: '{"name":"x","version":"1"}' });
  const arrived = server.received('tools/call');
  const running = servers.callTool('s1', 'wipe', Buffer.from('{}'), { signal: never });
  await arrived;
  const waiting = servers.callTool('s1', 'wipe', Buffer.from('{}'), { signal: never });
  const privately = privates.callTool('own', 'wipe', Buffer.from('{}'), { signal: never });
  const outcomes = Promise.all([t.rejects(waiting, refusedTool), t.rejects(privately, refusedTool)]);
  // The private call takes a turn of the event loop to its place in the queue.
  await new Promise((resolve) => setImmediate(resolve));
  enforce(readOnly);
  release();
  await running;
  await outcomes;
});

t.test("a private instance is judged by its own list of tools, and not by the shared connection's", async (t) => {
  const { servers, runtime, logs } = policed(t, 'read_only: true');
  const { server, release, spec } = await oneAtOnce(t, false);
  release();
  const privates = new PrivateInstances({ servers, reports: runtime, logs, log: silentLog });
  t.teardown(() => privates.closeAll());
  servers.put(spec(1n));
  await servers.connect('s1', never);
  server.offer = { ...server.offer, tools: [wipe(true)] };
  await privates.open('s1', 'own', { capabilities: '{"roots":{}}', info: '{"name":"x","version":"1"}' });
  const call = () => privates.callTool('own', 'wipe', Buffer.from('{}'), { signal: never });
  await t.rejects(servers.callTool('s1', 'wipe', Buffer.from('{}'), { signal: never }), refusedTool);
  t.ok(await call());
  server.offer = { ...server.offer, tools: [wipe(false)] };
  const [own] = server.privates;
  own?.notify('notifications/tools/list_changed');
  await wait('a changed list is judged', () =>
    call().then(
      () => false,
      (error: Error) => /read-only/.test(error.message),
    ),
  );
});

const client = { capabilities: '{}', info: '{"name":"x","version":"1"}' };

t.test('a new policy ends the instances of a server that is not connected, and their clients learn why', async (t) => {
  const { servers, enforce, runtime, logs } = policed(t, '');
  const privates = new PrivateInstances({ servers, reports: runtime, logs, log: silentLog });
  t.teardown(() => privates.closeAll());
  const ended: string[] = [];
  privates.tell({ notice: () => true, ask: () => true, ended: (_, reason) => void ended.push(reason) });
  servers.put(fixture('talks'));
  await privates.open('s1', 'own', client);
  const second = await servers.openSecond('s1', { signal: never });
  const own = privates.find('own');
  enforce(new Policy(parsePolicy(denied)));
  await t.rejects(own.request('tools/list', '{}', { signal: never }), { name: 'AgentFailure', message: /^refused: / });
  await t.rejects(second.request('tools/list'), { name: 'AgentFailure', message: /^refused: / });
  await wait('the process of the second instance has ended', () => !runs(second.pid));
  await privates.close('own');
  t.equal(privates.size, 0);
  t.match(ended, [/^refused: this site does not allow the command/]);
  t.match(ended, { length: 1 });
});

t.test('an instance that a policy forbids while it opens does not open', async (t) => {
  const { servers, enforce } = policed(t, '');
  const server = await httpServer(t, { tools: [] });
  const asked = server.received('initialize');
  server.answering = ({ method }) => (method === 'initialize' ? new Promise(() => {}) : undefined);
  servers.put(httpSpec(server.url));
  const opening = servers.openSecond('s1', { signal: never });
  const outcome = t.rejects(opening, { name: 'AgentFailure', kind: 'refused', details: { outcome: 'not_run' } });
  await asked;
  enforce(new Policy(parsePolicy('urls: ["https://only.example/"]')));
  await outcome;
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

t.test('a policy that cannot be applied everywhere does not end the watch of the file', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const path = join(tempFolder(t), 'policy.yaml');
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
  const file = new PolicyFile(path, false, log);
  const changes: boolean[] = [];
  const stop = file.watch(({ readOnly }) => {
    changes.push(readOnly);
    throw new Error('one server could not be changed');
  });
  t.teardown(stop);
  for (const text of ['read_only: true\n', 'read_only: false\n']) {
    writeFileSync(path, text);
    mock.timers.tick(1000);
  }
  t.same(changes, [true, false]);
  t.match(lines[0], /policy\.not_applied/);
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
