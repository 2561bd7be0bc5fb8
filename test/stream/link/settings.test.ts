import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Backoff, longestWaitMs } from '../../../agent/backoff.js';
import { nextEpoch } from '../../../agent/link/enrolment/identity.js';
import { parseAddress } from '../../../agent/link/session/channel.js';
import { lockFolder } from '../../../agent/state/data-folder.js';
import { tempFolder } from '../../temp-folder.js';

t.test('addresses', async (t) => {
  t.same(parseAddress('hub.example:8444'), { host: 'hub.example', port: 8444 });
  t.same(parseAddress('[::1]:1'), { host: '::1', port: 1 });
  t.same(parseAddress('hub'), { host: 'hub', port: 8443 });
  for (const bad of ['', 'a:b', 'a:0', 'a:99999', 'http://a', '::1']) t.throws(() => parseAddress(bad), bad);
});

t.test('waits between attempts grow, are spread out, and never exceed the limit', async (t) => {
  const rounds = Array.from({ length: 200 }, () => {
    let now = 0;
    const backoff = new Backoff(() => now);
    return Array.from({ length: 12 }, () => {
      now += 10_000;
      return backoff.next();
    });
  });
  t.ok(rounds.flat().every((ms) => ms >= 50 && ms <= longestWaitMs));
  t.ok(rounds.every(([first = 0]) => first <= 250));
  const last = rounds.map((round) => round[11] ?? 0);
  t.ok(Math.max(...last) > longestWaitMs * 0.8 && Math.min(...last) < longestWaitMs * 0.2, 'full jitter');
});

t.test('a short outage is followed by short waits, however many attempts it took', async (t) => {
  let now = 0;
  const backoff = new Backoff(() => now);
  for (let n = 0; n < 30; n++, now += 100) t.ok(backoff.next() <= Math.max(1_000, now));
});

t.test('epochs grow, over restarts and beyond a clock that goes back', async (t) => {
  const folder = tempFolder(t);
  const first = await nextEpoch(folder);
  writeFileSync(join(folder, 'epoch'), `${first + 10n ** 9n}\n`);
  t.equal(await nextEpoch(folder), first + 10n ** 9n + 1n);
});

t.test('a data folder has one agent', async (t) => {
  const folder = tempFolder(t);
  const unlock = lockFolder(folder);
  t.throws(() => lockFolder(folder), { message: /in use by another agent/ });
  unlock();
  lockFolder(folder)();
});
