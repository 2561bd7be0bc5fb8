import t, { type Test } from 'tap';
import type { ByteStream } from '../../../hub/domain/agents/fleet.js';
import { type Cancellation, CancelSource } from '../../../hub/domain/cancellation.js';
import { type LogStart, SharedLogs } from '../../../hub/domain/clusters/resources/shared-logs.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { wait } from '../../kit/wait.js';

/** The log of a container at an agent, and all streams of it. */
class ContainerLog {
  readonly opened: LogStart[] = [];
  readonly #streams = new Set<Stream>();
  readonly #lines: string[] = [];
  readonly #timed: boolean;
  readonly #late: number;

  /** @param timed Whether the lines get times. @param late How many lines the common stream is behind. */
  constructor(timed = true, late = 0) {
    this.#timed = timed;
    this.#late = late;
  }

  /** How many streams are open. */
  get open(): number {
    return this.#streams.size;
  }

  write(...texts: string[]): void {
    for (const text of texts) {
      // Kubernetes leaves out zeros at the end.
      const fraction = String(1 + this.#lines.length)
        .padStart(9, '0')
        .replace(/0+$/, '');
      const time = `2026-01-01T00:00:00.${fraction}Z `;
      this.#lines.push(`${this.#timed ? time : ''}${text}\n`);
    }
    const added = this.#lines.slice(-texts.length);
    for (const stream of this.#streams) stream.put(added);
  }

  end(error?: DomainError): void {
    for (const stream of this.#streams) stream.end(error);
    this.#streams.clear();
  }

  readonly follow = async (start: LogStart, signal?: Cancellation): Promise<ByteStream> => {
    this.opened.push(start);
    const stream = new Stream(start.timestamps === true && this.#timed, (gone) => this.#streams.delete(gone));
    if (start.tailLines === 0) stream.late = this.#late;
    signal?.addEventListener('abort', () => stream.cancel('aborted'));
    this.#streams.add(stream);
    const { tailLines = Number.POSITIVE_INFINITY } = start;
    stream.put(tailLines === 0 ? [] : this.#lines.slice(-tailLines));
    return stream;
  };
}

/** One stream of a log. Its chunks end anywhere in a line. */
class Stream implements ByteStream {
  #bytes = Buffer.alloc(0);
  #ended: { error: DomainError | undefined } | undefined;
  #wake = () => {};
  #held: string[] = [];
  late = 0;

  constructor(
    private readonly timestamps: boolean,
    private readonly gone: (stream: Stream) => void,
  ) {}

  put(lines: readonly string[]): void {
    this.#held.push(...lines);
    const due = this.#held.splice(0, Math.max(0, this.#held.length - this.late));
    const text = due.map((line) => (this.timestamps ? line : line.replace(/^2026\S+ /, ''))).join('');
    this.#bytes = Buffer.concat([this.#bytes, Buffer.from(text)]);
    this.#wake();
  }

  end(error?: DomainError): void {
    this.#ended ??= { error };
    this.#wake();
  }

  cancel(reason: string): void {
    this.gone(this);
    this.end(new DomainError('cancelled', reason));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    yield new Uint8Array();
    for (;;) {
      for (let size = 1; this.#bytes.length > 0; size = size * 3 + 1) {
        const chunk = this.#bytes.subarray(0, size);
        this.#bytes = this.#bytes.subarray(size);
        yield chunk;
      }
      if (this.#ended?.error) throw this.#ended.error;
      if (this.#ended) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** A client that follows the log. It reads as long as it is not paused. */
class Client {
  text = '';
  error: unknown;
  ended = false;
  readonly signal = new CancelSource();
  stream: ByteStream | undefined;
  #paused: Promise<void> | undefined;
  #resume = () => {};

  async read(stream: ByteStream): Promise<void> {
    this.stream = stream;
    try {
      for await (const chunk of stream) {
        this.text += Buffer.from(chunk).toString();
        await this.#paused;
      }
    } catch (error) {
      this.error = error;
    }
    this.ended = true;
  }

  pause(): void {
    this.#paused = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#paused = undefined;
    this.#resume();
  }

  /** The numbers of the lines `line N` that it has. */
  get numbers(): number[] {
    return [...this.text.matchAll(/line (\d+)/g)].map(([, n]) => Number(n));
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
const lines = (from: number, to: number, rest = '') => range(from, to).map((n) => `line ${n}${rest}`);

/** A log of ten lines with followers. All followers but the first share a stream. */
async function rig(t: Test, starts: readonly LogStart[], log = new ContainerLog()) {
  const logs = new SharedLogs();
  log.write(...lines(0, 10));
  const clients: Client[] = [];
  for (const start of starts) {
    const client = new Client();
    clients.push(client);
    void client.read(await logs.follow('log', log.follow, start, client.signal));
  }
  t.teardown(() => clients.map(({ signal }) => signal.abort('the test is over')));
  let count = 10;
  const shared = async () => {
    // A stream that brings nothing for a while has been read up to now.
    const began = performance.now();
    await wait('the followers have read the log up to now', () => performance.now() > began + 60);
    log.write(...lines(count, count + 1));
    count += 1;
  };
  const share = async (streams: number) => {
    for (let n = 0; n < 20 && log.open !== streams; n++) await shared();
    t.equal(log.open, streams, `${starts.length} followers have ${streams} streams`);
    return count;
  };
  return { log, logs, clients, share };
}

t.test('followers of a log share a stream; each gets its lines once and in order', async (t) => {
  const starts = [{}, {}, { tailLines: 3 }, { tailLines: 0, timestamps: true }, { timestamps: true }];
  const { log, clients, share } = await rig(t, starts);
  const count = await share(2);
  log.write(...lines(count, 2000));
  await wait('all have the last line', () => clients.every(({ text }) => text.includes('line 1999\n')));
  t.same(
    clients.map(({ numbers }) => numbers),
    [range(0, 2000), range(0, 2000), range(7, 2000), range(10, 2000), range(0, 2000)],
  );
  for (const { text } of clients.slice(0, 3)) t.notMatch(text, /2026/, 'no times');
  for (const { text } of clients.slice(3)) t.match(text, /^(?:2026\S+Z line \d+\n)+$/, 'each line with its time');
  t.equal(log.opened.length, 6, 'one stream of its own for each, and the common one');
});

t.test('a follower leaves: the others go on, and the last one ends the common stream', async (t) => {
  const { log, clients, share } = await rig(t, [{}, {}, {}]);
  const count = await share(2);
  const [first, second, third] = clients as [Client, Client, Client];
  second.signal.abort('gone');
  first.stream?.cancel('gone');
  await wait('both have left', () => first.ended && second.ended);
  t.match([first.error, second.error], [{ code: 'cancelled' }, { code: 'cancelled' }]);
  log.write(...lines(count, 100));
  await wait('the third has all', () => third.text.includes('line 99\n'));
  t.same(third.numbers, range(0, 100));
  t.equal(log.open, 1);
  third.stream?.cancel('gone');
  await wait('no stream is left', () => log.open === 0);
});

t.test('a follower that comes when the others have left is the first again', async (t) => {
  const { log, logs, clients, share } = await rig(t, [{}, {}]);
  await share(2);
  for (const { signal } of clients) signal.abort('gone');
  await wait('all have left', () => clients.every(({ ended }) => ended));
  const stream = await logs.follow('log', log.follow, { tailLines: 1 });
  t.same(log.opened.at(-1), { tailLines: 1 });
  stream.cancel('enough');
  t.equal(log.open, 0);
});

t.test('a slow follower holds up no other, and gets all in the end', async (t) => {
  const { log, clients, share } = await rig(t, [{}, {}, {}]);
  let count = await share(2);
  const [, slow, quick] = clients as [Client, Client, Client];
  slow.pause();
  const long = '.'.repeat(1000);
  const most = count + 4000;
  for (; count < most; count += 100) {
    log.write(...lines(count, count + 100, long));
    await wait('the quick one has it', () => quick.text.includes(`line ${count + 99}.`));
  }
  t.ok(slow.text.length < 100_000, 'the slow one has little of 4 MB');
  t.equal(log.open, 2);
  slow.resume();
  await wait('the slow one has it', () => slow.text.includes(`line ${most - 1}.`));
  t.same(slow.numbers, range(0, most));
  t.same(quick.numbers, range(0, most));
  t.match(log.opened.at(-1), { timestamps: true, sinceSeconds: Number });
  log.write(...lines(most, most + 10));
  await wait('both have the rest', () => [slow, quick].every(({ text }) => text.includes(`line ${most + 9}`)));
  t.same(slow.numbers, range(0, most + 10));
});

t.test('a follower that falls behind within a long line gets each part of the line once', async (t) => {
  const { log, clients, share } = await rig(t, [{}, {}, {}]);
  const count = await share(2);
  const [, slow, quick] = clients as [Client, Client, Client];
  slow.pause();
  log.write(`line ${count} ${'.'.repeat(6_000_000)} end`);
  await wait('the quick one has the line', () => quick.text.endsWith(' end\n'));
  t.ok(slow.text.length < 1_000_000, 'the slow one has little of 6 MB');
  slow.resume();
  log.write(...lines(count + 1, count + 3));
  const last = `line ${count + 2}\n`;
  await wait('both have the rest', () => [slow, quick].every(({ text }) => text.endsWith(last)));
  t.same(log.opened.at(-1)?.sinceSeconds === undefined, false, 'it has left the common stream');
  t.same(slow.numbers, range(0, count + 3));
  t.ok(slow.text === quick.text, 'both have the same text');
});

t.test('a follower that is ahead of the common stream waits for it', async (t) => {
  const { log, clients, share } = await rig(t, [{}, {}, {}], new ContainerLog(true, 3));
  const count = await share(2);
  log.write(...lines(count, count + 10));
  await wait('all have what has come', () => clients.every(({ text }) => text.includes(`line ${count + 6}\n`)));
  for (const { numbers } of clients.slice(1)) t.same(numbers, range(0, count + 7));
});

t.test('the end of the log reaches all followers behind its last line, and so does a failure', async (t) => {
  for (const failure of [undefined, new DomainError('agent_unreachable', 'The stream broke off')]) {
    const { log, clients, share } = await rig(t, [{}, {}, {}]);
    const count = await share(2);
    log.write(...lines(count, count + 5));
    log.end(failure);
    await wait('all have ended', () => clients.every(({ ended }) => ended));
    t.same(
      clients.map(({ error }) => error),
      [failure, failure, failure],
    );
    for (const { numbers } of clients) t.same(numbers, range(0, count + 5));
  }
});

t.test('lines without times show no place in the common stream: the follower keeps its own', async (t) => {
  const untimed = await rig(t, [{}, {}], new ContainerLog(false));
  await untimed.share(3);
  for (const { signal } of untimed.clients) signal.abort('gone');
  t.equal(untimed.log.open, 0);
});

t.test('a follower without times gets none of the times that an old kubelet writes within a long line', async (t) => {
  const { log, clients } = await rig(t, [{}, {}, { timestamps: true }]);
  const [, plain, timed] = clients as [Client, Client, Client];
  const time = '2026-01-01T00:00:00.000000011Z ';
  const [first, second, rest] = ['a'.repeat(16_384), `b${time}`.padEnd(16_384, 'b'), 'c'.repeat(100)];
  // A kubelet before 1.28 writes a line in parts of 16 KiB, each of which begins with its time.
  log.write(`${first}${time}${second}${time}${rest}`, 'next', `${first}${time}${second}`, 'last');
  await wait('both have the lines', () => [plain, timed].every(({ text }) => text.endsWith('last\n')));
  const whole = (text: string) => text.slice(text.indexOf('line 9\n') + 'line 9\n'.length);
  t.ok(whole(plain.text) === `${first}${second}${rest}\nnext\n${first}${second}\nlast\n`, 'the text alone');
  t.match(timed.text, `${first}${time}${second}${time}${rest}\n`, 'as Kubernetes gives it');
});

t.test('a follower whose stream cannot be opened does not count', async (t) => {
  const { log, logs, share } = await rig(t, [{}, {}]);
  await share(2);
  const failed = async () => {
    throw new DomainError('not_found', 'no such pod');
  };
  await t.rejects(logs.follow('other', failed, {}), { code: 'not_found' });
  const stream = await logs.follow('other', log.follow, {});
  t.same(log.opened.at(-1), {}, 'the next one is the first');
  stream.cancel('enough');
});
