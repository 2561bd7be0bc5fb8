import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { repoPath, runs, tempFolder } from '../agent/harness.js';
import { resolvers, sampleRegistry } from './sample.js';

/** Runs an agent over a data folder, and keeps all its messages. */
async function runAgent(t: Test, dataDir: string) {
  const child: ChildProcess = fork(repoPath('test/fixtures/agent-with-state.ts'), [dataDir]);
  const heard: string[] = [];
  child.on('message', (word: string) => heard.push(word));
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const told = async (word: string) => {
    if (!heard.includes(word)) for await (const [said] of on(child, 'message')) if (said === word) return;
  };
  await told('ready');
  return { child, exited, told };
}

type Kill = { readonly when: string; readonly behaviour?: 'silent'; readonly next: readonly string[] };

const kills: Kill[] = [
  { when: 'while the new version is installed', next: ['1.0.0'] },
  { when: 'while the new instance starts', behaviour: 'silent', next: ['1.0.0'] },
  { when: 'in the moment of the swap', next: ['1.0.0'] },
  { when: 'once the new one has taken over', next: ['2.0.0'] },
];

for (const { when, behaviour = 'works', next } of kills) {
  t.test(
    `kill -9 of the agent ${when}: its next start runs one whole version`,
    { skip: process.platform !== 'linux' },
    async (t) => {
      const sample = await sampleRegistry(t, { '1.0.0': 'works', '2.0.0': behaviour });
      const { registry, starts, begun, started, running } = sample;
      const dataDir = tempFolder(t);
      t.teardown(() => {
        for (const { pid } of started()) if (runs(pid)) process.kill(pid, 'SIGKILL');
      });
      const agent = await runAgent(t, dataDir);
      agent.child.send({ does: 'put', version: '1.0.0', revision: 1, starts });
      await agent.told('connected 1.0.0');
      const asked = resolvers();
      if (when.includes('installed')) {
        registry.onTarball = () => {
          asked.resolve();
          return new Promise(() => {});
        };
      }
      const die = when.includes('moment') ? 'swapped' : undefined;
      agent.child.send({ does: 'switch', version: '2.0.0', revision: 2, starts, die });
      if (when.includes('installed')) await asked.promise;
      else if (when.includes('starts')) await begun('2.0.0');
      else if (when.includes('taken')) await agent.told('switched');
      if (die === undefined) agent.child.kill('SIGKILL');
      await agent.exited;
      registry.onTarball = () => {};

      const again = await runAgent(t, dataDir);
      await Promise.race(next.map((version) => again.told(`connected ${version}`)));
      t.same(running(), next, 'one process, of one version');
      const installed = readdirSync(join(dataDir, 'sources', 'npm', 'mcp-sample'));
      t.equal(installed.includes('2.0.0'), !when.includes('installed'), 'and nothing half installed');
    },
  );
}
