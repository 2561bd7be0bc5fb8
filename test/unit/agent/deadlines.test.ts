import { Deadlines, type Timed } from '@roundhouse/proto/deadlines';
import t from 'tap';
import { wait } from '../../kit/wait.js';

interface Work extends Timed {
  readonly name: string;
}

const work = (name: string): Work => ({ name, dueAt: Number.POSITIVE_INFINITY, limitMs: 0 });

t.test('work that has not ended expires once, the earliest deadline first', async (t) => {
  const running = new Set([work('late'), work('early'), work('ended')]);
  const [late, early, ended] = [...running] as [Work, Work, Work];
  const expired: string[] = [];
  const deadlines = new Deadlines<Work>(
    () => running,
    ({ name }, limitMs) => expired.push(`${name} after ${limitMs}`),
  );
  deadlines.set(late, 60);
  deadlines.set(early, 0);
  deadlines.set(ended, 20);
  running.delete(ended);
  await wait('all deadlines', () => expired.includes('late after 60'));
  t.same(expired, ['early after 1', 'late after 60']);
});

t.test('a deadline that is set after the others have expired is kept', async (t) => {
  const running = new Set([work('first')]);
  const [first] = [...running] as [Work];
  const expired: string[] = [];
  const deadlines = new Deadlines<Work>(
    () => running,
    ({ name }) => expired.push(name),
  );
  deadlines.set(first, 1);
  await wait('the first deadline', () => expired.length === 1);
  running.clear();
  const second = work('second');
  running.add(second);
  deadlines.set(second, 1);
  await wait('the second deadline', () => expired.length === 2);
  t.same(expired, ['first', 'second']);
});
