import t, { type Test } from 'tap';
import { until } from '../automation.js';
import { readDocument } from '../kit/documents.js';
import { everything, fixture, type Hub, type HubWithDomain, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';
import { WsClient } from '../stream/ws-client.js';

const { endpoints, events } = readDocument('automation-logs-alerts');
const transport = { type: 'stdio', command: process.execPath, args: [everything] };

/** Changes rules. */
async function rules(t: Test, hub: Hub, ...changes: object[]): Promise<void> {
  const { status, body } = await hub.call('PUT', '/api/v1/alerts/rules', { rules: changes });
  t.equal(status, 200, JSON.stringify(body));
}

async function listener(t: Test, hub: Hub): Promise<WsClient> {
  const client = await WsClient.authenticated(t, hub);
  client.send({ type: 'subscribe', events: ['alert.new'] });
  await client.next('subscribed');
  return client;
}

const active = async (hub: Hub, query = '') => (await hub.call('GET', `/api/v1/alerts${query}`)).body.data;

/** Lets the hub look at every rule, as if so many seconds had passed. */
const lookIn = (hub: HubWithDomain, seconds: number) => hub.domain.alertWatch.look(Date.now() + seconds * 1000);

/** Resolves once no alert is active. */
async function quiet(hub: Hub): Promise<void> {
  await until(hub, '/api/v1/alerts', ({ data }) => data.total === 0);
}

t.test('a server that goes down: raised once, acknowledged, over a restart, resolved by itself', async (t) => {
  const first = await startHub(t);
  await startAgent(t, first);
  t.same(await active(first), { alerts: [], total: 0, critical: 0, warning: 0, info: 0 });
  await rules(t, first, { rule: 'server_down', threshold: 1 }, { rule: 'agent_offline', enabled: false });
  const client = await listener(t, first);
  const made = await first.call('POST', '/api/servers', {
    name: 'broken',
    transport: { ...transport, args: [fixture('exits')] },
  });
  await first.call('POST', `/api/servers/${made.body.data.id}/connect`);

  const told = await client.next('alert.new');
  for (const field of events['alert.new']) t.ok(field in told, field);
  const answer = (await first.call('GET', '/api/v1/alerts')).body;
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

  const path = `/api/v1/alerts/${alert.id}/acknowledge`;
  const { request } = endpoints['POST /api/v1/alerts/{alert_id}/acknowledge'];
  const viewer = await first.key('viewer');
  t.equal((await first.call('POST', path, request, viewer)).status, 403);
  const acknowledged = await first.call('POST', path, request);
  t.equal(acknowledged.status, 200);
  t.match(acknowledged.body.data, {
    acknowledged: true,
    acknowledged_by: 'operator',
    acknowledgement: 'Investigating issue',
  });
  const again = await first.call('POST', path, request);
  t.equal(again.status, 409);
  t.match(again.body.error, { code: 'CONFLICT', details: { acknowledged_by: 'operator' } });
  const nobody = await first.call('POST', '/api/v1/alerts/0193a1b2-0000-7000-8000-000000000000/acknowledge', request);
  t.equal(nobody.status, 404);
  const narrow = await first.key('operator', { name: 'narrow', grants: { servers: [] } });
  t.equal((await first.call('POST', path, request, narrow)).status, 404);
  t.equal((await first.call('GET', '/api/v1/alerts', undefined, narrow)).body.data.total, 0);
  const audit = await first.call('GET', '/api/audit?action=alert.acknowledge');
  const [entry] = audit.body.data.entries.filter(({ details }: { details: object }) => 'by' in details);
  t.match(entry, { resource: { type: 'alert', id: alert.id }, details: { by: 'operator', message: request.message } });

  await first.stop();
  const second = await startHub(t, { data: first.data });
  // The agent is away, so the hub does not know how the server is.
  await lookIn(second, 60);
  const after = await active(second);
  t.match(after, { total: 1, alerts: [{ id: alert.id, acknowledged: true, acknowledged_by: 'operator' }] });
  await second.call('DELETE', `/api/servers/${made.body.data.id}`);
  await lookIn(second, 0);
  t.equal((await active(second)).total, 0, 'the alert is resolved with its server');
  t.match(await active(second, '?status=resolved'), { alerts: [{ id: alert.id, resolved_at: String }] });
  t.equal((await second.call('POST', path, request)).status, 409, 'what is resolved is past');
});

t.test('an agent that goes away and comes back', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  await hub.connectServer({ name: 'fine', transport });
  // Not before: either may take longer than that to connect.
  await rules(t, hub, { rule: 'agent_offline', threshold: 1, severity: 'info' }, { rule: 'server_down', threshold: 1 });
  const client = await listener(t, hub);
  await agent.stop();
  t.match(await client.next('alert.new'), { severity: 'info', message: /not been connected/ });
  await lookIn(hub, 60);
  const { alerts, info, total } = await active(hub);
  t.match(alerts[0], { server: null, rule: 'agent_offline', site: 'local' });
  t.same({ info, total }, { info: 1, total: 1 }, 'the hub raises nothing about servers whose state it does not know');
  await hub.call('DELETE', `/connect/api/agents/${agent.id}`);
  await hub.call('DELETE', '/api/servers/fine');
  await lookIn(hub, 0);
  t.equal((await active(hub)).total, 0, 'the alert is resolved with its agent');
});

