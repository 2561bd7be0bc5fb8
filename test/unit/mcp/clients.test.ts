import { mock } from 'node:test';
import t from 'tap';
import type { ConnectedAgent } from '../../../hub/domain/agents/fleet.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { encodeCommand } from '../../../hub/fleet/link/frames.js';
import { settled } from '../../kit/turns.js';
import { caller } from '../mcp-door/caller.js';
import { agent, client, server } from './harness.js';

const signal = new AbortController().signal;

t.test('an idle instance ends, and the subscriptions of its client go on at the shared instance', async (t) => {
  const { clients, made, fleet, use, next } = client(t, { idleMs: 40, awayMs: 60 });
  const id = await use();
  await clients.subscribe(made, server, 'r:1', signal);
  const closed = await next('closePrivate');
  t.match(closed.value, { instanceId: id });
  t.same(fleet.requests, ['resources/subscribe own', 'resources/subscribe shared']);
  await clients.unsubscribe(made, server, 'r:1', signal);
  t.equal(fleet.requests.at(-1), 'resources/unsubscribe shared');
});

t.test('an instance of a silent client stays for half an hour, and its end is reported', async (t) => {
  const { now } = performance;
  let passed = 0;
  performance.now = () => now.call(performance) + passed;
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => {
    performance.now = now;
    mock.timers.reset();
  });
  const { made, fleet, use, heard } = client(t);
  const id = await use();
  made.awaySince = performance.now();
  const ended = () => fleet.asked.filter((operation) => operation.case === 'closePrivate').map(({ value }) => value);
  const pass = (minutes: number) => {
    passed += minutes * 60_000;
    mock.timers.tick(5000);
  };
  pass(29);
  t.same(ended(), []);
  pass(2);
  t.match(ended(), [{ instanceId: id }]);
  t.same(heard, ['notifications/message']);
  t.same([...made.lost], [['s1', 'it was not used for long']], 'for the next call');
});

t.test('an instance that is in use stays', async (t) => {
  const { clients, made, open, next } = client(t, { idleMs: 20, awayMs: 30 });
  const used = await clients.using(made, server, async (id) => {
    const closed = next('closePrivate');
    const instanceId = await clients.using(open(), server, async (other) => other);
    t.match((await closed).value, { instanceId }, 'the instance of an idle client ends, and no other');
    return id;
  });
  t.match((await next('closePrivate')).value, { instanceId: used }, 'it ends afterwards');
});

t.test('an instance that its agent has lost is replaced, once', async (t) => {
  const { clients, made, fleet, use } = client(t);
  const first = await use();
  fleet.before = ({ case: operation, value }) => {
    if (operation === 'mcpRequest' && 'instanceId' in value && value.instanceId === first)
      throw new DomainError('not_found', 'gone', { instanceId: first });
  };
  await clients.subscribe(made, server, 'r:1', signal);
  t.not(await use(), first);
  t.equal(fleet.asked.filter(({ case: operation }) => operation === 'openPrivate').length, 2);
});

t.test('an agent that is back names its lost instances; the hub reads the lists of all others again', async (t) => {
  const { clients, made, fleet, use, next } = client(t);
  const id = await use();
  const read = next('mcpRequest');
  clients.onAgent(agent);
  t.match((await read).value, { method: 'tools/list', instanceId: id });
  fleet.missing = [id];
  await clients.subscribe(made, server, 'r:1', signal);
  const movedOn = next('mcpRequest');
  clients.onAgent(agent);
  t.match((await movedOn).value, { method: 'resources/subscribe', instanceId: '' });
  t.not(await use(), id);
});

const partsAgent = { ...agent, operations: ['syncMcp', 'syncMcpPart'] } as ConnectedAgent;

