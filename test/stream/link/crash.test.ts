import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { CommandOptions, ConnectedAgent } from '../../../hub/domain/agents/fleet.js';
import { startLinkProxy } from '../../fixtures/link-proxy.js';
import { agentFolder, callTool, type Hub, startHub } from './rig.js';

const script = fileURLToPath(new URL('./agent-process.ts', import.meta.url));
const patient = { settings: { closedGraceMs: 240_000 } };

/** Runs an agent that can be killed; resolves when the hub has it. */
async function runAgent(t: Test, hub: Hub, token: string, dataDir: string, does: string, address = hub.address) {
  const connected = once(hub.domain, 'connect');
  const child = fork(script, [address, token, dataDir, does]);
  t.teardown(() => child.kill('SIGKILL'));
  const [agent] = (await connected) as [ConnectedAgent];
  return { child, id: agent.id };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Resolves when the agent prints a word. */
async function tells(child: ChildProcess, word: string): Promise<void> {
  for await (const [told] of on(child, 'message')) if (told === word) return;
}

function runsIn(dataDir: string): number {
  const path = join(dataDir, 'runs');
  return existsSync(path) ? readFileSync(path, 'utf8').length : 0;
}

const options: CommandOptions = { kind: 'once', timeoutMs: 240_000 };

t.test(
  'an agent that is killed and comes back: the outcome of its calls is unknown, and they do not run again',
  async (t) => {
    const hub = await startHub(t, patient);
    const [token, dataDir] = [hub.joinToken(), agentFolder(t)];
    const { child, id } = await runAgent(t, hub, token, dataDir, 'count');
    const called = tells(child, 'called');
    const failed = t.rejects(hub.fleet.execute(id, callTool('x'), options), {
      code: 'agent_unreachable',
      details: { outcome: 'unknown' },
      message: /restarted/,
    });
    await called;
    await kill(child);
    await runAgent(t, hub, token, dataDir, 'answer');
    await failed;
    t.equal(runsIn(dataDir), 1);
    t.same(hub.domain.told, ['connect', 'disconnect', 'connect'], 'the domain knows that its servers are others');
    const next = await hub.fleet.execute(id, callTool('x'), options);
    t.same(JSON.parse(Buffer.from(next.value as Uint8Array).toString()), { runs: 2 }, 'the next call is as any');
  },
);

t.test('the new process runs a repeatable command again', async (t) => {
  const hub = await startHub(t, patient);
  const [token, dataDir] = [hub.joinToken(), agentFolder(t)];
  const { child, id } = await runAgent(t, hub, token, dataDir, 'count');
  const called = tells(child, 'called');
  const answer = hub.fleet.execute(id, callTool('x'), { ...options, kind: 'idempotent' });
  await called;
  await kill(child);
  await runAgent(t, hub, token, dataDir, 'answer');
  t.same(JSON.parse(Buffer.from((await answer).value as Uint8Array).toString()), { runs: 2 });
});

t.test(
  'a journalled command whose agent is killed while it runs: its outcome is unknown to every caller, and it never runs again',
  async (t) => {
    const hub = await startHub(t, patient);
    const [token, dataDir] = [hub.joinToken(), agentFolder(t)];
    const { child, id } = await runAgent(t, hub, token, dataDir, 'count');
    const journalled = { ...options, journal: 'step-1' };
    const called = tells(child, 'called');
    const unknown = { code: 'agent_unreachable', details: { outcome: 'unknown' }, message: /it is not known/ };
    const failed = t.rejects(hub.fleet.execute(id, callTool('x'), journalled), unknown);
    await called;
    await kill(child);
    await runAgent(t, hub, token, dataDir, 'answer');
    await failed;
    await t.rejects(hub.fleet.execute(id, callTool('x'), journalled), unknown);
    t.equal(runsIn(dataDir), 1);
  },
);

t.test('a journalled command whose agent is killed after its end: its answer is not lost', async (t) => {
  const hub = await startHub(t, patient);
  const proxy = await startLinkProxy(t, hub.address);
  const [token, dataDir] = [hub.joinToken(), agentFolder(t)];
  const { child, id } = await runAgent(t, hub, token, dataDir, 'answer', proxy.address);
  proxy.hold('toHub');
  const answered = tells(child, 'answered');
  const answer = hub.fleet.execute(id, callTool('x'), { ...options, journal: 'step-1' });
  await answered;
  await kill(child);
  proxy.cut();
  proxy.release('toHub');
  await runAgent(t, hub, token, dataDir, 'answer', proxy.address);
  t.same(JSON.parse(Buffer.from((await answer).value as Uint8Array).toString()), { runs: 1 });
});
