import { mock } from 'node:test';
import { createGunzip } from 'node:zlib';
import t from 'tap';
import { acceptsGzip, gzipped } from '../../../hub/http/answer/gzip.js';
import { source } from './source.js';

t.test('gzip is for clients that read it', async (t) => {
  for (const accepted of ['gzip', 'deflate, gzip;q=0.5', 'br, GZIP', 'gzip ; q=1'])
    t.ok(acceptsGzip(accepted), accepted);
  for (const refused of ['', 'identity', 'gzip;q=0', 'gzip; q=0.000', 'x-gzipped'])
    t.notOk(acceptsGzip(refused), refused);
});

t.test(
  'a gzip stream begins before its text, sends bytes in its pauses, and gives the text that was sent',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    t.teardown(() => mock.timers.reset());
    const { chunks, give } = source();
    const stream = gzipped(chunks);
    const gunzip = createGunzip();
    let text = '';
    gunzip.setEncoding('utf8').on('data', (part) => {
      text += part;
    });
    const next = async () => {
      const { value } = await stream.next();
      t.ok(value?.length, 'there is something to send');
      await new Promise((resolve) => gunzip.write(value, resolve));
    };
    /** The rest of the text, after a pause. */
    const after = async (ms: number) => {
      const coming = next();
      await new Promise(setImmediate);
      mock.timers.tick(ms);
      await coming;
    };
    await after(250);
    await after(5000);
    t.equal(text, '', 'nothing of it is text');
    give('first\nhal');
    await next();
    t.equal(text, 'first\nhal', 'a chunk can be read at once');
    await after(5000);
    await after(5000);
    give('f\n');
    await next();
    const last = next();
    await new Promise(setImmediate);
    give(null);
    await last;
    t.same(await stream.next(), { done: true, value: undefined });
    await new Promise((resolve) => gunzip.end(resolve));
    t.equal(text, 'first\nhalf\n');
  },
);

t.test('a stream in gzip that is left before it began ends its source', async (t) => {
  const { chunks, wasLeft } = source();
  await gzipped(chunks).return?.();
  t.ok(wasLeft());
});