t.test(
  'a list of more bytes than a message may have goes to the agent in parts, and instances in the last',
  async (t) => {
    const { clients, openAs, fleet, use } = client(t);
    const id = await use();
    const uris = Array.from({ length: 10_000 }, (_, i) => `r:${String(i).padStart(6, '0')}${'\u20ac'.repeat(600)}`);
    const four = Array.from({ length: 4 }, (_, i) => openAs({ ...caller, id: `k${i}` }));
    for (const [i, uri] of uris.entries()) clients.interests.adopt(four[i % 4] as (typeof four)[0], server, uri);
    fleet.asked.splice(0);
    const added = 'r:added';
    const read = new Promise<void>((resolve) => {
      fleet.before = ({ case: operation, value }) => {
        // A client subscribes while the list is under way.
        if (operation === 'syncMcpPart' && value.number === 2)
          clients.interests.adopt(openAs({ ...caller, id: 'k9' }), server, added);
        if (operation === 'mcpRequest' && value.instanceId === id) resolve();
      };
    });
    clients.interests.unsubscribe(four[0] as (typeof four)[0], server, uris[0] as string);
    clients.onAgent(partsAgent);
    await read;
    const parts = fleet.asked.flatMap((operation) => (operation.case === 'syncMcpPart' ? [operation] : []));
    t.ok(parts.length > 10, `${parts.length} parts`);
    t.same(
      parts.map(({ value }) => value.number),
      parts.map((_, i) => i + 1),
    );
    t.same(
      parts.map(({ value }) => value.last),
      parts.map((_, i) => i === parts.length - 1),
    );
    t.same(
      parts.map(({ value }) => value.instanceIds.length),
      parts.map((_, i) => (i === parts.length - 1 ? 1 : 0)),
    );
    const sent = parts.flatMap(({ value }) => value.interests.flatMap((interest) => interest.uris));
    t.same(sent, [...uris.slice(1), added]);
    for (const part of parts) t.ok(encodeCommand('c', 'idempotent', 1, undefined, part).length < 2 * 1024 * 1024);
    t.notOk(fleet.asked.some((operation) => operation.case === 'syncMcp'));
  },
);

t.test('an agent that connects again gets a new list, and no further part of the old one', async (t) => {
  const { clients, openAs, fleet, next } = client(t);
  const uris = Array.from({ length: 2000 }, (_, i) => `r:${i}${'x'.repeat(1200)}`);
  const subscriber = openAs({ ...caller, id: 'k1' });
  for (const uri of uris) clients.interests.adopt(subscriber, server, uri);
  fleet.asked.splice(0);
  const first = next('syncMcpPart');
  clients.onAgent(partsAgent);
  await first;
  const last = new Promise<void>((resolve) => {
    fleet.before = ({ case: kind, value }) => {
      if (kind === 'syncMcpPart' && value.last) resolve();
    };
  });
  clients.onAgent(partsAgent);
  await last;
  const numbers = fleet.asked.flatMap(({ case: kind, value }) => (kind === 'syncMcpPart' ? [value.number] : []));
  t.same(numbers.slice(0, 2), [1, 1]);
  t.same(
    numbers.slice(1),
    numbers.slice(1).map((_, i) => i + 1),
  );
  t.ok(numbers.length > 3);
});

t.test('an agent that does not get its subscriptions is an error, unless it is away again', async (t) => {
  const told: unknown[] = [];
  const { clients, fleet } = client(t, {}, (error) => told.push(error));
  for (const code of ['payload_too_large', 'agent_unreachable', 'internal'] as const) {
    fleet.before = async () => {
      throw new DomainError(code, code);
    };
    clients.onAgent(agent);
    await settled();
  }
  t.match(told, [{ code: 'payload_too_large' }, { code: 'internal' }]);
});

t.test('one reading of an instance’s tools at a time, and one more for all that came meanwhile', async (t) => {
  const { clients, fleet, use } = client(t);
  const instanceId = await use();
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  const waiting: (() => void)[] = [];
  let wake = () => {};
  fleet.before = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      wake();
    });
  const notice = { serverId: 's1', instanceId, method: 'notifications/tools/list_changed', params: new Uint8Array() };
  for (let i = 0; i < 50; i += 1) clients.onNotice(agent, notice);
  t.equal(waiting.length, 1);
  const again = new Promise<void>((resolve) => {
    wake = resolve;
  });
  waiting[0]?.();
  await settled();
  mock.timers.tick(999);
  await settled();
  t.equal(waiting.length, 1, 'a server that announces changes without end is read once in a second');
  mock.timers.tick(1);
  await again;
  waiting[1]?.();
  await settled();
  mock.timers.tick(1000);
  await settled();
  t.equal(waiting.length, 2);
});

t.test('a removed server leaves no records, connected or not', async (t) => {
  const { clients, made, report, records, observed } = client(t);
  clients.interests.adopt(made, server, 'r:1');
  await clients.lists.gather([server], 'resources', 100);
  report('disconnected');
  records.delete('s1');
  observed.forget('s1');
  t.same([...clients.interests.uris('s1')], []);
  t.same(clients.interests.at('a1'), []);
});

