import t, { type Test } from 'tap';
import { DomainError } from '../../hub/domain/errors.js';
import type { ServerInput } from '../../hub/domain/servers/servers.js';
import { startDomain } from '../kit/domain.js';
import { gate, readOnly, serverFailure, ToolError } from '../kit/scripted-site.js';

const COOLDOWN_MS = 60_000;

/** A hub whose circuits open after three consecutive failures, with a server whose answers the test sets. */
async function start(t: Test, more: Partial<ServerInput> = {}) {
  const hub = await startDomain(t, { settings: { breaker: { failures: 3, cooldownMs: COOLDOWN_MS } } });
  let answer: () => unknown = () => 'well';
  const { id, server } = await hub.connect('moody', { read: readOnly(() => answer()) }, more);
  const answers = (next: () => unknown) => {
    answer = next;
  };
  const fails = (error: () => Error = serverFailure) =>
    answers(() => {
      throw error();
    });
  const circuit = () => hub.domain.monitor.circuits(hub.admin.caller)[0];
  const events = async () => (await hub.events('circuit.')).map(({ type }) => type);
  const call = (more: Parameters<typeof hub.call>[2] = {}) => hub.call('read', {}, more);
  /** Makes calls, and expects each of them to fail with a code. */
  const failing = async (code: string, calls: number, more?: Parameters<typeof hub.call>[2]) => {
    for (let i = 0; i < calls; i += 1) await t.rejects(call(more), { code });
  };
  return { hub, id, server, answers, fails, circuit, events, call, failing };
}

t.test('a circuit opens after consecutive failures, and reports when it lets a call through again', async (t) => {
  const { hub, server, fails, circuit, events, call, failing } = await start(t);
  await call();
  await call();
  t.match(circuit(), { state: 'closed', failures: 0, successCount: 2, cooldownEndsAt: null });
  fails();
  await failing('upstream_failed', 2);
  t.match(circuit(), { state: 'closed', failures: 2 });
  t.same(await events(), []);
  await hub.clock.move(1000);
  await failing('upstream_failed', 1);
  const openedAt = hub.clock.now;
  t.match(circuit(), {
    state: 'open',
    failures: 3,
    successCount: 0,
    lastFailure: openedAt,
    lastStateChange: openedAt,
    cooldownEndsAt: openedAt + COOLDOWN_MS,
  });
  t.same(await events(), ['circuit.opened']);

  const asked = server.calls;
  await hub.clock.move(COOLDOWN_MS - 1500);
  await t.rejects(call(), { code: 'circuit_open', details: { retryAfter: 2, serverName: 'moody' } });
  t.equal(server.calls, asked, 'the server was not asked');
});

t.test('after the cooldown one call goes through: it opens the circuit again if it fails', async (t) => {
  const { hub, fails, circuit, events, failing } = await start(t);
  fails();
  await failing('upstream_failed', 3);
  await hub.clock.move(COOLDOWN_MS);
  t.match(circuit(), { state: 'half-open', lastStateChange: hub.clock.now });
  await failing('upstream_failed', 1);
  t.match(circuit(), { state: 'open', failures: 4, cooldownEndsAt: hub.clock.now + COOLDOWN_MS });
  await failing('circuit_open', 1);
  t.same(await events(), ['circuit.opened', 'circuit.opened']);
});

t.test('after the cooldown one call goes through: it closes the circuit if it succeeds', async (t) => {
  const { hub, fails, answers, circuit, events, call, failing } = await start(t);
  fails();
  await failing('upstream_failed', 3);
  const failedAt = hub.clock.now;
  await hub.clock.move(COOLDOWN_MS);
  answers(() => 'well');
  await call();
  t.match(circuit(), { state: 'closed', failures: 0, successCount: 1, lastFailure: failedAt });
  t.same(await events(), ['circuit.opened', 'circuit.closed']);
});

