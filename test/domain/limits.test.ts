import t, { type Test } from 'tap';
import { startDomain, type TestDomain } from '../kit/domain.js';
import { readOnly } from '../kit/scripted-site.js';

/** A server with limits of its own, one of whose tools is cached. */
async function start(t: Test, requestsPerMinute: number | null, requestsPerDay: number | null) {
  const hub = await startDomain(t);
  const rateLimits = { requestsPerMinute, requestsPerDay };
  const tools = { read: readOnly(), look: readOnly() };
  const { id } = await hub.connect('limited', tools, { rateLimits, cache: { tools: { look: { ttlSeconds: 60 } } } });
  return { hub, id };
}

/** How many calls a server takes before one is refused, and that refusal. */
async function untilRefused(hub: TestDomain, most = 20) {
  for (let passed = 0; passed < most; passed += 1) {
    try {
      await hub.call('read');
    } catch (error) {
      return { passed, refusal: error };
    }
  }
  return { passed: most, refusal: undefined };
}

t.test("a server's own limits hold for all callers together, and the cache still answers", async (t) => {
  const { hub } = await start(t, 3, null);
  const other = await hub.caller('user');
  await hub.call('look');
  await hub.call('read');
  await hub.call('read', {}, { as: other });
  await t.rejects(hub.call('read', {}, { as: other }), {
    code: 'rate_limited',
    details: { serverName: 'limited', window: 'minute', retryAfter: 60 },
  });
  t.match(await hub.call('look'), { cached: true });
});

t.test('a minute after the first call the server takes calls again', async (t) => {
  const { hub } = await start(t, 3, null);
  t.equal((await untilRefused(hub)).passed, 3);
  await hub.clock.move(59_999);
  t.equal((await untilRefused(hub)).passed, 0);
  await hub.clock.move(1);
  t.equal((await untilRefused(hub)).passed, 3);
});

t.test('the count of a day outlives the hub, and ends at midnight', async (t) => {
  const { hub, id } = await start(t, null, 5);
  for (let i = 0; i < 3; i += 1) await hub.call('read');
  await hub.restart();
  await hub.domain.lifecycle.connect(hub.admin, id);
  const { passed, refusal } = await untilRefused(hub);
  t.equal(passed, 2);
  t.match(refusal, { code: 'rate_limited', details: { window: 'day', retryAfter: 12 * 3600 } });
  await hub.clock.move(12 * 3_600_000);
  t.equal((await untilRefused(hub)).passed, 5);
});

t.test('limits that an operator removes no longer apply', async (t) => {
  const { hub, id } = await start(t, 1, 1);
  t.equal((await untilRefused(hub)).passed, 1);
  await hub.domain.servers.update(hub.admin, id, { rateLimits: null });
  t.equal((await untilRefused(hub)).passed, 20);
});

t.test('a refused call opens no circuit, and is in the audit log', async (t) => {
  const { hub } = await start(t, 1, null);
  await hub.call('read');
  for (let i = 0; i < 6; i += 1) await t.rejects(hub.call('read'), { code: 'rate_limited' });
  t.match(hub.domain.monitor.circuits(hub.admin.caller), [{ state: 'closed', failures: 0 }]);
  const { entries, total } = await hub.domain.audit.page(hub.admin.caller, { action: 'tool.invoke' }, 10, 0);
  t.equal(total, 7);
  t.match(entries[0], { success: false, details: { error: 'rate_limited' } });
});
