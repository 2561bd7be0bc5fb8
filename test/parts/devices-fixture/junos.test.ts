import t from 'tap';
import { startDevice } from '../../fixtures/devices/start.js';
import { shell } from './client.js';

/** Its minute is long enough for the steps of a test on a busy machine. */
const junos = { platform: 'juniper_junos', hostname: 'core-1', minuteMs: 2000 } as const;

t.test('a candidate is compared and committed', async (t) => {
  const device = await startDevice(t, junos);
  const terminal = await shell(t, device);
  t.match(await terminal.run('configure'), /Entering configuration mode\r\n\r\n\[edit\]\r\nadmin@core-1# $/);
  await terminal.run('set interfaces ge-0/0/1 description "to the lab"');
  await terminal.run('delete interfaces ge-0/0/1 disable');
  const before = device.running();
  t.match(
    await terminal.run('show | compare'),
    /\[edit interfaces ge-0\/0\/1\]\r\n\+ {3}description "to the lab";\r\n- {3}disable;/,
  );
  t.match(await terminal.run('commit check'), /^configuration check succeeds/);
  t.equal(device.running(), before);
  t.match(await terminal.run('commit and-quit'), /^commit complete\r\nExiting configuration mode/);
  t.match(device.running(), /ge-0\/0\/1 \{\n {8}description "to the lab";\n {4}\}/);
  t.match(
    await terminal.run('show configuration interfaces ge-0/0/1 | display set'),
    /^set interfaces ge-0\/0\/1 description/,
  );
});

t.test('wrong statements are refused, and a wrong whole is not committed', async (t) => {
  const device = await startDevice(t, junos);
  const terminal = await shell(t, device);
  t.match(await terminal.run('shwo version'), /\^\r\nunknown command\./);
  await terminal.run('configure');
  t.match(await terminal.run('set bogus thing'), /^ {18}\^\r\nsyntax error\./);
  t.match(await terminal.run('set interfaces ge-0/0/0 unit 0 family inet address 10.0.0.999/24'), /invalid ip address/);
  await terminal.run('set interfaces ge-0/0/0 unit 0 family inet filter input MISSING');
  t.match(
    await terminal.run('commit'),
    /Referenced filter 'MISSING' is not defined\r\nerror: configuration check-out failed/,
  );
  t.match(await terminal.run('rollback'), /load complete/);
  t.equal((await terminal.run('show | compare')).trim(), '[edit]\r\nadmin@core-1#');
});

t.test('a confirmed commit is taken back if no user confirms it', async (t) => {
  const device = await startDevice(t, junos);
  const terminal = await shell(t, device);
  const before = device.running();
  await terminal.run('configure exclusive');
  await terminal.run('set system host-name core-2');
  const reverted = device.events.next('revert');
  t.match(
    await terminal.run('commit confirmed 1'),
    /rolled back in 1 minutes unless confirmed\r\ncommit complete[\s\S]*core-2# $/,
  );
  t.equal(device.startup(), before);
  t.same(await reverted, ['timer']);
  t.match(await terminal.until(/rollback complete\.\r\n/), /Commit was not confirmed/);
  t.equal(device.running(), before);
});

t.test('another commit confirms it, also from another session', async (t) => {
  const device = await startDevice(t, { ...junos, minuteMs: 60_000 });
  const terminal = await shell(t, device);
  await terminal.run('configure exclusive');
  await terminal.run('set system host-name core-2');
  await terminal.run('commit confirmed 5 and-quit');
  const other = await shell(t, device);
  t.match(await other.run('configure'), /# commit confirmed will be rolled back in 5 minutes/);
  const confirmed = device.events.next('confirmed');
  await other.run('commit');
  await confirmed;
  t.equal(device.startup(), device.running());
});

t.test('a lock keeps others out until its session ends', async (t) => {
  const device = await startDevice(t, junos);
  const [one, two] = [await shell(t, device), await shell(t, device)];
  await one.run('configure exclusive');
  await one.run('set system host-name never');
  t.match(await two.run('configure exclusive'), /error: configuration database locked by:/);
  await two.run('configure');
  t.match(await two.run('set system host-name other'), /error: configuration database locked/);
  const gone = device.events.next('disconnection');
  one.channel.close();
  one.channel.destroy();
  await gone.then(
    () => {},
    () => {},
  );
  await two.run('exit');
  t.match(await two.run('configure exclusive'), /Entering configuration mode/);
  t.equal((await two.run('show | compare')).trim(), '[edit]\r\nadmin@core-1#');
});

t.test('a text is loaded: as a whole, into the configuration, as commands', async (t) => {
  const device = await startDevice(t, junos);
  const terminal = await shell(t, device);
  const load = async (how: string, text: string) => {
    await terminal.run(`load ${how} terminal`, /end input\]\r\n$/);
    terminal.send(`${text.replaceAll('\n', '\r')}\r\x04`);
    return await terminal.until(/# $/);
  };
  await terminal.run('configure private');
  t.match(await load('merge', 'system {\n    domain-name example.org;\n}'), /load complete\r\n/);
  t.match(
    await load('set', 'set snmp location here\nset bogus'),
    /terminal:2:\(5\) syntax error: bogus[\s\S]*load complete \(1 errors\)/,
  );
  t.match(await terminal.run('show | compare'), /\+ {3}domain-name example\.org;[\s\S]*\+ {3}snmp \{/);
  t.match(await load('override', device.running()), /load complete\r\n/);
  t.equal((await terminal.run('show | compare')).trim(), '[edit]\r\nadmin@core-1#');
});