t.test('a high error rate is raised and resolved', async (t) => {
  const hub = await startHub(t);
  await rules(t, hub, { rule: 'error_rate', threshold: 0.5, clear_threshold: 0.4, minimum_calls: 4 });
  await startAgent(t, hub);
  const client = await listener(t, hub);
  await hub.connectServer({ name: 'moody', transport: { ...transport, args: [fixture('moody')] } });
  for (let i = 0; i < 4; i += 1) await hub.call('POST', '/api/tools/leak/invoke', { arguments: {} });
  const told = await client.next('alert.new');
  t.match(told, { severity: 'warning', message: /100\.0 % of the last calls of server 'moody' failed/ });
  for (let i = 0; i < 8; i += 1) await hub.call('POST', '/api/tools/read/invoke', { arguments: {} });
  await quiet(hub);
  t.equal(client.messages.filter(({ type }) => type === 'alert.new').length, 1, 'raised once');
});

t.test('rules: what may be changed, and what not', async (t) => {
  const hub = await startHub(t, { parts: { mutedRules: [] } });
  const before = (await hub.call('GET', '/api/v1/alerts/rules')).body.data.rules;
  t.ok(before.length >= 8);
  for (const rule of before) t.match(rule, { rule: String, enabled: true, threshold: Number, clear_threshold: Number });
  const change = { rule: 'latency', threshold: 500, clear_threshold: 400, window_seconds: 60, minimum_calls: 5 };
  await rules(t, hub, change);
  const bad: [object, string][] = [
    [{ rule: 'latency', threshold: 0 }, 'latency.threshold'],
    [{ rule: 'latency', threshold: 300 }, 'latency.clear_threshold'],
    [{ rule: 'key_expiring', clear_threshold: 1 }, 'key_expiring.clear_threshold'],
    [{ rule: 'server_down', window_seconds: 60 }, 'server_down.window_seconds'],
    [{ rule: 'latency', minimum_calls: null }, 'latency.minimum_calls'],
    [{ rule: 'nonsense' }, 'rules/1/rule'],
  ];
  for (const [rule, field] of bad) {
    const { status, body } = await hub.call('PUT', '/api/v1/alerts/rules', {
      rules: [{ rule: 'error_rate', enabled: false }, rule],
    });
    t.equal(status, 422, JSON.stringify(rule));
    t.match(
      body.error.details.field.replaceAll(/[.[\]]+/g, '/'),
      field.replaceAll('.', '/'),
      JSON.stringify(body.error),
    );
  }
  const twice = [{ rule: 'latency' }, { rule: 'latency' }];
  t.equal((await hub.call('PUT', '/api/v1/alerts/rules', { rules: twice })).status, 422);
  await hub.stop();
  const again = await startHub(t, { data: hub.data });
  const after = (await again.call('GET', '/api/v1/alerts/rules')).body.data.rules;
  t.match(
    after.find(({ rule }: { rule: string }) => rule === 'latency'),
    change,
    'kept',
  );
});
