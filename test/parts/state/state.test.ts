import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { pino } from 'pino';
import t from 'tap';
import { DesiredStateFile } from '../../../agent/state/desired-state.js';
import { rememberServers } from '../../../agent/state/persistent.js';
import { wait } from '../../kit/wait.js';
import { tempFolder } from '../../temp-folder.js';
import { fixture, harness, httpSpec, never, spec } from '../agent/harness.js';

const secret = 'hunter2-is-the-secret';
const wanted = spec({
  id: 's1',
  connected: true,
  transport: { case: 'stdio', value: { command: 'x', args: ['y'], env: { TOKEN: secret } } },
});

function open(dataDir: string, agentId = 'agent-1') {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  return Object.assign(new DesiredStateFile({ dataDir, agentId, log }), { lines });
}

/** Everything below a folder. */
function contents(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name)));
}

t.test('the kept state is there at the next start, and nowhere in the clear', async (t) => {
  const dataDir = tempFolder(t);
  const file = open(dataDir);
  file.keep([wanted]);
  file.keep([wanted, httpSpec('http://x', { id: 's2' })]);
  await file.flush();
  t.same(await open(dataDir).load(), [wanted, httpSpec('http://x', { id: 's2' })]);
  for (const content of contents(dataDir)) {
    t.notOk(content.includes(secret));
    t.notOk(content.includes(Buffer.from(secret).toString('base64').slice(0, 24)));
  }
  for (const name of ['state.sealed', 'state.key']) t.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600);
});

t.test('it is written soon, without being asked for', async (t) => {
  const dataDir = tempFolder(t);
  const file = open(dataDir);
  file.keep([wanted]);
  await wait('the state is on disk', async () => (await open(dataDir).load()).length > 0);
  t.equal((await open(dataDir).load()).length, 1);
});

t.test('a state that cannot be written is written as soon as that is possible', async (t) => {
  const dataDir = tempFolder(t);
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const file = new DesiredStateFile({ dataDir, agentId: 'agent-1', log, againMs: 1 });
  const draft = join(dataDir, `state.sealed.${process.pid}.new`);
  mkdirSync(draft);
  file.keep([wanted]);
  await wait('the failure is logged', () => lines.length > 0);
  rmdirSync(draft);
  await wait('the state is on disk', async () => (await open(dataDir).load()).length > 0);
  t.equal(lines.length, 1, 'the failure is logged once');
});

t.test('wiped, nothing can be read any more; afterwards it is as new', async (t) => {
  const dataDir = tempFolder(t);
  const file = open(dataDir);
  file.keep([wanted]);
  await file.flush();
  const copy = readFileSync(join(dataDir, 'state.sealed'));
  file.keep([wanted]);
  await file.wipe();
  t.same(readdirSync(dataDir), []);
  t.same(await open(dataDir).load(), []);
  writeFileSync(join(dataDir, 'state.sealed'), copy);
  t.same(await open(dataDir).load(), [], 'not even from a copy: its key is gone');
  file.keep([wanted]);
  await file.flush();
  t.equal((await open(dataDir).load()).length, 1);
});

t.test('the state of another hub is not used, and a damaged state is reported', async (t) => {
  const dataDir = tempFolder(t);
  const file = open(dataDir);
  file.keep([wanted]);
  await file.flush();
  const damaged = open(dataDir);
  const sealed = readFileSync(join(dataDir, 'state.sealed'), 'utf8');
  writeFileSync(join(dataDir, 'state.sealed'), sealed.replace(/.{8}\n$/, 'AAAAAAAA\n'));
  t.same(await damaged.load(), []);
  t.ok(damaged.lines.some((line) => line.includes('cannot be read')));
  writeFileSync(join(dataDir, 'state.sealed'), sealed);
  t.same(await open(dataDir, 'agent-2').load(), []);
  t.same(readdirSync(dataDir), [], 'it is gone for good');
});

t.test(
  'an agent that starts without its hub starts its servers; the hub that comes back finds them as they are',
  async (t) => {
    const h = harness(t);
    const kept: unknown[] = [];
    const file = { keep: (specs: readonly unknown[]) => void kept.push(specs), flush: async () => {} };
    const server = fixture('talks', {}, { connected: true, revision: 7n });
    const { servers, restore } = rememberServers(h.servers, file);
    restore([server]);
    t.same(kept, [], 'it is on disk already');
    const { pid } = await h.report(({ pid, tools }) => pid > 0 && tools !== undefined);
    servers.setDesired([server]);
    servers.setDesired([{ ...server, revision: 3n }]);
    const report = await servers.connect('s1', never);
    t.match(report, { pid, revision: 3n }, 'the hub wins, even with an older revision; the process stays');
    t.equal(kept.length, 2);
  },
);

t.test('changes that overtake each other on their way: the later one stays', async (t) => {
  const h = harness(t);
  const { servers } = rememberServers(h.servers, { keep: () => {}, flush: async () => {} });
  servers.put(httpSpec('http://new', { revision: 5n }));
  const report = servers.put(httpSpec('http://old', { revision: 4n }));
  t.equal(report.revision, 5n);
});

t.test('a switch is kept in the moment of the swap, and never if it fails or comes late', async (t) => {
  const h = harness(t);
  const kept: string[] = [];
  const keep = (specs: readonly ServerSpec[]) => void kept.push(specs.map(({ revision }) => `${revision}`).join());
  const { servers } = rememberServers(h.servers, { keep, flush: async () => {} });
  const options = { drainMs: 0, signal: never };
  servers.put(fixture('talks', {}, { connected: true, revision: 1n }));
  const { pid } = await servers.connect('s1', never);
  await t.rejects(servers.switch(fixture('exits', {}, { connected: true, revision: 2n }), options), {
    name: 'AgentFailure',
  });
  t.same(kept, ['1']);
  const next = fixture('talks', { A: 'b' }, { connected: true, revision: 3n });
  const report = await servers.switch(next, { ...options, swapped: () => kept.push('swapped') });
  t.not(report.pid, pid);
  t.same(kept, ['1', '3', 'swapped']);
  await t.rejects(servers.switch(fixture('talks', {}, { connected: true, revision: 2n }), options), {
    name: 'AgentFailure',
    kind: 'cancelled',
    details: { outcome: 'not_run' },
  });
});
