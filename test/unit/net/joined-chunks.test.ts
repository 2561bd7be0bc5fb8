import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import t, { type Test } from 'tap';
import { ChunkJoiner, joinChunks } from '../../../agent/drivers/net/joined-chunks.js';

const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const lines = Array.from({ length: 200 }, (_, n) => `${'x'.repeat(n % 90)}${n}\n`);
const log = lines.join('');
const chunks = lines.map((line) => `${line.length.toString(16)}\r\n${line}\r\n`);
const last = '0\r\n\r\n';

/** The answer to a request, from a server that writes these pieces and closes the connection. A piece comes after the one before it was read. */
async function answer(t: Test, pieces: readonly string[]) {
  const server = createServer((socket) => {
    socket.setNoDelay();
    socket.once('data', async () => {
      for (const piece of pieces) {
        socket.write(piece, 'latin1');
        await new Promise(setImmediate);
      }
      socket.end();
    });
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const asked = request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false });
  joinChunks(asked);
  const errors: unknown[] = [];
  asked.on('error', (error) => errors.push(error));
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
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

t.test('wherever an answer is cut into pieces, its text stays the same', async (t) => {
  const whole = Buffer.from(head + chunks.join('') + last);
  for (const size of [1, 2, 3, 7, 50, 1000]) {
    const joiner = new ChunkJoiner();
    const joined: Buffer[] = [];
    for (let at = 0; at < whole.length; at += size) {
      const piece = Buffer.from(whole.subarray(at, at + size));
      joined.push(joiner.take(piece));
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

t.test('bytes that are no chunk are an error of the request', async (t) => {
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
