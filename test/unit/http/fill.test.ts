import { mock } from 'node:test';
import t from 'tap';
import { filledLines } from '../../../hub/http/answer/keep-alive-lines.js';
import { source } from './source.js';

t.test('a silent stream begins with an empty line, and gets no empty line within a line', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const { chunks, give } = source();
  const lines = filledLines(chunks);
  const next = () => lines.next().then(({ value }) => value && Buffer.from(value).toString());
  /** Lets time pass, with all that follows from it. */
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await new Promise(setImmediate);
  };
  const first = next();
  await pass(249);
  mock.timers.tick(1);
  t.equal(await first, '\n');
  const half = next();
  await pass(0);
  give('{"a":');
  t.equal(await half, '{"a":');
  const rest = next();
  await pass(60_000);
  give('1}\n');
  t.equal(await rest, '1}\n', 'an empty line was due, and would have broken this one');
  const second = next();
  await pass(5000);
  t.equal(await second, '\n');
  const last = next();
  await pass(0);
  give(null);
  t.equal(await last, undefined);
});

t.test('a stream of lines that is left before it began ends its source', async (t) => {
  const { chunks, wasLeft } = source();
  await filledLines(chunks).return?.();
  t.ok(wasLeft());
});
