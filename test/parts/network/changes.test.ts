import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigChangeState, DeviceState } from '@roundhouse/proto/agent/v1/device';
import t from 'tap';
import { noPolicy, Policy } from '../../../agent/policy/policy.js';
import { startDevice } from '../../fixtures/devices/start.js';
import { command, failureOf, network, never, shortcuts, simulated, specOf } from './harness.js';

const platform = 'cisco_nxos';
const merge = 'interface loopback9\n  description added\n';

/** Everything below a folder. */
function contents(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name)));
}

t.test('an agent ends in the middle of a change: the next agent restores the old configuration', async (t) => {
  const { device, devices, dataDir, config, apply, report } = await simulated(t, {
    platform,
    traps: { hangs: /^snmp-server/ },
  });
  const before = await config();
  const applying = apply({ config: `${merge}snmp-server location nowhere\n` }).catch((error: unknown) => error);
  await device.events.next('command', (line) => line.startsWith('snmp-server'));
  t.match(device.running(), /added/);
  const kept = join(dataDir, 'network', 'd1.change');
  t.equal(statSync(kept).mode & 0o777, 0o600);
  for (const content of contents(dataDir))
    t.notOk(content.includes('description Uplink'), 'nothing is there in the clear');
  t.ok(await report(({ change }) => change?.state === ConfigChangeState.BEGUN));
  // The files are now those of a killed agent.
  const second = network(t, { dataDir });
  device.traps.hangs = undefined;
  second.devices.put(specOf(device, platform, { onDemand: false }));
  const { change } = await second.devices.inspectChange('d1', 'change-1', AbortSignal.timeout(120_000));
  t.match(change, { changeId: 'change-1', state: ConfigChangeState.REVERTED, hashAfter: before.hash });
  t.notMatch(device.running(), /added/);
  await devices.close();
  await applying;
});

t.test('a change that the device does not take back is restored once the agent reaches the device', async (t) => {
  const limits = { takeBackMs: 200 };
  const { device, devices, config, apply } = await simulated(t, { platform }, {}, { limits });
  const before = await config();
  device.traps.cut = { command: /^end/, when: 'before', times: 1 };
  device.events.once('cut', () => device.setOnline(false));
  const failure = await failureOf(apply({ config: merge }));
  t.match(failure, { kind: 'upstream', details: { reason: 'restore_pending', outcome: 'unknown' } });
  t.match(devices.reports()[0]?.change, { state: ConfigChangeState.RESTORE_PENDING });
  device.setOnline(true);
  const { change } = await devices.inspectChange('d1', 'change-1', AbortSignal.timeout(120_000));
  t.match(change, { state: ConfigChangeState.REVERTED, hashAfter: before.hash });
  t.notMatch(device.running(), /added/);
});

t.test('a device that takes one connection at a time is changed, too', async (t) => {
  for (const platform of ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const) {
    const { device, apply } = await simulated(t, { platform, traps: { maxSessions: 1 } });
    const config = platform === 'juniper_junos' ? 'system {\n    domain-name added.example;\n}\n' : merge;
    t.match(await apply({ config }), { changed: true });
    t.match(device.running(), /added/);
  }
});

t.test('site policy: a forbidden change is not sent', async (t) => {
  const policy = new Policy({ device_commands: { deny: ['reload*', '*snmp-server*'] } });
  const { device, run, apply } = await simulated(t, { platform }, {}, { policy });
  t.match(await failureOf(run('show version', 'RELOAD')), { kind: 'refused', details: { reason: 'policy' } });
  t.match(await failureOf(apply({ config: `${merge}snmp-server location x\n` })), { details: { reason: 'policy' } });
  t.same(device.commands, []);
});

