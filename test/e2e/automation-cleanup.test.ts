import { existsSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ended, example } from '../automation.js';
import { type Hub, startAgent, startHub } from '../roundhouse.js';
import { sameShape } from '../shape.js';

const base = '/automation/api/v1';
const MiB = 1024 * 1024;
const day = 86_400_000;

/** A file that was last changed so many days ago. */
function aged(path: string, days: number, content: string | Buffer = Buffer.alloc(MiB)): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  const time = new Date(Date.now() - days * day);
  utimesSync(path, time, time);
  return path;
}

const entry = (daysAgo: number) =>
  `${JSON.stringify({ timestamp: new Date(Date.now() - daysAgo * day).toISOString(), level: 'info', source: 'stderr', message: 'x' })}\n`;

// test/domain/cleanup.test.ts proves the requests of a cleanup to hub and agents. These tests prove the deletions.

/** One hub and one agent for all tests. */
let hub: Hub;
let agent: Awaited<ReturnType<typeof startAgent>>;
t.before(async () => {
  hub = await startHub(t);
  agent = await startAgent(t, hub);
});

t.test('a cleanup deletes old files of the hub and of agents, and nothing else', async (t) => {
  const outside = join(hub.data, 'elsewhere');
  const kept = aged(join(outside, 'precious'), 100);
  const old = [
    aged(join(agent.data, 'tmp', 'left', 'half'), 40),
    aged(join(agent.data, 'logs', '0193a1b2-0000-7000-8000-000000000001', '0000000000000000.log'), 40, entry(40)),
    aged(join(agent.data, 'backups', 'github', 'older'), 50),
    aged(join(hub.data, 'backups', 'older.backup'), 50),
    aged(join(agent.data, 'sources', 'npm', 'some-package', '1.0.0', 'index.js'), 40),
  ];
  const versions = join(agent.data, 'sources', 'npm', 'some-package');
  const young = [
    aged(join(agent.data, 'tmp', 'fresh'), 1),
    aged(join(agent.data, 'logs', '0193a1b2-0000-7000-8000-000000000001', '0000000000001000.log'), 1, entry(1)),
    aged(join(agent.data, 'backups', 'github', 'newest'), 45),
    aged(join(hub.data, 'backups', 'newest.backup'), 45),
    aged(join(versions, '1.1.0', 'index.js'), 40),
  ];
  for (const version of ['1.0.0', '1.1.0']) {
    const time = new Date(Date.now() - 40 * day);
    utimesSync(join(versions, version), time, time);
  }
  symlinkSync(outside, join(agent.data, 'tmp', 'link'));
  symlinkSync(outside, join(agent.data, 'logs', 'link'));
  symlinkSync(outside, join(agent.data, 'backups', 'link'));
  symlinkSync(outside, join(hub.data, 'backups', 'link'));

  const body = { targets: ['logs', 'cache', 'temp', 'backups'], retention_days: 30, force: false };
  const run = async (more: object) => {
    const answer = await hub.call('POST', `${base}/cleanup/run`, { ...body, ...more });
    t.equal(answer.status, 202);
    sameShape(t, answer.body, example('POST /api/v1/cleanup/run'));
    return `${base}/cleanup/${answer.body.data.cleanup_id}`;
  };
  const stats = await hub.call('GET', `${base}/cleanup/stats`);
  sameShape(t, stats.body, example('GET /api/v1/cleanup/stats'));
  const used = stats.body.data;
  t.match(used.breakdown, { backups: { size_mb: 4, file_count: 4 }, cache: { size_mb: 2, file_count: 2 } });
  t.ok(Math.abs(used.total_space_gb - used.used_space_gb - used.free_space_gb) < 0.01);

  const dry = await ended(hub, await run({ dry_run: true }));
  t.ok(
    [...old, ...young].every((path) => existsSync(path)),
    'a dry run deletes nothing',
  );
  const path = await run({});
  const done = await ended(hub, path);
  sameShape(t, (await hub.call('GET', path)).body, example('GET /api/v1/cleanup/{cleanup_id}'));
  t.same(done.summary, dry.summary, 'and counts what the run then deletes');
  t.match(done, { status: 'completed', summary: { files_deleted: 5, errors: 0 }, problems: { length: 0 } });
  t.same(
    done.details.map(({ target, files_deleted }: Record<string, unknown>) => [target, files_deleted]),
    [
      ['logs', 1],
      ['cache', 1],
      ['temp', 1],
      ['backups', 2],
    ],
  );
  t.same(
    old.filter((path) => existsSync(path)),
    [],
  );
  t.same(
    young.filter((path) => !existsSync(path)),
    [],
  );
  t.ok(existsSync(kept), 'nothing outside is touched');
  const after = (await hub.call('GET', `${base}/cleanup/stats`)).body.data.breakdown;
  t.match(after, { backups: { size_mb: 2, file_count: 2 }, cache: { size_mb: 1, file_count: 1 } });

  const forced = await ended(hub, await run({ force: true, targets: ['backups', 'cache'] }));
  t.match(forced.summary, { files_deleted: 3 }, 'force takes what one would go back to');
  t.ok(existsSync(kept));
});

t.test('bad requests are refused', async (t) => {
  for (const [field, body] of [
    ['targets.0', { targets: ['everything'] }],
    ['targets', { targets: [] }],
    ['retention_days', { retention_days: -1 }],
    ['dry_run', { dry_run: 'yes' }],
  ] as const) {
    const { status, body: answer } = await hub.call('POST', `${base}/cleanup/run`, body);
    t.equal(status, 422, field);
    t.match(answer.error, { code: 'VALIDATION_ERROR', details: { field } });
  }
  t.equal((await hub.call('GET', `${base}/cleanup/0193a1b2-0000-7000-8000-000000000000`)).status, 404);
});
