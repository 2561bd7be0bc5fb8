import { EventEmitter } from 'node:events';
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { CommandKind, ResultSchema } from '@roundhouse/proto/agent/v1/command';
import { CommandState, type Standing } from '@roundhouse/proto/agent/v1/link';
import { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import { Outbox } from '@roundhouse/proto/outbox';
import t from 'tap';
import type { Journal } from '../../../agent/link/journal/journal.js';
import { JournalledRuns } from '../../../agent/link/journal/journalled.js';
import { Dispatcher } from '../../../agent/link/session/dispatch.js';
import { AgentCommands } from '../../../hub/fleet/link/commands.js';
import { type ReceivedFrame, readAgentFrames } from '../../../hub/fleet/link/frames.js';
import { Pace } from '../../../hub/fleet/link/pace.js';
import { newCounters } from '../../../hub/fleet/link/stats.js';
import { defaultFleetSettings } from '../../../hub/fleet/settings.js';
import { wait } from '../../kit/wait.js';
import { callTool, memoryLog, table } from './rig.js';

/** A dispatcher whose tool answers with so many bytes, its messages to the hub, and the data streams that it opens. */
function agent(bytes: number) {
  const streams: EventEmitter[] = [];
  const said: ReceivedFrame['frame'][] = [];
  const openTransfer = () => {
    const stream = Object.assign(new EventEmitter(), { write: () => true, end: () => {}, cancel: () => {} });
    streams.push(stream);
    return stream as never;
  };
  const send = (frame: Buffer) => void said.push(...[...readAgentFrames(frame)].map((received) => received.frame));
  const journal = new JournalledRuns({} as Journal);
  const run = () => ({ case: 'json', value: Buffer.alloc(bytes, '1') });
  const operations = table({ name: 'callTool', run } as never);
  const link = { send, openTransfer, congested: false, resumes: true };
  const dispatcher = new Dispatcher({ operations, link, journal, log: memoryLog().log });
  dispatcher.resume([]);
  const take = (id: string) => {
    const { case: name, value } = callTool('x');
    const operation = { case: name, value };
    dispatcher.take({ id, kind: CommandKind.ONCE, timeoutMs: 1000, traceparent: '', journal: '', operation } as never);
  };
  /** Its messages about a command after the link was lost. */
  const asked = (id: string) => {
    said.length = 0;
    dispatcher.resume([id]);
    return said.flatMap((frame) => (frame.case === 'standings' ? frame.value.standings : []));
  };
  return { dispatcher, streams, said, take, asked };
}

t.test('a large result that the hub does not take: the hub never learns that nothing ran', async (t) => {
  const { dispatcher, streams, said, take, asked } = agent(1024 * 1024);
  take('a');
  streams[0]?.emit('status', { code: status.DEADLINE_EXCEEDED, details: 'no command id in time' });
  // The stream's writer learns it when its turn comes.
  await wait('the result is sent', () => said.length > 0);
  t.match(said, [{ case: 'result', value: { commandId: 'a', outcome: { case: 'failure' } } }], 'its caller learns it');
  dispatcher.lost(60_000);
  t.same(asked('a'), []);
  t.match(said, [{ case: 'result', value: { commandId: 'a' } }], 'also where that word was lost');
});

t.test('a forgotten command stays forgotten, though the hub may ask twice', async (t) => {
  const { dispatcher, take, asked } = agent(10);
  take('a');
  dispatcher.lost(0);
  t.match(asked('a'), [{ commandId: 'a', state: CommandState.FORGOTTEN }]);
  // That message was lost with the link.
  dispatcher.lost(60_000);
  t.teardown(() => dispatcher.abort('over'));
  t.match(asked('a'), [{ commandId: 'a', state: CommandState.FORGOTTEN }]);
  dispatcher.lost(60_000);
  t.match(asked('b'), [{ commandId: 'b', state: CommandState.NEVER_RECEIVED }]);
});

const neverReceived = (commandId: string): Standing => ({
  $typeName: 'agent.v1.Standing',
  commandId,
  state: CommandState.NEVER_RECEIVED,
});

/** The hub's end of one agent's link, and a connection after the other. */
function commands() {
  const counters = newCounters();
  const collecting = new Pace(8);
  const turns = new BulkScheduler();
  const all = new AgentCommands('p-', { settings: defaultFleetSettings, counters, collecting, turns });
  const connect = (sameProcess: boolean, settings = defaultFleetSettings) =>
    all.resume(new Outbox(Object.assign(new EventEmitter(), { write: () => true }), settings), {
      resumes: true,
      sameProcess,
    });
  /** Sends so many commands, and loses the link after they have left. */
  const sendAndLose = async (count: number) => {
    connect(true);
    all.release();
    const answers = Array.from({ length: count }, () =>
      all.execute(callTool('x'), { kind: 'once', timeoutMs: 60_000 }).catch((error: unknown) => error),
    );
    await new Promise(setImmediate);
    all.detach();
    return answers;
  };
  return { all, counters, connect, sendAndLose };
}

t.test('sent again from a journal, and the link is lost before it left: it may have run', async (t) => {
  const { all, connect } = commands();
  connect(true);
  all.release();
  const failed = t.rejects(all.execute(callTool('x'), { kind: 'once', timeoutMs: 10_000, journal: 'step-1' }), {
    code: 'agent_unreachable',
    details: { outcome: 'unknown' },
  });
  await new Promise(setImmediate);
  all.detach();
  connect(false);
  all.detach();
  all.lost('no return');
  await failed;
});

t.test('a command whose stream was opened is not sent again, with any state that the agent reports', async (t) => {
  const { all, counters, connect } = commands();
  connect(true);
  all.release();
  const failed = t.rejects(all.execute(callTool('x'), { kind: 'once', timeoutMs: 10_000 }), {
    code: 'agent_unreachable',
    details: { outcome: 'unknown' },
  });
  await new Promise(setImmediate);
  const call = Object.assign(new EventEmitter(), { write: () => true, writableEnded: false, destroyed: false });
  call.on('error', () => {});
  t.equal(all.transfer('p-0', call as never, { next: () => new Promise(() => {}) }), 'taken');
  all.detach();
  connect(true);
  all.release();
  t.ok(all.standings([neverReceived('p-0')]));
  await failed;
  t.equal(counters.resent, 0);
});

t.test('a large answer that the hub still checks is not lost with the link, nor with its agent', async (t) => {
  const { all, connect, sendAndLose } = commands();
  const [answer] = await sendAndLose(1);
  const value = Buffer.from(`"${'x'.repeat(1024 * 1024)}"`);
  const outcome = { case: 'json', value };
  t.equal(all.result(create(ResultSchema, { commandId: 'p-0', outcome } as never)), 'taken');
  connect(false);
  all.detach();
  all.lost('no return');
  t.same(await answer, outcome);
});

t.test(
  'an agent reports the state of each command once on a connection, and only of commands that it was asked about',
  async (t) => {
    const { all, counters, connect, sendAndLose } = commands();
    await sendAndLose(2);
    t.teardown(() => all.lost('the test is over'));
    connect(true);
    all.release();
    t.notOk(all.standings([neverReceived('p-0'), neverReceived('p-0')]), 'twice in one answer');
    t.notOk(all.standings([neverReceived('p-1')]), 'a second answer');
    t.equal(counters.resent, 1);
    all.detach();
    connect(true);
    t.notOk(all.standings([neverReceived('p-7')]), 'a command that it was not asked about');
    t.equal(counters.resent, 1);
  },
);

t.test('commands that an agent did not receive are not sent again beyond the limit of waiting commands', async (t) => {
  const { all, counters, connect, sendAndLose } = commands();
  const answers = await sendAndLose(4);
  t.teardown(() => all.lost('the test is over'));
  // The message that resumes takes one of the three places.
  connect(true, { ...defaultFleetSettings, queueFrames: 3 });
  all.release();
  t.ok(all.standings(['p-0', 'p-1', 'p-2', 'p-3'].map(neverReceived)));
  t.equal(counters.resent, 2);
  t.match(await Promise.all(answers.slice(2)), [
    { code: 'agent_unreachable', details: { outcome: 'not_run' } },
    { code: 'agent_unreachable', details: { outcome: 'not_run' } },
  ]);
});