t.test('a site that becomes read-only during a change: the change does not begin, or it is taken back', async (t) => {
  const readOnly = new Policy({ read_only: true });
  for (const [until, reason] of [
    [/^show running-config/, 'read_only'],
    [/^configure/, 'reverted'],
  ] as const) {
    let commands: readonly string[] = [];
    const policyNow = () => (commands.some((sent) => until.test(sent)) ? readOnly : noPolicy);
    const { device, apply } = await simulated(t, { platform }, {}, { policyNow });
    ({ commands } = device);
    t.match(await failureOf(apply({ config: merge })), { details: { reason } });
    t.equal(
      commands.some((sent) => sent.startsWith('configure')),
      reason === 'reverted',
    );
    t.notMatch(device.running(), /added/);
  }
});

t.test('a read-only site, and a caller who may change nothing', async (t) => {
  const readOnly = await simulated(t, { platform }, {}, { policy: new Policy({ read_only: true }) });
  t.ok((await readOnly.run('show version'))[0]?.success);
  t.match(await failureOf(readOnly.run('configure terminal')), { details: { reason: 'read_only' } });
  t.match(await failureOf(readOnly.apply({ config: merge })), { details: { reason: 'read_only' } });
  const request = {
    commands: ['show version', 'show version ; reload', 'clear counters'].map(command),
    allowChanges: false,
    stopOnError: false,
  };
  const failure = await failureOf(readOnly.devices.run('d1', request, never));
  t.match(failure, { kind: 'refused', details: { outcome: 'not_run' } });
  const { devices, device } = await simulated(t, { platform });
  t.match(await failureOf(devices.run('d1', request, never)), {
    details: { reason: 'change_not_allowed', changes: [1, 2] },
  });
  t.same(device.commands, []);
});

t.test('a dead device delays no other device, and the agent connects it again when it is back', async (t) => {
  const limits = { backoffFirstMs: 20, backoffMaxMs: 100, connections: 2 };
  const [dead, alive] = [await startDevice(t, { platform }), await startDevice(t, { platform })];
  const { devices, report } = network(t, { limits });
  dead.setOnline(false);
  devices.put(specOf(dead, platform, { id: 'dead', connected: true }));
  devices.put(specOf(alive, platform));
  await report(({ deviceId, state }) => deviceId === 'dead' && state === DeviceState.ERROR);
  t.ok((await shortcuts(devices).run('show version'))[0]?.success);
  dead.setOnline(true);
  t.match(await report(({ deviceId, state }) => deviceId === 'dead' && state === DeviceState.CONNECTED), {
    error: '',
    attempt: 0,
  });
  dead.cut();
  const again = await report(({ deviceId, errorReason }) => deviceId === 'dead' && errorReason === 'connection_lost');
  t.equal(again.state, DeviceState.ERROR);
});

t.test('one connection, in order; closed when idle, or when asked', async (t) => {
  const { device, devices, run, report } = await simulated(t, { platform }, { times: { idleMs: 200 } });
  const results = await Promise.all(['show version', 'show clock', 'show version'].map((text) => run(text)));
  t.same(
    results.map(([result]) => result?.command),
    ['show version', 'show clock', 'show version'],
  );
  t.equal(device.sessions, 1);
  await report(({ state, connectedAtMs }) => state === DeviceState.DISCONNECTED && connectedAtMs > 0n);
  devices.put(specOf(device, platform, { revision: 2n, onDemand: false }));
  t.match(await failureOf(run('show version')), {
    kind: 'disconnected',
    details: { reason: 'not_connected', outcome: 'not_run' },
  });
  t.match(await devices.connect('d1', never), { state: DeviceState.CONNECTED });
  t.match(await devices.disconnect('d1', 0), { state: DeviceState.DISCONNECTED });
});

t.test('passwords are in no report, no log and no error', async (t) => {
  const { devices, reports, logged, run, dataDir } = await simulated(t, { platform, password: 'hunter2-is-secret' });
  await run('show version');
  await devices.disconnect('d1', 0);
  const said = JSON.stringify(reports, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  t.notMatch([said, ...logged].join('\n'), /hunter2/);
  for (const content of contents(dataDir)) t.notOk(content.includes('hunter2'));
});
