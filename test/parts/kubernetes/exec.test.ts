import { create } from '@bufbuild/protobuf';
import { ListPodsSchema } from '@roundhouse/proto/agent/v1/kubernetes';
import t from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { Keyboard } from '../../../agent/drivers/terminals.js';
import { AgentFailure } from '../../../agent/failure.js';
import { Policy } from '../../../agent/policy/policy.js';
import { borrowCluster, kubernetesParts, type TestCluster } from '../../fixtures/kubernetes/cluster.js';
import { bareImage, toolsImage } from '../../fixtures/kubernetes/images.js';
import { Screen, untilSize } from '../../kit/screen.js';
import { atTerminal, connectionTo, execOf, failing, kubernetes, makeBrokenPod, never, runPod } from './harness.js';

if (kubernetesParts(t)) {
  const cluster = await borrowCluster(t);
  const containers = ['a', 'b'].map((name) => ({ name, image: toolsImage }));
  await Promise.all([
    runPod(cluster, 'one'),
    runPod(cluster, 'two', { containers }),
    runPod(cluster, 'bare', { containers: [{ name: 'main', image: bareImage }] }),
  ]);
  await makeBrokenPod(cluster);
  commands(cluster);
  endings(cluster);
}
t.end();

const keyboard = () => new Keyboard({ columns: 80, rows: 24 });