t.test('a client that is gone gets no further instance, and subscribes to nothing', async (t) => {
  const { clients, made, fleet, use } = client(t);
  clients.close(made);
  await t.rejects(use(), { code: 'cancelled' });
  await t.rejects(clients.subscribe(made, server, 'r:1', signal), { code: 'cancelled' });
  t.same(fleet.asked, [], 'no session would end a call that begins now');
  t.same([...clients.interests.uris('s1')], []);
});

t.test('a subscriber stays subscribed if a second subscription fails', async (t) => {
  const { clients, plain, report, update } = client(t);
  const { opened, updates } = plain();
  await clients.subscribe(opened, server, 'r:1', signal);
  report('disconnected');
  for (const uri of ['r:1', 'r:2'])
    await t.rejects(clients.subscribe(opened, server, uri, signal), { code: 'server_disconnected' });
  report('connected');
  updates.splice(0);
  for (const uri of ['r:1', 'r:2']) update(uri);
  t.same(updates, ['roundhouse://s/r:1'], 'and an unknown session is not kept');
});

t.test('a client has a limited number of subscriptions, at its own and at shared instances together', async (t) => {
  const { clients, made, plain, use, report } = client(t, { mostSubscriptions: 2 });
  const tooMany = { code: 'unavailable', message: /2 subscriptions/ };
  for (const one of [made, plain().opened]) {
    const subscribe = (uri: string) => clients.subscribe(one, server, uri, signal);
    await subscribe('r:1');
    await subscribe('r:2');
    await t.rejects(subscribe('r:3'), tooMany);
    await subscribe('r:2');
    await clients.unsubscribe(one, server, 'r:1', signal);
    await subscribe('r:3');
  }
  clients.onPrivateEnded(agent, { instanceId: await use(), reason: 'it crashed' });
  await t.rejects(clients.subscribe(made, server, 'r:4', signal), tooMany, 'sessions that went on elsewhere count');
  report('connected');
  t.same([...clients.interests.uris('s1')].sort(), ['r:2', 'r:3']);
});

t.test(
  'the clients of one caller have a limited number of subscriptions at their own instances together',
  async (t) => {
    const { clients, made, open } = client(t);
    const full = [made, open(), open()];
    for (let i = 0; i < 2500; i += 1) await clients.subscribe(full[i % 3] ?? made, server, `r:${i}`, signal);
    const tooMany = { code: 'unavailable', message: /The caller has 2500 subscriptions/ };
    for (const one of [...full, open()]) await t.rejects(clients.subscribe(one, server, 'r:2500', signal), tooMany);
    await clients.subscribe(made, server, 'r:0', signal);
    await clients.unsubscribe(made, server, 'r:0', signal);
    await clients.subscribe(open(), server, 'r:2500', signal);
    t.same([...clients.interests.uris('s1')], [], 'all are at own instances');
  },
);

t.test('a refused subscription is not kept; a subscription that could not be sent is', async (t) => {
  const { clients, made, fleet, use } = client(t);
  const goesOn = async (failure: DomainError) => {
    await clients.subscribe(made, server, 'r:1', signal);
    fleet.before = ({ case: operation, value }) => {
      if (operation === 'mcpRequest' && value.instanceId === '') throw failure;
    };
    clients.onPrivateEnded(agent, { instanceId: await use(), reason: 'it crashed' });
    await settled();
    fleet.before = () => {};
    return clients.interests.at('a1').flatMap(({ uris }) => uris);
  };
  const jsonrpc = { code: -32002, message: 'Resource not found' };
  t.same(await goesOn(new DomainError('upstream_failed', 'no', { jsonrpc })), []);
  t.same(await goesOn(new DomainError('refused', 'no')), []);
  t.same(await goesOn(new DomainError('agent_unreachable', 'away', { outcome: 'not_run' })), ['r:1']);
});

