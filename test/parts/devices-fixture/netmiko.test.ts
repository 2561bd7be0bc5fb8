import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { pythonFolder, pythonPath } from '../../../deploy/local/parts.mjs';
import type { Device } from '../../fixtures/devices/device.js';
import { startDevice } from '../../fixtures/devices/start.js';
import { part } from '../../parts.js';

interface Judgement {
  readonly prompt: string;
  readonly text: Readonly<Record<string, string>>;
  /** Rows, where ntc-templates, made from recordings of real devices, could read the text. */
  readonly parsed: Readonly<Record<string, string | readonly Readonly<Record<string, unknown>>[]>>;
  readonly config: string;
  readonly save?: string;
  readonly confirmed?: string;
  readonly commit?: string;
}

interface Task {
  readonly text: readonly string[];
  readonly parsed: readonly string[];
  readonly config: readonly string[];
  readonly secret?: string;
}

const judge = fileURLToPath(new URL('judge.py', import.meta.url));

/** Netmiko's view of a device. */
async function ask(device: Device, type: string, { secret, ...task }: Task): Promise<Judgement> {
  const { host, port, username, password } = device;
  const connect = { device_type: type, host, port, username, password, ...(secret === undefined ? {} : { secret }) };
  const order = JSON.stringify({ ...task, connect, commit: type === 'juniper_junos' });
  const { stdout } = await promisify(execFile)(pythonPath, [judge, order], {
    env: { ...process.env, PYTHONPATH: pythonFolder },
  });
  return JSON.parse(stdout);
}

function parses(t: Test, { parsed }: Judgement): void {
  for (const [line, rows] of Object.entries(parsed)) t.ok(Array.isArray(rows) && rows.length > 0, `${line} is read`);
}

t.test('IOS', async (t) => {
  if (!part(t, 'netmiko')) return;
  const hostname = 'a-router-with-a-long-name';
  const device = await startDevice(t, { platform: 'cisco_ios', hostname, traps: { enablePassword: 'better' } });
  const said = await ask(device, 'cisco_ios', {
    secret: 'better',
    text: ['show running-config', 'show bogus'],
    parsed: ['show version', 'show inventory', 'show interfaces', 'show ip interface brief', 'show ip route'],
    config: ['interface Loopback9', 'description made by netmiko', 'ip address 10.9.9.9 255.255.255.255'],
  });
  parses(t, said);
  t.match(said, {
    prompt: `${hostname}#`,
    text: { 'show running-config': /\nend\n?$/, 'show bogus': /% Invalid input detected/ },
    config: /a-router-with-a-\(config-if\)#ip address/,
    save: /\[OK\]/,
  });
  t.match(device.startup(), /interface Loopback9\n description made by netmiko\n ip address 10\.9\.9\.9/);
});

t.test('NX-OS', async (t) => {
  if (!part(t, 'netmiko')) return;
  const device = await startDevice(t, { platform: 'cisco_nxos', hostname: 'leaf-1' });
  const said = await ask(device, 'cisco_nxos', {
    text: ['show running-config', 'show version | json', 'show bogus'],
    parsed: [
      'show version',
      'show inventory',
      'show interface',
      'show ip interface brief',
      'show ip route',
      'show hostname',
    ],
    config: ['vlan 77', 'name netmiko'],
  });
  parses(t, said);
  t.match(said, { prompt: 'leaf-1#', text: { 'show bogus': /% Invalid command at/ }, save: /Copy complete/ });
  t.equal(JSON.parse(said.text['show version | json'] ?? '').host_name, 'leaf-1');
  t.match(device.startup(), /vlan 77\n {2}name netmiko/);
});

t.test('Junos', async (t) => {
  if (!part(t, 'netmiko')) return;
  const device = await startDevice(t, { platform: 'juniper_junos', hostname: 'core-1' });
  const said = await ask(device, 'juniper_junos', {
    text: ['show configuration', 'show version | display json'],
    parsed: ['show version', 'show interfaces'],
    config: ['set interfaces ge-0/0/1 description "by netmiko"', 'delete interfaces ge-0/0/1 disable'],
  });
  parses(t, said);
  t.match(said, {
    prompt: 'admin@core-1>',
    confirmed: /automatically rolled back in 5 minutes/,
    commit: /commit complete/,
  });
  t.equal(said.text['show configuration']?.split('\n').length, device.running().trimEnd().split('\n').length + 1);
  t.match(device.startup(), /ge-0\/0\/1 \{\n {8}description "by netmiko";/);
});
