import t, { type Test } from 'tap';
import type { RuleChange } from '../../hub/domain/alerts/rule.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { mayHear } from '../../hub/domain/events/types.js';
import type { DomainOptions, TestDomain } from '../kit/domain.js';
import { startDomain } from '../kit/domain.js';
import { json, readOnly, serverFailure, ToolError } from '../kit/scripted-site.js';

const DAY_MS = 86_400_000;
const NOWHERE = '0193a1b2-0000-7000-8000-000000000000';

/** A hub whose test applies the alert rules itself. */
async function start(t: Test, options: DomainOptions = {}, ...rules: RuleChange[]) {
  const hub = await startDomain(t, options);
  await hub.domain.alertRules.update(hub.admin, rules);
  return { hub, ...watched(hub) };
}

/** The alerts of a hub, after a look at everything. */
function watched(hub: TestDomain) {
  const listed = (state: 'active' | 'resolved' = 'active', as = hub.admin) => hub.domain.alerts.list(as.caller, state);
  const look = async () => {
    await hub.store.flush();
    await hub.domain.alertWatch.look();
    return listed();
  };
  /** Moves the clock, and looks. */
  const later = async (ms: number) => {
    await hub.clock.move(ms);
    return look();
  };
  return { listed, look, later };
}

t.test('a server that does not connect raises one alert, which ends when the server connects', async (t) => {
  const { hub, look, later, listed } = await start(t);
  const { id, server } = await hub.register('broken', { read: readOnly() });
  t.same(await look(), [], 'no caller wants it to run');
  server.failure = 'it does not start';
  await t.rejects(hub.domain.lifecycle.connect(hub.admin, id), { code: 'server_disconnected' });
  t.same(await look(), []);
  t.same(await later(59_999), [], 'not before its time');
  const [alert] = await later(1);
  t.match(alert, { rule: 'server_down', severity: 'critical', subject: 'broken', serverId: id, acknowledgement: null });
  t.match(alert?.description, /has not been for 60 s/);
  t.equal((await later(60_000)).length, 1, 'raised once');
  server.failure = '';
  await hub.domain.lifecycle.connect(hub.admin, id);
  t.same(await look(), []);
  t.match(listed('resolved'), [{ id: alert?.id, resolvedAt: hub.clock.now }]);
  t.same(
    (await hub.events('alert.')).map(({ type, data }) => [type, data.alertId]),
    [
      ['alert.new', alert?.id],
      ['alert.resolved', alert?.id],
    ],
  );
});

t.test('an alert is acknowledged once, by a caller who sees its server, and is audited', async (t) => {
  const { hub, later, look } = await start(t);
  const { id } = await hub.connect('one', { read: readOnly() });
  hub.report(id, { state: 'error', error: 'it died' });
  await look();
  const [alert] = await later(60_000);
  const { alerts } = hub.domain;
  const alertId = alert?.id ?? '';
  const narrow = await hub.caller('operator', { servers: [] });
  t.same(alerts.list(narrow.caller, 'active'), []);
  await t.rejects(alerts.acknowledge(narrow, alertId, 'seen'), { code: 'not_found' });
  await t.rejects(alerts.acknowledge(hub.admin, NOWHERE, 'seen'), { code: 'not_found' });
  const acknowledged = await alerts.acknowledge(hub.admin, alertId, 'seen', 'operator');
  t.match(acknowledged, { acknowledgement: { by: 'operator', message: 'seen', at: hub.clock.now } });
  await t.rejects(alerts.acknowledge(hub.admin, alertId, 'seen'), {
    code: 'conflict',
    details: { acknowledged_by: 'operator' },
  });
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'alert.acknowledge' }, 10, 0);
  t.match(entries, [
    { resource: { type: 'alert', id: alertId, serverId: id }, details: { by: 'operator', message: 'seen' } },
  ]);
});

