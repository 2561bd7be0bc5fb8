import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { openMemoryStream } from '@roundhouse/proto/memory-stream';
import t from 'tap';
import type { LocalHub } from '../../../agent/link/session/channel.js';
import { encodeFrame } from '../../../agent/link/session/frames.js';
import type { Operation } from '../../../agent/operations/operation.js';
import { authorityPair } from '../../../hub/fleet/listen/ca.js';
import { wait } from '../../kit/wait.js';
import { agentFolder, callTool, echo, type Hub, read, startAgent, startHub, table } from './rig.js';

// A hub and an agent in one process: the streams lead from one to the other without gRPC.

type Stream = ReturnType<LocalHub['open']>;
const MiB = 1024 * 1024;

/** The hub for an agent in this process, and the streams that the agent has opened. */
function localHub(hub: Hub) {
  const streams: { kind: string; stream: Stream }[] = [];
  const open: LocalHub['open'] = (kind, certificate) => {
    const stream = hub.fleet.openLocal(kind, certificate);
    streams.push({ kind, stream });
    return stream;
  };
  return { streams, options: { localHub: { open } } };
}

const tool = (run: Extract<Operation<'callTool'>, { run: unknown }>['run']) =>
  table({ name: 'callTool', run } as never);
const json = (text: string) => ({ case: 'json', value: Buffer.from(text) }) as const;

/** How a stream ends. */
const statusOf = (stream: Stream) =>
  new Promise<{ code: number; details: string }>((resolve) => stream.once('status', resolve).on('data', () => {}));

t.test('calls, their failures and large results pass between a hub and an agent in one process', async (t) => {
  const hub = await startHub(t);
  const local = localHub(hub);
  const large = JSON.stringify('x'.repeat(MiB));
  const operations = tool(({ tool }) => {
    if (tool === 'broken') throw new Error('broken');
    return json(tool === 'large' ? large : '"small"');
  });
  const agent = await startAgent(t, hub, { operations, options: local.options });

  const values = await Promise.all(
    Array.from({ length: 100 }, (_, n) => hub.fleet.execute(agent.id, echo(`${n}`), read)),
  );
  t.same(
    values.map(({ value }) => String(value)),
    Array.from({ length: 100 }, (_, n) => `${n}`),
    'each caller gets its own answer',
  );
  const { value } = await hub.fleet.execute(agent.id, callTool('large'), read);
  t.equal(String(value), large);
  await t.rejects(hub.fleet.execute(agent.id, callTool('broken'), read), { code: 'internal' });
  t.same(
    local.streams.map(({ kind }) => kind),
    ['control', 'transfer'],
    'a large result has a stream of its own',
  );
});

t.test('a reader that stops holds the agent up, and gets all bytes in order', async (t) => {
  const hub = await startHub(t);
  const [sent, got] = [createHash('sha256'), createHash('sha256')];
  let written = 0;
  const transfer: Extract<Operation<'readLog'>, { transfer: unknown }>['transfer'] = async (
    _args,
    _context,
    output,
  ) => {
    for (let n = 0; n < 20; n++) {
      const block = randomBytes(MiB);
      sent.update(block);
      written += block.length;
      await output.write(block);
    }
  };
  const operations = table({ name: 'readLog', transfer } as never);
  const agent = await startAgent(t, hub, { operations, options: localHub(hub).options });
  const readLog = { case: 'readLog', value: { serverId: 's', lines: 0, sinceMs: 0, follow: false } } as const;
  const stream = await hub.fleet.open(agent.id, readLog, read);
  let before = -1;
  await wait('the agent writes no more', () => {
    const isHeld = written === before;
    before = written;
    return isHeld && written > 0;
  });
  t.ok(written < 10 * MiB, `the agent waits after ${written} bytes`);
  for await (const chunk of stream) got.update(chunk);
  t.equal(got.digest('hex'), sent.digest('hex'));
});

t.test('a stream holds writes back while they are not read, and its end knows when the agent has left', async (t) => {
  const { agent, hub } = openMemoryStream(MiB);
  const sent = Array.from({ length: 100 }, (_, n) => `${n}`);
  let written = 0;
  for (const text of sent) agent.write(Buffer.from(text), () => written++);
  await new Promise(setImmediate);
  t.ok(written < 50, `${written} of 100 messages are taken without a reader`);
  const got: string[] = [];
  hub.on('data', (message: Buffer) => got.push(String(message)));
  await wait('all messages have come', () => got.length === 100);
  t.same(got, sent);
  const closed = once(hub, 'close');
  agent.cancel();
  await closed;
  t.ok(hub.cancelled);
});

t.test('a call goes on after its stream broke', async (t) => {
  const hub = await startHub(t);
  const local = localHub(hub);
  let answer = (): void => {};
  let runs = 0;
  const operations = tool(() => {
    runs++;
    return new Promise((resolve) => {
      answer = () => resolve(json('"kept"'));
    });
  });
  const agent = await startAgent(t, hub, { operations, options: local.options });
  const call = hub.fleet.execute(agent.id, callTool('x'), { kind: 'once', timeoutMs: 60_000 });
  await wait('the call runs', () => runs === 1);
  local.streams[0]?.stream.cancel();
  await wait('the agent is back', () => local.streams.length === 2);
  answer();
  t.equal(String((await call).value), '"kept"');
  t.equal(runs, 1, 'it ran once');
});

t.test('an agent that is revoked loses its stream, and gets no other', async (t) => {
  const hub = await startHub(t);
  const local = localHub(hub);
  let revoked = 0;
  const onRevoked = () => {
    revoked++;
  };
  const agent = await startAgent(t, hub, { options: { ...local.options, onRevoked } });
  const certificate = await readFile(join(agent.dataDir, 'agent.crt'), 'utf8');
  hub.domain.revoked.add(agent.id);
  hub.fleet.disconnect(agent.id, 'revoked');
  await wait('the agent knows it', () => revoked === 1);
  t.equal(hub.fleet.agent(agent.id), undefined);
  for (const kind of ['control', 'transfer'] as const)
    t.match(await statusOf(hub.fleet.openLocal(kind, certificate)), { code: status.PERMISSION_DENIED }, kind);
});

t.test('certificates of other authorities, unknown agents and messages that are too long are refused', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, { options: localHub(hub).options });
  const { certificate: foreign } = await authorityPair(agentFolder(t));
  t.match(await statusOf(hub.fleet.openLocal('control', foreign)), { code: status.UNAUTHENTICATED });

  const certificate = await readFile(join(agent.dataDir, 'agent.crt'), 'utf8');
  const long = hub.fleet.openLocal('control', certificate);
  const ended = statusOf(long);
  long.write(encodeFrame({ case: 'progress', value: { commandId: 'x', json: Buffer.alloc(MiB), log: false } }));
  t.match(await ended, { code: status.RESOURCE_EXHAUSTED, details: /larger than max/ });
  t.ok(await hub.fleet.execute(agent.id, echo('1'), read), 'the connected agent is not affected');

  hub.domain.agents.clear();
  t.match(await statusOf(hub.fleet.openLocal('control', certificate)), { code: status.UNAUTHENTICATED });
});

t.test('the agent learns when to come back to a hub that is shutting down', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub, { options: localHub(hub).options });
  await hub.fleet.close({ graceMs: 0 });
  await wait('the agent has been told', () => agent.lines.some((line) => line.includes('link.asked_to_wait')));
  t.equal(hub.fleet.stats().agents, 0);
});
