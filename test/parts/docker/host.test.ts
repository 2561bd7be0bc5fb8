import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { Engine } from '../../../agent/drivers/docker/engine/engine.js';
import { type ExecRequest, endCommand } from '../../../agent/drivers/docker/host/exec.js';
import type { RunRequest } from '../../../agent/drivers/docker/host/run.js';
import { markerName, newMarker } from '../../../agent/drivers/process/table.js';
import { Keyboard } from '../../../agent/drivers/terminals.js';
import { importBusybox } from '../../fixtures/docker/busybox.js';
import { borrowEngine, dockerParts, startRegistry, type TestEngine } from '../../fixtures/docker/engine.js';
import { pushImage } from '../../fixtures/docker/images.js';
import { Screen } from '../../kit/screen.js';
import { part } from '../../parts.js';
import { execRequest, hostsOf, image, never, runRequest } from './host-harness.js';

/** A number of seconds that no other process on this machine sleeps. */
const seconds = 1_000_000 + process.pid;
/** Ignores the request to end, and has started two others, one of them in a session of its own. */
const stubborn = ['sh', '-c', `trap "" TERM; sleep ${seconds} & setsid sleep ${seconds} & wait`];

if (dockerParts(t) && part(t, 'busybox')) {
  const engine = await borrowEngine(t);
  await importBusybox(engine.docker, image);
  tests(engine);
}

