import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fixtureServer, until } from '../automation.js';
import { wait } from '../kit/wait.js';
import { type Hub, runAgent, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const base = '/automation/api/v1';

interface Alert {
  readonly rule: string;
  readonly id: string;
}

/** A hub and an agent; rules are as they ship but for these. */
async function start(t: Test, rules: readonly object[] = [], env: Readonly<Record<string, string>> = {}) {
  const hub = await startHub(t, { env });
  if (rules.length > 0) t.equal((await hub.call('PUT', `${base}/alerts/rules`, { rules })).status, 200);
  const agent = await startAgent(t, hub);
  return { hub, agent };
}

/** Resolves with the alert of a rule once it is active. */
async function raised(hub: Hub, rule: string) {
  const of = ({ data }: { readonly data: { readonly alerts: Alert[] } }) =>
    data.alerts.find((alert) => alert.rule === rule);
  return of((await until(hub, `${base}/alerts`, (body) => of(body) !== undefined)).body);
}

/** Waits until nothing is active; says which rules' alerts there were. */
async function resolved(hub: Hub): Promise<string[]> {
  await until(hub, `${base}/alerts`, ({ data }) => data.total === 0);
  const { body } = await hub.call('GET', `${base}/alerts?status=resolved`);
  return body.data.alerts.map(({ rule }: Alert) => rule);
}

const nap = (hub: Hub, ms: number) => hub.call('POST', '/api/tools/nap/invoke', { arguments: { ms } });

t.test('latency: a server that takes its time, and then no more', async (t) => {
  const rule = { rule: 'latency', threshold: 2000, clear_threshold: 1500, minimum_calls: 4 };
  const { hub } = await start(t, [rule]);
  await hub.connectServer(fixtureServer('naps'));
  await Promise.all([1, 2, 3].map(() => nap(hub, 2500)));
  await nap(hub, 2500);
  t.match(await raised(hub, 'latency'), {
    severity: 'warning',
    server: 'naps',
    title: 'High latency',
    value: Number,
    threshold: 2000,
  });
  // Nineteen in twenty are quick then, even if a busy machine lets some of these wait.
  for (let i = 0; i < 200; i += 1) await nap(hub, 0);
  t.same(await resolved(hub), ['latency'], 'once');
});

t.test('breaker_open: a server that fails, and recovers', async (t) => {
  const { hub } = await start(t, [], { ROUNDHOUSE_BREAKER_FAILURES: '3', ROUNDHOUSE_BREAKER_COOLDOWN: '1' });
  const mood = join(tempFolder(t), 'mood');
  writeFileSync(mood, 'rpc-error');
  await hub.connectServer(fixtureServer('moody', 'moody', { MOOD: mood }));
  const call = () => hub.call('POST', '/api/tools/read/invoke', { arguments: {} });
  for (let i = 0; i < 3; i += 1) await call();
  t.match(await raised(hub, 'breaker_open'), { server: 'moody', description: /circuit breaker of server 'moody'/ });
  writeFileSync(mood, 'well');
  await wait('the breaker lets a call through', async () => (await call()).status === 200);
  t.same(await resolved(hub), ['breaker_open'], 'once');
});

t.test('server_flapping: a server that falls over again and again; stopping one on purpose is none', async (t) => {
  const rule = { rule: 'server_flapping', threshold: 2, clear_threshold: 1, window_seconds: 600 };
  const { hub } = await start(t, [rule]);
  const mood = join(tempFolder(t), 'mood');
  writeFileSync(mood, 'gone');
  await hub.connectServer(fixtureServer('naps'));
  for (let i = 0; i < 3; i += 1) {
    await hub.call('POST', '/api/servers/naps/disconnect');
    await hub.call('POST', '/api/servers/naps/connect');
  }
  // After the other: the monitor shows the last twenty events.
  await hub.connectServer(fixtureServer('moody', 'moody', { MOOD: mood }));
  const connections = async () => {
    const { body } = await hub.call('GET', '/api/monitor');
    return body.data.recentActivity.filter(({ type, data }: { type: string; data: { serverName?: string } }) => {
      return type === 'server.connected' && data.serverName === 'moody';
    }).length;
  };
  for (let i = 2; i <= 3; i += 1) {
    await hub.call('POST', '/api/tools/read/invoke', { arguments: {} });
    await wait('the server is connected again', async () => (await connections()) >= i);
  }
  t.match(await raised(hub, 'server_flapping'), {
    server: 'moody',
    value: 2,
    description: /lost its connection 2 times/,
  });
  // From here on the last ten seconds count.
  await hub.call('PUT', `${base}/alerts/rules`, { rules: [{ rule: 'server_flapping', window_seconds: 10 }] });
  t.same(await resolved(hub), ['server_flapping'], 'the other never was');
});

t.test('key_expiring: a key that ends within the week, until it is replaced', async (t) => {
  const { hub } = await start(t);
  const make = async (name: string, days: number) =>
    (await hub.call('POST', '/api/keys', { name, role: 'viewer', expiresInSeconds: days * 86_400 })).body.data.id;
  await make('long', 30);
  const id = await make('short', 3);
  t.match(await raised(hub, 'key_expiring'), {
    severity: 'info',
    server: null,
    subject: 'short',
    description: /^API key 'short' expires in 3\.0 days$/,
  });
  t.equal((await hub.call('DELETE', `/api/keys/${id}`)).status, 200);
  t.same(await resolved(hub), ['key_expiring'], 'the other has time');
});

t.test('agent_offline: an agent that is gone, and back', async (t) => {
  const { hub, agent } = await start(t);
  // Not before: an agent that has joined may take longer than that to connect.
  await hub.call('PUT', `${base}/alerts/rules`, { rules: [{ rule: 'agent_offline', threshold: 1 }] });
  await agent.stop();
  t.match(await raised(hub, 'agent_offline'), { severity: 'critical', server: null, site: 'local' });
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  t.same(await resolved(hub), ['agent_offline']);
});
