import t, { type Test } from 'tap';
import { Alerts, AlertWatch } from '../../../hub/domain/alerts/alerts.js';
import { type Measurement, type Measurements, RecentCalls } from '../../../hub/domain/alerts/measurements.js';
import { AlertRules, type RuleName } from '../../../hub/domain/alerts/rule.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import type { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { openTestStore } from '../store/stores.js';

/** Alerts over a real store, measured by the test. */
async function start(t: Test) {
  const { store } = await openTestStore(t);
  const registry = { byId: () => undefined } as unknown as ServerRegistry;
  const rules = new AlertRules(store);
  const alerts = new Alerts(store, registry);
  const measured = new Map<RuleName, Partial<Measurement>>();
  const measurements = {
    tidy() {},
    take() {},
    of({ id }: { id: RuleName }): Measurement[] {
      const found = measured.get(id);
      if (!found) return [];
      return [
        { subject: 's1', name: 'one', serverId: null, site: null, value: 0, mayRaise: true, mayClear: true, ...found },
      ];
    },
  } as unknown as Measurements;
  const watch = new AlertWatch({ store, rules, alerts, measurements });
  const look = async (rule: RuleName, measurement: Partial<Measurement>) => {
    measured.set(rule, measurement);
    await watch.look();
    return alerts.active.size;
  };
  const journal = () => store.events(0, 100).map(({ type }) => type);
  return { store, rules, alerts, registry, watch, measured, look, journal };
}

t.test('an alert is raised at the threshold and resolved at the clear threshold, once each', async (t) => {
  const { look, journal } = await start(t);
  t.equal(await look('error_rate', { value: 0.2499 }), 0);
  t.equal(await look('error_rate', { value: 0.25 }), 1, 'exactly at it');
  for (const value of [0.9, 0.2, 0.1001, 0.3]) t.equal(await look('error_rate', { value }), 1, 'between the two');
  t.equal(await look('error_rate', { value: 0.1 }), 0);
  t.equal(await look('error_rate', { value: 0.2 }), 0);
  t.same(journal(), ['alert.new', 'alert.resolved']);
});

t.test('a rule can raise an alert below its threshold', async (t) => {
  const { look, alerts } = await start(t);
  t.equal(await look('certificate_expiring', { value: 7.01 }), 0);
  t.equal(await look('certificate_expiring', { value: 7 }), 1);
  t.match([...alerts.active.values()][0]?.description, /expires in 7\.0 days/);
  t.equal(await look('certificate_expiring', { value: 7.9 }), 1);
  t.equal(await look('certificate_expiring', { value: 90 }), 0);
});

t.test('a measurement with too little data neither raises nor resolves an alert', async (t) => {
  const { look } = await start(t);
  t.equal(await look('latency', { value: 60_000, mayRaise: false }), 0);
  t.equal(await look('latency', { value: 60_000 }), 1);
  t.equal(await look('latency', { value: 0, mayClear: false }), 1);
  t.equal(await look('latency', { value: 0 }), 0);
});

t.test('the alert of a subject that is gone, or no longer watched, resolves', async (t) => {
  const { look, rules, watch, measured, alerts } = await start(t);
  await look('breaker_open', { value: 1 });
  t.equal(await look('server_down', { value: 61 }), 2);
  await rules.update(SYSTEM, [{ id: 'breaker_open', enabled: false }]);
  await watch.look();
  t.same([...alerts.active.keys()], ['server_down:s1']);
  measured.clear();
  await watch.look();
  t.equal(alerts.active.size, 0);
});

t.test('two hubs over one store raise one alert', async (t) => {
  const { store, rules, alerts, registry, look } = await start(t);
  const measurement = {
    subject: 's1',
    name: 'one',
    serverId: null,
    site: null,
    value: 61,
    mayRaise: true,
    mayClear: true,
  };
  await look('server_down', { value: 61 });
  const other = new Alerts(store, registry);
  t.equal(other.active.size, 1, 'read from the store');
  await t.rejects(alerts.raise('server_down:s1', rules.get('server_down'), measurement), { code: 'already_exists' });
});

t.test('figures cover only the last calls of a server', async (t) => {
  const calls = new RecentCalls();
  const call = (seq: number, success: boolean) =>
    calls.take({
      seq,
      time: seq,
      serverId: 's1',
      type: success ? 'tool.invoked' : 'tool.error',
      data: { durationMs: seq },
    });
  for (let seq = 1; seq <= 100; seq += 1) call(seq, seq % 4 !== 0);
  t.same(calls.figures('s1', 0), { count: 100, errorRate: 0.25, p95Ms: 95 });
  t.same(calls.figures('s1', 100), { count: 1, errorRate: 1, p95Ms: 100 });
  t.same(calls.figures('s2', 0), { count: 0, errorRate: 0, p95Ms: 0 });
  for (let seq = 101; seq <= 5000; seq += 1) call(seq, true);
  t.same(calls.figures('s1', 0), { count: 512, errorRate: 0, p95Ms: 4975 });
  calls.keep(new Set());
  t.equal(calls.figures('s1', 0).count, 0);
});
