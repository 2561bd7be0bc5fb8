import { join } from 'node:path';
import t from 'tap';
import { startDevice } from '../fixtures/devices/start.js';
import { startLinkProxy } from '../fixtures/link-proxy.js';
import { addDevice } from '../network.js';
import { type Hub, runAgent, startHub, startHubProcess } from '../roundhouse.js';
import { fixedAddresses } from '../stream/ledger.js';

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

t.test('the link to the hub is cut in the middle of a replacement', async (t) => {
  const hub = await startHub(t);
  const link = await startLinkProxy(t, hub.agentAddress);
  const token = await hub.token('local');
  runAgent(t, ['--hub', link.address, '--token', token, '--data', join(hub.data, 'agents', 'a')]);
  await hub.logged(({ body }) => body === 'agent connected');
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
    const seen = hub.log.length;
    const cutAt = Date.now();
    cut();
    if (way !== 'for a moment') {
      const { status, body } = await answer;
      t.equal(status, 502, JSON.stringify(body));
      t.match(body.error, {
        code: 'NETWORK_CONNECTION_ERROR',
        details: { reason: 'agent_unreachable', outcome: 'unknown', state: 'begun', change_id: /./ },
      });
      link.accept();
    } else if ((await answer).status === 502) {
      // On a busy machine it may not be back in time; but it was waited for.
      const { timestamp } = await hub.logged(({ body }) => body === 'agent disconnected', seen);
      t.ok(Date.parse(String(timestamp)) - cutAt >= 900, 'the caller waits for the agent to return');
    } else t.equal((await answer).status, 200, 'the caller waits for the agent to return');
    const change = await settled(hub, path);
    const { hash } = (await hub.call('GET', `${path}/config`)).body.data;
    t.match(change.state, /^(?:confirmed|reverted|not_run)$/, way);
    t.equal(hash, change.state === 'confirmed' ? change.hash_after : change.hash_before, 'the hub knows which it is');
  }
});

t.test('the hub is stopped in the middle of a change, and knows its outcome when it is back', async (t) => {
  const env = await fixedAddresses();
  const first = await startHubProcess(t, { env });
  const link = await startLinkProxy(t, first.agentAddress);
  const token = await first.token('local');
  runAgent(t, ['--hub', link.address, '--token', token, '--data', join(first.data, 'agents', 'a')]);
  await first.logged(({ body }) => body === 'agent connected');
  const device = await startDevice(t, { platform: 'cisco_ios' });
  const { path } = await addDevice(first, 'edge-1', 'cisco_ios', device);
  const replacing = device.events.next('command', (line: string) => /^configure (?:replace|terminal)/.test(line));
  const answer = first.call('PUT', `${path}/config`, { config: merge }).catch(() => undefined);
  await replacing;
  await first.stop('SIGKILL');
  await answer;
  const hub = await startHub(t, { data: first.data, env });
  const change = await settled(hub, path);
  const read = await hub.call('GET', `${path}/config`);
  t.equal(read.body.data.hash, change.state === 'confirmed' ? change.hash_after : change.hash_before);
  t.match(read.body.data.config, change.state === 'confirmed' ? /added/ : /^(?![\s\S]*added)/);
  t.equal((await hub.call('PUT', `${path}/config`, { config: 'snmp-server contact x\n' })).status, 200, 'and goes on');
});
