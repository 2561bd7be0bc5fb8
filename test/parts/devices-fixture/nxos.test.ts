import t from 'tap';
import { startDevice } from '../../fixtures/devices/start.js';
import { login, put, shell, shellOn } from './client.js';

const nxos = { platform: 'cisco_nxos', hostname: 'leaf-1' } as const;

t.test('lines take effect; exec commands work in config mode', async (t) => {
  const device = await startDevice(t, nxos);
  const terminal = await shell(t, device);
  await terminal.run('configure terminal');
  t.match(await terminal.run('interface eth1/3'), /leaf-1\(config-if\)# $/);
  await terminal.run('no shutdown');
  t.match(await terminal.run('show running-config interface eth1/3'), /interface Ethernet1\/3\r\n {2}no shutdown/);
  t.match(await terminal.run('ip address 1.2.3.400/24'), /\^\r\n% Invalid command at '\^' marker\./);
  await terminal.run('copy running-config startup-config');
  t.equal(device.startup(), device.running());
});

t.test('a checkpoint restores the old configuration', async (t) => {
  const device = await startDevice(t, nxos);
  const terminal = await shell(t, device);
  const before = device.running();
  t.match(await terminal.run('checkpoint before'), /^Done/);
  await terminal.run('configure terminal');
  await terminal.run('no vlan 10');
  await terminal.run('end');
  t.not(device.running(), before);
  t.match(await terminal.run('show diff rollback-patch running-config checkpoint before'), /vlan 10\r\n {2}name USERS/);
  t.match(await terminal.run('rollback running-config checkpoint before atomic'), /Rollback completed successfully/);
  t.equal(device.running(), before);
  t.match(await terminal.run('rollback running-config checkpoint bogus'), /Rollback failed\./);
});

t.test('a file replaces the configuration, if it is a whole checkpoint', async (t) => {
  const device = await startDevice(t, nxos);
  const client = await login(t, device);
  const terminal = await shellOn(client);
  const before = device.running();
  await put(client, 'bootflash:new', before.replace('USERS', 'PEOPLE'));
  t.match(await terminal.run('rollback running-config file bootflash:new'), /not a checkpoint[\s\S]*Rollback failed\./);
  await put(client, 'bootflash:new', `!Command: Checkpoint cmd vdc 1\n${before.replace('USERS', 'PEOPLE')}`);
  t.match(await terminal.run('rollback running-config file bootflash:new verbose'), /no name USERS|name PEOPLE/);
  t.match(device.running(), /name PEOPLE/);
  const after = device.running();
  await put(client, 'bootflash:bad', `!Command: Checkpoint cmd vdc 1\n${before}\nbogus line\n`);
  t.match(
    await terminal.run('rollback running-config file bootflash:bad atomic'),
    /bogus line[\s\S]*Rollback failed\./,
  );
  t.equal(device.running(), after);
});

t.test('JSON where a command has it', async (t) => {
  const terminal = await shell(t, await startDevice(t, nxos));
  await terminal.run('terminal width 511');
  const text = (await terminal.run('show ip interface brief | json')).replace(/leaf-1# $/, '');
  t.equal(JSON.parse(text).TABLE_intf.ROW_intf.length, 2);
  t.match(await terminal.run('show clock | json'), /% Invalid command at '\^' marker/);
});