function commands(cluster: TestCluster): void {
  const connection = connectionTo(cluster);

  t.test('a command, its output, its exit code', async (t) => {
    const all = kubernetes(t);
    const command = ['sh', '-c', 'echo "out $1"; echo err >&2; exit 3', 'sh', "a 'b' $c ü"];
    const result = await all.exec(execOf(connection, 'one', command), never);
    t.match(result, {
      stdout: "out a 'b' $c ü\n",
      stderr: 'err\n',
      exitCode: 3,
      truncated: false,
      container: 'main',
      endable: true,
    });
    t.match(await all.exec(execOf(connection, 'one', ['nothing-like-it']), never), {
      exitCode: 127,
      stderr: /not found/,
    });
  });

  t.test('input is read to its end', async (t) => {
    const all = kubernetes(t);
    const stdin = Buffer.alloc(300_000, 'abc\n');
    t.match(await all.exec(execOf(connection, 'one', ['wc', '-c'], { stdin }), never), { stdout: '300000\n' });
    t.match(await all.exec(execOf(connection, 'one', ['cat'], { stdin: Buffer.alloc(0) }), never), { stdout: '' });
    t.match(await all.exec(execOf(connection, 'one', ['cat']), never), { stdout: '', exitCode: 0 }, 'none at all');
    const early = execOf(connection, 'one', ['sh', '-c', 'head -c 2; exit 4'], { stdin });
    t.match(await all.exec(early, never), { stdout: 'ab', exitCode: 4 });
  });

  t.test('a terminal', async (t) => {
    const all = kubernetes(t);
    const command = ['sh', '-c', 'tty; read -r x; echo "got $x" >&2'];
    const stdin = Buffer.from('word\n');
    const result = await all.exec(execOf(connection, 'one', command, { tty: true, stdin }), never);
    // The terminal's echo of the input comes anywhere among it.
    t.match(result, { stdout: /\/dev\/pts\/0\r\n[\s\S]*got word\r\n$/, stderr: '', exitCode: 0 });
    const counted = await all.exec(
      execOf(connection, 'one', ['wc', '-c'], { tty: true, stdin: Buffer.from('xy') }),
      never,
    );
    t.match(counted.stdout, /2\r\n$/);
  });

  t.test('an image without a shell', async (t) => {
    const all = kubernetes(t);
    const result = await all.exec(execOf(connection, 'bare', ['/busybox', 'echo', 'hello']), never);
    t.match(result, { stdout: 'hello\n', stderr: '', exitCode: 0, endable: false });
    const reading = execOf(connection, 'bare', ['/busybox', 'cat'], { stdin: Buffer.from('x') });
    await t.rejects(all.exec(reading, never), failing('conflict', 'stdin_unsupported', { outcome: 'not_run' }));
  });

  t.test('output beyond the limit is dropped, and the command goes on', async (t) => {
    const all = kubernetes(t);
    const command = ['sh', '-c', 'yes ü | head -c 3000000; echo done >&2'];
    const result = await all.exec(execOf(connection, 'one', command, { maxOutputBytes: 10 }), never);
    t.match(result, { stdout: 'ü\nü\nü\n', stderr: 'done\n', truncated: true, exitCode: 0 });
  });

  for (const pod of ['one', 'bare'])
    t.test(`a person types at a terminal in the pod ${pod}, and changes its size`, async (t) => {
      const all = kubernetes(t);
      const shell = pod === 'one' ? ['sh'] : ['/busybox', 'sh'];
      const keyboard = new Keyboard({ columns: 101, rows: 31 });
      const screen = new Screen();
      const ended = all.runAtTerminal(atTerminal(connection, pod, shell), keyboard, screen.sink, never);
      const tools = pod === 'one' ? '' : '/busybox ';
      await keyboard.write(Buffer.from(`echo so''far; ${untilSize(31, 101, tools)}\r`));
      await screen.shows(/sofar\r\n[\s\S]*is31x101\r\n/);
      await keyboard.resize({ columns: 60, rows: 20 });
      await keyboard.write(Buffer.from(`${untilSize(20, 60, tools)}\r`));
      await screen.shows(/is20x60\r\n/);
      await keyboard.write(Buffer.from("echo ru''ns; cat\r"));
      await screen.shows(/runs\r\n/);
      await keyboard.write(Buffer.from('mirrored\r'));
      await screen.shows(/mirrored\r\nmirrored\r\n/);
      await keyboard.write(Buffer.from('\u0003'));
      await screen.shows(/\^C[\s\S]*# /);
      await keyboard.write(Buffer.from('exit 5\r'));
      t.match(await ended, { exitCode: 5, container: 'main' });
    });

  t.test('commands that cannot be run', async (t) => {
    const all = kubernetes(t);
    await t.rejects(
      all.exec(execOf(connection, 'one', []), never),
      failing('invalid_argument', 'invalid', { field: 'command' }),
    );
    await t.rejects(all.exec(execOf(connection, 'broken', ['ls']), never), failing('conflict', 'not_running'));
    await t.rejects(
      all.exec(execOf(connection, 'two', ['ls']), never),
      failing('invalid_argument', 'container_required'),
    );
    const stranger = connectionTo(cluster, cluster.tokenOf('stranger'));
    await t.rejects(all.exec(execOf(stranger, 'one', ['ls']), never), failing('upstream', 'forbidden'));
    const named = execOf(stranger, 'one', ['ls'], { container: 'main' });
    await t.rejects(all.exec(named, never), failing('upstream', 'forbidden'), 'by the cluster, at the socket');
    const readOnly = kubernetes(t, new Policy({ read_only: true }));
    await t.rejects(readOnly.exec(execOf(connection, 'one', ['ls']), never), failing('refused', 'read_only'));
    const denying = kubernetes(t, new Policy({ commands: { deny: ['rm **'] } }));
    await t.rejects(denying.exec(execOf(connection, 'one', ['rm', 'x']), never), failing('refused', 'policy'));
    const allowing = kubernetes(t, new Policy({ commands: { allow: ['kubectl exec -n default one -- ls **'] } }));
    t.match(await allowing.exec(execOf(connection, 'one', ['ls', '/']), never), { exitCode: 0, stdout: /^bin$/m });
    await t.rejects(allowing.exec(execOf(connection, 'one', ['id']), never), failing('refused', 'policy'));
  });
}

function endings(cluster: TestCluster): void {
  const connection = connectionTo(cluster);
  /** Runs in a session of its own, too, and does not mind being asked to end. */
  const stubborn = (name: string) => [
    'sh',
    '-c',
    `trap "" TERM; setsid sleep ${name} & echo begun; sleep ${name}; sleep ${name}`,
  ];
  /** The processes of a pod with a word in their command, asked without the code under test. */
  const left = async (word: string): Promise<string[]> => {
    const [info] = await cluster.docker.listContainers({ filters: { name: ['k8s_main_one_'] } });
    const { Processes } = await cluster.docker.getContainer(info?.Id ?? '').top({ ps_args: '-eo pid,args' });
    return (Processes as string[][]).map((columns) => columns.join(' ')).filter((line) => line.includes(word));
  };

  t.test('a command whose time is up is ended with all that it has started', async (t) => {
    const all = kubernetes(t);
    // Its time begins before the command does: enough for a busy cluster to start it.
    const asked = execOf(connection, 'one', stubborn('7001'), { timeoutMs: 10_000 });
    await t.rejects(all.exec(asked, never), failing('timeout', 'timeout', { ended: true, stdout: 'begun\n' }));
    t.same(await left('7001'), []);
  });

  t.test('a caller that hangs up ends its command', async (t) => {
    const all = kubernetes(t);
    const signal = new CancelSource();
    const sink = async (chunk: Buffer): Promise<void> => {
      if (!chunk.toString().includes('begun')) return;
      t.equal((await left('7002')).length > 0, true, 'it runs');
      signal.abort(new AgentFailure('cancelled', 'the caller is gone'));
    };
    const running = all.runAtTerminal(atTerminal(connection, 'one', stubborn('7002')), keyboard(), sink, signal);
    await t.rejects(running, { name: 'AgentFailure', kind: 'cancelled', message: 'the caller is gone' });
    await all.close();
    t.same(await left('7002'), []);
  });

  t.test('a command whose connection is lost is ended, too', async (t) => {
    const all = kubernetes(t);
    const sink = async (): Promise<void> => cluster.door.slam();
    const running = all.runAtTerminal(atTerminal(connection, 'one', stubborn('7003')), keyboard(), sink, never);
    await t.rejects(running, failing('lost', 'connection_lost'));
    await all.close();
    t.same(await left('7003'), []);
  });

  t.test('a command that is cancelled while it begins does not stay', async (t) => {
    const all = kubernetes(t);
    const signal = new CancelSource();
    // Questions go over the connection that this one keeps: the next is that of the command.
    await all.listPods(create(ListPodsSchema, { cluster: connection, namespace: 'default' }), never);
    const begins = cluster.door.connected();
    const running = all.exec(execOf(connection, 'one', ['sleep', '7004']), signal);
    await begins;
    signal.abort(new AgentFailure('cancelled', 'at once'));
    await t.rejects(running, { name: 'AgentFailure', kind: 'cancelled', message: 'at once' });
    await all.close();
    t.same(await left('7004'), []);
  });

  t.test('a reader that stops holds the command up', async (t) => {
    const all = kubernetes(t);
    const signal = new CancelSource();
    let taken = 0;
    let stopped = (): void => {};
    const first = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    const sink = (chunk: Buffer): Promise<void> => {
      taken += chunk.length;
      stopped();
      return new Promise(() => {});
    };
    const command = ['sh', '-c', 'yes 7005 | head -c 80000000'];
    const running = all.runAtTerminal(atTerminal(connection, 'one', command), keyboard(), sink, signal);
    await first;
    await all.listPods(create(ListPodsSchema, { cluster: connection, namespace: 'default' }), never);
    t.ok(taken < 1024 * 1024, 'nothing more was passed on');
    t.equal((await left('yes 7005')).length > 0, true, 'it waits');
    signal.abort(new AgentFailure('cancelled', 'enough'));
    await t.rejects(running, { name: 'AgentFailure', kind: 'cancelled', message: 'enough' });
  });
}
