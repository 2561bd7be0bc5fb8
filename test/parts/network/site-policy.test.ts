import t from 'tap';
import type { Platform } from '../../../agent/drivers/network/platforms/platform.js';
import { platforms } from '../../../agent/drivers/network/platforms/table.js';
import { judgeAddresses, judgeCommands, judgeConfig } from '../../../agent/drivers/network/policy.js';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { noPolicy, Policy } from '../../../agent/policy/policy.js';
import { startDevice } from '../../fixtures/devices/start.js';
import { deviceSpec, failureOf, network, never, shortcuts, simulated, specOf } from './harness.js';

const policyOf = (text: string) => new Policy(parsePolicy(`device_commands: ${text}`));
const platformOf = (name: string) => platforms.get(name) as Platform;
const refused = { name: 'AgentFailure', kind: 'refused', details: { reason: 'policy' } };

t.test('each command of a line has to be allowed, not only the first', async (t) => {
  const policy = policyOf(`{ allow: ['show *'] }`);
  const run = (name: string, text: string) => judgeCommands(policy, platformOf(name), [{ text, answers: [] }], true);
  for (const [name, ...commands] of [
    ['cisco_ios', 'show run | redirect flash:x', 'show run | r tftp://192.0.2.1/x', 'show run | tee x'],
    [
      'cisco_nxos',
      'show clock ; reload',
      'show clock;reload',
      'show run | vsh',
      'show run | include a | em x@example.org',
    ],
    ['juniper_junos', 'show configuration | save x', 'show route | match "a|b" | request message x'],
    ['frr', 'show running-config | tee x'],
  ] as const)
    for (const command of commands) t.throws(() => run(name, command), refused, `${name}: ${command}`);
  for (const [name, command] of [
    ['cisco_ios', 'show run | include "a|r"'],
    ['cisco_nxos', 'show clock ; show version'],
    ['cisco_nxos', 'show run | include a | count'],
    ['juniper_junos', 'show route | match "a|s" | count'],
  ] as const)
    t.doesNotThrow(() => run(name, command), `${name}: ${command}`);
});

t.test('each answer has to be allowed as a command, and a command with answers is a change', async (t) => {
  const policy = policyOf(`{ allow: ['show *', 'copy *'], deny: ['reload*'] }`);
  const judge = (text: string, answers: readonly string[], { policy: given = policy, allowChanges = true } = {}) =>
    judgeCommands(given, platformOf('cisco_ios'), [{ text, answers }], allowChanges);
  for (const answer of ['reload in 5', 'RELOAD', 'configure replace http://192.0.2.1/x force', 'do reload'])
    for (const text of ['copy run start', 'show version'])
      t.throws(
        () => judge(text, ['', answer]),
        { ...refused, message: /^answers\.1: (?!.*(?:reload|configure))/ },
        answer,
      );
  t.throws(() => judge('do reload', []), refused);
  t.same(judge('copy run start', ['', 'y', 'NO', 'yes', 'copy x y']), ['change']);
  t.same(judge('show version', ['']), ['change']);
  const change = { kind: 'refused', details: { reason: 'change_not_allowed', changes: [0] }, message: /with answers/ };
  t.throws(() => judge('show version', ['reload'], { allowChanges: false, policy: noPolicy }), change);
  const readOnly = new Policy(parsePolicy('read_only: true'));
  const readOnlySite = { kind: 'refused', details: { reason: 'read_only' } };
  t.throws(() => judge('show version', [''], { policy: readOnly }), { name: 'AgentFailure', ...readOnlySite });
  t.same(judge('show version', [], { policy: readOnly, allowChanges: false }), ['read']);
});

t.test('the policy splits a line at the signs of all platforms, whichever platform the hub names', async (t) => {
  const lines = [
    'show clock; reload',
    'show clock & reload',
    'show x | include a|reload',
    'show $(reload)',
    'show `reload`',
  ];
  for (const platform of platforms.values()) {
    const run = (text: string, line: string) =>
      judgeCommands(policyOf(text), platform, [{ text: line, answers: [] }], true);
    for (const line of lines) {
      t.throws(() => run(`{ allow: ['show *'] }`, line), refused, `${platform.name}: ${line}`);
      t.throws(() => run(`{ deny: ['reload*'] }`, line), refused, `${platform.name}: ${line}`);
    }
    t.doesNotThrow(() => run(`{ allow: ['show *', 'reload'] }`, 'show clock; reload'), 'each command is allowed');
    t.doesNotThrow(() => run(`{ allow: ['show *'] }`, 'show x | include "a|reload" | count'), 'a quoted pattern');
    const enter = (line: string) => judgeConfig(policyOf(`{ deny: ['reload*', 'redirect *'] }`), platform, line);
    t.throws(() => enter('interface loopback1 ; reload'), refused, platform.name);
    t.throws(() => enter('show run | redirect x'), refused, `${platform.name}: a command without do`);
  }
});

