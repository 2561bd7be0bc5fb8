import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startDevice } from '../fixtures/devices/start.js';
import { startLinkProxy } from '../fixtures/link-proxy.js';
import { addDevice } from '../network.js';
import { type Hub, runAgent, startAgent, startHub } from '../roundhouse.js';

const merge = 'interface Loopback9\n description added\nsnmp-server location here\n';

/** Asks until the newest change is over. */
async function settled(hub: Hub, path: string) {
  for (;;) {
    const { body } = await hub.call('GET', `${path}/config/changes`);
    const [change] = body.data;
    if (change && change.state !== 'begun' && change.state !== 'restore_pending') return change;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

t.test('the link to the hub is cut in the middle of a replacement', { timeout: 120_000 }, async (t) => {
  const hub = await startHub(t);
  const link = await startLinkProxy(t, hub.agentAddress);
  const token = await hub.token('local');
  const agent = runAgent(t, ['--hub', link.address, '--token', token, '--data', join(hub.data, 'agents', 'a')]);
  await hub.logged(({ msg }) => msg === 'agent connected');
  const device = await startDevice(t, { platform: 'cisco_ios' });
  const { path } = await addDevice(hub, 'edge-1', 'cisco_ios', device);
  const before = (await hub.call('GET', `${path}/config`)).body.data;
  const merged = await hub.call('PUT', `${path}/config`, { config: merge });
  t.equal(merged.status, 200, JSON.stringify(merged.body));
  const after = (await hub.call('GET', `${path}/config`)).body.data;

  for (const [way, cut] of [
    ['for a moment', () => link.cut()],
    ['until the hub has given the agent up', () => link.cut({ refuse: true })],
  ] as const) {
    const replacing = device.events.next('command', (line: string) => /^configure replace/.test(line)).catch(() => {});
    const { config } = way === 'for a moment' ? before : after;
    const answer = hub.call('PUT', `${path}/config`, { config, replace: true });
    await replacing;
    cut();
    if (way !== 'for a moment') {
      const { status, body } = await answer;
      t.equal(status, 502, JSON.stringify(body));
      t.match(body.error, {
        code: 'NETWORK_CONNECTION_ERROR',
        details: { reason: 'agent_unreachable', outcome: 'unknown', state: 'begun', change_id: /./ },
      });
      link.accept();
    } else t.equal((await answer).status, 200, 'who asked waits for the agent to return');
    const change = await settled(hub, path);
    const { hash } = (await hub.call('GET', `${path}/config`)).body.data;
    t.match(change.state, /^(?:confirmed|reverted|not_run)$/, way);
    t.equal(hash, change.state === 'confirmed' ? change.hash_after : change.hash_before, 'the hub knows which it is');
  }
  t.match(agent.exitCode, null);
});

t.test(
  'the hub is stopped in the middle of a change, and knows what became of it when it is back',
  { timeout: 120_000 },
  async (t) => {
    const first = await startHub(t);
    const link = await startLinkProxy(t, first.agentAddress);
    const token = await first.token('local');
    runAgent(t, ['--hub', link.address, '--token', token, '--data', join(first.data, 'agents', 'a')]);
    await first.logged(({ msg }) => msg === 'agent connected');
    const device = await startDevice(t, { platform: 'cisco_ios' });
    const { path } = await addDevice(first, 'edge-1', 'cisco_ios', device);
    const replacing = device.events.next('command', (line: string) => /^configure (?:replace|terminal)/.test(line));
    const answer = first.call('PUT', `${path}/config`, { config: merge }).catch(() => undefined);
    await replacing;
    await first.stop('SIGKILL');
    await answer;
    const hub = await startHub(t, { data: first.data, env: { ROUNDHOUSE_AGENT_LISTEN: first.agentAddress } });
    const change = await settled(hub, path);
    const read = await hub.call('GET', `${path}/config`);
    t.equal(read.body.data.hash, change.state === 'confirmed' ? change.hash_after : change.hash_before);
    t.match(read.body.data.config, change.state === 'confirmed' ? /added/ : /^(?![\s\S]*added)/);
    t.equal(
      (await hub.call('PUT', `${path}/config`, { config: 'snmp-server contact x\n' })).status,
      200,
      'and goes on',
    );
  },
);

t.test('a device deleted while its agent is away is forgotten when it is back', { timeout: 60_000 }, async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const device = await startDevice(t, { platform: 'juniper_junos' });
  const { path } = await addDevice(hub, 'edge-1', 'juniper_junos', device);
  t.equal(device.sessions, 1);
  await agent.stop();
  t.match((await hub.call('GET', path)).body.data.status, 'disconnected');
  const gone = await hub.call('GET', `${path}/config`);
  t.match([gone.status, gone.body.error], [502, { code: 'NETWORK_CONNECTION_ERROR', details: { outcome: 'not_run' } }]);
  t.equal((await hub.call('DELETE', path)).status, 200);
  const from = hub.log.length;
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data]);
  await hub.logged(({ msg }) => msg === 'agent connected', from);
  t.equal((await hub.call('GET', path)).status, 404);
  const { path: other } = await addDevice(hub, 'edge-2', 'juniper_junos', device);
  t.equal((await hub.call('POST', `${other}/command`, { command: 'show version' })).status, 200);
  t.equal(device.sessions, 1, 'of the other one there is no connection');
});

t.test('a site whose policy forbids changes', { timeout: 60_000 }, async (t) => {
  const hub = await startHub(t);
  const agent = await startAgent(t, hub);
  const device = await startDevice(t, { platform: 'cisco_ios' });
  const { path } = await addDevice(hub, 'edge-1', 'cisco_ios', device);
  await agent.stop();
  const policy = join(hub.data, 'policy.yaml');
  writeFileSync(policy, 'read_only: true\n');
  const from = hub.log.length;
  runAgent(t, ['--hub', hub.agentAddress, '--data', agent.data, '--policy', policy]);
  await hub.logged(({ msg }) => msg === 'agent connected', from);
  t.equal((await hub.call('POST', `${path}/command`, { command: 'show version' })).status, 200);
  for (const [method, at, body] of [
    ['POST', 'command', { command: 'clear counters' }],
    ['PUT', 'config', { config: merge }],
  ] as const) {
    const { status, body: answer } = await hub.call(method, `${path}/${at}`, body);
    t.match([status, answer.error], [403, { code: 'AUTH_INSUFFICIENT_PERMISSIONS', details: { reason: 'read_only' } }]);
  }
  t.notMatch(device.running(), /added/);
  const [change] = (await hub.call('GET', `${path}/config/changes`)).body.data;
  t.match(change, { state: 'not_run', error: /read-only/ });
});

t.test(
  'commands that change a device need the role for that; changed host keys are refused',
  { timeout: 60_000 },
  async (t) => {
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
    const changed = await hub.call('POST', `${path}/connect`);
    t.match([changed.status, changed.body.error.details], [502, { reason: 'host_key_changed', expected: pinned }]);
    const { offered } = changed.body.error.details;
    const shown = (await hub.call('GET', path)).body.data;
    t.match(shown, { status: 'error', error_reason: 'host_key_changed', known_host_key: pinned });
    t.ok(shown.error.includes(pinned) && shown.error.includes(offered), 'both fingerprints');
    t.equal((await hub.call('PUT', path, { known_host_key: null })).status, 200);
    t.equal((await hub.call('POST', `${path}/connect`)).status, 200);
    t.equal((await hub.call('GET', path)).body.data.known_host_key, offered);
  },
);
