import { memberTexts } from '@roundhouse/proto/json';
import t from 'tap';

t.test('time grows in proportion to the number of members', async (t) => {
  /** The least of several times, so that other work of the machine counts little. */
  const timeOf = (members: number) => {
    const text = `{${Array.from({ length: members }, (_, i) => `"k${i}":1`).join(',')}}`;
    const times = Array.from({ length: 5 }, () => {
      const began = performance.now();
      memberTexts(text, ['content', 'isError']);
      return performance.now() - began;
    });
    return Math.min(...times);
  };
  timeOf(2_000);
  const growth = timeOf(64_000) / timeOf(4_000);
  t.ok(growth < 64, `16 times the members take ${growth.toFixed(1)} times the time; in square it would be 256`);
});
