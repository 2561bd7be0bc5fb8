import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { ChunkedResponses, ChunkJoiner } from '../../../agent/drivers/net/chunked-responses.js';
import { wait } from '../../kit/wait.js';

const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const lines = Array.from({ length: 200 }, (_, n) => `${'x'.repeat(n % 90)}${n}\n`);
const log = lines.join('');
const chunks = lines.map((line) => `${line.length.toString(16)}\r\n${line}\r\n`);
const last = '0\r\n\r\n';

/** The answer to a request, from a server that writes these pieces and closes the connection. A piece comes after the one before it was read. */
function answer(t: Test, pieces: readonly string[]) {
  return answerOf(t, async (socket) => {
    for (const piece of pieces) {
      socket.write(piece, 'latin1');
      await new Promise(setImmediate);
    }
    socket.end();
  });
}

/** The beginning of the answer to a request, which `write` writes. */
async function begin(t: Test, write: (socket: Socket) => void, chatty = new ChunkedResponses()) {
  const server = createServer((socket) => {
    socket.setNoDelay();
    socket.once('data', () => write(socket));
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const asked = request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false });
  t.teardown(() => asked.destroy());
  chatty.read(asked);
  const errors: unknown[] = [];
  asked.on('error', (error) => errors.push(error));
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { response, errors };
}

/** The answer to a request, which `write` writes. */
async function answerOf(t: Test, write: (socket: Socket) => void, chatty?: ChunkedResponses) {
  const { response, errors } = await begin(t, write, chatty);
  const parts: Buffer[] = [];
  response.on('data', (part: Buffer) => parts.push(part));
  const text = () => Buffer.concat(parts).toString('latin1');
  return { response, parts, text, errors };
}

t.test('chunks that arrive together are read as one, the text is whole, and the answer is complete', async (t) => {
  const { response, parts, text } = await answer(t, [
    head + chunks.slice(0, 100).join(''),
    chunks.slice(100).join('') + last,
  ]);
  await once(response, 'end');
  t.equal(text(), log);
  t.equal(response.complete, true);
  t.ok(parts.length <= 6, `${parts.length} parts for ${chunks.length} chunks`);
});

t.test('a line after a pause is read at once, and the lines that follow are read together', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  let socket: Socket | undefined;
  const { parts, response } = await answerOf(t, (opened) => {
    socket = opened;
    opened.write(head);
  });
  const chatty = new ChunkedResponses();
  /** Resolves once everything that was written before has reached its reader. */
  const roundTrip = async () => {
    const { response: other } = await answerOf(t, (opened) => void opened.end(head + last), chatty);
    await once(other, 'end');
  };
  const rest = async () => {
    // After a long turn the next turn waits for a timer, too.
    for (let times = 0; times < 3; times++) {
      mock.timers.tick(100);
      await roundTrip();
    }
  };
  for (const round of [0, 10]) {
    await rest();
    const before = parts.length;
    const read = once(response, 'data');
    socket?.write(chunks[round] ?? '');
    await read;
    for (const chunk of chunks.slice(round + 1, round + 10)) {
      socket?.write(chunk);
      await roundTrip();
    }
    t.equal(parts.length, before + 1, 'the lines that follow wait');
    await rest();
    t.same(parts.slice(before).map(String), [lines[round], lines.slice(round + 1, round + 10).join('')]);
  }
});

t.test('answers that always have more to read take turns: one of them in each round of the event loop', async (t) => {
  const chatty = new ChunkedResponses();
  const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  let read = 0;
  const begun = new Set<IncomingMessage>();
  const write = (socket: Socket): void => {
    socket.write(head);
    const more = (): void => {
      for (let hasRoom = true; hasRoom && !socket.destroyed; ) hasRoom = socket.write(piece);
    };
    socket.on('drain', more);
    more();
  };
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const { response } = await answerOf(t, write, chatty);
      response.on('data', (part: Buffer) => {
        read += part.length;
        begun.add(response);
      });
    }),
  );
  await wait('every answer has had a turn', () => begun.size === 20 && read > 20 * 0x40000);
  const before = read;
  for (let round = 0; round < 20; round++) await new Promise(setImmediate);
  const turns = (read - before) / 0x10000;
  t.ok(turns <= 60, `${turns} times 64 KiB in 20 rounds`);
});

