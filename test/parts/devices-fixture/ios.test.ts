import t from 'tap';
import { startDevice } from '../../fixtures/devices/start.js';
import { login, put, scp, shell, shellOn } from './client.js';

/** Its minute is long enough for the steps of a test on a busy machine. */
const ios = { platform: 'cisco_ios', hostname: 'edge-1', minuteMs: 2000 } as const;

t.test('lines take effect, in their sections, abbreviated as they are typed', async (t) => {
  const device = await startDevice(t, ios);
  const terminal = await shell(t, device);
  await terminal.run('conf t');
  t.match(await terminal.run('int gi0/2'), /^edge-1\(config-if\)#$/);
  await terminal.run('desc to the lab');
  await terminal.run('no shut');
  t.match(await terminal.run('do show run int g0/2'), / description to the lab\r\n no ip address\r\n duplex auto/);
  await terminal.run('no desc');
  await terminal.run('end');
  t.notMatch(device.running(), /lab/);
  t.notMatch(device.startup(), /GigabitEthernet0\/2\n no ip address\n duplex/);
});

t.test('wrong lines are answered as IOS does', async (t) => {
  const terminal = await shell(t, await startDevice(t, ios));
  t.match(await terminal.run('show bogus'), /^ {12}\^\r\n% Invalid input detected at '\^' marker\.\r\n\r\nedge-1#$/);
  t.match(await terminal.run('show'), /% Incomplete command\./);
  t.match(await terminal.run('c terminal'), /% Ambiguous command: {2}"c terminal"/);
  t.match(await terminal.run('bogus'), /% Unknown command or computer name/);
  await terminal.run('conf t');
  t.match(await terminal.run('bogus line'), /^ {15}\^\r\n% Invalid input/);
  await terminal.run('interface gi0/0');
  t.match(await terminal.run('ip address 300.1.1.1 255.0.0.0'), /% Invalid input/);
  t.match(await terminal.run('ip address 10.1.1.1 255.0.255.0'), /Bad mask/);
});

t.test('the prompt is shortened in config mode, and follows the hostname', async (t) => {
  const terminal = await shell(t, await startDevice(t, { ...ios, hostname: 'a-hostname-of-thirty-characters' }));
  t.match(await terminal.run('conf t'), /\na-hostname-of-thirty\(config\)#$/);
  t.match(await terminal.run('line con 0'), /^a-hostname-of-th\(config-line\)#$/);
  t.match(await terminal.run('hostname short'), /^short\(config\)#$/);
});

t.test('enable asks for its password, and refuses a wrong one', async (t) => {
  const device = await startDevice(t, { ...ios, traps: { enablePassword: 'better' } });
  const terminal = await shell(t, device);
  t.match(await terminal.run('show running-config'), /% Invalid input/);
  for (const _ of [1, 2, 3]) await terminal.run(_ === 1 ? 'enable' : 'worse', /Password: $/);
  t.match(await terminal.run('worse'), /% Bad secrets\r\n\r\nedge-1>$/);
  await terminal.run('enable', /Password: $/);
  t.match(await terminal.run('better'), /edge-1#$/);
  t.notOk(device.commands.includes('better'));
});

t.test('a replaced configuration is taken back if no user confirms it', async (t) => {
  const device = await startDevice(t, ios);
  const client = await login(t, device);
  const before = device.running();
  await put(client, 'flash:new.cfg', before.replace('hostname edge-1', 'hostname edge-2'));
  const terminal = await shellOn(client);
  const reverted = device.events.next('revert');
  t.match(await terminal.run('configure replace flash:new.cfg force revert trigger error timer 2'), /Rollback Done/);
  t.equal(device.hostname, 'edge-2');
  t.match(await terminal.run('show archive config rollback timer'), /User: admin/);
  t.same(await reverted, ['timer']);
  t.equal(device.running(), before);
});

t.test('a confirmed one stays', async (t) => {
  const device = await startDevice(t, { ...ios, minuteMs: 60_000 });
  const client = await login(t, device);
  t.equal(await scp(client, 'flash:new.cfg', device.running().replace('Uplink to core', 'changed')), '\0');
  const terminal = await shellOn(client);
  await terminal.run('configure replace flash:new.cfg force revert trigger error timer 1');
  await terminal.run('configure confirm');
  t.match(await terminal.run('configure confirm'), /No Rollback Confirmed Change pending/);
  t.match(await terminal.run('show run | include changed'), / description changed/);
});

t.test('a configuration that cannot be applied leaves the old one', async (t) => {
  const device = await startDevice(t, ios);
  const client = await login(t, device);
  const before = device.running();
  await put(client, 'flash:bad.cfg', `${before.replace('hostname edge-1', 'hostname bad')}bogus line\n`);
  const terminal = await shellOn(client);
  t.match(
    await terminal.run('configure replace flash:bad.cfg force revert trigger error'),
    /failed to apply[\s\S]*bogus line/,
  );
  t.equal(device.running(), before);
  t.match(
    await terminal.run('show archive config differences flash:bad.cfg'),
    /-hostname bad\r\n\+hostname edge-1|-hostname bad/,
  );
});

t.test('a merge is protected too, where there is an archive', async (t) => {
  const device = await startDevice(t, ios);
  const terminal = await shell(t, device);
  const reverted = device.events.next('revert');
  await terminal.run('configure terminal revert timer 1');
  await terminal.run('hostname other');
  t.same(await reverted, ['timer']);
  t.equal(device.hostname, 'edge-1');
  await terminal.run('no archive', /#$/);
  await terminal.run('end');
  t.match(await terminal.run('configure terminal revert timer 1'), /%Please turn config archive on/);
});

t.test('files are copied with the questions IOS asks', async (t) => {
  const device = await startDevice(t, ios);
  const terminal = await shell(t, device);
  await terminal.run('copy running-config flash:kept', /\? $/);
  t.match(await terminal.run(''), /bytes copied/);
  await terminal.run('conf t');
  await terminal.run('hostname other');
  await terminal.run('end');
  await terminal.run('copy run start', /\? $/);
  t.match(await terminal.run(''), /\[OK\]/);
  t.match(device.startup(), /^hostname other$/m);
  t.match(device.files.get('flash:kept') ?? '', /^hostname edge-1$/m);
  device.reload();
  t.equal(device.hostname, 'other');
});
