import { DeviceState } from '@roundhouse/proto/agent/v1/device';
import t from 'tap';
import { makeKey, startDevice, startJumpHost } from '../../fixtures/devices/start.js';
import { failureOf, network, never, simulated, specOf } from './harness.js';

const platform = 'cisco_ios';

t.test('with a password as the answer to a question', async (t) => {
  const { devices } = await simulated(t, { platform, login: ['keyboard-interactive'] });
  t.match(await devices.connect('d1', never), { state: DeviceState.CONNECTED, error: '' });
});

t.test('with a key, also an encrypted one, also in base64', async (t) => {
  const key = makeKey({ type: 'ed25519', passphrase: 'open sesame' });
  const device = await startDevice(t, { platform, login: ['publickey'], authorizedKeys: [key.public] });
  const { devices, logged } = network(t);
  const credentials = { username: device.username, privateKey: key.private, passphrase: 'open sesame' };
  devices.put(specOf(device, platform, { credentials }));
  t.match(await devices.connect('d1', never), { state: DeviceState.CONNECTED });
  const privateKey = Buffer.from(key.private).toString('base64');
  devices.put(specOf(device, platform, { revision: 2n, credentials: { ...credentials, privateKey } }));
  t.match(await devices.connect('d1', never), { state: DeviceState.CONNECTED });
  devices.put(specOf(device, platform, { revision: 3n, credentials: { ...credentials, passphrase: 'wrong' } }));
  const failure = await failureOf(devices.connect('d1', never));
  t.match(failure, { details: { reason: 'key_unreadable' } });
  t.notMatch([failure.message, ...logged].join('\n'), /open sesame|PRIVATE KEY/);
});

t.test('refused: told apart, and not tried again before long', async (t) => {
  const { device, devices, run } = await simulated(
    t,
    { platform },
    { connected: true, credentials: { username: 'admin', password: 'wrong' } },
  );
  const asked = Date.now();
  t.match(await failureOf(devices.connect('d1', never)), { kind: 'disconnected', details: { reason: 'auth_failed' } });
  const [report] = devices.reports();
  t.match(report, { state: DeviceState.ERROR, errorReason: 'auth_failed' });
  t.ok(Number(report?.nextAttemptMs) > asked + 60_000);
  let refusals = 0;
  device.events.on('refusal', () => refusals++);
  t.match(await failureOf(run('show version')), { details: { reason: 'auth_failed' } });
  t.equal(refusals, 0, 'the account is not locked by commands');
});

t.test('the host key is pinned on first use; another one is refused, until the pin is to be forgotten', async (t) => {
  const { device, devices } = await simulated(t, { platform });
  const { hostKey } = await devices.connect('d1', never);
  t.match(hostKey, /^SHA256:[\w+/]{43}$/);
  device.changeHostKey();
  device.cut();
  await devices.disconnect('d1', 0);
  const failure = await failureOf(devices.connect('d1', never));
  t.match(failure, { details: { reason: 'host_key_changed', expected: hostKey, offered: /^SHA256:/ } });
  t.ok(failure.message.includes(hostKey) && failure.message.includes(String(failure.details.offered)));
  devices.put(specOf(device, platform, { revision: 2n, pinGeneration: 1 }));
  t.match(await devices.connect('d1', never), { hostKey: failure.details.offered });
});

t.test('old algorithms only where they are asked for', async (t) => {
  const { device, devices } = await simulated(t, { platform, traps: { legacyAlgorithms: true } });
  t.match(await failureOf(devices.connect('d1', never)), { details: { reason: 'no_common_algorithm', legacy: true } });
  devices.put(specOf(device, platform, { revision: 2n, legacyAlgorithms: true }));
  t.match(await devices.connect('d1', never), { state: DeviceState.CONNECTED });
});

t.test('through a jump host', async (t) => {
  const jump = await startJumpHost(t, {});
  const device = await startDevice(t, { platform });
  const { devices } = network(t);
  const jumpHost = {
    hostname: jump.host,
    port: jump.port,
    credentials: { username: jump.username, password: jump.password },
  };
  devices.put(specOf(device, platform, { jumpHost }));
  t.match(await devices.connect('d1', never), { state: DeviceState.CONNECTED, jumpHostKey: /^SHA256:/ });
  await devices.disconnect('d1', 0);
  const credentials = { username: 'nobody', password: 'x' };
  devices.put(specOf(device, platform, { revision: 2n, jumpHost: { ...jumpHost, credentials } }));
  t.match(await failureOf(devices.connect('d1', never)), { details: { reason: 'auth_failed', jumpHost: true } });
});

for (const passwordChange of ['protocol', 'shell'] as const) {
  t.test(`a device that wants a new password (${passwordChange})`, async (t) => {
    const { devices } = await simulated(t, { platform, traps: { passwordChange } });
    t.match(await failureOf(devices.connect('d1', never)), { details: { reason: 'password_change_required' } });
  });
}

t.test('enable: with its password, with a wrong one, without', async (t) => {
  const traps = { enablePassword: 'enable-secret-1' };
  const right = await simulated(t, { platform, traps }, { enablePassword: 'enable-secret-1' });
  t.match((await right.run('show running-config'))[0], { success: true });
  const wrong = await simulated(t, { platform, traps }, { enablePassword: 'not-that-one' });
  const failure = await failureOf(wrong.devices.connect('d1', never));
  t.match(failure, { details: { reason: 'enable_failed' } });
  t.notMatch([failure.message, ...wrong.logged, ...wrong.device.commands].join('\n'), /not-that-one/);
  const without = await simulated(t, { platform, traps });
  t.match(await without.run('show version', 'show running-config'), [{ success: true }, { success: false }]);
});

t.test('a device that takes connections and says nothing', async (t) => {
  const { devices } = await simulated(t, { platform, traps: { speaks: 'nothing' } }, { times: { connectMs: 300 } });
  t.match(await failureOf(devices.connect('d1', never)), { kind: 'timeout', details: { reason: 'timeout' } });
});

t.test('a device that says something else', async (t) => {
  const { devices } = await simulated(t, { platform, traps: { speaks: 'garbage' } }, { times: { connectMs: 2000 } });
  t.match(await failureOf(devices.connect('d1', never)), { details: { reason: /unreachable|timeout/ } });
});

t.test('a device can be connected again at once after an attempt to connect was cancelled', async (t) => {
  const { device, devices, report } = await simulated(t, { platform });
  await devices.disconnect('d1', 0);
  devices.put(specOf(device, platform, { revision: 2n, connected: true, legacyAlgorithms: true }));
  await report(({ state }) => state === DeviceState.CONNECTING);
  const off = devices.disconnect('d1', 0);
  t.match(await devices.connect('d1', never), { state: DeviceState.CONNECTED });
  await off;
});
