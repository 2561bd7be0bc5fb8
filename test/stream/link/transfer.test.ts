import { createHash, randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { status } from '@grpc/grpc-js';
import { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import t from 'tap';
import { AgentFailure } from '../../../agent/failure.js';
import { type Identity, loadIdentity } from '../../../agent/link/enrolment/identity.js';
import { dialHub, openTransfer } from '../../../agent/link/session/channel.js';
import { decodeReceived, encodeChunk, encodePart } from '../../../agent/link/session/frames.js';
import type { Operation, OperationContext, Output } from '../../../agent/operations/operation.js';
import type { ByteStream, Operation as HubOperation } from '../../../hub/domain/agents/fleet.js';
import { IncomingTransfer } from '../../../hub/fleet/link/transfer.js';
import { wait } from '../../kit/wait.js';
import { echo, read, startAgent, startHub, table } from './rig.js';

const readLog = (serverId = 's'): HubOperation => ({
  case: 'readLog',
  value: { serverId, lines: 0, sinceMs: 0, follow: false },
});

function log(transfer: Extract<Operation<'readLog'>, { transfer: unknown }>['transfer']) {
  return table({ name: 'readLog', transfer } as never);
}

async function text(stream: ByteStream): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

function aborted(signal: OperationContext['signal']): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

const MiB = 1024 * 1024;

t.test('the receiver gets all written bytes, in order', async (t) => {
  const hub = await startHub(t);
  const operations = log(async (_args, _context, output) => {
    for (const line of ['one\n', 'two\n', 'three\n']) await output.write(Buffer.from(line));
  });
  const agent = await startAgent(t, hub, { operations });
  t.equal(await text(await hub.fleet.open(agent.id, readLog(), read)), 'one\ntwo\nthree\n');
  await wait('no command is pending', () => hub.fleet.stats().pending === 0);
});

t.test('an empty stream, and a stream without data yet, open, too', async (t) => {
  const hub = await startHub(t);
  const operations = log(({ serverId }, { signal }) => (serverId === 'empty' ? Promise.resolve() : aborted(signal)));
  const agent = await startAgent(t, hub, { operations });
  t.equal(await text(await hub.fleet.open(agent.id, readLog('empty'), read)), '');
  const quiet = await hub.fleet.open(agent.id, readLog('quiet'), read);
  quiet.cancel('enough');
});

t.test('50 MiB to a reader that pauses: memory stays bounded, commands go on, the hash is right', async (t) => {
  const hub = await startHub(t);
  const [sent, got] = [createHash('sha256'), createHash('sha256')];
  let written = 0;
  const operations = log(async ({ serverId }, _context, output) => {
    for (let n = 0; n < 50; n++) {
      const block = randomBytes(MiB);
      if (serverId === 's') {
        sent.update(block);
        written += block.length;
      }
      await output.write(block);
    }
  });
  const agent = await startAgent(t, hub, { operations });
  const stream = await hub.fleet.open(agent.id, readLog(), { ...read, timeoutMs: 60_000 });
  let received = 0;
  let paused = false;
  for await (const chunk of stream) {
    got.update(chunk);
    received += chunk.length;
    if (!paused && received > MiB) {
      paused = true;
      let before = -1;
      // The producer runs on until there is no room, and then waits.
      await wait('the writer stands still', () => {
        const still = written === before;
        before = written;
        return still && written > 0;
      });
      t.ok(written - received < 8 * MiB, `${(written - received) / MiB} MiB are on the way`);
      for (let n = 0; n < 20; n++) await hub.fleet.execute(agent.id, echo(`${n}`), read);
      const other = await hub.fleet.open(agent.id, readLog('other'), read);
      const first = await other[Symbol.asyncIterator]().next();
      t.notOk(first.done, 'a paused stream does not hold up another');
      other.cancel('enough');
    }
  }
  t.equal(received, 50 * MiB);
  t.equal(got.digest('hex'), sent.digest('hex'));
});

t.test(
  'the hub often acknowledges the bytes that it has taken: the agent keeps little of a log that is read',
  async (t) => {
    const size = 16 * 1024;
    let told = 0;
    let most = 0;
    const call = Object.assign(new EventEmitter(), {
      write: (message: Buffer) => {
        told = decodeReceived(message) ?? told;
      },
      end: () => {},
    });
    async function* parts() {
      for (let n = 0; n < 100; n++) yield encodeChunk(Buffer.alloc(size));
    }
    const source = { call: call as never, parts: parts() };
    const transfer = new IncomingTransfer(source, new BulkScheduler(), undefined, () => {});
    for await (const _ of transfer) most = Math.max(most, transfer.received - told);
    t.equal(transfer.received, 100 * size);
    t.ok(most <= 64 * 1024, `the agent kept ${most / 1024} KiB`);
  },
);

/** An operation that writes for ever, and its view of the stream. */
function endless() {
  const seen: { context?: OperationContext; output?: Output; ended?: unknown } = {};
  const operations = log(async (_args, context, output) => {
    Object.assign(seen, { context, output });
    try {
      for (;;) await output.write(Buffer.alloc(64 * 1024));
    } catch (error) {
      seen.ended = error;
      throw error;
    }
  });
  return { seen, operations };
}

for (const [how, leave] of Object.entries({
  'cancels the stream': (stream: ByteStream) => stream.cancel('enough'),
  'leaves its loop': async (stream: ByteStream) => {
    for await (const _ of stream) break;
  },
})) {
  t.test(`a reader that ${how} ends the command at the agent`, async (t) => {
    const hub = await startHub(t);
    const { seen, operations } = endless();
    const agent = await startAgent(t, hub, { operations });
    await leave(await hub.fleet.open(agent.id, readLog(), read));
    await wait('the stream has ended at the agent', () => seen.ended !== undefined);
    t.match(seen.ended, { kind: 'cancelled' });
    t.ok(seen.context?.signal.aborted);
    t.equal(hub.fleet.stats().pending, 0);
  });
}

t.test('a caller who gives up ends the stream, for the reader too', async (t) => {
  const hub = await startHub(t);
  const { seen, operations } = endless();
  const agent = await startAgent(t, hub, { operations });
  const caller = new AbortController();
  const stream = await hub.fleet.open(agent.id, readLog(), { ...read, signal: caller.signal });
  const reading = t.rejects(text(stream), { code: 'cancelled' });
  caller.abort();
  await reading;
  await wait('the stream has ended at the agent', () => seen.ended !== undefined);
});

t.test('a failure before the first byte fails the opening, one after it the reading', async (t) => {
  const hub = await startHub(t);
  const operations = log(async ({ serverId }, _context, output) => {
    if (serverId === 'later') await output.write(Buffer.from('some'));
    throw new AgentFailure('not_found', 'no such log');
  });
  const agent = await startAgent(t, hub, { operations });
  await t.rejects(hub.fleet.open(agent.id, readLog(), read), { code: 'not_found' });
  const stream = await hub.fleet.open(agent.id, readLog('later'), read);
  const parts = stream[Symbol.asyncIterator]();
  t.equal(Buffer.from((await parts.next()).value).toString(), 'some');
  await t.rejects(parts.next(), { code: 'not_found', message: 'no such log' });
});

t.test('the deadline ends a stream', async (t) => {
  const hub = await startHub(t);
  const { seen, operations } = endless();
  const agent = await startAgent(t, hub, { operations });
  // Enough for a busy machine to open it.
  const stream = await hub.fleet.open(agent.id, readLog(), { ...read, timeoutMs: 3_000 });
  const reading = async () => {
    for await (const _ of stream);
  };
  await t.rejects(reading(), { code: 'timeout' });
  await wait('the stream has ended at the agent', () => seen.ended !== undefined);
});

t.test('when the agent disconnects, the reader learns that the stream is incomplete', async (t) => {
  const hub = await startHub(t);
  const { operations } = endless();
  const agent = await startAgent(t, hub, { operations });
  const stream = await hub.fleet.open(agent.id, readLog(), read);
  const reading = t.rejects(text(stream), { code: 'agent_unreachable', details: { outcome: 'unknown' } });
  hub.fleet.disconnect(agent.id, 'certificate revoked');
  await reading;
});

t.test('a stream for a foreign command is refused, and a chunk that is too large ends a stream', async (t) => {
  const hub = await startHub(t, { settings: { helloTimeoutMs: 3_000 } });
  let commandId = '';
  const operations = log(async (_args, context) => {
    commandId = context.commandId;
    await aborted(context.signal);
  });
  const agent = await startAgent(t, hub, { operations });
  const other = await startAgent(t, hub);
  const waiting = hub.fleet.open(agent.id, readLog(), read);
  await wait('the agent has the command', () => commandId !== '');
  const knock = async (dataDir: string, ...messages: Buffer[]) => {
    const client = dialHub(hub.address, (await loadIdentity(dataDir)) as Identity);
    t.teardown(() => client.close());
    const stream = openTransfer(client);
    stream.on('error', () => {});
    stream.resume();
    for (const message of messages) stream.write(message);
    return new Promise<number>((resolve) => stream.once('status', ({ code }) => resolve(code)));
  };
  const first = encodePart({ case: 'commandId', value: commandId });
  t.equal(await knock(other.dataDir, first), status.INVALID_ARGUMENT, "another agent's");
  await wait("the intruder's link is lost", () =>
    other.lines.some((line) => line.includes('the link to the hub was lost')),
  );
  t.match(hub.fleet.stats(), { violations: 2 }, 'and the agent that opened it is cut off');
  t.equal(await knock(agent.dataDir, encodeChunk(Buffer.from('x'))), status.INVALID_ARGUMENT);
  t.equal(await knock(agent.dataDir), status.DEADLINE_EXCEEDED);
  const stream = await waiting;
  const late = encodePart({ case: 'commandId', value: `${commandId}0` });
  t.equal(await knock(agent.dataDir, late), status.NOT_FOUND, 'for a command of this agent without a waiting caller');
  t.not(await knock(agent.dataDir, encodeChunk(Buffer.alloc(100_000))), status.OK);
  stream.cancel('enough');
});
