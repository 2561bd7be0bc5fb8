import t from 'tap';
import { printAction, readAction } from '../../../hub/api/portal/admin.js';
import { paginationOf, printBytes, printDuration, printPercent } from '../../../hub/api/portal/schemas.js';
import { levelIn, printLine, printLines } from '../../../hub/api/portal/servers.js';
import { logEntries, ServerLogs } from '../../../hub/domain/servers/logs.js';

t.test('amounts as the document prints them', async (t) => {
  t.equal(printPercent(0.54), '0.5%');
  t.equal(printPercent(120), '120%');
  t.same([0, 999, 1000, 128_000_000, 1_500_000, 2_340_000_000].map(printBytes), [
    '0B',
    '999B',
    '1KB',
    '128MB',
    '1.5MB',
    '2.3GB',
  ]);
  t.same([0, 59.9, 60, 9000, 86_400, 1_319_400].map(printDuration), [
    '0s',
    '59s',
    '1m',
    '2h 30m',
    '1d 0h 0m',
    '15d 6h 30m',
  ]);
});

t.test('levels of lines', async (t) => {
  const levels: readonly (readonly [string, string | undefined])[] = [
    ['[ERROR] it broke', 'error'],
    ['WARN: not good', 'warn'],
    ['2026-01-15T10:00:00.123Z info ready', 'info'],
    ['2026-01-15 10:00:00,123 - CRITICAL - gone', 'error'],
    ['{"level":"debug","msg":"x"}', 'debug'],
    ['time=12 level=warning msg="x"', 'warn'],
    ['info', 'info'],
    ['information about errors', undefined],
    ['nothing is an error here', undefined],
    ['', undefined],
  ];
  for (const [line, level] of levels) t.equal(levelIn(line), level, line);
});

t.test('a stream of lines, cut anywhere', async (t) => {
  const line = (message: string) =>
    `${JSON.stringify({ timestamp: '2026-01-15T10:00:00.000Z', level: 'warning', source: 'stderr', message })}\n`;
  const bytes = new TextEncoder().encode(line('ERROR: a') + line('grün'));
  async function* chunks() {
    for (const byte of bytes) yield Uint8Array.of(byte);
  }
  let text = '';
  for await (const chunk of printLines(chunks())) text += new TextDecoder().decode(chunk);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((one) => JSON.parse(one) as object);
  t.match(lines, [
    { level: 'error', message: 'ERROR: a' },
    { level: 'warn', message: 'grün' },
  ]);
});

t.test('an agent sends nothing but entries of a log', async (t) => {
  const read = async (...chunks: string[]) => {
    async function* bytes() {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    const entries: string[] = [];
    for await (const more of logEntries(bytes())) entries.push(...more);
    return entries;
  };
  t.same(await read('{"a":', '1}\n\n{"b":2}'), ['{"a":1}', '{"b":2}']);
  for (const text of ['{"x":1}],"injected":{"admin":true},"more":[1\n', '[1]\n', '{"a":1', '1'])
    await t.rejects(read(text), { code: 'upstream_failed' }, text);
  const endless = 'x'.repeat(100_000);
  await t.rejects(read(...Array.from({ length: 50 }, () => endless)), { code: 'upstream_failed' });
  t.same(printLine('{"level":"__proto__","message":7}'), { timestamp: '', level: 'info', message: '', source: '' });
});

t.test('a log that is read whole is bounded', async (t) => {
  const entry = `${JSON.stringify({ message: 'x'.repeat(100_000) })}\n`;
  const logs = (count: number) => {
    async function* stream() {
      for (let n = 0; n < count; n++) yield Buffer.from(entry);
    }
    const read = new ServerLogs({} as never);
    read.open = async () => stream() as never;
    return read.read({} as never, 's', { lines: 1000, sinceMs: 0 }, new AbortController().signal);
  };
  t.equal((await logs(100)).length, 100);
  for (const count of [200, Number.POSITIVE_INFINITY]) await t.rejects(logs(count), { code: 'upstream_failed' });
});

t.test('actions, there and back', async (t) => {
  for (const action of ['catalog.enable', 'auth.login', 'config.import'])
    t.equal(readAction(printAction(action)), action);
  t.equal(printAction('catalog.enable'), 'server_enabled');
  t.equal(readAction('tool.invoke'), 'tool.invoke');
});

t.test('pages', async (t) => {
  t.same(paginationOf({ page: 1, limit: 20 }, 150), {
    page: 1,
    limit: 20,
    total: 150,
    total_pages: 8,
    has_next: true,
    has_prev: false,
  });
  t.match(paginationOf({ page: 8, limit: 20 }, 150), { has_next: false, has_prev: true });
  t.match(paginationOf({ page: 1, limit: 20 }, 0), { total_pages: 0, has_next: false, has_prev: false });
});
