import t, { type Test } from 'tap';
import type { Traps } from '../../fixtures/devices/options.js';
import { failureOf, simulated } from './harness.js';

const plain = await (async () => {
  const outputs = new Map<string, string>();
  return {
    /** The output of the same device without its trap. */
    of: async (test: Test, platform: 'cisco_ios' | 'cisco_nxos' | 'juniper_junos', text: string) => {
      const key = `${platform} ${text}`;
      const known = outputs.get(key);
      if (known !== undefined) return known;
      const { run } = await simulated(test, { platform });
      const output = (await run(text))[0]?.output ?? '';
      outputs.set(key, output);
      return output;
    },
  };
})();

const sameOutput: Record<string, Traps> = {
  'output that dribbles': { dribble: { bytes: 40, everyMs: 3 } },
  'colours, erasures and backspaces': { colour: true },
  'pages, though they were switched off': { pagingStays: true },
  'a message of the day that looks like a prompt': { motd: 'Welcome#\r\nRouter>\r\n##########\r\nsay hello>' },
  'a banner before the login': { bannerBeforeLogin: '*** Authorised users only #\n' },
  'a device that takes its time': { answerDelayMs: 50, loginDelayMs: 300 },
  'a log message after the prompt': { logAfterPrompt: /^show ip interface brief|^show interfaces terse/ },
};

for (const platform of ['cisco_ios', 'cisco_nxos', 'juniper_junos'] as const) {
  const command = platform === 'juniper_junos' ? 'show interfaces terse' : 'show ip interface brief';
  for (const [name, traps] of Object.entries(sameOutput)) {
    t.test(`${platform}: ${name}`, async (t) => {
      const { run } = await simulated(t, { platform, traps });
      const [result, next] = await run(command, command);
      const wanted = await plain.of(t, platform, command);
      t.equal(result?.output, wanted);
      t.equal(next?.output, wanted, 'and the next one again');
    });
  }

  t.test(`${platform}: the prompt inside an output`, async (t) => {
    const { device, run } = await simulated(t, { platform, traps: { promptInside: /^show/, promptInsidePauseMs: 80 } });
    const [result, next] = await run(command, command);
    const last = (await plain.of(t, platform, command)).trimEnd().split('\n').at(-1) ?? '?';
    t.ok(result?.output.includes(last), 'it goes on to its end');
    t.equal(next?.output, result?.output);
    t.equal(device.sessions, 1, 'on the same connection');
  });

  t.test(`${platform}: a log message in the middle of an output`, async (t) => {
    const { run } = await simulated(t, { platform, traps: { logDuring: /^show/ } });
    const [result] = await run(command);
    const lines = (await plain.of(t, platform, command)).split('\n');
    const kept = (result?.output ?? '').split('\n').filter((line) => lines.includes(line));
    t.same(kept, lines);
  });

  t.test(`${platform}: output that never ends is broken off, and the device can be asked the next thing`, async (t) => {
    const { run } = await simulated(t, { platform, traps: { endless: /^show clock|^show route/ } });
    const endless = platform === 'juniper_junos' ? 'show route' : 'show clock';
    const failure = await failureOf(run({ text: endless, timeoutMs: 700 }));
    const details = { reason: /no_answer|output_too_large/, results: { length: 0 } };
    t.match(failure, { kind: /timeout|upstream/, details });
    t.equal((await run(command))[0]?.output, await plain.of(t, platform, command));
  });

  t.test(`${platform}: a command that is never answered costs its own time, no more`, async (t) => {
    const { run } = await simulated(t, { platform, traps: { hangs: /^show clock|^show route/ } });
    const hung = platform === 'juniper_junos' ? 'show route' : 'show clock';
    const failure = await failureOf(run(command, { text: hung, timeoutMs: 300 }));
    t.match(failure, { kind: 'timeout', details: { reason: 'no_answer', results: [{ command }] } });
    t.ok((await run(command))[0]?.success);
  });
}

t.test(
  'a name of 30 characters, which the device shortens where it is configured; and another one in the middle',
  async (t) => {
    const hostname = 'edge-router-of-the-north-01';
    const { run, config, apply } = await simulated(t, { platform: 'cisco_ios', hostname });
    const results = await run(
      'configure terminal',
      'interface Loopback0',
      'description here',
      'end',
      'show running-config',
    );
    t.ok(results.every(({ success }) => success));
    const before = await config();
    const applied = await apply({ config: 'hostname another\n', baseHash: before.hash });
    t.match(applied.diff, /^\+hostname another$/m);
    t.ok((await run('show version'))[0]?.success);
  },
);

t.test('questions are answered as was said, or broken off', async (t) => {
  const { run, device } = await simulated(t, { platform: 'cisco_ios' });
  const [asked] = await run('copy running-config startup-config');
  t.match(asked, { success: false, error: /^the device asks: .*startup-config/ });
  const saved = device.events.next('saved');
  const [answered] = await run({ text: 'copy running-config startup-config', answers: [''] });
  t.ok(answered?.success);
  await saved;
});

t.test('only a command that asks nothing is sent with a line ahead', async (t) => {
  const answers: string[] = [];
  const { run } = await simulated(t, {
    platform: 'cisco_ios',
    traps: { asks: { commands: /^(?:dir|ping)/, answers } },
  });
  for (const text of ['dir', 'ping 192.0.2.1'])
    t.match(await run(text), [{ class: 'read', success: false, error: 'the device asks: Continue? [confirm]' }], text);
  t.same(answers, ['^C', '^C'], 'no blank line answers for the client');
  t.ok((await run('show version'))[0]?.success, 'the device can be asked the next thing');
});

t.test('the answers of a command that shows something are typed as answers, not as commands', async (t) => {
  const answers: string[] = [];
  const traps = { asks: { commands: /^show clock/, answers } };
  const { device, run } = await simulated(t, { platform: 'cisco_ios', traps });
  t.match(await run({ text: 'show clock', answers: ['show users'] }), [{ class: 'change', success: true }]);
  t.same(answers, ['show users']);
  t.same(device.commands.slice(-1), ['show clock']);
});

t.test('commands that are no single line are not sent', async (t) => {
  const { run, device } = await simulated(t, { platform: 'cisco_ios' });
  for (const text of ['show version\nreload', 'show ?', '', 'show\x03']) {
    t.match(await failureOf(run(text)), { kind: 'invalid_argument', details: { field: 'commands[0]' } });
  }
  t.same(device.commands, []);
});
