import { PassThrough, Writable } from 'node:stream';
import t from 'tap';
import { Connection } from '../../../agent/drivers/mcp/connection/connection.js';
import { defaultLimits } from '../../../agent/drivers/mcp/limits.js';
import { StdioTransport } from '../../../agent/drivers/mcp/transports/stdio.js';
import type { Transport, TransportEvents } from '../../../agent/drivers/mcp/transports/transport.js';
import { Unfinished } from '../../../agent/drivers/mcp/transports/unfinished.js';
import type { StdioChild } from '../../../agent/drivers/process/group.js';
import { wait } from '../../kit/wait.js';

const log = { append: () => true, hide: (text: string) => text, drained: async () => {} };

/** An open connection over a transport. @returns with the reason why it ended, once it has */
async function connectionOver(transport: Transport) {
  const ended: string[] = [];
  const options = {
    log,
    limits: defaultLimits,
    resultBytes: defaultLimits.resultBytes,
    version: '0',
    handshake: false,
    hide: (text: string) => text,
  };
  const connection = new Connection(transport, { ...options, onClosed: (reason) => ended.push(reason) });
  await connection.open(new AbortController().signal);
  return { connection, ended };
}

/** A connection to a server whose messages the test says. @param taken when the server has taken an answer of the agent */
async function scripted(taken: Promise<void> | undefined) {
  const sent: string[] = [];
  let events: TransportEvents | undefined;
  const transport: Transport = {
    pid: 0,
    open: async (given) => {
      events = given;
    },
    send: (text) => {
      sent.push(text);
      return taken;
    },
    release: () => {},
    negotiated: () => {},
    listen: () => {},
    hold: () => {},
    close: async () => {},
  };
  const { connection, ended } = await connectionOver(transport);
  const read = (text: string) => events?.message(text);
  return { connection, sent, ended, read, say: (message: unknown) => read(JSON.stringify(message)) };
}

const asks = (count: number, method = 'ping') =>
  Array.from({ length: count }, (_, id) => ({ jsonrpc: '2.0', id, method }));

t.test('a batch has 1,000 messages at most: a longer one ends the connection, and gets no answer', async (t) => {
  for (const method of ['ping', 'sampling/createMessage']) {
    const { sent, ended, say } = await scripted(undefined);
    say(asks(1000, method));
    t.equal(sent.length, 1000, method);
    t.same(ended, []);
    say(asks(1001, method));
    t.equal(sent.length, 1000);
    t.same(ended, ['the server sent 1001 messages in one batch; the limit is 1000']);
  }
});

t.test('a server that does not read the answers to its requests loses the connection', async (t) => {
  for (const method of ['ping', 'sampling/createMessage']) {
    const { sent, ended, say } = await scripted(new Promise(() => {}));
    for (const ask of asks(256, method)) say(ask);
    t.same(ended, [], method);
    for (const ask of asks(300, method)) say(ask);
    t.equal(sent.length, 256, 'the agent makes no more answers');
    t.same(ended, ['the server does not take the answers to its requests: 256 of them wait']);
  }
});

t.test('a server that reads the answers may go on asking', async (t) => {
  const { sent, ended, say } = await scripted(Promise.resolve());
  for (const ask of asks(1000)) {
    say(ask);
    await Promise.resolve();
  }
  t.equal(sent.length, 1000);
  t.same(ended, []);
});

t.test('a process that asks and does not read loses the connection', async (t) => {
  const stdout = new PassThrough();
  let unread = 0;
  const stdin = new Writable({
    write: (chunk: Buffer) => {
      // The callback never comes: the process reads nothing.
      unread += chunk.length;
    },
  });
  const child = { pid: 1, id: '', stdin, stdout, stderr: new PassThrough(), exited: new Promise(() => {}) };
  const start = async () => ({ ...child, stop: async () => {} }) as unknown as StdioChild;
  const unfinished = new Unfinished(defaultLimits);
  const transport = new StdioTransport(start, log, defaultLimits, () => unfinished.begin('s'));
  const { ended } = await connectionOver(transport);
  const long = 'x'.repeat(1000);
  for (let id = 0; id < 1000 && ended.length === 0; id += 1) {
    stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id: `${id}${long}`, method: 'ping' })}\n`);
    // The server's output is read slowly from some time on.
    await new Promise(setImmediate);
  }
  await wait('the connection ends', () => ended.length > 0);
  t.match(ended, ['the server does not take the answers to its requests: 256 of them wait']);
  t.ok(stdin.writableLength < 512 * 1024, `${stdin.writableLength} bytes wait`);
  t.ok(unread > 0);
  await transport.close();
});

t.test('a flood of text that is not JSON does not cost a failure of the parser for each line', async (t) => {
  const { connection, read } = await scripted(undefined);
  const { parse } = JSON;
  let failures = 0;
  t.teardown(() => {
    JSON.parse = parse;
  });
  JSON.parse = (...args: Parameters<typeof parse>) => {
    try {
      return parse(...args);
    } catch (error) {
      failures += 1;
      throw error;
    }
  };
  for (const text of ['x', '{', '[0,', '{"jsonrpc":"2.0","id":1', '"'.repeat(3)])
    for (let n = 0; n < 1000; n += 1) if (read(text) !== false) t.fail(`${text} counts as a message`);
  t.ok(failures < 100, `${failures} failures for 5,000 texts`);
  t.ok(read('{"jsonrpc":"2.0","method":"notifications/message","params":{}}'), 'a message among them is heard');
  t.equal(connection.heard, 5001);
});
