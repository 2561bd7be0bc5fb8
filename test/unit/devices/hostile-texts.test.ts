import t from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { checkCertificates } from '../../../agent/drivers/kubernetes/cluster/kubeconfig.js';
import { isQuantity, quantityOf } from '../../../agent/drivers/kubernetes/values.js';
import { runCommands } from '../../../agent/drivers/network/commands.js';
import { deltaLines, type LineRules, parseTree } from '../../../agent/drivers/network/config/delta.js';
import type { Connection } from '../../../agent/drivers/network/connection.js';
import { platforms } from '../../../agent/drivers/network/platforms/table.js';
import { commonQuestions } from '../../../agent/drivers/network/ssh/dialect.js';
import { Reader, type ReadRules } from '../../../agent/drivers/network/ssh/reader.js';
import { pagerMark } from '../../../agent/drivers/network/ssh/screen.js';
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

/** A reader of a device with the prompt `r1#`, and how often it has looked for the prompt. */
function reading(rules: Partial<ReadRules> = {}) {
  const seen = { looks: 0 };
  const isEnd = (line: string) => {
    seen.looks += 1;
    return line === 'r1#';
  };
  const limits = { maxBytes: 32 * long, timeoutMs: 2 ** 30, silenceMs: 2 ** 30, signal: new CancelSource() };
  const reader = new Reader({ echo: '', isEnd, trusted: true, ...limits, ...rules }, () => {});
  return { reader, seen };
}

t.test(
  'output in packets of one byte: the prompt is looked for 64 times in a turn of the event loop, and at its end',
  async (t) => {
    const { reader, seen } = reading();
    const output = `${'\x1b[K'.repeat(10_000)}% x\n${'y\b'.repeat(10_000)}\nr1#`;
    for (const byte of output) reader.take(byte);
    t.match(await reader.result, { raw: output, end: 'r1#' });
    t.ok(seen.looks <= 65, `${seen.looks} looks for ${output.length} packets`);
  },
);

t.test('an echo that could begin anywhere, in one turn after the other', async (t) => {
  const { reader } = reading({ echo: 'a'.repeat(20_000) });
  // Each line end could be that of the echo.
  for (let turn = 0; turn < 4000; turn += 1) {
    reader.take(turn % 2 === 0 ? 'aaaaaaaa' : '\n');
    await new Promise(setImmediate);
  }
  reader.take(`${'b'.repeat(long)}\nr1#`);
  t.match(await reader.result, { end: 'r1#' });
});

t.test('output of more than 1,000,000 lines is refused, however short they are', async (t) => {
  const { reader } = reading();
  reader.take('\n'.repeat(1_000_001));
  await t.rejects(reader.result, { message: 'the output has more than 1000000 lines' });
});

t.test("the mark of a pager's line is made by the agent only", async (t) => {
  const { reader } = reading();
  reader.take(`a${pagerMark.repeat(long)}\nr1#`);
  t.match(await reader.result, { raw: 'a\nr1#' });
});

t.test('structured output of a million values is passed on as text', async (t) => {
  const platform = platforms.get('cisco_nxos');
  if (!platform) throw new Error('the platform is missing');
  const structured = async (values: number) => {
    const output = `[${'0,'.repeat(values - 1)}0]`;
    const run = async () => ({ output, error: undefined });
    const session = { run, leaveConfig: async () => {} };
    const command = { text: 'show x', timeoutMs: 0, structured: true, answers: [], class: 'read' };
    const limits = { commandMs: 1000, stopOnError: false, signal: new CancelSource() };
    const [result] = await runCommands({ session } as unknown as Connection, platform, [command as never], limits);
    return result?.structured;
  };
  t.same(await structured(3), [0, 0, 0]);
  t.equal(await structured(1_000_000), undefined);
});
