import t from 'tap';
import { deltaLines, type LineRules, sectionOf } from '../../../agent/drivers/network/config/delta.js';
import { entryLines } from '../../../agent/drivers/network/config/lines.js';
import { platforms } from '../../../agent/drivers/network/platforms/table.js';
import { afterEcho, isSyslog, pagerMark, screenText } from '../../../agent/drivers/network/ssh/screen.js';

t.test('text as a terminal shows it', async (t) => {
  t.equal(screenText('\x1b[1;32mup\x1b[0m\r\ndown\r\r\n'), 'up\ndown\n');
  t.equal(screenText('abd\bc\r\n'), 'abc\n');
  t.equal(
    screenText(`a\r\n${pagerMark}\b\b\b   \b\b\b  indented\r\n`),
    'a\n  indented\n',
    'the pager is wiped, the indentation stays',
  );
});

t.test('echoes: wrapped, after something else, not there yet', async (t) => {
  t.equal(afterEcho('show ver\r\nsion\r\nX', 'show version'), 'show ver\r\nsion\r\n'.length);
  t.equal(
    afterEcho('late output of show\r\nshow clock\r\nX', 'show clock'),
    'late output of show\r\nshow clock\r\n'.length,
  );
  t.equal(afterEcho('show clo', 'show clock'), -1);
  t.equal(afterEcho('the end of it\r\n', 'end'), -1, 'a word inside a line is no echo');
});

t.test(
  'output without another line is searched for its end once, however often the echo may begin in it',
  async (t) => {
    let searches = 0;
    class Counted extends String {
      override indexOf(searched: string, from?: number): number {
        if (searched === '\n') searches += 1;
        return super.indexOf(searched, from);
      }
    }
    const output = new Counted(`${'terminalwidth511'.repeat(1000)}${'\u0a0a'.repeat(40_000)}`);
    t.equal(afterEcho(output as string, 'terminal width 511'), -1);
    t.equal(searches, 1);
  },
);

t.test('log messages of devices are told from other lines', async (t) => {
  t.ok(isSyslog('*Mar  1 00:01:02.003: %LINK-3-UPDOWN: Interface Gi0/1, changed state to up'));
  t.ok(isSyslog('2026 Nov 20 11:00:00 switch %ETHPORT-5-IF_UP: Interface Ethernet1/1 is up'));
  t.notOk(isSyslog("% Invalid input detected at '^' marker."));
});

const rules: LineRules = {
  ignored: /^version /,
  single: /^(hostname|description)\b/,
  ordered: /^ip access-list/,
  lasting: /^interface /,
};

t.test('from one configuration to another: deletions come first, in their blocks', async (t) => {
  const from =
    'version 1\nhostname a\ninterface lo\n description old\n ip address 192.0.2.1/32\n!\nip route 10.0.0.0/8 Null0\nno ip http\n';
  const to = 'hostname b\ninterface lo\n description new\nip access-list X\n permit a\n deny b\n';
  t.same(deltaLines(to, to, rules), []);
  const lines = deltaLines(from, to, rules);
  t.ok(lines.indexOf('no ip route 10.0.0.0/8 Null0') < lines.indexOf('hostname b'));
  t.match(lines.join('\n'), /^interface lo\nno ip address 192\.0\.2\.1\/32\nexit/);
  t.ok(lines.includes('ip http'), 'what was off is on');
  t.notOk(lines.includes('no hostname a'), 'what has one value is replaced');
});

t.test('a block whose order counts is written again', async (t) => {
  const lines = deltaLines('ip access-list X\n permit a\n deny b\n', 'ip access-list X\n deny b\n permit a\n', rules);
  t.same(lines, ['no ip access-list X', 'ip access-list X', 'deny b', 'permit a', 'exit']);
});

t.test('a text as lines to be entered: blocks are left, banners are one entry', async (t) => {
  t.same(entryLines('interface lo\n ip address 192.0.2.1/32\naccess-list A\n'), [
    'interface lo',
    'ip address 192.0.2.1/32',
    'exit',
    'access-list A',
  ]);
  t.same(
    entryLines('router bgp 1\n address-family ipv4\n  network 10.0.0.0/8\n exit-address-family\nexit\nhostname x\n'),
    ['router bgp 1', 'address-family ipv4', 'network 10.0.0.0/8', 'exit-address-family', 'exit', 'hostname x'],
  );
  t.same(entryLines('banner motd ^C\nhello\n^C\nhostname x\n'), ['banner motd ~\nhello\n~', 'hostname x']);
});

t.test('sections are found by their first words', async (t) => {
  const config = 'interface Gi0/1\n ip address x\n!\ninterface Gi0/10\n shutdown\n';
  t.equal(sectionOf(config, 'interface gi0/10'), 'interface Gi0/10\n shutdown');
  t.equal(sectionOf(config, 'nothing'), undefined);
});

t.test('commands: commands that only show something, and commands that may change it', async (t) => {
  const classes = (name: string, ...commands: string[]) =>
    commands.map((command) => platforms.get(name)?.classify(command));
  t.same(
    classes(
      'cisco_ios',
      'show run',
      'sh ver',
      'ping 192.0.2.1',
      'reload',
      'show run | redirect flash:x',
      'clear counters',
    ),
    ['read', 'read', 'read', 'change', 'change', 'change'],
  );
  t.same(classes('cisco_nxos', 'show version | json', 'show version ; reload', 'show version > bootflash:x'), [
    'read',
    'change',
    'change',
  ]);
  t.same(classes('juniper_junos', 'show route', 'request system reboot', 'show configuration | save x'), [
    'read',
    'change',
    'change',
  ]);
  t.same(classes('frr', 'show ip route', 'configure terminal', 'show\tx'.replace('\t', ' ')), [
    'read',
    'change',
    'read',
  ]);
});