t.test('the number of subscriptions of a server is limited for all clients together', async (t) => {
  const { clients, openAs } = client(t);
  const opened = Array.from({ length: 5 }, (_, i) => openAs({ ...caller, id: `k${i}` }));
  const [one, two] = opened as [(typeof opened)[0], (typeof opened)[0]];
  for (let i = 0; i < 10_001; i += 1) clients.interests.adopt(opened[i % 5] ?? one, server, `r:${i}`);
  t.equal(clients.interests.at('a1')[0]?.uris.length, 10_000);
  await t.rejects(clients.interests.subscribe(one, server, 'r:x'), { code: 'unavailable', message: /10000/ });
  await clients.interests.subscribe(two, server, 'r:0');
  clients.close(one);
  await clients.interests.subscribe(two, server, 'r:x');
});

t.test('an instance gets another log level when its client names one, and not with each request', async (t) => {
  const { made, fleet, use } = client(t);
  const levels = () =>
    fleet.asked.flatMap(({ case: operation, value }) =>
      operation === 'mcpRequest' ? [JSON.parse(Buffer.from(value.params).toString()).level] : [],
    );
  await use();
  t.same(levels(), []);
  for (const level of ['error', 'error', 'debug'] as const) {
    made.logLevel = level;
    await use();
  }
  t.same(levels(), ['error', 'debug']);
  fleet.before = () => {
    throw new DomainError('agent_unreachable', 'away', { outcome: 'not_run' });
  };
  made.logLevel = 'info';
  await use();
  await settled();
  fleet.before = () => {
    throw new DomainError('upstream_failed', 'no', { jsonrpc: { code: -32601, message: 'Method not found' } });
  };
  for (let i = 0; i < 2; i += 1) {
    await use();
    await settled();
  }
  t.same(levels(), ['error', 'debug', 'info', 'info'], 'once more where it was not reached');
});

t.test('a notice whose `uri` is not a text goes to no client, and the next one arrives', async (t) => {
  const { clients, plain, update } = client(t);
  const { opened, updates } = plain();
  await clients.subscribe(opened, server, 'r:1', signal);
  t.doesNotThrow(() => update({ toString: 1 } as unknown as string));
  update('r:1');
  t.match(updates, [/r:1$/]);
});

t.test('a client gets the members of an update as long as they are short, and else its URI', async (t) => {
  const { clients, plain, update } = client(t);
  const { opened, updates, characters } = plain();
  const long = `r:${'x'.repeat(10_000)}`;
  for (const uri of ['r:1', long]) await clients.subscribe(opened, server, uri, signal);
  update('r:1', { _meta: { pad: 'x'.repeat(1000) } });
  update('r:1', { _meta: { pad: 'x'.repeat(1024 * 1024) } });
  update(long);
  t.match(updates, [/r:1$/, /r:1$/]);
  t.equal(updates.length, 2);
  const [first = 0, second = 0] = characters;
  t.ok(first > 1000 && second < 100, `${characters}`);
});

t.test(
  'a client that may call no tool of a server does not set the level at which the server logs for all',
  async (t) => {
    const { clients, fleet, openAs } = client(t);
    const levels = () =>
      fleet.asked.flatMap(({ value }) => ('method' in value ? [Buffer.from(value.params).toString()] : []));
    const viewer = openAs({ ...caller, role: 'viewer' });
    const narrowed = openAs({ ...caller, id: 'k2', grants: { tools: ['none'] } });
    const user = openAs({ ...caller, id: 'k3', role: 'user' });
    clients.setLevel(viewer, 'debug');
    clients.setLevel(narrowed, 'debug');
    clients.setLevel(user, 'warning');
    await settled();
    t.same(levels(), ['{"level":"warning"}']);
  },
);

t.test('the clients of one key share a bound on subscriptions, and leave room to the clients of others', async (t) => {
  const { clients, openAs } = client(t);
  const own = { ...caller, id: 'k4', countedAs: 'api_key:k1' };
  const [first, second, third] = [openAs(caller), openAs(caller), openAs(own)];
  const subscribe = async (one: ReturnType<typeof openAs>, from: number, count: number) => {
    for (let i = from; i < from + count; i += 1) await clients.subscribe(one, server, `r:${i}`, signal);
  };
  await subscribe(first, 0, 1000);
  await subscribe(second, 1000, 1000);
  await subscribe(third, 2000, 500);
  await t.rejects(subscribe(third, 2500, 1), { code: 'unavailable', message: /The caller has 2500 subscriptions/ });
  await subscribe(openAs({ ...caller, id: 'k5' }), 2500, 1);
  await clients.unsubscribe(first, server, 'r:0', signal);
  await subscribe(third, 2501, 1);
});
