import { Parts } from '@roundhouse/proto/parts';
import t from 'tap';

t.test('parts of every size come back as one piece, in their order', async (t) => {
  const parts = new Parts();
  const given = Array.from({ length: 500 }, (_, i) => Buffer.alloc((i * 37) % 3000, i % 256));
  for (const part of given) parts.add(part);
  const whole = Buffer.concat(given);
  t.equal(parts.length, whole.length);
  t.ok(parts.take().equals(whole));
  t.equal(parts.length, 0);
  t.equal(parts.take().length, 0);
});

t.test('a million parts of one byte take little memory', async (t) => {
  const parts = new Parts();
  const one = Buffer.allocUnsafeSlow(1);
  const before = process.memoryUsage();
  for (let i = 0; i < 1_000_000; i += 1) parts.add(Buffer.from(one));
  const { heapUsed, external } = process.memoryUsage();
  const grown = heapUsed - before.heapUsed + (external - before.external);
  t.ok(grown < 64 * 1024 * 1024, `${grown} bytes for a million; kept one by one they are more than 90 MB`);
  t.equal(parts.take().length, 1_000_000);
});
