import { pino } from 'pino';
import t, { type Test } from 'tap';
import { automationDialect } from '../../../hub/api/automation/websocket.js';
import type { Caller } from '../../../hub/domain/access/caller.js';
import type { Domain } from '../../../hub/domain/domain.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { EventFeed } from '../../../hub/domain/events/feed.js';
import type { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { wait } from '../../kit/wait.js';
import { openTestStore } from '../store/stores.js';

const caller: Caller = {
  kind: 'api_key',
  id: 'k1',
  name: 'key',
  userId: null,
  role: 'admin',
  api: null,
  tier: null,
  grants: null,
};

/** A session over a real journal, its socket under the test's control. */
async function start(t: Test) {
  const { store } = await openTestStore(t);
  const registry = { byId: () => undefined } as unknown as ServerRegistry;
  const feed = new EventFeed(store, registry);
  t.teardown(() => feed.close());
  const sent: Record<string, unknown>[] = [];
  const socket = {
    requestId: 'r1',
    log: pino({ level: 'silent' }),
    room: true,
    closed: undefined as readonly [number, string] | undefined,
    send(...texts: readonly string[]) {
      for (const text of texts) sent.push(JSON.parse(text));
      return socket.room;
    },
    close(code: number, reason: string) {
      socket.closed ??= [code, reason];
    },
    authenticate: (): Caller | Promise<Caller> => caller,
    adopt: () => {},
  };
  const session = automationDialect({ events: feed } as unknown as Domain).open(socket, caller);
  const say = (message: object) => session.message(JSON.stringify(message));
  const raise = async (message: string, type = 'alert.new') => {
    await store.apply({ writes: [], events: [{ type, data: { alertId: 'a', severity: 'info', message } }] });
    await new Promise((resolve) => setImmediate(resolve));
  };
  const heard = () => sent.filter(({ type }) => type === 'alert.new').map(({ message }) => message);
  return { session, socket, sent, say, raise, heard, feed };
}

t.test('a client that is behind misses nothing once it reads again', async (t) => {
  const { session, socket, say, raise, heard } = await start(t);
  say({ type: 'subscribe', events: ['alert.new'] });
  socket.room = false;
  await raise('taken');
  await raise('waits');
  await raise('waits, too');
  t.same(heard(), ['taken'], 'waiting messages are in no buffer');
  socket.room = true;
  session.drained();
  await wait('all messages have come', () => heard().length === 3);
  t.same(heard(), ['taken', 'waits', 'waits, too']);
  t.equal(socket.closed, undefined);
  session.ended();
});

t.test('a slow client is dropped, but not for events that it never asked for', async (t) => {
  const { session, socket, say, raise } = await start(t);
  say({ type: 'subscribe', events: ['alert.new'] });
  socket.room = false;
  await raise('taken');
  const long = 'x'.repeat(300_000);
  for (let i = 0; i < 5; i += 1) await raise(long, 'update.progress');
  t.equal(socket.closed, undefined);
  for (let i = 0; i < 3; i += 1) await raise(long);
  t.equal(socket.closed, undefined, 'less than 1 MiB behind');
  await raise(long);
  t.same(socket.closed, [1013, 'slow_reader']);
  session.ended();
});

t.test('each documented event with its documented payload', async (t) => {
  const { session, sent, say, raise } = await start(t);
  say({ type: 'subscribe', events: ['alert.new', 'server.status'] });
  await raise('High memory usage');
  const { timestamp, ...told } = sent.at(-1) ?? {};
  t.same(told, { type: 'alert.new', alert_id: 'a', severity: 'info', message: 'High memory usage' });
  t.match(timestamp, /^\d{4}-.*Z$/);
  say({ type: 'unsubscribe', events: ['alert.new', 'server.status'] });
  await raise('no client hears');
  t.match(sent.at(-1), { type: 'unsubscribed', subscriptions: { length: 0 } });
  session.ended();
});

for (const outcome of ['refused', 'accepted'])
  t.test(
    `a message that waits for a token makes no subscription after the end of its connection (${outcome})`,
    async (t) => {
      const { session, socket, say, sent, feed } = await start(t);
      let subscriptions = 0;
      const subscribe = feed.subscribe.bind(feed);
      feed.subscribe = (...given) => {
        subscriptions += 1;
        return subscribe(...given);
      };
      socket.authenticate = async () => {
        await new Promise((resolve) => setImmediate(resolve));
        if (outcome === 'accepted') return caller;
        throw new DomainError('invalid_credential', 'Invalid credential');
      };
      say({ type: 'auth', token: 'eyJ' });
      say({ type: 'subscribe', events: ['alert.new'] });
      session.ended();
      for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
      say({ type: 'subscribe', events: ['alert.new'] });
      t.equal(subscriptions, 0);
      t.notOk(sent.some(({ type }) => type === 'subscribed'));
    },
  );
