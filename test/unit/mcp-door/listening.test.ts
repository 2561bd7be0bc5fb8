import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { Listening } from '../../../agent/drivers/mcp/transports/eras/listening.js';

/** Streams of a server that answers when the test says so. */
function listening(t: Test) {
  // Its timers alone do not keep a process.
  const alive = setInterval(() => {}, 1000);
  const opened: string[] = [];
  let wake = () => {};
  const events = {
    open: (notifications: string) => {
      wake();
      return opened.push(notifications);
    },
    end: () => {},
  };
  const made = new Listening(events, { backoffFirstMs: 60_000, backoffMaxMs: 60_000 });
  t.teardown(() => {
    clearInterval(alive);
    made.close();
  });
  const subscribe = (uri: string) => new Promise<boolean>((done) => made.subscribe(uri, done));
  /** Resolves when the next stream is asked for. */
  const next = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return { made, opened, subscribe, next };
}

t.test('a subscriber learns whether the server has agreed', async (t) => {
  const { made, opened, subscribe, next } = listening(t);
  const asked = next();
  const both = [subscribe('a'), subscribe('b')];
  await asked;
  t.same(JSON.parse(opened[0] ?? ''), { resourceSubscriptions: ['a', 'b'] }, 'asked for together');
  made.acknowledged(1, ['b']);
  t.same(await Promise.all(both), [false, true]);
});

t.test('a client that subscribes and unsubscribes at once gets an answer', async (t) => {
  const { made, opened, subscribe } = listening(t);
  const subscribing = subscribe('a');
  made.unsubscribe('a');
  t.notOk(await subscribing);
  t.same(opened, []);
});

t.test('a subscriber does not wait for a server without such streams', async (t) => {
  const { made, opened, subscribe, next } = listening(t);
  const asked = next();
  const first = subscribe('a');
  await asked;
  const second = subscribe('b');
  made.ended(1, true);
  t.same(await Promise.all([first, second]), [false, false]);
  t.equal(opened.length, 1);
});

t.test('a server that accepts a subscription and never begins to tell: its subscriber hears so', async (t) => {
  const { made, opened, subscribe } = listening(t);
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const subscribing = subscribe('a');
  mock.timers.tick(10);
  t.equal(opened.length, 1);
  mock.timers.tick(5000);
  t.notOk(await subscribing);
  made.acknowledged(1, ['a']);
  t.notOk(made.hears(1), 'what comes later is of no use to anybody');
});
