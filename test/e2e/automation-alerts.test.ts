import t, { type Test } from 'tap';
import { until } from '../automation.js';
import { readDocument } from '../kit/documents.js';
import { fixture, type Hub, runAgent, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { WsClient } from '../stream/ws-client.js';

// The rules of alerts are proved in test/domain/alerts.test.ts; here, that clients hear of real servers and agents.

const { endpoints, events } = readDocument('automation-logs-alerts');
const base = '/automation/api/v1';

/** One hub and one agent for all tests; the rules about servers and agents raise after a second. */
let hub: Hub;
let agent: Awaited<ReturnType<typeof startAgent>>;
t.before(async () => {
  hub = await startHub(t);
  agent = await startAgent(t, hub);
  // Not before: an agent may take longer than that to connect.
  const rules = [
    { rule: 'agent_offline', threshold: 1, severity: 'info' },
    { rule: 'server_down', threshold: 1 },
  ];
  const { status, body } = await hub.call('PUT', `${base}/alerts/rules`, { rules });
  if (status !== 200) throw new Error(JSON.stringify(body));
});

async function listener(t: Test): Promise<WsClient> {
  const client = await WsClient.authenticated(t, hub);
  client.send({ type: 'subscribe', events: ['alert.new'] });
  await client.next('subscribed');
  return client;
}

/** Resolves once no alert is active. */
const quiet = () => until(hub, `${base}/alerts`, ({ data }) => data.total === 0);

t.test(
  'a client hears of a server that goes down, and acknowledges the alert, which ends with the server',
  async (t) => {
    t.same((await hub.call('GET', `${base}/alerts`)).body.data, {
      alerts: [],
      total: 0,
      critical: 0,
      warning: 0,
      info: 0,
    });
    const client = await listener(t);
    const transport = { type: 'stdio', command: process.execPath, args: [fixture('exits')] };
    const made = await hub.call('POST', '/api/servers', { name: 'broken', transport });
    await hub.call('POST', `/api/servers/${made.body.data.id}/connect`);

    const told = await client.next('alert.new');
    for (const field of events['alert.new']) t.ok(field in told, field);
    const answer = (await hub.call('GET', `${base}/alerts`)).body;
    sameShape(t, answer, endpoints['GET /api/v1/alerts'].answer);
    const [alert] = answer.data.alerts;
    t.match(alert, {
      id: told.alert_id,
      severity: 'critical',
      server: 'broken',
      acknowledged: false,
      rule: 'server_down',
    });
    t.match(answer.data, { total: 1, critical: 1, warning: 0, info: 0 });

    const path = `${base}/alerts/${alert.id}/acknowledge`;
    const { request } = endpoints['POST /api/v1/alerts/{alert_id}/acknowledge'];
    const viewer = await hub.key('viewer');
    t.equal((await hub.call('POST', path, request, viewer)).status, 403);
    const acknowledged = await hub.call('POST', path, request);
    t.equal(acknowledged.status, 200);
    t.match(acknowledged.body.data, {
      acknowledged: true,
      acknowledged_by: 'operator',
      acknowledgement: 'Investigating issue',
    });
    const again = await hub.call('POST', path, request);
    t.equal(again.status, 409);
    t.match(again.body.error, { code: 'CONFLICT', details: { acknowledged_by: 'operator' } });

    await hub.call('DELETE', '/api/servers/broken');
    await quiet();
    const resolved = await hub.call('GET', `${base}/alerts?status=resolved`);
    t.match(resolved.body.data, { alerts: [{ id: alert.id, resolved_at: String }] });
  },
);

t.test('a client hears of an agent that goes away, until the agent is back', async (t) => {
  const client = await listener(t);
  await agent.stop();
  t.match(await client.next('alert.new'), { severity: 'info', message: /not been connected/ });
  const { alerts } = (await hub.call('GET', `${base}/alerts`)).body.data;
  t.match(alerts, [{ server: null, rule: 'agent_offline', site: 'local' }]);
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  await quiet();
  const { body } = await hub.call('GET', `${base}/alerts?status=resolved`);
  t.equal(body.data.alerts[0].rule, 'agent_offline');
});

t.test('a client changes rules, and hears which field is wrong', async (t) => {
  const listed = async () => (await hub.call('GET', `${base}/alerts/rules`)).body.data.rules;
  const before = await listed();
  t.ok(before.length >= 8);
  for (const rule of before)
    t.match(rule, { rule: String, enabled: Boolean, threshold: Number, clear_threshold: Number });
  const change = { rule: 'latency', threshold: 500, clear_threshold: 400, window_seconds: 60, minimum_calls: 5 };
  t.equal((await hub.call('PUT', `${base}/alerts/rules`, { rules: [change] })).status, 200);
  const wrong: [object, RegExp][] = [
    [{ rule: 'latency', threshold: 0 }, /^latency.threshold$/],
    [{ rule: 'nonsense' }, /^rules.{1,2}1.{1,2}rule$/],
  ];
  for (const [rule, field] of wrong) {
    const rules = [{ rule: 'error_rate', enabled: false }, rule];
    const { status, body } = await hub.call('PUT', `${base}/alerts/rules`, { rules });
    t.equal(status, 422, JSON.stringify(rule));
    t.match(body.error.details.field, field);
  }
  const after = await listed();
  t.match(
    after.find(({ rule }: { rule: string }) => rule === 'latency'),
    change,
  );
});
