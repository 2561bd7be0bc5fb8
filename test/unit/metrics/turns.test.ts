import t from 'tap';
import { inTurns } from '../../../hub/metrics/text.js';

t.test('others go on between the pieces of several texts, and no piece is lost', async (t) => {
  const happened: string[] = [];
  /** Takes longer than a turn. */
  const work = () => {
    happened.push('piece');
    const endsAt = performance.now() + 5;
    for (let now = performance.now(); now < endsAt; ) now = performance.now();
  };
  function* pieces() {
    for (let i = 0; i < 5; i += 1) {
      work();
      yield `${i},`;
    }
  }
  const read = async () => {
    let text = '';
    for await (const chunk of inTurns(pieces())) text += chunk;
    return text;
  };
  let isOver = false;
  const others = () => {
    happened.push('other');
    if (!isOver) setImmediate(others);
  };
  setImmediate(others);
  const texts = await Promise.all([read(), read(), read()]);
  isOver = true;
  t.same(texts, Array(3).fill('0,1,2,3,4,'));
  t.equal(happened.filter((one) => one === 'piece').length, 15);
  t.notOk(/piece,piece/.test(String(happened)), String(happened));
});

t.test('a long text comes in chunks', async (t) => {
  const chunks: string[] = [];
  for await (const chunk of inTurns(Array(200).fill('x'.repeat(1024)))) chunks.push(chunk);
  t.equal(chunks.join('').length, 200 * 1024);
  for (const { length } of chunks) t.ok(length <= 65 * 1024, `${length} characters`);
  for await (const chunk of inTurns([])) t.fail(chunk);
});