t.test('a reader that is slower than the answer gets all of it, in order', async (t) => {
  const most = 0x400000;
  const repeated = chunks.join('');
  let written = 0;
  const write = (socket: Socket): void => {
    socket.write(head);
    const more = (): void => {
      for (let hasRoom = true; hasRoom && written < most; ) {
        hasRoom = socket.write(repeated);
        written += log.length;
      }
      if (written >= most) socket.end(last);
    };
    socket.on('drain', more);
    more();
  };
  const { response } = await begin(t, write);
  const parts: Buffer[] = [];
  for await (const part of response) {
    parts.push(part);
    for (let round = 0; round < 5; round++) await new Promise(setImmediate);
  }
  t.ok(Buffer.concat(parts).toString() === log.repeat(written / log.length), 'the text is whole');
  t.equal(response.complete, true);
});

t.test('wherever an answer is cut into pieces, its text stays the same', async (t) => {
  const whole = Buffer.from(head + chunks.join('') + last);
  for (const size of [1, 2, 3, 7, 50, 1000]) {
    const joiner = new ChunkJoiner();
    const joined: Buffer[] = [];
    for (let at = 0; at < whole.length; at += size) {
      const piece = Buffer.from(whole.subarray(at, at + size));
      joined.push(joiner.take([piece]));
    }
    t.equal(read(Buffer.concat(joined).toString()), log, `pieces of ${size} bytes`);
    t.equal(joiner.over, true);
  }
});

t.test('an answer that is cut off is not complete', async (t) => {
  const { response, text } = await answer(t, [head, chunks.slice(0, 100).join('')]);
  const [error] = await once(response, 'error');
  t.match(error, { code: 'ECONNRESET' });
  t.equal(text(), lines.slice(0, 100).join(''));
  t.equal(response.complete, false);
});

for (const [name, pieces] of [
  ['an interim answer comes first', [`HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${head}`, ...chunks, last]],
  ['chunks have extensions', [head, ...chunks.map((chunk) => chunk.replace('\r\n', ';a=b\r\n')), last]],
  ['it has trailers', [head, ...chunks, '0\r\nA: b\r\n\r\n']],
  ['bytes follow its end', [head, ...chunks, `${last}HTTP/1.1 200 OK\r\n\r\n`, 'more']],
  ['it has a length and no chunks', [`HTTP/1.1 200 OK\r\nContent-Length: ${log.length}\r\n\r\n`, log]],
  ['it ends with the connection', ['HTTP/1.1 200 OK\r\n\r\n', log.slice(0, 100), log.slice(100)]],
] as const) {
  t.test(`an answer is read where ${name}`, async (t) => {
    const { response, text } = await answer(t, pieces);
    await once(response, 'end');
    t.equal(text(), log);
  });
}

t.test('bytes that are not a chunk are an error of the request', async (t) => {
  for (const wrong of ['zz\r\n', '5\r\nabcdefgh\r\n', `${'f'.repeat(40)}\r\n`]) {
    const { response, errors } = await answer(t, [head, ...chunks.slice(0, 3), wrong]);
    await once(response, 'error');
    t.match(errors, [{ code: /^HPE_/ }], wrong.slice(0, 10));
  }
});

/** The text of a chunked answer, read by a second, plain reader. */
function read(whole: string): string {
  let text = '';
  let rest = whole.slice(whole.indexOf('\r\n\r\n') + 4);
  for (;;) {
    const size = Number.parseInt(rest, 16);
    if (size === 0) return text;
    const from = rest.indexOf('\r\n') + 2;
    text += rest.slice(from, from + size);
    rest = rest.slice(from + size + 2);
  }
}
