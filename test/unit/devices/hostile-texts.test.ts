import t from 'tap';
import { checkCertificates } from '../../../agent/drivers/kubernetes/cluster/kubeconfig.js';
import { isQuantity, quantityOf } from '../../../agent/drivers/kubernetes/values.js';
import { deltaLines, type LineRules, parseTree } from '../../../agent/drivers/network/config/delta.js';
import { platforms } from '../../../agent/drivers/network/platforms/table.js';
import { commonQuestions } from '../../../agent/drivers/network/ssh/dialect.js';
import { compareVersions } from '../../../agent/drivers/sources/order.js';
import { configDiff } from '../../../hub/domain/devices/config/contents.js';

// A reader whose time grows with the square of the text needs hours for these texts, and the runner ends the test.
const long = 1024 * 1024;

t.test('a configuration of one long line is compared', async (t) => {
  for (const line of [`!${' '.repeat(long)}\u2028x`, `ntp clock-period ${' '.repeat(long)}x`])
    t.type(await configDiff('hostname a\n', `hostname b\n${line}\n`), 'string');
});

t.test('each platform reads a configuration of one long line', async (t) => {
  for (const [name, platform] of platforms)
    for (const start of ['!', 'Current configuration : ', 'Using 1 out of 2 bytes', '## Last commit: ', 'end'])
      t.type(platform.normalize(`${start}${' '.repeat(long)}x\n`), 'string', `${name}: ${start}`);
});

t.test('a Junos device tells its version and its uptime in long texts', async (t) => {
  const told = async (text: string) =>
    platforms.get('juniper_junos')?.info(async () => ({ output: text, error: undefined }) as never);
  for (const text of ['JUNOS [\n'.repeat(long / 8), `System booted: ${'('.repeat(long)}`]) t.ok(await told(text));
  t.match(
    await told('JUNOS Software Release [12.1X46-D10]\nSystem booted: 2026-01-01 00:00:00 UTC (1w2d 03:04 ago)\n'),
    {
      osVersion: '12.1X46-D10',
      uptime: '1w2d 03:04',
    },
  );
});

t.test('a long line is no question', (t) => {
  for (const question of commonQuestions) t.notOk(question.test(`(y,n)${' '.repeat(long)}x`), String(question));
  for (const line of ['Proceed? [confirm]', 'Continue? (y/n) [n]: ', 'Delete? [yes/no]:', 'Sure (y,n)?'])
    t.ok(
      commonQuestions.some((question) => question.test(line)),
      line,
    );
  t.end();
});

const rules: LineRules = { ignored: /^version /, single: /^(hostname)\b/, ordered: /^\b$/, lasting: /^line / };

t.test('two configurations of many lines are compared', (t) => {
  const lines = (word: string) => Array.from({ length: 200_000 }, (_, n) => `${word} ${n}`).join('\n');
  t.equal(deltaLines(lines('a'), lines('b'), rules).length, 400_000);
  t.equal(deltaLines(lines('hostname'), 'hostname x', rules).at(-1), 'hostname x');
  const banners = Array.from({ length: 20_000 }, (_, n) => `banner motd ${String.fromCodePoint(0x4e00 + n)} text`);
  t.equal(parseTree(banners.join('\n')).length, 20_000, 'banners that do not end');
  t.same(
    parseTree('banner motd ^C\nfirst\nsecond ^C\nhostname a\n').map(({ line }) => line),
    ['banner motd ^C\nfirst\nsecond ^C', 'hostname a'],
  );
  const deep = (depth: number, leaves: number) =>
    [
      ...Array.from({ length: depth }, (_, n) => `${' '.repeat(n)}line ${n}`),
      ...Array.from({ length: leaves }, (_, n) => `${' '.repeat(depth)}a${n}`),
    ].join('\n');
  t.ok(deltaLines(deep(3000, 1), 'hostname x', rules).length > 0, 'a configuration that nests 3,000 levels deep');
  t.throws(
    () => deltaLines(deep(100, 20_000), deep(100, 0), rules),
    { kind: 'upstream', message: /more than 1000000 lines/, details: { reason: 'output_too_large' } },
    'a change of too many lines',
  );
  t.same(deltaLines('a\n b\na\n c\n', 'a\n c\n', rules), ['a', 'no b', 'exit'], 'the same block twice is one block');
  t.end();
});

t.test('quantities, versions and certificates of any length are read', (t) => {
  t.notOk(isQuantity(`${'0'.repeat(long)}!`));
  for (const quantity of ['1', '1.', '1.5Gi', '.5', '250m', '-1e3']) t.ok(isQuantity(quantity), quantity);
  t.equal(quantityOf([[['1']]]), 0);
  t.equal(quantityOf('2Ki'), 2048);
  t.ok(compareVersions(`1${'.0'.repeat(long / 2)}\n`, '2') < 0);
  t.throws(() => checkCertificates('-----BEGIN CERTIFICATE-----'.repeat(long / 27), 'ca'), {
    message: /holds no PEM certificate/,
  });
  t.end();
});
