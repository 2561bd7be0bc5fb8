import { readdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { LogRecord } from '../../../hub/domain/logs/entry.js';
import { LogFiles } from '../../../hub/host/log-files.js';
import { tempFolder } from '../../temp-folder.js';

const MIB = 1024 * 1024;
/** Far more than a search takes: no search may end early. */
const budgetMs = 60_000;
const all = { sinceMs: 0, untilMs: 0, text: '', limit: 1000 };
const start = Date.parse('2026-01-01T00:00:00.000Z');

const line = (i: number, body: string, severity_text = 'INFO') =>
  `${JSON.stringify({ severity_text, timestamp: new Date(start + i).toISOString(), part: 'Test', body })}\n`;

async function sizes(folder: string): Promise<number[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  return Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
}

t.test('files are bounded in size and number, and the newest entries are kept', async (t) => {
  const folder = join(tempFolder(t), 'logs');
  const files = new LogFiles(folder, { fileMiB: 1, files: 3 });
  files.write(line(0, 'before it was open'));
  await files.open((error) => t.fail(String(error)));
  t.match((await files.search(all, budgetMs)).entries, [{ message: 'before it was open', metadata: { part: 'Test' } }]);
  for (let i = 1; i <= 6000; i += 1) {
    files.write(line(i, `${i} ${'x'.repeat(1000)}`));
    if (i % 500 === 0) await files.search({ ...all, limit: 1 }, budgetMs);
  }
  const found = await files.search(all, budgetMs);
  t.equal(found.complete, true);
  t.equal(found.entries.length, 1000);
  t.same(
    found.entries.map(({ timeMs }) => timeMs - start),
    Array.from({ length: 1000 }, (_, i) => 6000 - i),
    'newest first, none left out',
  );
  const kept = await sizes(folder);
  t.ok(kept.length <= 3, `${kept.length} files`);
  t.ok(kept.reduce((a, b) => a + b, 0) < 3.5 * MIB);
  t.ok(found.total > 1000 && found.total < 3600, `${found.total} entries are left`);
  await files.close();
});

t.test('level, time and text; old files go', async (t) => {
  const folder = join(tempFolder(t), 'logs');
  const files = new LogFiles(folder, { fileMiB: 1 });
  await files.open((error) => t.fail(String(error)));
  files.write(line(1, 'The first', 'DEBUG'));
  files.write(line(2, 'The "second"', 'WARN'));
  files.write('{"severity_text":"ERROR","timestamp":"half a li\n');
  files.write(line(3, 'The third', 'ERROR'));
  const texts = async (query: object) =>
    (await files.search({ ...all, ...query }, budgetMs)).entries.map((e) => e.message);
  t.same(await texts({ level: 'error' }), ['The third']);
  t.same(await texts({ level: 'debug' }), ['The first']);
  t.same(await texts({ text: 'the "SECOND' }), ['The "second"']);
  t.same(await texts({ text: 'TEST' }), ['The third', 'The "second"', 'The first'], 'metadata, too');
  t.same(await texts({ text: 'time' }), [], 'not the names of fields');
  t.same(await texts({ sinceMs: start + 2, untilMs: start + 3 }), ['The "second"']);
  await files.close();
  const old = new LogFiles(folder, { fileMiB: 1, maxAgeMs: 60_000 });
  await old.open((error) => t.fail(String(error)));
  for (let i = 0; i < 1500; i += 1) old.write(line(i, 'x'.repeat(1000)));
  await old.search(all, budgetMs);
  const rotated = (await readdir(folder)).filter((name) => /^hub-/.test(name));
  t.equal(rotated.length, 1);
  for (const name of rotated) await utimes(join(folder, name), 1, 1);
  await old.prune();
  t.equal((await readdir(folder)).filter((name) => /^hub-/.test(name)).length, 0);
  await old.close();
});

t.test('a search looks at entries as their reader sees them', async (t) => {
  const files = new LogFiles(tempFolder(t));
  await files.open((error) => t.fail(String(error)));
  for (const msg of ['key=summer2026', 'summer is over'])
    files.write(`${JSON.stringify({ severity_text: 'INFO', timestamp: new Date().toISOString(), body: msg })}\n`);
  const shown = (entry: LogRecord) => ({ ...entry, message: entry.message.replace('summer2026', '[REDACTED]') });
  const search = (text: string) => files.search({ sinceMs: 0, untilMs: 0, limit: 10, text }, 60_000, shown);
  t.match(await search('summer2'), { entries: { length: 0 }, total: 0 });
  t.match(await search('summer'), { entries: [{ message: 'summer is over' }], total: 1 });
  t.match(await search('key'), { entries: [{ message: 'key=[REDACTED]' }], total: 1 });
  await files.close();
});
