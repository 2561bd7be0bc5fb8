import { mock } from 'node:test';
import t from 'tap';
import type { MessageStream } from '../../../hub/api/mcp/message-stream.js';
import { runInSession } from '../../../hub/api/mcp/requests.js';
import { McpSessions, type SessionSettings } from '../../../hub/api/mcp/rev2025-11-25/sessions.js';
import type { Caller } from '../../../hub/domain/access/caller.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { McpClient } from '../../../hub/domain/mcp/clients/client.js';
import type { McpClients } from '../../../hub/domain/mcp/clients/clients.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { othersDuring, settled } from '../../kit/turns.js';
import { caller } from '../mcp-door/caller.js';

const one = caller;
const two: Caller = { ...caller, id: 'k2' };
const place = '["","","",""]';

function sessions(settings: Partial<SessionSettings>) {
  const closed: McpClient[] = [];
  let tell = () => {};
  const clients = {
    open: (...hello: ConstructorParameters<typeof McpClient>) => new McpClient(...hello),
    close: (client: McpClient) => {
      closed.push(client);
      tell();
    },
    refresh() {},
  } as unknown as McpClients;
  const made = new McpSessions(clients, settings);
  const open = (who: Caller) =>
    made.open(new McpView(who, {}), { capabilities: {}, info: {} }, { place, version: '2025-11-25' });
  const there = (id: string, who: Caller) => {
    try {
      return made.get(id, who, place).id === id;
    } catch {
      return false;
    }
  };
  /** Resolves when a session ends. */
  const ended = () =>
    new Promise<void>((resolve) => {
      tell = resolve;
    });
  return { made, open, there, closed, ended };
}

/** Reads a stream. @param takes whether it keeps up */
function reader(stream: MessageStream, options = {}, takes = true) {
  const source = stream.connect(one, options);
  let text = '';
  const send = (more: string) => {
    text += more;
    return takes;
  };
  source.start({ send, keeps: () => {}, close: () => {}, end: () => source.ended() });
  return { got: () => text };
}

t.test('the session that was idle longest makes room for a new one', async (t) => {
  const { made, open, there, closed } = sessions({ most: 3, mostOfCaller: 2 });
  const [first, second] = [open(one), open(one)];
  t.ok(there(first.id, one), 'used just now');
  const third = open(one);
  t.same([there(first.id, one), there(second.id, one), there(third.id, one)], [true, false, true]);
  t.same(closed, [second.client], 'with all that it had');
  const theirs = open(two);
  t.equal(made.size, 3);
  open(two);
  t.equal(made.size, 3, 'of all callers');
  t.notOk(there(first.id, one), 'whoever it belongs to');
  t.ok(there(theirs.id, two));
});

t.test('if all callers together have too many sessions, the caller with the most loses one', async (t) => {
  const { open, there } = sessions({ most: 3, mostOfCaller: 3 });
  const only = open(two);
  const child: Caller = { ...one, id: 'k3', countedAs: 'api_key:k1' };
  const theirs = [open(one), open(child)] as const;
  open({ ...caller, id: 'k4' });
  t.same([there(only.id, two), there(theirs[0].id, one), there(theirs[1].id, child)], [true, false, true]);
});

t.test('connected sessions stay: while all are connected, the hub opens no further one', async (t) => {
  const { made, open, there } = sessions({ most: 2, mostOfCaller: 2 });
  const leave = [open(one), open(one)].map((session) => session.waits());
  t.throws(() => open(one), { code: 'unavailable', details: { retryAfter: 5 } });
  t.throws(() => open(two), { code: 'unavailable' });
  leave[0]?.();
  t.ok(there(open(two).id, two));
  t.equal(made.size, 2);
});

t.test('an idle session ends after its time, and is no longer found', async (t) => {
  // The product's own timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const { made, open, there, closed, ended } = sessions({ idleMs: 60 });
  const [idle, present] = [open(one), open(one)];
  const leave = present.waits();
  await ended();
  t.same(closed, [idle.client]);
  t.throws(() => made.get(idle.id, one, place), { code: 'not_found' });
  t.ok(there(present.id, one), 'a connected session is in use');
  const over = ended();
  leave();
  await over;
  t.equal(made.size, 0);
});

t.test('a session is its caller’s alone, at its own place', async (t) => {
  const { made, open } = sessions({});
  const { id } = open(one);
  t.throws(() => made.get(id, two, place), { code: 'not_found' });
  t.throws(() => made.get(id, one, '["s","","",""]'), { code: 'not_found' });
  made.closeAll();
  t.throws(() => made.get(id, one, place), { code: 'not_found' });
});

t.test('the messages that a caller may come back to are bounded over its sessions, oldest first', async (t) => {
  const { made, open } = sessions({ kept: { all: 1000, ofCaller: 500 } });
  /** A stream of another session that has given its one answer. @returns whether its client can come back to it */
  const answered = (who: Caller) => {
    const session = open(who);
    const stream = session.newStream();
    stream.send('x'.repeat(180));
    stream.finish();
    return { session, there: () => session.stream(stream.number) !== undefined };
  };
  const theirs = answered(two);
  const mine = [answered(one), answered(one), answered(one)];
  t.same(
    mine.map(({ there }) => there()),
    [false, true, true],
  );
  t.ok(theirs.there(), 'others keep theirs');
  const [, second] = mine;
  if (second) made.close(second.session);
  const fourth = answered(one);
  t.ok(mine[2]?.there() && fourth.there(), 'what a session had ends with it');
  const more = ['k3', 'k4', 'k5'].map((id) => answered({ ...caller, id }));
  t.notOk(theirs.there(), 'of all callers the oldest, where there is too much of it');
  t.ok(more.every(({ there }) => there()));
});

