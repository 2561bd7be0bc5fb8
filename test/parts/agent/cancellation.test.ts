import t from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';

t.test('listeners are called once, with the reason set, and not after their removal', async (t) => {
  const source = new CancelSource();
  const calls: string[] = [];
  const taken = () => calls.push('taken back');
  source.addEventListener('abort', taken);
  source.addEventListener('abort', () => calls.push(`function: ${source.reason}`));
  source.addEventListener('abort', { handleEvent: () => calls.push('object') });
  source.removeEventListener('abort', taken);
  source.abort('first');
  source.abort('second');
  t.same(calls, ['function: first', 'object']);
  t.equal(source.aborted, true);
  t.equal(source.reason, 'first');
});
