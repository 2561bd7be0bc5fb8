import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../automation.js';
import { startDevice } from '../fixtures/devices/start.js';
import { addDevice } from '../network.js';
import { runAgent, startAgent, startHub } from '../roundhouse.js';

t.test('a device deleted while its agent is away is forgotten when it is back', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const device = await startDevice(t, { platform: 'juniper_junos' });
  const { path } = await addDevice(hub, 'edge-1', 'juniper_junos', device);
  t.equal(device.sessions, 1);
  const away = hub.logged(({ body }) => body === 'agent disconnected');
  await agent.stop();
  await away;
  t.match((await hub.call('GET', path)).body.data.status, 'disconnected');
  const gone = await hub.call('GET', `${path}/config`);
  t.match([gone.status, gone.body.error], [502, { code: 'NETWORK_CONNECTION_ERROR', details: { outcome: 'not_run' } }]);
  t.equal((await hub.call('DELETE', path)).status, 200);
  const from = hub.log.length;
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  await hub.logged(({ body }) => body === 'agent connected', from);
  t.equal((await hub.call('GET', path)).status, 404);
  const { path: other } = await addDevice(hub, 'edge-2', 'juniper_junos', device);
  t.equal((await hub.call('POST', `${other}/command`, { command: 'show version' })).status, 200);
  t.equal(device.sessions, 1, 'of the other one there is no connection');
});

t.test('a site whose policy forbids changes', async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const device = await startDevice(t, { platform: 'cisco_ios' });
  const { path } = await addDevice(hub, 'edge-1', 'cisco_ios', device);
  await agent.stop();
  const policy = join(hub.data, 'policy.yaml');
  writeFileSync(policy, 'read_only: true\n');
  const from = hub.log.length;
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data, '--policy', policy]);
  await hub.logged(({ body }) => body === 'agent connected', from);
  t.equal((await hub.call('POST', `${path}/command`, { command: 'show version' })).status, 200);
  for (const [method, at, body] of [
    ['POST', 'command', { command: 'clear counters' }],
    ['PUT', 'config', { config: 'interface Loopback9\n description added\n' }],
  ] as const) {
    const { status, body: answer } = await hub.call(method, `${path}/${at}`, body);
    t.match([status, answer.error], [403, { code: 'AUTH_INSUFFICIENT_PERMISSIONS', details: { reason: 'read_only' } }]);
  }
  t.notMatch(device.running(), /added/);
  const [change] = (await hub.call('GET', `${path}/config/changes`)).body.data;
  t.match(change, { state: 'not_run', error: /read-only/ });
});

t.test('commands that change a device need the role for that; changed host keys are refused', async (t) => {
  const hub = await startHub(t);
  await startAgent(t, hub);
  const device = await startDevice(t, { platform: 'cisco_ios' });
  const { path } = await addDevice(hub, 'edge-1', 'cisco_ios', device);
  const user = await hub.key('user');
  t.equal((await hub.call('POST', `${path}/command`, { command: 'show version' }, user)).status, 200);
  const refused = await hub.call('POST', `${path}/commands`, { commands: ['show clock', 'clear counters'] }, user);
  t.match([refused.status, refused.body.error.details], [403, { reason: 'change_not_allowed', changes: [1] }]);
  t.notOk(device.commands.includes('clear counters'));

  const { known_host_key: pinned } = (await hub.call('GET', path)).body.data;
  device.changeHostKey();
  device.cut();
  // A connection that the agent does not know to be lost is asked for a sign of life first.
  await until(hub, path, ({ data }) => data.status !== 'connected');
  const changed = await hub.call('POST', `${path}/connect`);
  t.match([changed.status, changed.body.error.details], [502, { reason: 'host_key_changed', expected: pinned }]);
  const { offered } = changed.body.error.details;
  const shown = (await hub.call('GET', path)).body.data;
  t.match(shown, { status: 'error', error_reason: 'host_key_changed', known_host_key: pinned });
  t.ok(shown.error.includes(pinned) && shown.error.includes(offered), 'both fingerprints');
  const { username, password } = device;
  const forget = { known_host_key: null, credentials: { username, password } };
  t.equal((await hub.call('PUT', path, forget)).status, 200);
  t.equal((await hub.call('POST', `${path}/connect`)).status, 200);
  t.equal((await hub.call('GET', path)).body.data.known_host_key, offered);
});
