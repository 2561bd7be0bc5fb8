import { once } from 'node:events';
import ssh2 from 'ssh2';
import t from 'tap';
import { makeKey, startDevice, startJumpHost } from '../../fixtures/devices/start.js';
import { login, shell, shellOn, Terminal } from './client.js';

const ios = { platform: 'cisco_ios', hostname: 'edge-1' } as const;

t.test('banner, message of the day, password change in the shell', async (t) => {
  const device = await startDevice(t, {
    ...ios,
    traps: { bannerBeforeLogin: 'no entry\r\n', motd: 'edge-1#\nwelcome>\n', passwordChange: 'shell' },
  });
  const client = await login(t, device);
  const channel = await new Promise<Terminal>((resolve, reject) =>
    client.shell((error, opened) => (error ? reject(error) : resolve(new Terminal(opened)))),
  );
  t.match(await channel.until(/old password: $/), /^edge-1#\r\nwelcome>\r\nYour password has expired/);
  channel.send('a\r');
  await channel.until(/new password: $/);
  channel.send('b\r');
  await channel.until(/Confirm new password: $/);
  channel.send('b\r');
  t.match(await channel.until(/#$/), /edge-1#$/);
});

t.test('paging, and paging that stays', async (t) => {
  const device = await startDevice(t, ios);
  const terminal = await shell(t, device);
  await terminal.run('show running-config', / --More-- $/);
  terminal.send(' ');
  await terminal.until(/ --More-- $/);
  terminal.send('q');
  await terminal.until(/edge-1#$/);
  await terminal.run('terminal length 0');
  t.match(await terminal.run('show running-config'), /\r\nend\r\n\r\nedge-1#$/);
  device.traps.pagingStays = true;
  await terminal.run('terminal length 20');
  const other = await shell(t, device);
  await other.run('terminal length 0');
  await other.run('show running-config', / --More-- $/);
});

t.test('log messages, prompts inside, colours, slow and long output', async (t) => {
  const device = await startDevice(t, {
    ...ios,
    height: 0,
    traps: { logDuring: /version/, promptInside: /interfaces/, promptInsidePauseMs: 5 },
  });
  const terminal = await shell(t, device);
  t.match(await terminal.run('show version', /0x0\r\n\r\nedge-1#$/), /%LINK-3-UPDOWN[\s\S]*Configuration register/);
  t.match(
    await terminal.run('show interfaces', /GigabitEthernet0\/2 is[\s\S]*resets\r\nedge-1#$/),
    /edge-1#show clock\r\n/,
  );
  Object.assign(device.traps, { colour: true, dribble: { bytes: 50, everyMs: 1 } });
  t.match(await terminal.run('show privilege', /edge-1#.\[0m.\[K$/), /\[32mCurrent privilege level is 15/);
  Object.assign(device.traps, { colour: false, dribble: undefined, endless: /users/ });
  terminal.send('show users\r');
  await terminal.until(/fox[\s\S]{3000}/);
  terminal.send('\x03');
  await terminal.until(/\^C\r\nedge-1#$/);
});

t.test('a long line is shown shifted on IOS and wrapped on NX-OS', async (t) => {
  const line = `show ${'x'.repeat(100)}`;
  const terminal = await shell(t, await startDevice(t, ios));
  terminal.send(`${line}\r`);
  t.match(await terminal.until(/#$/), /[\b]{5}\$x+/);
  const nexus = await shell(t, await startDevice(t, { platform: 'cisco_nxos' }));
  nexus.send(`${line}\r`);
  t.match(await nexus.until(/# $/), /x \rx/);
});

t.test('cut before, during and after a command', async (t) => {
  for (const when of ['before', 'during', 'after'] as const) {
    const device = await startDevice(t, { ...ios, traps: { cut: { command: /^write/, when, times: 1 } } });
    const config = await shell(t, device);
    await config.run('conf t');
    await config.run('hostname other');
    await config.run('end');
    const cut = device.events.next('cut');
    config.send('write memory\r');
    await cut;
    await config.until(/never/);
    t.equal(/^hostname other$/m.test(device.startup()), when !== 'before', when);
    t.match(await (await shell(t, device)).run('write memory'), /\[OK\]/);
  }
});

t.test('devices that do not speak, are full, or are offline', async (t) => {
  for (const speaks of ['nothing', 'garbage'] as const) {
    const device = await startDevice(t, { ...ios, traps: { speaks } });
    await t.rejects(login(t, device, { readyTimeout: 200 }), {
      message: /handshake|identification|closed|reset|protocol/i,
    });
  }
  const device = await startDevice(t, { ...ios, traps: { maxSessions: 1 } });
  const first = await login(t, device);
  await t.rejects(login(t, device), { message: /closed|reset|handshake/i });
  const gone = device.events.next('disconnection');
  first.end();
  await gone;
  await login(t, device);
  device.setOnline(false);
  await t.rejects(login(t, device), { message: /closed|reset|handshake/i });
});

t.test('old algorithms only', async (t) => {
  const device = await startDevice(t, { ...ios, traps: { legacyAlgorithms: true } });
  await t.rejects(login(t, device), { message: /no matching/i });
  await login(t, device, {
    algorithms: {
      kex: ['diffie-hellman-group1-sha1'],
      serverHostKey: ['ssh-rsa'],
      cipher: ['3des-cbc'],
      hmac: ['hmac-sha1'],
    },
  });
});

t.test('another host key', async (t) => {
  const device = await startDevice(t, ios);
  const seen = new Set<string>();
  const hostVerifier = (key: Buffer) => {
    seen.add(key.toString('hex'));
    return true;
  };
  await login(t, device, { hostVerifier });
  await login(t, device, { hostVerifier });
  t.equal(seen.size, 1);
  device.changeHostKey();
  await login(t, device, { hostVerifier });
  t.equal(seen.size, 2);
});

t.test('keyboard-interactive only; a key only, encrypted', async (t) => {
  const asking = await startDevice(t, { ...ios, login: ['keyboard-interactive'] });
  await t.rejects(login(t, asking), { message: /authentication methods failed/ });
  await login(t, asking, { tryKeyboard: true, password: undefined }, [asking.password]);
  const key = makeKey({ passphrase: 'open' });
  const locked = await startDevice(t, { ...ios, login: ['publickey'], authorizedKeys: [key.public] });
  await t.rejects(login(t, locked), { message: /authentication methods failed/ });
  await t.rejects(login(t, locked, { privateKey: makeKey().private }), { message: /authentication methods failed/ });
  await login(t, locked, { privateKey: key.private, passphrase: 'open' });
});

t.test('through a jump host', async (t) => {
  const device = await startDevice(t, ios);
  const jump = await startJumpHost(t);
  const outer = await login(t, jump);
  const sock = await new Promise<import('ssh2').ClientChannel>((resolve, reject) =>
    outer.forwardOut('127.0.0.1', 0, device.host, device.port, (error, channel) =>
      error ? reject(error) : resolve(channel),
    ),
  );
  const inner = await login(t, device, { sock });
  t.match(await (await shellOn(inner)).run('show privilege'), /level is 15/);
  t.equal(jump.forwarded, 1);
});

t.test('a password that has to be changed within the login', async (t) => {
  const device = await startDevice(t, { ...ios, traps: { passwordChange: 'protocol' } });
  const client = new ssh2.Client();
  t.teardown(() => client.destroy());
  client.on('change password', (_message, done) => done('another-1'));
  client.connect({ host: device.host, port: device.port, username: device.username, password: device.password });
  await once(client, 'ready');
  t.equal(device.password, 'another-1');
});

t.test('a command that is never answered, and a slow command', async (t) => {
  const device = await startDevice(t, { ...ios, traps: { hangs: /^show clock/, answerDelayMs: 20 } });
  const hung = await shell(t, device);
  const taken = device.events.next('command');
  hung.send('show clock\r');
  t.same(await taken, ['show clock']);
  const started = performance.now();
  t.match(await (await shell(t, device)).run('show privilege'), /level is 15/);
  t.ok(performance.now() - started >= 20);
  t.equal(hung.text, 'show clock\r\n');
});
