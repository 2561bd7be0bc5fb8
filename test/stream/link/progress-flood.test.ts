import { mock } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { CommandSchema } from '@roundhouse/proto/agent/v1/command';
import t from 'tap';
import { Dispatcher } from '../../../agent/link/session/dispatch.js';
import { ServerMessages } from '../../../agent/link/session/server-messages.js';
import type { OperationContext } from '../../../agent/operations/operation.js';
import { memoryLog, table } from './rig.js';

const MIB = 1024 * 1024;
// The shares grow with time: it stands still.
const now = performance.now();
t.before(() => mock.method(performance, 'now', () => now));
t.teardown(() => mock.restoreAll());

/** A half of the hub's limit: reports and messages of servers have their shares, too. */
const share = 32 * MIB;

t.test('the progress of a call stays below its share, so that the hub does not cut the agent off', async (t) => {
  let sent = 0;
  const send = (frame: Buffer) => {
    sent += frame.length;
  };
  let context: OperationContext | undefined;
  const run = (_: unknown, given: OperationContext) => {
    context = given;
    return new Promise(() => {});
  };
  const dispatcher = new Dispatcher({
    operations: table({ name: 'callTool', run } as never),
    link: { send, congested: false, openTransfer: () => undefined, resumes: true },
    journal: {} as never,
    log: memoryLog().log,
  });
  const operation = { case: 'callTool', value: { serverId: 's', tool: 'x', progress: true } } as const;
  dispatcher.take(create(CommandSchema, { id: 'a', timeoutMs: 60_000, operation }));
  for (let n = 0; n < 2500; n += 1) context?.progress(Buffer.alloc(MIB / 5, 'x'));
  t.ok(sent > 16 * MIB, `${sent} bytes`);
  t.ok(sent < 2 * share, `${sent} bytes of 500 MiB`);
  for (let n = 0; n < 100; n += 1) context?.progress(Buffer.from('{}'));
  t.ok(sent < 2 * share, 'and goes on slowly');
});

t.test('a burst of small notes of progress is sent in part', async (t) => {
  let sent = 0;
  const send = () => {
    sent += 1;
  };
  let context: OperationContext | undefined;
  const run = (_: unknown, given: OperationContext) => {
    context = given;
    return new Promise(() => {});
  };
  const dispatcher = new Dispatcher({
    operations: table({ name: 'callTool', run } as never),
    link: { send, congested: false, openTransfer: () => undefined, resumes: true },
    journal: {} as never,
    log: memoryLog().log,
  });
  const operation = { case: 'callTool', value: { serverId: 's', tool: 'x', progress: true } } as const;
  dispatcher.take(create(CommandSchema, { id: 'a', timeoutMs: 60_000, operation }));
  for (let n = 0; n < 4000; n += 1) context?.progress(Buffer.from('{}'));
  t.equal(sent, 500);
});

t.test('the messages of servers stay below their share', async (t) => {
  let sent = 0;
  const messages = new ServerMessages(
    (frame) => {
      if (frame?.case === 'mcpAsk') sent += frame.value.params?.length ?? 0;
      return true;
    },
    { warn: () => {} } as never,
  );
  const params = 'x'.repeat(3 * MIB);
  let taken = 0;
  for (let n = 0; n < 300; n += 1)
    if (messages.ask({ serverId: `s${n % 10}`, instanceId: 'i' }, { id: `${n}`, method: 'm', params })) taken += 1;
  t.ok(taken > 5, `${taken} were taken`);
  t.ok(sent < 2 * share, `${sent} bytes of 900 MiB`);
});
