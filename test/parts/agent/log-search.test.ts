import { create } from '@bufbuild/protobuf';
import { type SearchLog, SearchLogSchema } from '@roundhouse/proto/agent/v1/command';
import t, { type Test } from 'tap';
import { CancelSource } from '../../../agent/cancellation.js';
import { createLogs, ownLines } from '../../../agent/drivers/logs/logs.js';
import { logOperations } from '../../../agent/operations/logs.js';
import { silentLog, tempFolder } from './harness.js';

interface Found {
  readonly entries: readonly { readonly server: string; readonly entry: { message: string; timestamp: string } }[];
  readonly total: number;
  readonly complete: boolean;
}

function start(t: Test) {
  const limits = { segmentBytes: 20_000, bytesPerSecond: Number.POSITIVE_INFINITY };
  const logs = createLogs({ dataDir: tempFolder(t), log: silentLog, limits });
  t.teardown(() => logs.close());
  const { searchLog } = logOperations({ has: (id: string) => id !== 'unknown' }, logs);
  const search = async (wanted: Partial<SearchLog>, signal = new CancelSource()): Promise<Found> => {
    const args = create(SearchLogSchema, { serverIds: ['a'], limit: 100, budgetMs: 60_000, ...wanted } as object);
    const context = { commandId: 'c', signal, progress() {}, log() {} };
    const answer = await searchLog(args, context);
    return JSON.parse(Buffer.from(answer.value as Uint8Array).toString());
  };
  return {
    logs,
    search,
    add: (id: string, message: string, level = 'info') => logs.open(id).append({ level, source: 'stderr', message }),
  };
}

const texts = (found: Found) => found.entries.map(({ entry }) => entry.message);

t.test('a search returns the newest entries up to its limit, and counts all', async (t) => {
  const { add, search } = start(t);
  // Also lines that are longer than one read.
  for (let i = 0; i < 3000; i++) add('a', i % 500 === 0 ? `${i} ${'long '.repeat(12_000)}` : `entry ${i}`);
  const found = await search({ limit: 3 });
  t.same(texts(found), ['entry 2999', 'entry 2998', 'entry 2997']);
  t.equal(found.total, 3000);
  t.equal((await search({ limit: 10_000 })).entries.length, 3000, 'none is lost between blocks and segments');
});

t.test('level, text and time', async (t) => {
  const { add, logs, search } = start(t);
  add('a', 'The Ünicode "quoted" ONE\\', 'warning');
  add('a', 'two', 'error');
  await logs.open('a').flushed();
  t.same(texts(await search({ levels: ['warning'] })), ['The Ünicode "quoted" ONE\\']);
  for (const query of ['ünicode', '"QUOTED"', 'one\\', 'The Ü']) t.equal((await search({ query })).total, 1, query);
  for (const query of ['stderr', 'timestamp', 'message', 'three']) t.equal((await search({ query })).total, 0, query);
  const [last] = (await search({ limit: 1 })).entries;
  const at = BigInt(Date.parse(last?.entry.timestamp ?? ''));
  t.equal((await search({ sinceMs: at + 1n })).total, 0);
  t.match(texts(await search({ sinceMs: at })), ['two']);
  t.equal((await search({ untilMs: at + 1n })).total, 2);
  t.ok((await search({ untilMs: at })).total < 2);
});

t.test('a search covers several logs, and the agent’s own log on request', async (t) => {
  const { add, logs, search } = start(t);
  add('a', 'first');
  await logs.open('a').flushed();
  await new Promise((resolve) => setTimeout(resolve, 5));
  add('b', 'second');
  await logs.open('b').flushed();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const own = ownLines(logs.own);
  own.write(
    '{"severity_text":"WARN","timestamp":"2026-01-01T00:00:00.000Z","part":"link","hub":"There:1","body":"the link was lost"}\n',
  );
  const found = await search({ serverIds: ['a', 'b', 'unknown'], own: true });
  t.same(
    found.entries.map(({ server, entry }) => [server, entry.message]),
    [
      ['', 'the link was lost'],
      ['b', 'second'],
      ['a', 'first'],
    ],
  );
  t.match(found.entries[0], { entry: { level: 'warning', source: 'agent', metadata: { part: 'link' } } });
  t.equal((await search({ own: true, query: 'there:1' })).total, 1, 'metadata is searched, too');
  t.equal((await search({ serverIds: ['unknown'] })).total, 0);
});

t.test('a search that takes too long is marked as incomplete; a cancelled search ends', async (t) => {
  const { add, search } = start(t);
  for (let i = 0; i < 5000; i++) add('a', `entry ${i}`);
  const found = await search({ budgetMs: 0 });
  t.equal(found.complete, false);
  t.ok(found.total < 5000);
  const signal = new CancelSource();
  signal.abort(new Error('called off'));
  await t.rejects(search({}, signal), { message: 'called off' });
  await t.rejects(search({ limit: 10_001 }), { name: 'AgentFailure', kind: 'invalid_argument' });
});