t.test('the messages of requests that go on without a reader are bounded, too', async (t) => {
  const { open } = sessions({ kept: { all: 1000, ofCaller: 500 } });
  const stream = () => open(one).newStream();
  const [first, second, third] = [stream(), stream(), stream()];
  for (const each of [first, second, third]) each.send('x'.repeat(180));
  t.same([first.size > 0, second.size > 0, third.size > 0], [false, true, true], 'the oldest message is dropped');
  first.send('the answer');
  first.finish();
  const { got } = reader(first, { after: 0 });
  t.match(got(), /data: the answer/, 'a client that comes back gets the later ones');
  open(one).standalone.send('x'.repeat(400));
  t.same([second.size, third.size], [0, 0], 'messages that belong to no request count, too');
});

t.test(
  'messages that a client has read are dropped for others, and messages that it has yet to read are not',
  async (t) => {
    const { open } = sessions({ kept: { all: 1000, ofCaller: 500 } });
    const [read, behind, other] = [open(one).newStream(), open(one).newStream(), open(one).newStream()];
    reader(read);
    reader(behind, {}, false);
    for (const stream of [read, behind]) stream.send('x'.repeat(300));
    t.ok(read.size > 0, 'messages of a slow reader count elsewhere');
    other.send('x'.repeat(300));
    t.same([read.size, behind.size > 0], [0, true]);
  },
);

t.test('the requests that go on are bounded over all sessions of a caller', async (t) => {
  const { made, open } = sessions({ mostRequestsOfCaller: 2 });
  const carrier = { streams: false, send() {}, answer() {}, drop() {} };
  const begin = (id: number, who = one) => {
    const session = open(who);
    return { session, running: session.begin(id, carrier, undefined) };
  };
  const [first] = [begin(1), begin(2)];
  t.throws(() => begin(3), { code: 'unavailable', message: '2 requests are under way', details: { retryAfter: 1 } });
  t.ok(begin(3, two), 'another caller');
  first.session.cancel(1, '');
  t.throws(() => begin(3), { code: 'unavailable' }, 'a cancelled request counts until its work has ended');
  made.close(first.session);
  first.session.end(first.running);
  t.ok(begin(3));
});

t.test('a request that goes on keeps the body of its POST until it ends', async (t) => {
  const { open } = sessions({});
  let bodies = 0;
  const keepBody = () => {
    bodies += 1;
    return () => {
      bodies -= 1;
    };
  };
  let answer = (_result: string) => {};
  const method = () =>
    new Promise<string>((resolve) => {
      answer = resolve;
    });
  const onError = (error: unknown) => t.error(error);
  const around = { origin: SYSTEM, view: new McpView(one, {}), trace: undefined, keepBody, onError };
  const request = { kind: 'request', id: 1, method: 'tools/call', params: {} } as const;
  const carrier = { streams: false, send() {}, answer() {}, drop() {} };
  const running = runInSession(new Map([['tools/call', method]]), request, open(one), carrier, around);
  t.equal(bodies, 1);
  answer('{}');
  await running;
  t.equal(bodies, 0);
});

t.test('a client may come back to a stream that it has read to its end, as long as there is room', async (t) => {
  const { open } = sessions({ kept: { all: 1000, ofCaller: 500 } });
  const session = open(one);
  const stream = session.newStream();
  reader(stream);
  stream.send('x'.repeat(300));
  stream.finish();
  t.equal(session.stream(stream.number), stream);
  const another = open(one).newStream();
  another.send('x'.repeat(300));
  another.finish();
  t.equal(session.stream(stream.number), undefined);
});

t.test('a caller with a lower role than before comes back to no stream', async (t) => {
  const { made, open, there } = sessions({});
  const session = open(one);
  const [over, running] = [session.newStream(), session.newStream()];
  for (const stream of [over, running, session.standalone]) stream.send('a message for an admin');
  over.finish();
  t.ok(there(session.id, { ...one }));
  t.equal(session.stream(over.number), over, 'with the same role it does');
  t.ok(there(session.id, { ...one, role: 'viewer' }));
  t.equal(session.stream(over.number), undefined);
  t.same([running.size, session.standalone.size], [0, 0]);
  made.closeAll();
});

t.test('other work runs while many idle sessions end, and a session that is used meanwhile stays', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const { made, open, there } = sessions({ idleMs: 2 });
  t.teardown(() => made.closeAll());
  const others = await othersDuring(t, async () => {
    const opened = Array.from({ length: 200 }, () => open(one));
    mock.timers.tick(1);
    t.ok(there(opened[199]?.id ?? '', one));
    while (made.size > 1) await new Promise(setImmediate);
  });
  t.ok(others >= 50, `others went on ${others} times`);
  await settled();
  t.equal(made.size, 1);
});
