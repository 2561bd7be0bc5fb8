import t from 'tap';
import { command, failureOf, never, simulated } from './harness.js';

const [first, second] = ['show ip interface brief', 'show inventory'];

/** A device with two known commands: from then on each is sent the moment the one before has ended. */
async function known(t: Parameters<typeof simulated>[0]) {
  const h = await simulated(t, { platform: 'cisco_ios' });
  const outputs = async (...commands: string[]) => (await h.run(...commands)).map(({ output }) => output);
  const [one = '', other = ''] = await outputs(first, second);
  return { ...h, outputs, one, other };
}

t.test('known commands, one right after the other: each has its own output', async (t) => {
  const { outputs, one, other, device } = await known(t);
  t.not(one, other);
  t.same(await outputs(first, second, second, first, second), [one, other, other, one, other]);
  t.same(device.commands.slice(-5), [first, second, second, first, second]);
});

t.test('a command hangs: the results before it are kept, and later commands get their own', async (t) => {
  const { device, run, outputs, one, other } = await known(t);
  device.traps.hangs = /^show inventory/;
  const failure = await failureOf(run(first, { text: second, timeoutMs: 300 }, first));
  t.match(failure, { kind: 'timeout', details: { reason: 'no_answer', results: [{ command: first, output: one }] } });
  t.equal((failure.details.results as unknown[]).length, 1);
  device.traps.hangs = undefined;
  t.same(await outputs(second, first, second), [other, one, other]);
});

t.test('a command is cancelled: later commands get their own results', async (t) => {
  const { device, devices, outputs, one, other } = await known(t);
  const cancel = new AbortController();
  device.traps.answerDelayMs = 20;
  let times = 0;
  device.events.on('command', () => {
    times += 1;
    if (times === 3) cancel.abort(new Error('given up'));
  });
  const commands = [first, second, first, second, first].map(command);
  await t.rejects(devices.run('d1', { commands, allowChanges: false, stopOnError: false }, cancel.signal), {
    message: 'given up',
  });
  t.same(await outputs(second, first), [other, one]);
});

t.test('after an error nothing more is sent, where that is asked for', async (t) => {
  const { device, devices } = await known(t);
  const before = device.commands.length;
  const commands = [first, 'show bogus', second].map(command);
  const results = await devices.run('d1', { commands, allowChanges: false, stopOnError: true }, never);
  t.same(
    results.map(({ success }) => success),
    [true, false],
  );
  t.notOk(device.commands.slice(before).includes(second));
});
