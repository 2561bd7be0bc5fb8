import t from 'tap';
import type { RequestOrigin } from '../../../hub/domain/access/caller.js';
import type { ByteStream } from '../../../hub/domain/agents/fleet.js';
import { CancelSource } from '../../../hub/domain/cancellation.js';
import { PodLogs } from '../../../hub/domain/clusters/resources/logs.js';
import { ContainerLogs } from '../../../hub/domain/docker/logs.js';
import { ServerLogs } from '../../../hub/domain/servers/logs.js';

const origin = { caller: null } as RequestOrigin;
const streams = { guard: (stream: ByteStream) => stream };
const MiB = 1024 * 1024;

/** The stream of an agent that sends this again and again, and the bytes that the hub took of it. */
function sending(text: string, times = Number.POSITIVE_INFINITY) {
  const chunk = Buffer.from(text);
  const sent = { bytes: 0, cancelled: false };
  const stream: ByteStream = {
    async *[Symbol.asyncIterator]() {
      for (let n = 0; n < times && !sent.cancelled; n++) {
        sent.bytes += chunk.length;
        // A hub that goes on to read ends with an error, and not with its memory.
        if (sent.bytes > 64 * MiB) throw new Error('the hub reads on and on');
        yield chunk;
      }
    },
    cancel: () => {
      sent.cancelled = true;
    },
  };
  return { stream, sent };
}

/** Reads the log of a pod from an agent. */
function readPod(stream: ByteStream, mostBytes: number) {
  const parts = { clusters: { get: () => ({ record: { id: 'c' } }) }, port: { open: async () => stream }, streams };
  const logs = new PodLogs(parts as unknown as ConstructorParameters<typeof PodLogs>[0]);
  return logs.read(origin, { cluster: 'c', namespace: 'n' }, 'p', {}, { mostBytes });
}

/** Reads the log of a container from an agent. */
function readContainer(stream: ByteStream, lines: number) {
  const hosts = { find: async () => ({ id: 'a', name: 'a', site: 'here' }), check() {} };
  const port = { openLog: async () => stream };
  const containers = { inspect: async () => ({ serverId: '' }) };
  const parts = [hosts, port, containers, streams] as unknown as ConstructorParameters<typeof ContainerLogs>;
  const range = { lines, sinceMs: 0, untilMs: 0, followMs: 0 };
  return new ContainerLogs(...parts).read(origin, {}, 'c', range);
}

t.test('the hub takes only as many bytes of an endless pod log as it asked for', async (t) => {
  const { stream, sent } = sending('x'.repeat(1000));
  const { logs, truncated } = await readPod(stream, 5_500);
  t.same([logs.length, truncated], [5_500, true]);
  t.same(sent, { bytes: 6_000, cancelled: true });
});

t.test('a pod log that has just as many bytes as the hub keeps is whole', async (t) => {
  const { logs, truncated } = await readPod(sending('x'.repeat(1000), 5).stream, 5_000);
  t.same([logs.length, truncated], [5_000, false]);
});

const line = (message: string, time = '2026-01-02T03:04:05.123456789Z') =>
  `${JSON.stringify({ time, stream: 'stdout', message })}\n`;

t.test('the hub takes only as many lines of an endless container log as it asked for', async (t) => {
  const { stream, sent } = sending(line('hello'));
  const { lines, truncated } = await readContainer(stream, 3);
  t.same(
    lines.map(({ message }) => message),
    ['hello', 'hello', 'hello'],
  );
  t.ok(truncated);
  t.ok(sent.cancelled);
});

t.test('a line of a container log arrives whole, in parts of any size', async (t) => {
  const parts = Buffer.from(`${line('déjà vu')}${line('two', '')}`);
  const stream: ByteStream = {
    async *[Symbol.asyncIterator]() {
      for (const byte of parts) yield Buffer.from([byte]);
    },
    cancel() {},
  };
  const { lines } = await readContainer(stream, 10);
  t.match(lines, [
    { message: 'déjà vu', stream: 'stdout' },
    { message: 'two', time: '' },
  ]);
});

for (const [what, text] of Object.entries({
  'no JSON': 'hello\n',
  null: 'null\n',
  'a message that is no text': '{"time":"","stream":"stdout","message":{}}\n',
  'a stream that no container has': '{"time":"","stream":"stdin","message":"x"}\n',
  'a time that is not a time': line('x', 'x'.repeat(1_000)),
  'many values': `{"message":"x","more":[${'0,'.repeat(100_000)}0]}\n`,
  'no end': 'x'.repeat(MiB),
})) {
  t.test(`a container log with a line of ${what} is refused, and the error names the agent`, async (t) => {
    const { stream } = sending(text);
    const message = /the answer of agent 'a' to 'readContainerLog'/;
    await t.rejects(readContainer(stream, 10), { code: 'upstream_failed', message });
  });
}

t.test('a server log with more entries than the hub asked for is refused, however many come at once', async (t) => {
  const { stream } = sending('{}\n'.repeat(300_000), 1);
  const server = { record: { id: 's', agentId: 'a' } };
  const parts = {
    servers: { get: () => server },
    fleet: () => ({ open: async () => stream }),
    redactor: { of: () => ({ touchesBytes: () => false }) },
    streams,
  };
  const logs = new ServerLogs(parts as unknown as ConstructorParameters<typeof ServerLogs>[0]);
  const caller = { role: 'admin', kind: 'system', grants: null };
  const asker = { caller } as unknown as RequestOrigin;
  const range = { lines: 10, sinceMs: 0 };
  await t.rejects(logs.read(asker, 's', range, new CancelSource()), {
    code: 'upstream_failed',
    message: /ask for fewer/,
  });
});
