import t from 'tap';
import { UnreadBytes } from '../../../hub/http/access/unread.js';
import { SseChannels } from '../../../hub/http/answer/sse.js';
import { caller } from '../mcp-door/caller.js';

t.test('each event stream is kept alive once in five seconds, also by a busy hub that comes late', async (t) => {
  let now = 0;
  t.intercept(performance, 'now', { value: () => now });
  const recheck = () => caller;
  const channels = new SseChannels({ most: 9, mostOfCaller: 9, stallMs: 60_000, recheck, unread: new UnreadBytes(1) });
  t.teardown(() => channels.close());
  let beats: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const stream = { caller, payer: '', blockedSince: 0, recheck: () => true, cutOff() {}, beat: () => beats.push(n) };
    channels.add(stream);
  }
  for (const lateMs of [100, 300, 2500, 60_000]) {
    beats = [];
    for (const end = now + Math.max(5000, lateMs); now < end; ) {
      now += lateMs;
      channels.beat();
    }
    t.same(beats.sort(), [0, 1, 2], `every ${lateMs} ms`);
  }
});