t.test('commands: files of the device are shown, files of other hosts are not', async (t) => {
  for (const [name, kind, ...commands] of [
    ['cisco_ios', 'change', 'more http://192.0.2.1/x', 'more tftp:x', 'more TFTP:', 'dir ftp://u:p@192.0.2.1/'],
    [
      'cisco_ios',
      'change',
      'verify /md5 tftp://192.0.2.1/x',
      'verify /md5 scp:x',
      'dir "https://a/"',
      'dir flash:http://a',
      'more "x|http://192.0.2.1/y"',
    ],
    ['cisco_ios', 'change', 'show archive config differences http://192.0.2.1/x', 'more :x', 'dir flashy:'],
    ['cisco_ios', 'read', 'dir', 'dir flash:', 'dir /all flash0:/logs', 'more nvram:startup-config', 'more x'],
    [
      'cisco_ios',
      'read',
      'more system:running-config | include http://',
      'verify /md5 stby-bootflash:a.bin',
      'dir flash-1:',
    ],
    ['cisco_ios', 'read', 'dir usbflash0:', 'ping 2001:db8::1'],
    ['cisco_nxos', 'change', 'dir ftp://192.0.2.1/', 'dir sftp:', 'show file http://192.0.2.1/x'],
    ['cisco_nxos', 'read', 'dir bootflash://sup-remote/', 'dir volatile:', 'show file bootflash:///x'],
    [
      'juniper_junos',
      'change',
      'file show ftp://192.0.2.1/x',
      'file list host:/x',
      'file compare files re0:/a http://b/c',
    ],
    ['juniper_junos', 'read', 'file show /var/log/messages', 'file list re1:/var/tmp', 'show log x | match "http://"'],
  ] as const)
    for (const text of commands) t.equal(platforms.get(name)?.classify(text), kind, `${name}: ${text}`);
});

t.test('commands: a command that only begins like a show command, or pipes into a file by a short word', async (t) => {
  for (const [name, ...commands] of [
    [
      'cisco_ios',
      'platform shell',
      'shutdown',
      'p',
      'show run | r flash:x',
      'show run | a flash:x',
      'show x | t flash:x',
    ],
    [
      'cisco_nxos',
      'python bootflash:x.py',
      'poweroff module 3',
      'purge module 1',
      'show run | sed w',
      'show x | TEE x',
      'show run | vs',
      'show run | em x',
      'show run | e x',
      'show run | include a | pyt x',
    ],
    [
      'juniper_junos',
      'telnet 192.0.2.1',
      'test policy x',
      'show route | sa x',
      'show route | req message x',
      // A quote behind a backslash ends nothing.
      'show log messages | match "a\\"" | save foo | match "b"',
      'show log messages | match "a | save foo',
    ],
    ['frr', 'shutdown', 'listen', 'findings', 'terminal monitor', 'term mon', 'te m', 'Terminal monitor', 'te'],
  ] as const)
    for (const text of commands) t.equal(platforms.get(name)?.classify(text), 'change', `${name}: ${text}`);
  for (const [name, ...commands] of [
    [
      'cisco_ios',
      'sho',
      'do show clock',
      'show run | include "a|r"',
      'show run | section router',
      'terminal width 132',
      'tra x',
    ],
    [
      'cisco_nxos',
      'sh ver | json',
      'ping6 2001:db8::1',
      'show run | section tee',
      'dir bootflash:',
      'pwd',
      'show run | inc a | count',
    ],
    [
      'juniper_junos',
      'p 192.0.2.1',
      'show route | match "a|s"',
      'show route | match "a\\.s"',
      'set cli screen-width 100',
      'show x | count',
      'help',
    ],
    ['frr', 'sh ip route', 'list', 'show running-config | include x', 'terminal length 0', 'term no length'],
  ] as const)
    for (const text of commands) t.equal(platforms.get(name)?.classify(text), 'read', `${name}: ${text}`);
});

t.test(
  'commands: the claimed platform does not decide how many commands a line has, or what its signs do',
  async (t) => {
    const changes = [
      'show clock; reload',
      'show clock ; show version',
      'show clock | include a | touch x',
      'show run | include a|reload',
      'show run | inc a | vsh',
      'show run | r flash:x',
      'show run > x',
      'show x < y',
      'show clock & reload',
      'show `reload`',
      'show $(reload)',
      'show "$(reload)"',
      'show "`reload`"',
      'show x <(reload)',
      'show *(e:reload:)',
      `show ' " ' | reload ' " '`,
      'show x | find . -delete',
      'show x | find . "-delete"',
      'show x | find . $x-delete',
      'show x | uniq - x',
      'find . -delete',
      'terminal lock',
    ];
    const reads = [
      'show run | include "a|(r|s)"',
      'show run | include "up$|down$"',
      'show log | find "ge-0/0/0 went"',
      'show run | include a | uniq -c | wc -l',
      'show running-config | include hostname',
      'show route | match "a\\.s" | count',
    ];
    for (const { name, classify } of platforms.values()) {
      for (const text of changes) t.equal(classify(text), 'change', `${name}: ${text}`);
      for (const text of reads) t.equal(classify(text), 'read', `${name}: ${text}`);
    }
  },
);
