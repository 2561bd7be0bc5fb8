import t from 'tap';
import { UnreadBytes } from '../../../hub/http/access/unread.js';

/** @param blockedSince when the client took something for the last time */
function output(payer: string, blockedSince: number) {
  const one = {
    payer,
    blockedSince,
    isCut: false,
    cutOff: () => {
      one.isCut = true;
    },
  };
  return one;
}

t.test('beyond the bound the output ends whose client has taken nothing for the longest time', async (t) => {
  const unread = new UnreadBytes(100);
  const [stalled, pausing, reading] = [output('a', 1), output('a', 2), output('a', 3)];
  unread.set(stalled, 30);
  unread.set(pausing, 30);
  unread.set(reading, 60);
  t.same([stalled.isCut, pausing.isCut, reading.isCut], [true, false, false], 'and no other, however large');
  unread.set(reading, 90);
  t.same([pausing.isCut, reading.isCut], [true, false]);
  t.notOk(unread.hasRoom('a', 11));
  t.ok(unread.hasRoom('a', 10));
  unread.set(reading, 0);
  t.ok(unread.hasRoom('a', 100), 'room comes back');
});

t.test('payers have their own bounds, and one output alone may be larger', async (t) => {
  const unread = new UnreadBytes(100);
  const [mine, theirs] = [output('a', 1), output('b', 2)];
  unread.set(mine, 80);
  unread.set(theirs, 500);
  t.same([mine.isCut, theirs.isCut], [false, false]);
  t.notOk(unread.hasRoom('b', 1));
  t.ok(unread.hasRoom('a', 20));
});

t.test('output that waits for its source, not for its client, does not end', async (t) => {
  const unread = new UnreadBytes(100);
  const [flowing, behind] = [output('a', 0), output('a', 5)];
  unread.set(flowing, 80);
  unread.set(behind, 30);
  t.same([flowing.isCut, behind.isCut], [false, true]);
});