t.test('an alert outlives the hub, is not raised again, and ends when its server is deleted', async (t) => {
  const { hub, later, look } = await start(t);
  const { id } = await hub.connect('one', { read: readOnly() });
  hub.report(id, { state: 'error', error: 'it died' });
  await look();
  const [alert] = await later(60_000);
  await hub.domain.alerts.acknowledge(hub.admin, alert?.id ?? '', 'seen');
  await hub.restart();
  const after = watched(hub);
  t.match(await after.look(), [{ id: alert?.id, acknowledgement: { message: 'seen' } }]);
  t.equal((await after.later(3_600_000)).length, 1);
  await hub.domain.lifecycle.delete(hub.admin, id);
  t.same(await after.look(), []);
  const resolved = { code: 'conflict', details: { resolved_at: String } };
  await t.rejects(hub.domain.alerts.acknowledge(hub.admin, alert?.id ?? '', 'seen'), resolved);
});

t.test('an agent that disconnects raises one alert, and its servers raise none', async (t) => {
  const { hub, look, later, listed } = await start(t, {}, { id: 'agent_offline', severity: 'info' });
  const { id } = await hub.connect('fine', { read: readOnly() });
  hub.agentGoes();
  await look();
  const alerts = await later(60_000);
  t.match(alerts, [{ rule: 'agent_offline', severity: 'info', serverId: null, site: 'local' }]);
  t.equal(alerts.length, 1);
  t.equal((await later(3_600_000)).length, 1, 'the state of its servers is not known');
  hub.agentComes();
  hub.report(id);
  t.same(await look(), []);
  t.match(listed('resolved'), [{ rule: 'agent_offline' }]);
});

t.test('the alert of an agent ends when the agent is revoked', async (t) => {
  const { hub, look, later } = await start(t);
  hub.agentGoes();
  await look();
  t.equal((await later(60_000)).length, 1);
  await hub.domain.agents.revoke(hub.admin, hub.agentId);
  t.same(await look(), []);
});

t.test('a high error rate is raised once there are enough calls, and resolved', async (t) => {
  const { hub, look, later, listed } = await start(
    t,
    {},
    {
      id: 'error_rate',
      threshold: 0.5,
      clearThreshold: 0.4,
      minimumCalls: 4,
    },
  );
  let fails = true;
  const read = readOnly(() => {
    if (fails) throw new ToolError('not today');
    return 'well';
  });
  await hub.connect('moody', { read });
  const call = async (calls: number) => {
    for (let i = 0; i < calls; i += 1) await hub.call('read');
  };
  await call(3);
  t.same(await look(), [], 'too few calls');
  await call(1);
  t.match(await look(), [{ rule: 'error_rate', severity: 'warning', description: /100\.0 % of the last calls/ }]);
  fails = false;
  await call(5);
  t.equal((await look()).length, 1, '4 of 9 are still above the lower threshold');
  await call(1);
  t.same(await look(), []);
  t.equal(listed('resolved').length, 1, 'raised once');
  await later(300_001);
  fails = true;
  await call(4);
  t.equal((await look()).length, 1, 'calls before the window do not count');
});

t.test('a slow server raises an alert until it is quick again', async (t) => {
  const { hub, look, later } = await start(
    t,
    {},
    { id: 'latency', threshold: 2000, clearThreshold: 1500, minimumCalls: 4 },
  );
  let takesMs = 2500;
  const nap = readOnly(async () => {
    await hub.clock.move(takesMs);
    return 'rested';
  });
  const { id } = await hub.connect('naps', { nap });
  const call = async (calls: number) => {
    for (let i = 0; i < calls; i += 1) await hub.call('nap');
  };
  await call(4);
  t.match(await look(), [{ rule: 'latency', severity: 'warning', serverId: id, value: 2500, threshold: 2000 }]);
  takesMs = 10;
  await later(300_000);
  await call(4);
  t.same(await look(), []);
});

