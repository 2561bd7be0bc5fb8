import { EventEmitter, once } from 'node:events';
import { mock } from 'node:test';
import { CommandKind } from '@roundhouse/proto/agent/v1/command';
import { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import t, { type Test } from 'tap';
import type { Journal } from '../../../agent/link/journal/journal.js';
import { JournalledRuns } from '../../../agent/link/journal/journalled.js';
import { Dispatcher } from '../../../agent/link/session/dispatch.js';
import { encodeChunk } from '../../../agent/link/session/frames.js';
import type { Operation, Output } from '../../../agent/operations/operation.js';
import { decodeTransferPart, readAgentFrames } from '../../../hub/fleet/link/frames.js';
import { IncomingTransfer } from '../../../hub/fleet/link/transfer.js';
import { wait } from '../../kit/wait.js';
import { callTool, memoryLog, table } from './rig.js';

const KiB = 1024;
const line = Buffer.from(`${'x'.repeat(74)}\n`);

/** An agent whose hub takes everything at once. `transfer` writes the log that is followed; a tool call takes ten rounds of the event loop. */
function agent(t: Test, transfer: (output: Output) => Promise<void>) {
  const chunks: number[] = [];
  const answers = new EventEmitter();
  const openTransfer = () => {
    const stream = Object.assign(new EventEmitter(), {
      write: (part: Buffer) => {
        const { case: kind, value } = decodeTransferPart(part);
        if (kind === 'chunk') chunks.push(value.length);
        return true;
      },
      end: () => setImmediate(() => stream.emit('status', { code: 0, details: '' })),
      cancel: () => {},
    });
    return stream as never;
  };
  const send = (frame: Buffer): void => {
    for (const { frame: said } of readAgentFrames(frame))
      if (said.case === 'result') answers.emit(said.value.commandId);
  };
  const operations = table(
    { name: 'readLog', transfer: (_args: unknown, _context: unknown, output: Output) => transfer(output) } as never,
    {
      name: 'callTool',
      run: async () => {
        for (let round = 0; round < 10; round++) await new Promise(setImmediate);
        return { case: 'json', value: Buffer.from('{}') };
      },
    } as Operation<'callTool'> as never,
  );
  const link = { send, openTransfer, congested: false, resumes: false };
  const journal = new JournalledRuns({} as Journal);
  const dispatcher = new Dispatcher({ operations, link, journal, log: memoryLog().log });
  t.teardown(() => dispatcher.abort('the test is over'));
  dispatcher.resume([]);
  const take = (id: string, operation: object) =>
    dispatcher.take({
      id,
      kind: CommandKind.READ,
      timeoutMs: 60_000,
      traceparent: '',
      journal: '',
      operation,
    } as never);
  return {
    answers,
    chunks,
    follow: (id: string) => take(id, { case: 'readLog', value: { serverId: 's', follow: true } }),
    call: (id: string) => take(id, callTool('x')),
  };
}

t.test('lines that follow one another travel together, in order and whole', async (t) => {
  const lines = 20_000;
  const { chunks, follow } = agent(t, async (output) => {
    for (let n = 0; n < lines; n++) await output.write(line);
  });
  follow('log');
  const total = () => chunks.reduce((sum, size) => sum + size, 0);
  await wait('all has been sent', () => total() === lines * line.length);
  t.equal(chunks[0], line.length, 'the first line does not wait for others');
  t.ok(chunks.length < lines / 20, `${chunks.length} messages for ${lines} lines`);
});

t.test('the more logs are followed, the longer the lines of each wait for a common message', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  for (const [logs, waitMs] of [
    [1, 50],
    [10, 50],
    [20, 100],
    [50, 150],
    [100, 150],
  ] as const) {
    const outputs: Output[] = [];
    const { chunks, follow } = agent(t, (output) => {
      outputs.push(output);
      return new Promise(() => {});
    });
    for (let n = 0; n < logs; n++) follow(`log ${n}`);
    while (outputs.length < logs) await new Promise(setImmediate);
    for (let n = 0; n < 3; n++) await outputs[0]?.write(line);
    t.same(chunks, [line.length], 'the first line does not wait');
    mock.timers.tick(waitMs - 1);
    t.equal(chunks.length, 1, `of ${logs} logs`);
    mock.timers.tick(1);
    t.same(chunks, [line.length, 2 * line.length], `of ${logs} logs`);
  }
});

t.test(
  'fifty logs that always have more lines: in each round a call waits for one piece of them, not for fifty',
  async (t) => {
    let written = 0;
    const { answers, call, follow } = agent(t, async (output) => {
      for (;;) {
        // As from a socket: this much arrives in each round of the event loop.
        await new Promise(setImmediate);
        for (let n = 0; n < 16 * KiB; n += line.length) {
          await output.write(line);
          written += line.length;
        }
      }
    });
    for (let n = 0; n < 50; n++) follow(`log ${n}`);
    await wait('every log has had a turn', () => written > 50 * 64 * KiB);
    const before = written;
    call('urgent');
    await once(answers, 'urgent');
    const ahead = Math.round((written - before) / KiB);
    t.ok(ahead <= 12 * 16, `${ahead} KiB of bulk data were written ahead of the answer`);
  },
);

t.test('fifty logs that have come to the hub: their readers get one piece in each round, not fifty', async (t) => {
  const turns = new BulkScheduler();
  const piece = encodeChunk(Buffer.alloc(16 * KiB, line));
  let read = 0;
  let over = false;
  async function* parts() {
    for (;;) {
      // As from a socket: each log has a piece in each round of the event loop.
      await new Promise(setImmediate);
      yield piece;
    }
  }
  const call = Object.assign(new EventEmitter(), { write: () => true, end: () => {}, emit: () => true });
  const follow = async () => {
    const source = { call: call as never, parts: parts() };
    for await (const chunk of new IncomingTransfer(source, turns, undefined, () => {})) {
      read += chunk.length;
      if (over) return;
    }
  };
  const followers = Array.from({ length: 50 }, follow);
  await wait('every log has had a turn', () => read > 50 * 64 * KiB);
  const before = read;
  for (let round = 0; round < 10; round++) await new Promise(setImmediate);
  const ahead = Math.round((read - before) / KiB);
  over = true;
  await Promise.all(followers);
  t.ok(ahead <= 12 * 16, `${ahead} KiB of logs were read in ten rounds`);
});
