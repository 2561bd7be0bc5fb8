import t from 'tap';
import type { CommandsInput } from '../../hub/domain/devices/commands.js';
import { begin, startDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';

/** A domain with a device whose agent takes every command for a read; with the commands that the agent was asked to run. */
async function withDevice(test: Parameters<typeof startDomain>[0]) {
  const hub = await startDomain(test);
  hub.agentComes({ operations: ['putDevice'] });
  hub.fleet.answers.set('putDevice', () => json({}));
  const credentials = { username: 'admin', password: 'a password of edge-1' };
  const device = { name: 'edge', type: 'cisco_ios', hostname: '192.0.2.1', credentials } as const;
  await hub.domain.network.devices.create(hub.admin, device);
  type Asked = Record<'commands', { text: string; answers: string[] }[]> & { allowChanges: boolean };
  const asked: Asked[] = [];
  hub.fleet.answers.set('runCommands', (_, { value }) => {
    asked.push(value as unknown as Asked);
    const result = { output: '', success: true, class: 'read', startedAt: 1, durationMs: 1 };
    return json({ results: (value as unknown as Asked).commands.map(({ text }) => ({ command: text, ...result })) });
  });
  const run = (as: Parameters<typeof hub.domain.network.commands.run>[0], input: CommandsInput) =>
    hub.domain.network.commands.run(as, 'edge', input, 'commands');
  return { hub, asked, run };
}

t.test('a command with answers is a change, also where the agent would take it for a read', async (t) => {
  const { hub, asked, run } = await withDevice(t);
  const input = { commands: ['show clock', 'show version'], answers: ['reload in 5'] };
  const refused = {
    code: 'forbidden',
    message: /with answers/,
    details: { permission: 'device.change', reason: 'change_not_allowed', changes: [0, 1] },
  };
  await t.rejects(run(await hub.caller('user'), input), refused);
  const readOnly = run(hub.admin, { ...input, readOnly: true });
  await t.rejects(readOnly, { code: 'invalid_input', details: { field: 'commands.0' } });
  t.same(asked, [], 'the agent is not asked');
  await run(await hub.caller('operator'), input);
  t.match(asked, [{ allowChanges: true, commands: { 0: { answers: ['reload in 5'] }, length: 2 } }]);
  await run(await hub.caller('user'), { commands: ['show clock'], answers: [] });
  t.match(asked.slice(1), [{ allowChanges: false, commands: [{ answers: { length: 0 } }] }]);
});

t.test('the audit entry of commands has their answers, without answers that may be secrets', async (t) => {
  const { hub, run } = await withDevice(t);
  const answers = ['', 'Y', 'reload in 5', 'username eve secret hunter2', 'hunter2', 'set a password of edge-1'];
  await run(hub.admin, { commands: ['copy a b'], answers });
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'device.command' }, 10, 0);
  t.match(entries[0]?.details, { commands: ['copy a b'], class: 'change' });
  const masked = ['username eve secret [REDACTED]', '[REDACTED]', 'set [REDACTED]'];
  t.same(entries[0]?.details.answers, ['', 'Y', 'reload in 5', ...masked]);
});

t.test('commands and answers have a bound together', async (t) => {
  const { hub, asked, run } = await withDevice(t);
  const long = (bytes: number) => 'a'.repeat(bytes);
  const refused = { code: 'invalid_input', message: /at most 65536 bytes/, details: { field: 'commands' } };
  const most = Array.from({ length: 16 }, () => long(4096));
  await t.rejects(run(hub.admin, { commands: [...most, 'b'] }), refused);
  await t.rejects(run(hub.admin, { commands: most, answers: ['y'] }), refused);
  await t.rejects(run(hub.admin, { commands: ['b'], answers: Array.from({ length: 64 }, () => long(1024)) }), refused);
  const hundred = Array.from({ length: 100 }, () => 'b');
  const repeated = { ...refused, message: /at most 65536 bytes.* once for each command/ };
  await t.rejects(
    run(hub.admin, { commands: hundred, answers: [long(655)] }),
    repeated,
    'each command has the answers',
  );
  t.same(asked, [], 'the agent is not asked');
  await run(hub.admin, { commands: most });
  await run(hub.admin, { commands: hundred, answers: [long(654)] });
  t.equal(asked.length, 2);
});

t.test('the audit entry of a long command shows no beginning of a secret', async (t) => {
  const { hub, run } = await withDevice(t);
  const after = (text: string, shown: string, rest: string) =>
    `${'. '.repeat(256).slice(0, 511 - text.length - shown.length)} ${text}${shown}${rest}`;
  const commands = [
    after('password ', '12', 'hidden'),
    after('password ', '"two ', 'hidden words" more'),
    after('copy https://', 'eve:hidd', 'en@192.0.2.9/x y'),
    after('banner ', 'a password', ' of edge-1'),
  ];
  await run(hub.admin, { commands: commands.map((command) => `${command} ${'b '.repeat(500)}`) });
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'device.command' }, 10, 0);
  const shown = entries[0]?.details.commands as string[];
  t.match(shown, [/password \[R/, /password \[R/, /https:\/\/\[R/, /banner \[R/]);
  for (const text of shown) {
    t.ok(text.length <= 512);
    t.notMatch(text, /12|two|eve|hidd|a password/);
  }
});

t.test('the report of backup_configs, which viewers read, has nothing of the configurations', async (t) => {
  const { hub } = await withDevice(t);
  let config = 'hostname a\n';
  hub.fleet.answers.set('getConfig', () => json({ config, format: 'text', hash: `sha256:${config}`, retrievedAt: 1 }));
  const report = async () => {
    const id = await begin(hub, [{ id: 'backup', kind: 'backup_configs' }]);
    await hub.over(id);
    const viewer = await hub.caller('viewer');
    return [hub.domain.jobs.get(viewer, id).steps[0]?.result];
  };
  t.match(await report(), [{ total: 1, new: 1 }]);
  config = 'hostname a\nvlan 7 name of-the-vault\n';
  const [result] = await report();
  t.match(result, { changed: 1, devices: [{ name: 'edge', status: 'changed', version: 2 }] });
  t.notMatch(JSON.stringify(result), /vault/);
});
