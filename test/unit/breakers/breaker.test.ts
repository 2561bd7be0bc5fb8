import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import {
  Breaker,
  type BreakerView,
  isServerFailure,
  noteShortLimit,
  serverAnswered,
} from '../../../hub/domain/breakers/breaker.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { stopClock } from '../../kit/clock.js';

const server = { id: 'id', name: 'name' };
const failing = () => Promise.reject(new DomainError('timeout', 'late'));
const working = () => Promise.resolve('fine');

function make(failures = 3, cooldownMs = 60_000) {
  const told: [string, BreakerView][] = [];
  const breaker = new Breaker({ failures, cooldownMs }, 0, (state, view) => told.push([state, view]));
  const call = async (work: () => Promise<unknown>) => {
    breaker.check(server);
    return breaker.run(work).catch(() => undefined);
  };
  return { breaker, told, call };
}

t.test('consecutive failures open the breaker, and a success in between resets the count', async (t) => {
  const { breaker, told, call } = make();
  for (const work of [failing, failing, working, failing, failing]) await call(work);
  t.match(breaker.view(), { state: 'closed', failures: 2, successCount: 1 });
  await call(failing);
  t.match(breaker.view(), { state: 'open', failures: 3, successCount: 0, cooldownEndsAt: Number });
  t.match(told, [['open', { failures: 3 }]]);
  t.throws(() => breaker.check(server), { code: 'circuit_open', details: { retryAfter: 60, serverId: 'id' } });
});

t.test('more failures than successes open it, too', async (t) => {
  const { breaker, call } = make(5);
  for (let i = 0; i < 6; i += 1) for (const work of [failing, failing, working]) await call(work);
  t.equal(breaker.view().state, 'closed', '18 calls are too few to tell');
  await call(failing);
  await call(failing);
  t.equal(breaker.view().state, 'open');
});

t.test('errors of callers neither open the breaker nor reset its count', async (t) => {
  const { breaker, call } = make(2);
  const wrong = () => Promise.reject(new DomainError('invalid_input', 'no'));
  for (const work of [failing, wrong, wrong, wrong]) await call(work);
  t.match(breaker.view(), { state: 'closed', failures: 1, successCount: 0 });
  await call(failing);
  t.equal(breaker.view().state, 'open');
});

t.test(
  'half-open: an answer closes the breaker, even an error of the caller; a cancelled probe opens it again',
  async (t) => {
    const { breaker, told, call } = make(1, 1);
    const opened = async () => {
      while (breaker.view().state === 'open') await pause(10);
    };
    await call(failing);
    await opened();
    t.match(breaker.view(), { state: 'half-open', cooldownEndsAt: null });
    await call(() => Promise.reject(new DomainError('cancelled', 'gone')));
    t.equal(told.length, 2);
    t.equal(told[1]?.[0], 'open');
    await opened();
    await call(() => Promise.reject(new DomainError('upstream_failed', 'no', { jsonrpc: { code: -32602 } })));
    t.match(breaker.view(), { state: 'closed', failures: 0 });
    t.equal(told[2]?.[0], 'closed');
  },
);

t.test('failures that count', async (t) => {
  const rpc = (code: number) => new DomainError('upstream_failed', '', { jsonrpc: { code } });
  for (const code of ['timeout', 'server_disconnected', 'upstream_failed'] as const)
    t.ok(isServerFailure(new DomainError(code, '')), code);
  const others = ['agent_unreachable', 'invalid_input', 'cancelled', 'refused', 'unavailable', 'rate_limited'] as const;
  for (const code of others) t.notOk(isServerFailure(new DomainError(code, '')), code);
  t.ok(isServerFailure(rpc(-32603)));
  t.notOk(isServerFailure(rpc(-32602)));
  t.ok(serverAnswered(rpc(-32601)));
  const hasty = new DomainError('timeout', '');
  noteShortLimit(hasty);
  t.notOk(isServerFailure(hasty));
});

t.test('a clock that is set back does not keep it open', async (t) => {
  const clock = stopClock(t);
  const { breaker, call } = make(1);
  await call(failing);
  await clock.move(60_000);
  Date.now = () => clock.now - 3_600_000;
  t.equal(breaker.view().state, 'half-open');
  t.equal(await call(working), 'fine');
  t.equal(breaker.view().state, 'closed');
});
