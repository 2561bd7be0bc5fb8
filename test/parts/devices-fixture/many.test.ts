import t from 'tap';
import { startDevice, startDeviceProcess } from '../../fixtures/devices/start.js';
import { scaled } from '../../nightly.js';
import { login, shellOn } from './client.js';

const count = scaled(200);

t.test(`${count} devices in one process, each with its own name and state`, async (t) => {
  const before = process.memoryUsage().heapUsed;
  const platforms = ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const;
  const devices = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      startDevice(t, { platform: platforms[index % 3] ?? 'cisco_ios', hostname: `device-${index}`, height: 0 }),
    ),
  );
  const clients = [];
  for (const device of devices) clients.push(await login(t, device));
  const terminals = await Promise.all(clients.map((client) => shellOn(client)));
  const shown = await Promise.all(terminals.map((terminal) => terminal.run('show version')));
  t.equal(shown.filter((text, index) => text.includes(`device-${index}`)).length, count);
  t.equal(devices.filter(({ sessions }) => sessions === 1).length, count);
  const each = (process.memoryUsage().heapUsed - before) / count;
  t.ok(each < 2_000_000, `${Math.round(each / 1000)} kB each, its client's side included`);
});

t.test('in a process of their own', async (t) => {
  const { devices, child } = await startDeviceProcess(t, [
    { platform: 'cisco_ios', hostname: 'far-1' },
    { platform: 'juniper_junos', hostname: 'far-2', traps: { hangs: /^show route/ } },
  ]);
  const [ios, junos] = devices;
  if (!ios || !junos) return t.fail('two devices');
  const terminal = await shellOn(await login(t, ios));
  const changed = ios.next('change');
  await terminal.run('configure terminal');
  await terminal.run('hostname nearer');
  await changed;
  t.match(await ios.running(), /^hostname nearer$/m);
  t.match(await junos.running(), /host-name far-2;/);
  const cut = ios.next('cut');
  await ios.setTraps({ cut: { command: /^write/, when: 'before' } });
  terminal.send('write memory\r');
  await cut;
  t.match(await ios.startup(), /^hostname far-1$/m);
  child.kill('SIGKILL');
});