t.test('sh is typed as show: in a Linux shell it is a program that runs others', async (t) => {
  const device = await startDevice(t, { platform: 'cisco_ios' });
  const { devices } = network(t, {
    policyNow: () => new Policy(parsePolicy('{ read_only: true, device_commands: { allow: ["show *"] } }')),
  });
  devices.put(specOf(device, 'cisco_ios'));
  t.match(await shortcuts(devices).run('sh clock'), [{ command: 'sh clock', class: 'read', success: true }]);
  t.ok(device.commands.includes('show clock'));
  t.notOk(device.commands.includes('sh clock'));
});

t.test('a denied command is denied within a configuration, too', async (t) => {
  const policy = policyOf(`{ deny: ['reload*', 'redirect *'] }`);
  const enter = (name: string, config: string) => judgeConfig(policy, platformOf(name), config);
  for (const [name, line] of [
    ['cisco_ios', 'do reload'],
    ['cisco_ios', 'do show run | redirect flash:x'],
    ['cisco_nxos', 'interface loopback1 ; reload'],
  ] as const)
    t.throws(() => enter(name, `interface loopback0\n ${line}\n`), refused, line);
  t.doesNotThrow(
    () => enter('cisco_ios', 'ip as-path access-list 1 permit _1|reload_\n'),
    'a sign in a pattern pipes nothing',
  );
});

t.test('a configuration is entered as it was judged', async (t) => {
  const enter = (config: string) => judgeConfig(policyOf(`{ deny: ['reload*'] }`), platformOf('cisco_ios'), config);
  t.equal(enter('interface loopback0\r\n\tdescription a\n'), 'interface loopback0\n description a\n');
  // With each of these characters the device would get another line than the checked one.
  for (const sign of ['\r', '\u0015', '\u0003', '\u0016', '\u0008', '\u007f', '\u0085', '\u009b'])
    t.throws(
      () => enter(`hostname a${sign}do reload\n`),
      { name: 'AgentFailure', kind: 'invalid_argument', details: { field: 'config' } },
      JSON.stringify(sign),
    );
});

t.test('the site judges the addresses of a device and of its jump host', async (t) => {
  const spec = (hostname: string, port: number, jumpHost?: { hostname: string; port: number }) =>
    deviceSpec({ hostname, port, ...(jumpHost && { jumpHost }) });
  const judge = (urls: string, ...given: Parameters<typeof spec>) =>
    judgeAddresses(new Policy(parsePolicy(`urls: ${urls}`)), spec(...given));
  const sites = '{ allow: ["ssh://*.example.org:22", "ssh://[2001:db8::1]:830"] }';
  t.doesNotThrow(() => judge(sites, 'R1.Example.Org', 0));
  t.doesNotThrow(() => judge(sites, '2001:db8::1', 830));
  t.throws(() => judge(sites, 'r1.example.org', 2222), { ...refused, message: /ssh:\/\/r1\.example\.org:2222/ });
  t.throws(() => judge(sites, 'r1.example.org', 22, { hostname: 'jump.example.com', port: 0 }), refused);
  t.throws(() => judge('{ deny: ["*://10.0.0.*"] }', '10.0.0.7', 2222), refused);
  t.doesNotThrow(() => judge('{ deny: ["http://*"] }', '10.0.0.7', 22));
  // Other spellings of a denied host.
  for (const host of ['0xa.7', 'ROUTER.example.org.', 'ｒouter.example.org', 'fe80::1%eth0'])
    t.throws(
      () => judge('{ deny: ["*://10.0.0.*", "*://router.example.org:*", "*://[fe80:*"] }', host, 22),
      refused,
      host,
    );
});

t.test('a text that is no host is refused as the address of a device and of its jump host', async (t) => {
  const open = new Policy(parsePolicy('urls: { allow: ["ssh://10.1.*", "ssh://*.example.org:22"] }'));
  const invalid = (field: string) => ({ name: 'AgentFailure', kind: 'invalid_argument', details: { field } });
  for (const host of [
    '10.1.2.3?.evil.test',
    '10.1.2.3#.evil.test',
    '10.1.2.3\\.evil.test',
    'a.example.org:22?x',
    '10.1%2f',
  ]) {
    const jumping = deviceSpec({ hostname: '10.1.2.3', port: 22, jumpHost: { hostname: host } });
    t.throws(() => judgeAddresses(open, deviceSpec({ hostname: host, port: 22 })), invalid('hostname'), host);
    t.throws(() => judgeAddresses(open, jumping), invalid('jumpHost.hostname'), host);
    const { devices } = network(t, { policy: open });
    t.throws(() => devices.put(specOf({ host, port: 22, username: 'u', password: 'p' }, 'frr')), invalid('hostname'));
    // A device of the desired state is known, and never dialled.
    devices.setDesired([deviceSpec({ platform: 'frr', hostname: host, credentials: { username: 'u' } })]);
    t.match(await failureOf(devices.connect('d1', never)), invalid('hostname'));
  }
});

