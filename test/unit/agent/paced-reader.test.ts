import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import t, { type Test } from 'tap';
import { defaultLimits } from '../../../agent/drivers/mcp/limits.js';
import { readStream, StreamPosition } from '../../../agent/drivers/mcp/transports/http/stream.js';
import { ReadThrottle } from '../../../agent/drivers/mcp/transports/in-order.js';
import { StdioTransport } from '../../../agent/drivers/mcp/transports/stdio.js';
import type { TransportEvents } from '../../../agent/drivers/mcp/transports/transport.js';
import { Unfinished } from '../../../agent/drivers/mcp/transports/unfinished.js';
import type { StdioEnd } from '../../../agent/drivers/process/group.js';
import { othersDuring } from '../../kit/turns.js';

const unfinished = new Unfinished(defaultLimits);

/** A promise, and the function that resolves it. */
function settled<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** A stdio server of this process, its messages, its log, and a promise of the reason of its end. */
async function stdioServer() {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const exit = settled<StdioEnd>();
  const closed = settled<string>();
  const log: string[] = [];
  const messages: string[] = [];
  const sink = {
    append: ({ message }: { message: string }) => log.push(message) > 0,
    drained: async () => {},
    hide: (text: string) => text,
  };
  const child = { pid: 0, ...streams, exited: exit.promise, stop: async () => {} };
  const transport = new StdioTransport(
    async () => child,
    sink,
    defaultLimits,
    () => unfinished.begin('s'),
  );
  await transport.open({
    message: (text) => messages.push(text) > 0,
    failed: () => {},
    waiting: () => false,
    expired: async () => {},
    closed: (reason) => closed.resolve(reason),
  } satisfies TransportEvents);
  return { ...streams, log, messages, closed: closed.promise, exits: () => exit.resolve({ code: 1, signal: null }) };
}

/** Sends a text in one chunk, and resolves once all of it has been read. */
function sent(stream: PassThrough, text: string): Promise<void> {
  return new Promise((resolve) => stream.once('end', resolve).end(text));
}

/** Reads a stream of events. Returns its messages once it has ended. */
async function eventsOf(body: PassThrough): Promise<string[]> {
  const messages: string[] = [];
  await readStream(body as unknown as IncomingMessage, new StreamPosition(0), {
    limits: defaultLimits,
    throttle: new ReadThrottle(),
    unfinished: () => unfinished.begin('s'),
    message: (text) => messages.push(text),
  });
  return messages;
}

/** Reads a stream of events that comes in one chunk. */
function streamed(text: string): Promise<string[]> {
  const body = new PassThrough();
  body.end(text);
  return eventsOf(body);
}

for (const [name, line] of Object.entries({
  comments: ':\n',
  'empty lines': '\n',
  'empty data': 'data:\n\n',
  ids: 'id: 1\n',
})) {
  t.test(`other work runs while the agent reads a stream of ${name}, and the message after them arrives`, async (t) => {
    let messages: string[] = [];
    const others = await othersDuring(t, async () => {
      messages = await streamed(`${line.repeat(10_000)}data: last\n\n`);
    });
    t.ok(others >= 20, `other work ran ${others} times`);
    t.same(messages, ['last']);
  });
}

for (const stream of ['stdout', 'stderr'] as const) {
  t.test(`other work runs while the agent reads very many short lines from ${stream}, and none is lost`, async (t) => {
    const server = await stdioServer();
    const others = await othersDuring(t, () => sent(server[stream], '1\n'.repeat(10_000)));
    t.ok(others >= 20, `other work ran ${others} times`);
    t.equal((stream === 'stdout' ? server.messages : server.log).length, 10_000);
  });
}

t.test(
  'servers that send very many lines share the turns: together they hold the agent no longer than one',
  async (t) => {
    const others = (servers: number) =>
      othersDuring(t, () => Promise.all(Array.from({ length: servers }, () => streamed(':\n'.repeat(10_000)))));
    const one = await others(1);
    const five = await others(5);
    t.ok(one >= 20, `beside one server, other work ran ${one} times`);
    t.ok(five >= 4 * one, `other work ran ${one} times and ${five} times`);
  },
);

t.test(
  'the reason of an exit is the last line that the server printed, although many lines came before it',
  async (t) => {
    let now = 0;
    t.intercept(performance, 'now', { value: () => now++ });
    const server = await stdioServer();
    server.stderr.write(`${' \n'.repeat(20_000)}out of luck\n`);
    server.exits();
    t.equal(await server.closed, 'the server exited with code 1: out of luck');
  },
);

t.test(
  'a stream that breaks in the middle of many lines still passes on the messages that arrived before',
  async (t) => {
    let now = 0;
    t.intercept(performance, 'now', { value: () => now++ });
    const body = new PassThrough();
    const messages = eventsOf(body);
    body.write(`${':\n'.repeat(20_000)}data: last\n\n`);
    await new Promise(setImmediate);
    t.equal(body.isPaused(), true, 'the agent is in the middle of the lines');
    body.destroy();
    t.same(await messages, ['last']);
  },
);

/** Whether a server that sends a text five times at one moment is read slowly afterwards. */
async function isHeld(t: Test, text: string): Promise<boolean> {
  t.intercept(performance, 'now', { value: () => 1_000_000 });
  const throttle = new ReadThrottle();
  const body = new PassThrough();
  const ended = readStream(body as unknown as IncomingMessage, new StreamPosition(0), {
    limits: defaultLimits,
    throttle,
    unfinished: () => unfinished.begin('s'),
    message: () => {},
  });
  for (let round = 0; round < 5; round += 1) body.write(text);
  await new Promise(setImmediate);
  const isSlow = throttle.held;
  throttle.release();
  body.destroy();
  await ended;
  return isSlow;
}

t.test('a server that sends very many lines without a message is read slowly', async (t) => {
  for (const line of [':\n', '\n', 'id: 1\n', 'data:\n\n', 'event: x\ndata: y\n\n', 'unknown\n'])
    t.equal(await isHeld(t, line.repeat(2000)), true, JSON.stringify(line));
});

t.test('a server that sends many messages, or one message of many lines, is not read slowly', async (t) => {
  for (const text of ['id: 1\nevent: message\ndata: {}\n\n'.repeat(2000), 'data: 1,\n'.repeat(3000)])
    t.equal(await isHeld(t, text), false);
});

t.test('the standard output of a server that prints empty lines alone is read slowly', async (t) => {
  t.intercept(performance, 'now', { value: () => 1_000_000 });
  const server = await stdioServer();
  server.stdout.write('\n'.repeat(5000));
  await new Promise(setImmediate);
  t.equal(server.stdout.isPaused(), true);
});