function tests(engine: TestEngine): void {
  const { host, running } = hostsOf(engine);

  t.test('a container from its making to its removal', async (t) => {
    const docker = host(t);
    const made = await running(t, docker, {
      name: 'made-here',
      env: { GIVEN: 'a value of the tests' },
      labels: { team: 'net' },
      volumes: ['/tmp:/seen:ro'],
      restart: 'on-failure:3',
      memory: '64m',
      cpus: '0.5',
      workdir: '/tmp',
      user: '1000:1000',
    });
    t.match(made, { name: 'made-here', image, state: 'running', pulled: false, restart: 'on-failure:3', cpus: 0.5 });
    t.match(made, { memoryBytes: 64 * 1024 ** 2, user: '1000:1000', workdir: '/tmp', command: ['sleep', '1000'] });
    t.match(made.mounts, [{ type: 'bind', source: '/tmp', target: '/seen', readOnly: true }]);
    t.ok(made.env.includes('GIVEN') && !JSON.stringify(made).includes('a value of the tests'), 'names, no values');
    const listed = await docker.containers.list({ all: false, name: 'made', labels: ['team=net'], limit: 0 }, never);
    t.match(listed, { containers: [{ id: made.id, name: 'made-here', state: 'running', serverId: '' }], total: 1 });
    t.match(await docker.containers.stop('made-here', 0, never), { state: 'exited', changed: true });
    t.match(await docker.containers.stop('made-here', 0, never), { state: 'exited', changed: false });
    t.match(await docker.containers.inspect(made.id.slice(0, 12), never), { state: 'exited', exitCode: 137 });
    t.match(await docker.containers.start('made-here', never), { state: 'running', changed: true });
    t.match(await docker.containers.start('made-here', never), { changed: false });
    t.match(await docker.containers.restart('made-here', 0, never), { state: 'running', changed: true });
    const remove = (force: boolean) => docker.containers.remove('made-here', { force, volumes: false }, never);
    await t.rejects(remove(false), { name: 'AgentFailure', kind: 'conflict', details: { reason: 'conflict' } });
    t.match(await remove(true), { id: made.id, state: 'removed' });
    await t.rejects(docker.containers.inspect('made-here', never), {
      name: 'AgentFailure',
      kind: 'not_found',
      details: { kind: 'container' },
    });
  });

  t.test('nothing stays of a container that does not start', async (t) => {
    const docker = host(t);
    const before = (await engine.docker.listContainers({ all: true })).length;
    const wrong = docker.run(runRequest({ command: ['/no/such/program'] }), () => {}, never);
    await t.rejects(wrong, { name: 'AgentFailure', message: /no such file|not found/i });
    t.equal((await engine.docker.listContainers({ all: true })).length, before);
    const absent = docker.run(runRequest({ image: 'nowhere.invalid/box:9', pull: 'never' }), () => {}, never);
    await t.rejects(absent, {
      name: 'AgentFailure',
      kind: 'not_found',
      details: { kind: 'image' },
    });
  });

  t.test('a container that is removed at its end may be gone before the agent looks', async (t) => {
    const docker = host(t);
    const find = docker.containers.find.bind(docker.containers);
    docker.containers.find = async (id, signal) => {
      const found = await find(id, signal);
      if (found.info.State.Status === 'created') return found;
      await engine.docker
        .getContainer(id)
        .wait({ condition: 'removed' })
        .catch(() => {});
      return find(id, signal);
    };
    const made = await docker.run(runRequest({ command: ['true'], autoRemove: true }), () => {}, never);
    t.match(made, { image, command: ['true'], state: 'removed' });
  });

  t.test('wrong fields are named', async (t) => {
    const docker = host(t);
    for (const [field, more] of [
      ['image', { image: 'Not An Image' }],
      ['image', { image: 'a'.repeat(64) }],
      ['name', { name: '-x' }],
      ['ports.1', { ports: ['80:80', 'eighty'] }],
      ['volumes.0', { volumes: ['a/relative:/x'] }],
      ['labels.io.roundhouse.agent', { labels: { 'io.roundhouse.agent': 'mine' } }],
      ['memory', { memory: 'much' }],
      ['restart', { restart: 'sometimes' }],
      ['workdir', { workdir: 'here' }],
      ['pull', { pull: 'perhaps' }],
    ] as const) {
      const run = docker.run(runRequest(more as Partial<RunRequest>), () => {}, never);
      await t.rejects(run, { name: 'AgentFailure', kind: 'invalid_argument', details: { field } }, field);
    }
    for (const name of ['', '../images', 'a b', 'x?y'])
      await t.rejects(docker.containers.inspect(name, never), {
        name: 'AgentFailure',
        kind: 'invalid_argument',
        details: { field: 'container' },
      });
  });

  t.test('a log is read in the order in which it was written', async (t) => {
    const docker = host(t);
    const long = 'x'.repeat(40_000);
    const script = `echo one; sleep 1; echo two >&2; sleep 1; echo; echo ${long}; printf last; sleep 1000`;
    const { id } = await running(t, docker, { command: ['sh', '-c', script] });
    const follow = new AbortController();
    const lines: { time: string; stream: string; message: string }[] = [];
    const range = { tail: 0, sinceMs: 0, untilMs: 0, follow: true };
    const read = async () => {
      for await (const line of docker.readLog(id, range, follow.signal)) {
        lines.push(JSON.parse(line.toString()));
        if (lines.length === 4) follow.abort(new Error('enough'));
      }
    };
    await t.rejects(read(), { message: 'enough' });
    t.match(lines[0], { stream: 'stdout', message: 'one', time: /^\d{4}-\d\d-\d\dT.*Z$/ });
    t.match(lines[1], { stream: 'stderr', message: 'two' });
    t.match(lines[2], { message: '' });
    t.equal(lines[3]?.message, long, 'put together again');
    await docker.containers.stop(id, 0, never);
    const whole: string[] = [];
    for await (const line of docker.readLog(id, { ...range, follow: false, tail: 1 }, never))
      whole.push(line.toString());
    t.match(JSON.parse(whole.at(-1) ?? ''), { message: 'last' });
  });

  t.test('commands run in a container', async (t) => {
    const docker = host(t);
    const { id } = await running(t, docker, { name: 'entered' });
    const exec = (more: Partial<ExecRequest>) => docker.commands.run(execRequest({ container: id, ...more }), never);
    t.match(await exec({ command: ['sh', '-c', 'echo out; echo err >&2; exit 7'] }), {
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 7,
      truncated: false,
    });
    const text = 'wagon 7 — ünïcode\n'.repeat(5000);
    t.equal((await exec({ command: ['cat'], stdin: Buffer.from(text) })).stdout, text);
    t.match(await exec({ command: ['cat'], stdin: new Uint8Array() }), { stdout: '', exitCode: 0 });
    const env = await exec({
      command: ['sh', '-c', 'echo $GIVEN; pwd; id -u'],
      env: { GIVEN: 'é' },
      workdir: '/tmp',
      user: '5',
    });
    t.equal(env.stdout, 'é\n/tmp\n5\n');
    const endless = ['sh', '-c', 'while :; do yes | head -c 100000; sleep 0.1; done'];
    // Its time begins before the command does: enough for a busy engine to start it.
    t.match(await exec({ command: endless, maxOutputBytes: 10, timeoutMs: 10_000 }).catch((error) => error), {
      name: 'AgentFailure',
      kind: 'timeout',
      details: { stdout: 'y\ny\ny\ny\ny\n', ended: true },
    });
    t.match(await exec({ command: ['sh', '-c', 'echo äöü'], maxOutputBytes: 3 }), { stdout: 'ä', truncated: true });
    const absent = await exec({ command: ['/no/such/program'] });
    t.match(absent, { exitCode: 126, stdout: /no such file/ }, 'as `docker exec` tells it');
    await t.rejects(exec({ command: [] }), {
      name: 'AgentFailure',
      kind: 'invalid_argument',
      details: { field: 'command' },
    });
    await docker.containers.stop(id, 0, never);
    await t.rejects(exec({ command: ['id'] }), { name: 'AgentFailure', kind: 'conflict', message: /not running/ });
  });

  t.test('a cancelled command ends, with all that it has started', async (t) => {
    const docker = host(t);
    const { id } = await running(t, docker);
    const abort = new AbortController();
    const run = docker.commands.run(execRequest({ container: id, command: stubborn }), abort.signal);
    await until(() => sleepers() === 2);
    abort.abort(new Error('the caller hung up'));
    await t.rejects(run, { message: 'the caller hung up' });
    t.equal(sleepers(), 0);
    t.match(await docker.containers.inspect(id, never), { state: 'running' }, 'the container goes on');
  });

  t.test('a person types at a terminal in a container, and changes its size', async (t) => {
    const docker = host(t);
    const { id } = await running(t, docker);
    const keyboard = new Keyboard({ columns: 101, rows: 31 });
    const screen = new Screen();
    const open = (command: string[], signal = never) =>
      docker.commands.runAtTerminal({ container: id, command, user: '' }, keyboard, screen.sink, signal);
    const ended = open(['sh']);
    await keyboard.write(Buffer.from("echo so''far; stty size; tty\r"));
    await screen.shows(/sofar\r\n31 101\r\n\/dev\/pts\/0\r\n/);
    await keyboard.resize({ columns: 60, rows: 20 });
    await keyboard.write(Buffer.from('stty size\r'));
    await screen.shows(/\n20 60\r\n/);
    await keyboard.write(Buffer.from("echo ru''ns; cat\r"));
    await screen.shows(/runs\r\n/);
    await keyboard.write(Buffer.from('mirrored\r'));
    await screen.shows(/mirrored\r\nmirrored\r\n/);
    await keyboard.write(Buffer.from('\u0003'));
    await screen.shows(/\^C[\s\S]*# /);
    await keyboard.write(Buffer.from('exit 5\r'));
    t.strictSame(await ended, { exitCode: 5 });
    const absent = await open(['/no/such/program']);
    t.equal(absent.exitCode, 126, 'as `docker exec` tells it');
    await screen.shows(/no such file/);
  });

  t.test('a terminal that its person leaves ends, with all that it has started', async (t) => {
    const docker = host(t);
    const { id } = await running(t, docker);
    const abort = new AbortController();
    const keyboard = new Keyboard({ columns: 80, rows: 24 });
    const request = { container: id, command: stubborn, user: '' };
    const run = docker.commands.runAtTerminal(request, keyboard, async () => {}, abort.signal);
    await until(() => sleepers() === 2);
    abort.abort(new Error('the person left'));
    await t.rejects(run, { message: 'the person left' });
    await until(() => sleepers() === 0);
    const strict = host(t, { commands: { deny: ['sh **'] } });
    const denied = strict.commands.runAtTerminal(request, keyboard, async () => {}, never);
    await t.rejects(denied, { name: 'AgentFailure', kind: 'refused' }, 'the policy of the site holds for terminals');
  });

  t.test('the same where the engine’s processes are not to be seen', async (t) => {
    const { id: containerId } = await running(t, host(t));
    const marker = newMarker('exec');
    const Env = [`${markerName}=${marker}`];
    const command = await engine.docker.getContainer(containerId).exec({ Cmd: stubborn, Env });
    (await command.start({ Detach: true })).resume();
    await until(() => sleepers() === 2);
    t.ok(await endCommand(new Engine(engine.host), { containerId, command, marker }, async () => []));
    // A signal that was sent ends its program a moment later.
    await until(() => sleepers() === 0);
  });

  t.test('use of processor and memory by containers', async (t) => {
    const docker = host(t);
    const { id } = await running(t, docker, { command: ['sh', '-c', 'while :; do :; done'] });
    const { stats } = await docker.stats(id, never);
    t.match(stats, [{ id, memoryBytes: Number, processes: 1 }]);
    t.ok((stats[0]?.cpuPercent ?? 0) > 1, 'it is busy');
    t.match(await docker.stats('', never), { total: 1 });
  });

  t.test('images are listed, pulled and removed', async (t) => {
    const docker = host(t);
    const registry = await startRegistry(t);
    const name = `${registry}/team/box:2`;
    await engine.docker.getImage(image).tag({ repo: `${registry}/team/box`, tag: '2' });
    await pushImage(engine.docker, name);
    const removed = await docker.images.remove(name, false, never);
    t.match(removed, { untagged: [name, /@sha256:/], deleted: { length: 0 } });
    t.match(await docker.images.list({ name: 'team/box', limit: 0 }, never), { total: 0 });
    const notes: string[] = [];
    const pulled = await docker.images.pull(name, '', (line) => notes.push(line), never);
    t.match(pulled, { image: name, id: /^sha256:/, digest: /^sha256:/, changed: true });
    t.match(notes, [/^pulling/]);
    t.match(await docker.images.pull(name, '', () => {}, never), { changed: false });
    t.match(await docker.images.list({ name: 'team/box', limit: 0 }, never), { images: [{ tags: [name] }], total: 1 });
    await t.rejects(
      docker.images.pull(`${registry}/team/box:9`, '', () => {}, never),
      { name: 'AgentFailure' },
    );
    const run = docker.run(
      runRequest({ image: name, command: ['true'], autoRemove: true, pull: 'always' }),
      () => {},
      never,
    );
    t.match(await run, { pulled: true, image: name });
    await t.rejects(docker.images.remove('nothing:here', false, never), {
      name: 'AgentFailure',
      kind: 'not_found',
      details: { kind: 'image' },
    });
  });
}

/** How many processes of this machine, those in containers included, sleep for as long as this test has them. */
function sleepers(): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8') === `sleep\0${seconds}\0`;
    } catch {
      return false;
    }
  }).length;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}