t.test('one call probes at a time, and a cancelled probe opens the circuit again', async (t) => {
  const { hub, server, fails, answers, events, call, failing } = await start(t);
  fails();
  await failing('upstream_failed', 3);
  await hub.clock.move(COOLDOWN_MS);
  const [asked, calledOff] = [gate(), gate()];
  answers(async () => {
    asked.open();
    await calledOff.opened;
    throw new DomainError('cancelled', 'the caller hung up');
  });
  const probe = t.rejects(call(), { code: 'cancelled' });
  await asked.opened;
  await t.rejects(call(), { code: 'circuit_open', details: { retryAfter: 1 } }, 'a second call does not wait');
  t.equal(server.calls, 4);
  calledOff.open();
  await probe;
  t.same(await events(), ['circuit.opened', 'circuit.opened']);
  await failing('circuit_open', 1);
});

t.test(
  "a tool's own errors, wrong arguments, callers with short limits and disconnected servers open no circuit",
  async (t) => {
    const { hub, id, fails, circuit, call, failing } = await start(t, { healthCheck: { timeoutMs: 500 } });
    fails(() => new ToolError('not today'));
    for (let i = 0; i < 4; i += 1) t.match(await call(), { isError: true });
    fails(() => new DomainError('upstream_failed', 'no such argument', { jsonrpc: { code: -32602 } }));
    await failing('upstream_failed', 4);
    fails(() => new DomainError('timeout', 'no answer in time'));
    await failing('timeout', 4, { timeoutMs: 499 });
    fails(() => new DomainError('agent_unreachable', 'the agent is away'));
    await failing('agent_unreachable', 4);
    await hub.domain.lifecycle.disconnect(hub.admin, id);
    await failing('server_disconnected', 4);
    t.match(circuit(), { state: 'closed', failures: 0 });
  },
);

t.test('a server that does not answer in the time of its health check opens the circuit', async (t) => {
  const { fails, failing } = await start(t, { healthCheck: { timeoutMs: 500 } });
  fails(() => new DomainError('timeout', 'no answer in time'));
  await failing('timeout', 3, { timeoutMs: 500 });
  await failing('circuit_open', 1);
});

t.test('a server that dies during calls opens the circuit', async (t) => {
  const { fails, failing } = await start(t);
  fails(() => new DomainError('server_disconnected', 'the server ended'));
  await failing('server_disconnected', 3);
  await failing('circuit_open', 1);
});

t.test('a server that an operator connects again gets a fresh start', async (t) => {
  const { hub, id, fails, answers, circuit, events, call, failing } = await start(t);
  fails();
  await failing('upstream_failed', 3);
  answers(() => 'well');
  await hub.domain.lifecycle.disconnect(hub.admin, id);
  await hub.domain.lifecycle.connect(hub.admin, id);
  await call();
  t.match(circuit(), { state: 'closed', failures: 0 });
  t.same(await events(), ['circuit.opened', 'circuit.closed']);
});

t.test(
  'a server whose transport is changed gets a fresh start, and one with another description does not',
  async (t) => {
    const { hub, id, fails, circuit, failing } = await start(t);
    fails();
    await failing('upstream_failed', 3);
    await hub.domain.servers.update(hub.admin, id, { description: 'another' });
    t.match(circuit(), { state: 'open' });
    await hub.domain.servers.update(hub.admin, id, { transport: { type: 'stdio', command: 'another', args: [] } });
    t.match(circuit(), { state: 'closed', failures: 0 });
  },
);

t.test('the circuit of a deleted server is removed', async (t) => {
  const { hub, id, circuit, call } = await start(t);
  await call();
  await hub.domain.lifecycle.delete(hub.admin, id);
  t.equal(circuit(), undefined);
});

t.test("a caller sees the circuits of the servers that the key's grants cover", async (t) => {
  const { hub, id } = await start(t);
  await hub.connect('other', { read: readOnly() });
  const names = ({ caller }: typeof hub.admin) => hub.domain.monitor.circuits(caller).map(({ server }) => server.name);
  t.same(names(hub.admin), ['moody', 'other']);
  t.same(names(await hub.caller('viewer', { servers: [id] })), ['moody']);
});
