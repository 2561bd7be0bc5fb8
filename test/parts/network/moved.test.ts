import { ConfigChangeState } from '@roundhouse/proto/agent/v1/device';
import t, { type Test } from 'tap';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { noPolicy, Policy } from '../../../agent/policy/policy.js';
import type { Device } from '../../fixtures/devices/device.js';
import { startDevice } from '../../fixtures/devices/start.js';
import { failureOf, never, simulated, specOf } from './harness.js';

const platform = 'cisco_nxos';
const merge = 'interface loopback9\n  description added\n';
const limits = { takeBackMs: 200, backoffFirstMs: 20 };

/** A device with an open change that the agent could not take back, because the device is offline; and another device. */
async function withOpenChange(t: Test) {
  const h = await simulated(t, { platform }, {}, { limits });
  const other = await startDevice(t, { platform, minuteMs: 10_000 });
  h.device.traps.cut = { command: /^end/, when: 'before', times: 1 };
  h.device.events.once('cut', () => h.device.setOnline(false));
  t.match(await failureOf(h.apply({ config: merge })), { details: { reason: 'restore_pending' } });
  return { ...h, other };
}

/** The lines that change a device, among the lines that were typed there. */
const changesAt = ({ commands }: Device) => commands.filter((line) => !/^(?:show|terminal|enable)/.test(line));

t.test('an open change is not taken back at another device, which the registration names now', async (t) => {
  const { devices, other, report, run } = await withOpenChange(t);
  const before = other.running();
  devices.put(specOf(other, platform, { revision: 2n }));
  const failed = await report(({ change }) => change?.state === ConfigChangeState.FAILED);
  t.match(failed.change, { changeId: 'change-1', error: /not taken back: the registration names another device now/ });
  t.ok((await run('show version'))[0]?.success, 'the other device is usable');
  t.same(changesAt(other), []);
  t.equal(other.running(), before);
});

t.test('an open change is not taken back at a device with another platform or host key', async (t) => {
  for (const init of [{ pinGeneration: 1 }, { platform: 'cisco_ios' }]) {
    const { devices, device, report } = await withOpenChange(t);
    const typed = changesAt(device).length;
    if ('pinGeneration' in init) device.changeHostKey();
    devices.put(specOf(device, platform, { revision: 2n, ...init }));
    device.setOnline(true);
    await report(({ change }) => change?.state === ConfigChangeState.FAILED);
    await devices.connect('d1', never).catch(() => {});
    t.equal(changesAt(device).length, typed, JSON.stringify(init));
  }
});

t.test('an open change is taken back at the same device after another change of the registration', async (t) => {
  const { devices, device } = await withOpenChange(t);
  devices.put(specOf(device, platform, { revision: 2n, legacyAlgorithms: true, times: { keepaliveMs: 9_000 } }));
  device.setOnline(true);
  const { change } = await devices.inspectChange('d1', 'change-1', AbortSignal.timeout(120_000));
  t.match(change, { state: ConfigChangeState.REVERTED });
  t.notMatch(device.running(), /added/);
});

t.test('a device with the id of a removed device gets nothing of its open change', async (t) => {
  const { devices, other, run } = await withOpenChange(t);
  const removed = devices.remove('d1');
  devices.put(specOf(other, platform, { revision: 2n }));
  t.ok((await run('show version'))[0]?.success);
  await removed;
  t.equal(devices.reports()[0]?.change, undefined);
  t.same(changesAt(other), []);
});

t.test('a change is taken back if the registration names another device meanwhile', async (t) => {
  for (const until of [/^show running-config/, /^end/]) {
    const { device, devices, apply, run } = await simulated(t, { platform }, {}, { limits });
    const other = await startDevice(t, { platform });
    let dialled = 0;
    other.events.on('connection', () => {
      dialled += 1;
    });
    const moved = device.events.next('command', (line) => until.test(line));
    void moved.then(() => devices.put(specOf(other, platform, { revision: 2n })));
    const failure = await failureOf(apply({ config: merge }));
    t.match(failure.message, /the registration of the device has changed since/);
    t.notMatch(device.running(), /added/);
    t.equal(dialled, 0, 'the change does not sign in at the other device');
    const typed = device.commands.length;
    t.ok((await run('show clock'))[0]?.success);
    t.ok(other.commands.includes('show clock'), 'the next command goes to the other device');
    t.equal(device.commands.length, typed);
  }
});

t.test('the site judges the address of each connection of a change', async (t) => {
  const forbids = new Policy(parsePolicy('urls: { allow: ["ssh://*.example.org:22"] }'));
  let policy = noPolicy;
  const { device, apply } = await simulated(t, { platform }, {}, { limits, policyNow: () => policy });
  void device.events
    .next('command', (line) => /^end/.test(line))
    .then(() => {
      policy = forbids;
    });
  const failure = await failureOf(apply({ config: merge, confirmTimeoutMs: 300 }));
  t.match(failure, { details: { reason: 'reverted', cause: { reason: 'policy' } } });
  t.equal(device.sessions, 1, 'there is no further connection');
  t.notMatch(device.running(), /added/);
});
