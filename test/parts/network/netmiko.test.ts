import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { pythonFolder, pythonPath } from '../../../deploy/local/parts.mjs';
import type { PlatformName } from '../../fixtures/devices/options.js';
import { startFrr } from '../../fixtures/frr/frr.js';
import { part } from '../../parts.js';
import { deviceSpec, network, shortcuts, simulated } from './harness.js';

interface Target {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

const script = fileURLToPath(new URL('reference.py', import.meta.url));

/** The output of the commands as netmiko reads it, on a connection of its own. */
async function netmiko(target: Target, type: string, commands: readonly string[], send = {}): Promise<string[]> {
  const { host, port, username, password } = target;
  const connect = { device_type: type, host, port, username, password };
  const env = { ...process.env, PYTHONPATH: pythonFolder };
  const order = JSON.stringify({ connect, commands, send });
  const { stdout } = await promisify(execFile)(pythonPath, [script, order], { env, maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout);
}

/** Texts that count seconds: agent and netmiko ask one after the other. */
const clock = /\d+ minute(?:\(s\)|s?)(?:, \d+ seconds?(?:\(s\))?)?|(?<="kern_uptm_\w+":)\d+|\d\d:\d\d:\d\d/g;

/**
 * netmiko takes the blank lines at both ends of an output away, with the blanks of the first line and of the last; this product shows them. All else
 * is compared as it is, but for the device's clock.
 */
const bare = (output: string): string => output.trim().replaceAll(clock, '…');

/** Both read the same of each command. */
async function same(t: Test, commands: readonly string[], ours: readonly string[], theirs: readonly string[]) {
  t.equal(ours.length, commands.length);
  for (const [at, command] of commands.entries()) {
    t.equal(bare(ours[at] ?? '?'), bare(theirs[at] ?? '!'), `'${command}'`);
  }
}

const lists: Readonly<Record<PlatformName, readonly string[]>> = {
  cisco_ios: [
    'show version',
    'show interfaces',
    'show ip interface brief',
    'show running-config',
    'show running-config | include ^interface',
    'show running-config | include nothing like it',
    'show bogus',
    'show',
    'show ip route',
    'show inventory',
    'show version',
  ],
  cisco_nxos: [
    'show version',
    'show interface',
    'show running-config',
    'show version | json',
    'show running-config | include nothing-like-it',
    'show bogus',
    'show ip route',
    'show version',
  ],
  juniper_junos: [
    'show version',
    'show interfaces',
    'show configuration',
    'show configuration | display set',
    'show configuration | display json',
    'show configuration | match nothing-like-it',
    'show bogus',
    'show route',
    'show version',
  ],
};

/** A configuration of many pages. */
const long: Readonly<Record<PlatformName, string>> = {
  cisco_ios: Array.from({ length: 120 }, (_, n) => `interface Loopback${n + 100}\n description number ${n}`).join('\n'),
  cisco_nxos: Array.from({ length: 120 }, (_, n) => `interface loopback${n + 100}\n  description number ${n}`).join(
    '\n',
  ),
  juniper_junos: `interfaces {\n${Array.from({ length: 120 }, (_, n) => `    ge-0/0/${n + 10} {\n        description "number ${n}";\n    }`).join('\n')}\n}`,
};

for (const platform of ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const) {
  t.test(`${platform}: netmiko reads the same`, async (t) => {
    if (!part(t, 'netmiko')) return;
    const { device, run, apply } = await simulated(t, { platform });
    await apply({ config: `${long[platform]}\n` });
    const commands = lists[platform];
    const theirs = await netmiko(device, platform, commands);
    const ours = (await run(...commands)).map(({ output }) => output);
    await same(t, commands, ours, theirs);
    t.ok(
      ours.some((output) => output.split('\n').length > 240),
      'one of them is long',
    );
    t.ok(
      ours.some((output) => output === ''),
      'one of them is empty',
    );
  });
}

t.test('a real router: netmiko reads the same', async (t) => {
  if (!part(t, 'netmiko') || !part(t, 'frr') || !part(t, 'sshd')) return;
  const frr = await startFrr(t);
  const { devices } = network(t);
  const { host: hostname, port, username, password } = frr;
  devices.put(deviceSpec({ platform: 'frr', hostname, port, credentials: { username, password } }));
  const { run, apply } = shortcuts(devices);
  await apply({ config: Array.from({ length: 150 }, (_, n) => `ip route 10.99.${n}.0/24 Null0\n`).join('') });
  const commands = [
    'show version',
    'show interface',
    'show running-config',
    'show ip route static',
    'show ip route 203.0.113.1',
    'show ip bgp',
    'show nonsense',
    'show access-list nothing',
    'show ip route json',
    'show version',
  ];
  // Of netmiko's platforms, IOS is closest to vtysh.
  const theirs = await netmiko(frr, 'cisco_ios', commands, { expect_string: `(?m:^${frr.hostname}# $)` });
  const ours = (await run(...commands)).map(({ output }) => output);
  await same(t, commands, ours, theirs);
});
