import t from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { CallGate } from '../../../agent/drivers/mcp/call-gate.js';
import { AgentFailure } from '../../../agent/failure.js';

const limits = { maxConcurrent: 2, maxQueue: 2, perSecond: 0 };

t.test('calls run up to the limit, further calls wait in turn, and calls beyond the queue are refused', async (t) => {
  const gate = new CallGate(limits);
  t.same([gate.enter(), gate.enter(), gate.enter()], [true, true, false]);
  const order: string[] = [];
  const first = gate.wait(new CancelSource()).then(() => order.push('first'));
  const second = gate.wait(new CancelSource()).then(() => order.push('second'));
  await t.rejects(gate.wait(new CancelSource()), {
    kind: 'overloaded',
    message: /2 calls run \(at most 2\), and 2 wait/,
    details: { retryAfterMs: 1000, outcome: 'not_run' },
  });
  gate.leave();
  await first;
  t.equal(gate.enter(), false, 'no call overtakes the calls that wait');
  gate.leave();
  await second;
  t.same(order, ['first', 'second']);
  t.same(gate.load, { running: 2, waiting: 0 });
});

t.test('a cancelled call leaves the queue', async (t) => {
  const gate = new CallGate({ ...limits, maxConcurrent: 1 });
  gate.enter();
  const cancel = new CancelSource();
  const waiting = gate.wait(cancel);
  cancel.abort(new AgentFailure('cancelled', 'enough'));
  await t.rejects(waiting, { name: 'AgentFailure', kind: 'cancelled', message: 'enough' });
  t.same(gate.load, { running: 1, waiting: 0 });
});

t.test('a gate that is cleared fails the calls that wait', async (t) => {
  const gate = new CallGate({ ...limits, maxConcurrent: 1 });
  gate.enter();
  const waiting = gate.wait(new CancelSource());
  gate.clear(new AgentFailure('disconnected', 'gone'));
  await t.rejects(waiting, { name: 'AgentFailure', kind: 'disconnected', message: 'gone' });
});

t.test('calls per second: a burst, and then one at a time as the rate allows', async (t) => {
  const begun = performance.now();
  const gate = new CallGate({ maxConcurrent: 100, maxQueue: 100, perSecond: 20 });
  let atOnce = 0;
  while (gate.enter()) atOnce++;
  const burstMs = performance.now() - begun;
  t.ok(atOnce >= 20 && atOnce <= 20 + burstMs / 50, `${atOnce} at once, in ${burstMs} ms`);
  await Promise.all(Array.from({ length: 6 }, () => gate.wait(new CancelSource())));
  const ms = performance.now() - begun;
  const leastMs = (atOnce + 6 - 20) * 50;
  t.ok(ms >= leastMs - 2, `6 more took ${ms} ms`);
});

t.test('a call that is refused because of a rate says when to try again', async (t) => {
  const gate = new CallGate({ maxConcurrent: 100, maxQueue: 1, perSecond: 0.25 });
  t.equal(gate.enter(), true);
  const waiting = gate.wait(new CancelSource());
  await t.rejects(gate.wait(new CancelSource()), {
    name: 'AgentFailure',
    kind: 'overloaded',
    details: { retryAfterMs: 8000 },
  });
  gate.clear(new AgentFailure('disconnected', 'gone'));
  await t.rejects(waiting);
});

t.test('new limits apply to calls that wait already', async (t) => {
  const gate = new CallGate({ ...limits, maxConcurrent: 1 });
  gate.enter();
  const waiting = gate.wait(new CancelSource());
  gate.configure({ ...limits, maxConcurrent: 5 });
  await waiting;
  t.same(gate.load, { running: 2, waiting: 0 });
});
