import t from 'tap';
import { printAction, readAction } from '../../../hub/api/portal/admin.js';
import { paginationOf, printBytes, printDuration, printPercent } from '../../../hub/api/portal/schemas.js';
import { levelIn, printLines } from '../../../hub/api/portal/servers.js';

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
