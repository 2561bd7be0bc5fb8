import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';
import t from 'tap';
import { KeptOutput, readGreeting } from '../../../agent/drivers/kubernetes/exec/exec.js';
import { podStatus } from '../../../agent/drivers/kubernetes/pods/pods.js';
import { amountOf, msOf, quantityOf } from '../../../agent/drivers/kubernetes/values.js';

/** A container's status with only the members that count here. */
const container = (state: object, more: object = {}): V1ContainerStatus =>
  ({ name: 'c', state, ...more }) as unknown as V1ContainerStatus;

t.test("a pod's status is that of kubectl's table", async (t) => {
  const waiting = (reason: string) => container({ waiting: { reason } });
  const ended = (exitCode: number, reason?: string) => container({ terminated: { exitCode, reason } });
  const running = container({ running: {} }, { ready: true });
  const init = { spec: { containers: [], initContainers: [{ name: 'c' }, { name: 'd' }] } };
  const cases: readonly (readonly [V1Pod, string])[] = [
    [{}, 'Unknown'],
    [{ status: { phase: 'Pending' } }, 'Pending'],
    [{ status: { phase: 'Failed', reason: 'Evicted' } }, 'Evicted'],
    [{ status: { phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff')] } }, 'ImagePullBackOff'],
    [{ status: { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff'), running] } }, 'CrashLoopBackOff'],
    [{ status: { phase: 'Succeeded', containerStatuses: [ended(0, 'Completed')] } }, 'Completed'],
    [{ status: { phase: 'Failed', containerStatuses: [ended(3)] } }, 'ExitCode:3'],
    [{ status: { phase: 'Running', containerStatuses: [ended(0, 'Completed'), running] } }, 'NotReady'],
    [{ ...init, status: { phase: 'Pending', initContainerStatuses: [running] } }, 'Init:0/2'],
    [{ ...init, status: { phase: 'Pending', initContainerStatuses: [ended(0), ended(1, 'Error')] } }, 'Init:Error'],
    [{ ...init, status: { phase: 'Pending', initContainerStatuses: [waiting('ErrImagePull')] } }, 'Init:ErrImagePull'],
    [{ metadata: { deletionTimestamp: new Date() }, status: { phase: 'Running' } }, 'Terminating'],
  ];
  for (const [pod, status] of cases) t.equal(podStatus(pod), status);
});

t.test('quantities are numbers', async (t) => {
  const cases: readonly (readonly [unknown, number])[] = [
    ['250m', 0.25],
    ['2', 2],
    ['64Mi', 64 * 1024 * 1024],
    ['1e3', 1000],
    ['12E', 12e18],
    ['1.5G', 1.5e9],
    ['500000000n', 0.5],
    ['', 0],
    [undefined, 0],
    ['much', 0],
    ['5Zi', 0],
  ];
  for (const [text, number] of cases) t.equal(quantityOf(text), number, String(text));
  t.same(amountOf({ cpu: '1500m', memory: '1Ki' }), { cpuMillis: 1500, memoryBytes: 1024 });
  t.same([msOf('nonsense'), msOf(undefined), msOf('1970-01-01T00:00:01Z')], [0, 0, 1000]);
});

t.test('the greeting of a command is found after the messages of a shell', async (t) => {
  const read = (text: string) => readGreeting('mark', Buffer.from(text));
  t.equal(read(''), undefined);
  t.equal(read('\u0001mark:12'), undefined);
  t.equal(read('\u0001other:12\n'), undefined);
  t.match(read('\u0001mark:12\nrest'), { pid: 12, rest: Buffer.from('rest') });
  t.match(read('sh: warning: setlocale\n\u0001mark:12\r\n'), { pid: 12, rest: Buffer.alloc(0) });
  t.equal(read('\u0001mark:nohead\n')?.pid, undefined);
});

t.test('a character that the limit cuts is left out', async (t) => {
  const bytes = Buffer.from('aüb');
  const kept = new KeptOutput(2);
  kept.sink('stdout', bytes);
  t.same(kept.read(), { stdout: 'a', stderr: '', truncated: true });
});

t.test('output in frames of one byte is joined as it comes, and costs no buffer for each byte', async (t) => {
  const lists: number[] = [];
  const { concat } = Buffer;
  t.teardown(() => {
    Buffer.concat = concat;
  });
  Buffer.concat = (list, length) => {
    lists.push(list.length);
    return concat(list, length);
  };
  const kept = new KeptOutput(0);
  const byte = Buffer.from('x');
  for (let n = 0; n < 100_000; n += 1) kept.sink('stdout', byte);
  t.equal(kept.read().stdout, 'x'.repeat(100_000));
  t.ok(Math.max(...lists) < 1000, `${Math.max(...lists)} buffers`);
});
