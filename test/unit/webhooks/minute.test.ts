import t from 'tap';
import { freePort } from '../../free-port.mjs';
import { Receiver } from '../../receiver.js';
import { openTestStore } from '../store/stores.js';
import { over, Rig } from './rig.js';

const MINUTE_MS = 60_000;

// In a separate file: it takes a minute, while other files run.
t.test('a receiver that is down for a minute gets the missed events, once', async (t) => {
  const { store } = await openTestStore(t);
  const settings = { delaysMs: [5000, 25_000, 31_000, 31_000], jitter: 0 };
  const rig = new Rig(store, { settings }).start(t);
  const to = new Receiver();
  const port = await freePort();
  await to.listen(t, port);
  const webhook = await rig.hook(to);
  to.stop();
  const downSince = Date.now();
  await rig.happen(1, 2, 3);
  const back = new Receiver();
  back.secret = to.secret;
  const up = new Promise<void>((resolve, reject) => {
    setTimeout(() => back.listen(t, port).then(() => resolve(), reject), MINUTE_MS);
  });
  const deliveries = await rig.until(webhook, (all) => over(all) && all.length === 3);
  await up;
  // One more attempt, if the machine is too busy for the fourth.
  t.ok(deliveries.every(({ status, attempts }) => status === 'success' && attempts.length >= 4));
  t.same(back.received.map(({ payload }) => payload.data.n).sort(), [1, 2, 3]);
  t.same(new Set(back.received.map(({ id }) => id)), new Set(deliveries.map(({ id }) => id)));
  t.ok(
    back.received.every(({ at }) => at - downSince >= MINUTE_MS),
    'after the minute',
  );
  t.same(back.forged, []);
});
