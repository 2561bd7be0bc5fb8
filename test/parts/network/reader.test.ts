import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { mock } from 'node:test';
import t from 'tap';
import { Reader } from '../../../agent/drivers/network/ssh/reader.js';
import { never } from './harness.js';

const limits = { maxBytes: 1000, timeoutMs: 60_000, silenceMs: 60_000, signal: never };

t.test('a first line that looks like a question, and goes on by itself, gets no answer', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  t.teardown(() => mock.timers.reset());
  const written: string[] = [];
  const question = { patterns: [/\[confirm\]\s*$/], answer: () => 'reload\n' };
  const rules = { echo: '', isEnd: (line: string) => line === 'edge#', question, ...limits };
  const reader = new Reader(rules, (text) => written.push(text));
  reader.take('Continue? [confirm]');
  mock.timers.tick(50);
  reader.take(' is part of the text\r\nContinue? [confirm]');
  t.same(written, []);
  mock.timers.tick(400);
  t.same(written, ['reload\n'], 'a device that waits is answered');
  reader.take('\r\nedge#');
  mock.timers.tick(400);
  t.match(await reader.result, { end: 'edge#' });
});

t.test('output that came while the agent got no processor is read before its silence counts', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('utf8');
  t.teardown(() => near.destroy());
  const [device] = (await once(server, 'connection')) as [Socket];
  const reader = new Reader({ echo: '', isEnd: (line) => line === 'edge#', ...limits }, () => {});
  near.on('data', (text: string) => reader.take(text));
  device.write('first\r\nedge#');
  await once(near, 'data');
  // The device goes on at once, but the reader is blocked for longer than the silence has to last.
  device.write('second\r\nedge#');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  t.match(await reader.result, { raw: 'first\r\nedge#second\r\nedge#', end: 'edge#' });
});