t.test('an open circuit raises an alert until it closes', async (t) => {
  const { hub, look, later } = await start(t, { settings: { breaker: { failures: 3, cooldownMs: 1000 } } });
  let fails = true;
  const read = readOnly(() => {
    if (fails) throw serverFailure();
    return 'well';
  });
  await hub.connect('moody', { read });
  for (let i = 0; i < 3; i += 1) await t.rejects(hub.call('read'));
  t.match(await look(), [{ rule: 'breaker_open', subject: 'moody', description: /circuit breaker of server 'moody'/ }]);
  t.equal((await later(1000)).length, 1, 'half-open is not closed');
  fails = false;
  await hub.call('read');
  t.same(await look(), []);
});

t.test(
  'a server that fails again and again raises an alert, and a server that is stopped on purpose does not',
  async (t) => {
    const { hub, look, later } = await start(t, {}, { id: 'server_flapping', threshold: 2, clearThreshold: 1 });
    const { id } = await hub.connect('moody', { read: readOnly() });
    const { id: other } = await hub.connect('other', { read: readOnly() });
    const { lifecycle } = hub.domain;
    // An alert may end only once the hub has watched for the whole window.
    await later(600_000);
    for (let i = 0; i < 3; i += 1) {
      await lifecycle.disconnect(hub.admin, other);
      await lifecycle.connect(hub.admin, other);
    }
    const fallOver = () => {
      hub.report(id, { state: 'error', error: 'it died' });
      hub.report(id);
    };
    fallOver();
    t.same(await look(), [], 'once is not again and again');
    await hub.clock.move(1000);
    fallOver();
    t.match(await look(), [
      { rule: 'server_flapping', subject: 'moody', value: 2, description: /2 times within 600 s/ },
    ]);
    t.equal((await later(598_999)).length, 1);
    t.same(await later(1), [], 'the first time has left the window');
  },
);

t.test('a key that expires within a week raises an alert until it is revoked', async (t) => {
  const { hub, look, later } = await start(t);
  const key = async (name: string, days: number) =>
    hub.caller('viewer', null, { name, expiresAt: hub.clock.now + days * DAY_MS });
  await key('long', 30);
  await key('made for a day', 1);
  const short = await key('short', 8);
  t.same(await look(), []);
  const [alert] = await later(DAY_MS);
  t.match(alert, { rule: 'key_expiring', severity: 'info', serverId: null, subject: 'short' });
  t.equal(alert?.description, "API key 'short' expires in 7.0 days");
  const named = async ({ caller }: typeof short) => hub.domain.alerts.list(caller).map(({ subject }) => subject);
  t.same(await named(short), ['short']);
  t.same(await named(hub.admin), ['short']);
  t.same(await named(await hub.caller('operator')), [], 'the names of keys are for their owners and admins');
  t.match((await hub.events('alert.new')).at(-1)?.data, { ownerId: short.caller.id }, 'so is the event');
  await hub.domain.keys.revoke(SYSTEM, short.caller.id);
  t.same(await look(), []);
});

t.test('a weaker key of a user sees no alert of a stronger key that expires', async (t) => {
  const { hub, later, look } = await start(t);
  const { id: userId } = await hub.domain.users.create(SYSTEM, {
    username: 'ada',
    password: 'a long password',
    role: 'operator',
  });
  const own = { userId };
  const strong = await hub.caller('operator', null, { ...own, name: 'strong', expiresAt: hub.clock.now + 8 * DAY_MS });
  const weak = await hub.caller('viewer', null, { ...own, name: 'weak' });
  await later(DAY_MS);
  const event = (await hub.events('alert.new')).at(-1);
  const told = ({ caller }: typeof weak) => [
    hub.domain.alerts.list(caller).map(({ subject }) => subject),
    event && mayHear(caller, event, hub.domain.registry),
  ];
  t.same(told(strong), [['strong'], true]);
  t.same(told(weak), [[], false]);
  await hub.domain.users.update(hub.admin, hub.admin.caller, userId, { role: 'viewer' });
  await look();
  t.same(told(weak)[0], ['strong'], 'after the demotion of the user, the key is not stronger');
});

