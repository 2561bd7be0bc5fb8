import { DeviceState } from '@roundhouse/proto/agent/v1/device';
import t from 'tap';
import { startDevice } from '../../fixtures/devices/start.js';
import { startLinkProxy } from '../../fixtures/link-proxy.js';
import { command, failureOf, network, never, simulated, specOf } from '../network/harness.js';

const platform = 'cisco_ios';
const request = { commands: [command('show version')], allowChanges: false, stopOnError: false };

t.test(
  'the number of connections is limited: an idle device gives its connection up, a busy device does not',
  async (t) => {
    const { devices, report } = network(t, { limits: { connections: 2 } });
    const [kept, idle, third] = [
      await startDevice(t, { platform }),
      await startDevice(t, { platform }),
      await startDevice(t, { platform }),
    ];
    devices.put(specOf(kept, platform, { id: 'kept', connected: true }));
    devices.put(specOf(idle, platform, { id: 'idle' }));
    devices.put(specOf(third, platform, { id: 'third' }));
    await devices.connect('kept', never);
    await devices.run('idle', request, never);
    t.match(await devices.run('third', request, never), [{ success: true }]);
    await report(
      ({ deviceId, state, connectedAtMs }) =>
        deviceId === 'idle' && state === DeviceState.DISCONNECTED && connectedAtMs > 0n,
    );
    t.match([kept.sessions, third.sessions], [1, 1]);
    devices.put(specOf(third, platform, { id: 'third', revision: 2n, connected: true }));
    t.match(await failureOf(devices.run('idle', request, never)), {
      kind: 'overloaded',
      details: { reason: 'too_many_connections', retryAfterMs: 5000 },
    });
    t.match(await devices.run('kept', request, never), [{ success: true }], 'the others go on');
  },
);

t.test('the keepalive finds a connection that carries no data any more', async (t) => {
  const device = await startDevice(t, { platform });
  const wire = await startLinkProxy(t, `${device.host}:${device.port}`);
  const { devices, report } = network(t);
  const port = Number(wire.address.split(':')[1]);
  devices.put(specOf(device, platform, { port, connected: true, times: { keepaliveMs: 60 } }));
  await devices.connect('d1', never);
  wire.hold('toHub');
  wire.hold('toAgent');
  const lost = await report(({ errorReason }) => errorReason === 'connection_lost');
  t.equal(lost.state, DeviceState.ERROR);
});

t.test("Junos: structured output, by the platform's own command", async (t) => {
  const { device, run } = await simulated(t, { platform: 'juniper_junos' });
  const [shown] = await run({ text: 'show configuration', structured: true });
  t.ok(device.commands.includes('show configuration | display json'));
  t.match(shown, { command: 'show configuration', success: true, structured: { configuration: Object } });
});
