// Texts from devices, clusters, registries and callers for which an expression whose time grows with the square of the text would take hours.
import t from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { nanoCpusOf } from '../../../agent/drivers/docker/command-line/run-flags.js';
import { parseChallenge } from '../../../agent/drivers/docker/registry/client.js';
import { entryLines } from '../../../agent/drivers/network/config/lines.js';
import { readInfo } from '../../../agent/drivers/network/device/session-setup.js';
import { ciscoIos } from '../../../agent/drivers/network/platforms/cisco-ios.js';
import { ciscoNxos } from '../../../agent/drivers/network/platforms/cisco-nxos.js';
import { juniperJunos } from '../../../agent/drivers/network/platforms/juniper-junos.js';
import { lastLine, screenText } from '../../../agent/drivers/network/ssh/screen.js';
import { changesBetween } from '../../../agent/drivers/sources/changelog.js';
import { plainReason } from '../../../agent/link/connection-reason.js';
import { maskedWords } from '../../../hub/domain/audit/arguments.js';
import { maskSecrets } from '../../../hub/domain/devices/outcome.js';
import { roundsDuring } from '../../kit/turns.js';

const MANY = 1_000_000;

t.test("a device's output of carriage returns alone", async (t) => {
  t.equal(screenText(`ab${'\r'.repeat(MANY)}c`), 'cb');
  t.equal(screenText(`a${'\r'.repeat(MANY)}\nb`), 'a\nb');
  t.equal(lastLine(`ab${'\r'.repeat(MANY)}c`), 'cb');
});

t.test('a configuration line of blanks after the name of a secret', async (t) => {
  const line = `password${' '.repeat(MANY)}`;
  t.equal(maskSecrets(line), line);
  t.equal(maskSecrets(`password${' '.repeat(1000)}x`), `password${' '.repeat(1000)}[REDACTED]`);
  t.equal(maskSecrets('password : x'), 'password : [REDACTED]');
});

t.test("a registry's challenge of one long word", async (t) => {
  t.same(parseChallenge(`Bearer ${'a'.repeat(MANY)}`), { scheme: 'bearer', parameters: {} });
});

t.test("a device's description of itself", async (t) => {
  const blanks = ' '.repeat(MANY);
  const said = async ({ info }: typeof ciscoIos, output: string) => info(async () => ({ output }) as never);
  t.match(await said(ciscoIos, `r1 uptime is 3 weeks${blanks}x`), { uptime: /^3 weeks/ });
  t.match(await said(ciscoNxos, `${'\n'.repeat(MANY)}  NXOS: version 9.3`), { osVersion: '9.3' });
  t.match(await said(ciscoNxos, `cisco Nexus9000 C93180YC-EX${blanks}(8 Slot) Chassis${blanks}`), {
    model: 'Nexus9000 C93180YC-EX',
  });
});

t.test('a device that describes itself in one endless line, and answers with endless blanks', async (t) => {
  const answering = (output: string) => ({
    session: {
      run: async () => ({ output }),
      prompt: 'r1>',
      isOpen: false,
      mode: 'config',
      leaveConfig: async () => {},
    },
    isOpen: true,
    options: {},
  });
  const booted = answering(`System booted: ${'('.repeat(MANY)}`);
  t.match(await readInfo(juniperJunos, booted as never, new CancelSource()), { uptime: '', hostname: 'r1' });
  const restored = (output: string) =>
    juniperJunos.restore(answering(output) as never, { name: 'n', config: 'a' } as never);
  await t.rejects(restored(`database locked by${'\n '.repeat(MANY)}x`), {
    message: /locked/,
    details: { reason: 'locked' },
  });
  await t.rejects(restored(`terminal:1:(1) wrong${' '.repeat(MANY)}x`), { message: /wrong/ });
});

t.test('a line that might be a pager is one of blanks', async (t) => {
  for (const { dialect } of [ciscoIos, juniperJunos]) t.notOk(dialect.pager.test(`${' '.repeat(MANY)}x`));
});

t.test('a configuration with a line of blanks', async (t) => {
  t.same(entryLines(`hostname a\n${' '.repeat(MANY)}x`), ['hostname a', 'x']);
});

t.test('a number of processors that never ends', async (t) => {
  t.equal(nanoCpusOf(`${'0'.repeat(MANY)}x`), undefined);
  t.same(['1.5', '2.', '.5', '3', '.', ''].map(nanoCpusOf), [1.5e9, 2e9, 5e8, 3e9, undefined, undefined]);
});

t.test('a heading of a change log that is one long version', async (t) => {
  const log = `# 1.1${'.1'.repeat(MANY)}!\n# 2.0.0\nnew`;
  t.equal(await changesBetween(log, '1.0.0', '2.0.0'), '# 2.0.0\nnew');
});

t.test('a long change log gives other work its turn', async (t) => {
  const notes = `# 2.0.0\n${'- a note\n'.repeat(300_000)}`;
  let changes: string | undefined;
  const turns = await roundsDuring(async () => {
    changes = await changesBetween(`${notes}# 1.0.0\nold\n`, '1.0.0', '2.0.0');
  });
  t.ok(turns > notes.length / 64 / 1024, `${turns} turns`);
  t.match(changes?.slice(-40), / \[cut: 2700007 characters\]$/);
  t.equal(await changesBetween('# 2.0.0\r\n\r\nnew\r\n\r\n# 1.0.0\r\nold', '1.0.0', '2.0.0'), '# 2.0.0\n\nnew');
  t.equal(await changesBetween(`${'\n'.repeat(4 * 2 ** 20)}# 2.0.0\nnew`, '1.0.0', '2.0.0'), undefined, 'too far down');
});

t.test('a word of a command that is all dashes', async (t) => {
  const word = '-'.repeat(MANY);
  t.same(maskedWords([word, '--api-key=x', 'TOKEN=y'], { text: (text) => text }), [
    word,
    '--api-key=[REDACTED]',
    'TOKEN=[REDACTED]',
  ]);
});

t.test('a reason with many blanks', async (t) => {
  t.equal(plainReason(`a${' '.repeat(MANY)}\n\n b\nResolution note: `, 'hub:1'), 'a; b');
});