t.test("the hub's own certificate raises an alert a week before it expires, until it is renewed", async (t) => {
  let notAfter = 0;
  const certificates = () => [{ id: 'https', name: "the hub's HTTPS", notAfter }];
  const { hub, look, later } = await start(t, { ports: { certificates } });
  notAfter = hub.clock.now + 8 * DAY_MS;
  t.same(await look(), []);
  t.match(await later(DAY_MS), [
    { rule: 'certificate_expiring', site: null, description: /certificate of the hub's HTTPS expires in 7\.0 days/ },
  ]);
  notAfter = hub.clock.now + 90 * DAY_MS;
  t.same(await look(), []);
});

t.test('memory and disk of the hub, a site and a server raise alerts over their thresholds', async (t) => {
  let used = 95;
  const use = () => ({ totalBytes: 100, usedBytes: used });
  const ports = { ownUsage: { measure: async () => ({ memory: use(), disk: use() }) } };
  const { hub, look } = await start(t, { ports });
  const { id } = await hub.connect('hungry', { read: readOnly() });
  hub.fleet.answers.set('measureUsage', () =>
    json({ memory: use(), disk: use(), servers: [{ serverId: id, memoryBytes: used, diskBytes: used }] }),
  );
  const alerts = async () => {
    await hub.domain.usageWatch.look();
    return (await look()).map(({ rule, subject }) => `${rule} ${subject}`).sort();
  };
  t.same(await alerts(), [
    'server_disk hungry',
    'server_memory hungry',
    'site_disk local',
    'site_disk the hub',
    'site_memory local',
    'site_memory the hub',
  ]);
  used = 87;
  t.equal((await alerts()).length, 6, 'between the thresholds they stay');
  used = 10;
  t.same(await alerts(), []);
});

t.test('a muted rule raises nothing until an operator turns it on', async (t) => {
  const ports = { certificates: () => [{ id: 'https', name: 'HTTPS', notAfter: 1 }] };
  const { hub, look } = await start(t, { ports, settings: { mutedRules: ['certificate_expiring'] } });
  t.same(await look(), []);
  await hub.domain.alertRules.update(hub.admin, [{ id: 'certificate_expiring', enabled: true }]);
  t.equal((await look()).length, 1);
});

t.test(
  'a rule is changed within its bounds, with all changes of a request or none, and outlives the hub',
  async (t) => {
    const { hub } = await start(t);
    const update = (...changes: RuleChange[]) => hub.domain.alertRules.update(hub.admin, changes);
    const change = { id: 'latency', threshold: 500, clearThreshold: 400, windowSeconds: 60, minimumCalls: 5 } as const;
    await update(change);
    const wrong: [RuleChange, string][] = [
      [{ id: 'latency', threshold: 0 }, 'latency.threshold'],
      [{ id: 'latency', threshold: 300 }, 'latency.clear_threshold'],
      [{ id: 'key_expiring', clearThreshold: 1 }, 'key_expiring.clear_threshold'],
      [{ id: 'server_down', windowSeconds: 60 }, 'server_down.window_seconds'],
      [{ id: 'latency', minimumCalls: null }, 'latency.minimum_calls'],
    ];
    for (const [rule, field] of wrong)
      await t.rejects(update({ id: 'error_rate', enabled: false }, rule), {
        code: 'invalid_input',
        details: { field },
      });
    await t.rejects(update({ id: 'latency' }, { id: 'latency' }), {
      code: 'invalid_input',
      details: { field: 'rules' },
    });
    t.equal(hub.domain.alertRules.get('error_rate').enabled, true);
    await hub.restart();
    t.match(hub.domain.alertRules.get('latency'), change);
  },
);

t.test('two changes of a rule at the same time both take effect', async (t) => {
  const { domain, admin } = await startDomain(t);
  const update = (change: Omit<RuleChange, 'id'>) =>
    domain.alertRules.update(admin, [{ id: 'server_down', ...change }]);
  for (const [threshold, enabled] of [
    [40, false],
    [50, true],
  ] as const) {
    await Promise.all([update({ threshold }), update({ enabled })]);
    t.match(domain.alertRules.get('server_down'), { threshold, enabled });
  }
});
