import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { endOrphans } from '../../../agent/drivers/process/orphans.js';
import { connected, fixture, harness, never, repoPath, runs, tempFolder } from './harness.js';

const linux = process.platform === 'linux';

/** Runs an agent's servers in a process of their own and kills it; returns the ids of the processes that it leaves. */
async function killed(t: Test, dataDir: string, forks = ''): Promise<number[]> {
  const file = join(tempFolder(t), 'pids.json');
  const args = [...process.execArgv, repoPath('test/fixtures/agent-with-server.ts'), dataDir];
  args.push(repoPath('test/fixtures/servers/forks.mjs'), file, forks);
  const agent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(agent.stdout, 'data');
  const pids = JSON.parse(readFileSync(file, 'utf8')) as number[];
  t.teardown(() => {
    for (const pid of pids) if (runs(pid)) process.kill(pid, 'SIGKILL');
  });
  agent.kill('SIGKILL');
  await once(agent, 'exit');
  return pids;
}

for (const [forks, what] of [
  ['', 'in a session of its own'],
  ['bare', 'without its environment'],
] as const) {
  t.test(
    `what a killed agent leaves is ended before its servers start again: a deaf server, and a child ${what}`,
    { skip: !linux },
    async (t) => {
      const dataDir = tempFolder(t);
      const pids = await killed(t, dataDir, forks);
      t.same(pids.map(runs), [true, true]);
      const warnings: string[] = [];
      const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
      await endOrphans(dataDir, log);
      t.same(pids.map(runs), [false, false]);
      t.match(warnings[0], /"processes":2.*an earlier agent had left/);
      t.same(readdirSync(join(dataDir, 'run')), []);
    },
  );
}

t.test('a server waits until the processes of its predecessor have ended', { skip: !linux }, async (t) => {
  const h = harness(t);
  // The record of another agent over the same folder, which is dead.
  const pids = await killed(t, h.dataDir);
  const { createServers } = await import('../../../agent/drivers/mcp/servers.js');
  const log = pino({ level: 'silent' });
  const next = createServers({ dataDir: h.dataDir, logs: h.logs, log, version: '0.0.0' });
  t.teardown(() => next.close());
  next.put(fixture('answers', {}, { id: 's2' }));
  await next.connect('s2', never);
  t.same(pids.map(runs), [false, false]);
});

t.test(
  'others are left alone: a living agent’s servers, and processes of the same name',
  { skip: !linux },
  async (t) => {
    const { dataDir, connectReport } = await connected(t, 'answers');
    const same = spawn(process.execPath, [repoPath('test/fixtures/servers/answers.mjs')], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    t.teardown(() => same.kill('SIGKILL'));
    // A record of the machine's last run, whose ids are others' by now.
    const [own = ''] = readdirSync(join(dataDir, 'run'));
    const [first = ''] = readFileSync(join(dataDir, 'run', own), 'utf8').split('\n');
    const before = { ...JSON.parse(first), machine: 'another', pid: 1 };
    const old = join(dataDir, 'run', '00000000-0000-4000-8000-000000000000');
    writeFileSync(old, `${JSON.stringify(before)}\n${same.pid} 12345\n`);
    await endOrphans(dataDir, pino({ level: 'silent' }));
    t.notOk(existsSync(old));
    t.ok(runs(connectReport.pid));
    t.ok(runs(same.pid ?? 0));
    t.ok(existsSync(join(dataDir, 'run', own)));
  },
);

t.test('disconnecting ends a child that left the session too', { skip: !linux }, async (t) => {
  const file = join(tempFolder(t), 'pids.json');
  const { servers } = await connected(t, 'forks', { PIDS_FILE: file });
  const pids = JSON.parse(readFileSync(file, 'utf8')) as number[];
  t.same(pids.map(runs), [true, true]);
  await servers.disconnect('s1');
  t.same(pids.map(runs), [false, false]);
});