t.test('the form of a command that asks for structured output is judged, too', (t) => {
  const judge = (name: string, rules: string, text: string, structured = true) =>
    judgeCommands(policyOf(rules), platformOf(name), [{ text, answers: [], structured }], false);
  for (const [name, text, typed] of [
    ['cisco_nxos', 'show version', 'show version | json'],
    ['juniper_junos', 'show version', 'show version | display json'],
    ['frr', 'show version', 'show version json'],
  ] as const) {
    t.throws(() => judge(name, `{ allow: ['show version'] }`, text), {
      ...refused,
      message: new RegExp(`'${typed.replace('|', '\\|')}'`),
    });
    t.throws(() => judge(name, `{ deny: ['*json*'] }`, text), refused, name);
    t.same(judge(name, `{ allow: ['show version'] }`, text, false), ['read']);
    t.same(judge(name, `{ allow: ['show version', '${typed}'] }`, text), ['read']);
  }
  t.same(judge('cisco_ios', `{ allow: ['show version'] }`, 'show version'), ['read'], 'it has no such form');
  t.end();
});

t.test('a device is not dialled against the policy, and a connection is not used against a new one', async (t) => {
  const device = await startDevice(t, { platform: 'cisco_ios' });
  let policy = new Policy(parsePolicy('urls: { allow: ["https://*"] }'));
  const { devices } = network(t, { policyNow: () => policy });
  devices.put(specOf(device, 'cisco_ios'));
  const { run } = shortcuts(devices);
  t.match(await failureOf(run('show version')), refused);
  t.same(device.commands, []);
  policy = new Policy(parsePolicy('urls: { allow: ["https://*", "ssh://127.0.0.1:*"] }'));
  t.match(await run('show version'), [{ class: 'read' }]);
  policy = new Policy(parsePolicy('urls: { deny: ["ssh://*"] }'));
  t.match(await failureOf(run('show version')), refused);
});

const policyAllowing = (...allow: string[]) => new Policy({ device_commands: { allow } });
const reads = {
  cisco_ios: 'show running-config',
  cisco_nxos: 'show running-config',
  juniper_junos: 'show configuration',
};
const enters = {
  cisco_ios: 'configure terminal',
  cisco_nxos: 'configure terminal',
  juniper_junos: 'configure exclusive',
};
const replacements = {
  cisco_ios: 'configure replace *',
  cisco_nxos: 'rollback running-config file *',
  juniper_junos: 'load override *',
};

for (const platform of ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const) {
  t.test(`${platform}: a configuration is read only where its command is allowed`, async (t) => {
    let policy = policyAllowing('show version');
    const { device, config, apply } = await simulated(t, { platform }, {}, { policyNow: () => policy });
    t.match(await failureOf(config()), { ...refused, message: new RegExp(reads[platform]) });
    policy = policyAllowing(enters[platform], 'hostname *');
    // The answer to a change, and to a conflict, shows lines of the configuration.
    const conflicting = { config: 'hostname r', baseHash: `sha256:${'0'.repeat(64)}`, baseConfig: 'x\n' };
    t.match(await failureOf(apply(conflicting)), { ...refused, message: new RegExp(reads[platform]) });
    t.notOk(device.commands.includes(reads[platform]));
    policy = policyAllowing(reads[platform]);
    t.ok((await config()).config.length > 100);
  });

  t.test(`${platform}: a configuration is replaced only where the command that replaces it is allowed`, async (t) => {
    let policy = policyAllowing('*');
    const { device, config, apply } = await simulated(t, { platform }, {}, { policyNow: () => policy });
    const before = await config();
    const lines = before.config.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
    policy = policyAllowing(
      reads[platform],
      enters[platform],
      ...lines.map((line) => line.replaceAll(/[A-Z?*]/g, '?').replace(/;.*/, '*')),
    );
    const typed = device.commands.length;
    const replacing = { config: before.config, replace: true };
    t.match(await failureOf(apply(replacing)), {
      ...refused,
      message: /'(?:configure replace|rollback running-config|load override) …'/,
    });
    const since = device.commands.slice(typed);
    t.notOk(since.some((line) => /^(?:configure replace|rollback running-config|load override)/.test(line)));
    policy = policyAllowing(...((policy.rules.device_commands?.allow ?? []) as string[]), replacements[platform]);
    t.match(await apply({ ...replacing, changeId: 'change-2' }), { hashAfter: before.hash });
  });
}

t.test('each line that a replacement works out is judged, and a refusal shows its beginning only', async (t) => {
  // The procedure of FRR enters the lines that differ, at any device with such prompts.
  const device = await startDevice(t, { platform: 'cisco_ios' });
  const policy = policyAllowing('show running-config', 'configure terminal', 'interface *', 'description *');
  const { devices } = network(t, { policy });
  devices.put(specOf(device, 'frr'));
  const { apply } = shortcuts(devices);
  const before = device.running();
  const failure = await failureOf(apply({ config: 'interface Loopback9\n description x\n', replace: true }));
  t.match(failure, { ...refused, message: /'no \S+(?: …)?', which this change of the configuration takes/ });
  t.equal(device.running(), before, 'no line was entered');
  t.notOk(device.commands.some((line) => line.startsWith('no ')));
  t.match(await apply({ config: 'interface Loopback0\n description x\n', changeId: 'change-2' }), { changed: true });
});
