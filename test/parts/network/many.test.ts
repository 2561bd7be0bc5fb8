import { DeviceState } from '@roundhouse/proto/agent/v1/device';
import t from 'tap';
import { startDevice } from '../../fixtures/devices/start.js';
import { command, network, never, specOf } from './harness.js';

const count = 200;
const names = ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const;

t.test(`${count} devices connected at once, each of them asked`, async (t) => {
  const { devices } = network(t);
  const ids = Array.from({ length: count }, (_, at) => `d${at}`);
  for (const [at, id] of ids.entries()) {
    const platform = names[at % names.length] ?? 'cisco_ios';
    const device = await startDevice(t, { platform, hostname: `edge-${at}` });
    // All handshakes take turns in this one process: each may have to wait for all of them.
    devices.put(specOf(device, platform, { id, times: { connectMs: 300_000, commandMs: 300_000 } }));
  }
  await Promise.all(ids.map((id) => devices.connect(id, never)));
  t.ok(devices.reports().every(({ state }) => state === DeviceState.CONNECTED));
  const request = { commands: [command('show version')], allowChanges: false, stopOnError: false };
  const results = await Promise.all(ids.map((id) => devices.run(id, request, never)));
  t.ok(results.every(([result]) => result?.success));
  t.same(
    devices
      .reports()
      .map(({ info }) => info?.hostname)
      .sort(),
    ids.map((_, at) => `edge-${at}`).sort(),
  );
});
