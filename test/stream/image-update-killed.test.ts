import t from 'tap';
import { borrowEngine, dockerParts, startRegistry, type TestEngine } from '../fixtures/docker/engine.js';
import { importBase, publish } from '../fixtures/docker/images.js';
import { wait } from '../kit/wait.js';
import { startHub, startHubProcess } from '../roundhouse.js';
import { image } from '../updates.js';
import { begun, call, checkWhole, killAgentAt, site } from './killed-update.js';

const steps = ['download', 'verify', 'switch'] as const;
/**
 * How long the cut call takes if it is not ended early, milliseconds: longer than the test needs to get to the kill. The agent's death ends
 * the call; the hub's death does not, and the test has to wait for its end.
 */
const cutMs = { byAgent: 120_000, byHub: 60_000 } as const;

if (dockerParts(t)) {
  const engine = await borrowEngine(t);
  const registry = await startRegistry(t);
  await importBase(engine.docker);
  for (let n = 1; n <= steps.length + 1; n += 1) {
    const content = { version: `${n}.0.0`, tools: ['version', 'wait'], startMs: 700 };
    await publish(engine.docker, `${registry}/fleet/sample:${n}.0.0`, content);
  }
  tests(engine, image('sample', `${registry}/fleet/sample:1.0.0`));
}

function tests({ docker }: TestEngine, server: ReturnType<typeof image>): void {
  const containers = () => docker.listContainers({ all: true });
  /** Waits until only the server's own container is left, and no container of an older version. */
  const oneContainer = () => wait('one container is left', async () => (await containers()).length === 1);

  t.test('kill -9 of the agent while an image is updated: the hub waits for it and goes on', async (t) => {
    const agent = await killAgentAt(t, await site(t, startHub, server), steps, cutMs.byAgent, oneContainer);
    await agent.stop();
    t.same(await containers(), []);
  });

  t.test('kill -9 of the hub while an image is updated: it goes on, and ends on one whole version', async (t) => {
    const { data, env, hub: first, agent } = await site(t, startHubProcess, server);
    let hub = first;
    for (const [n, step] of (['verify', 'switch'] as const).entries()) {
      const to = `${n + 2}.0.0`;
      const cut = call(hub, 'wait', { ms: cutMs.byHub });
      const path = await begun(hub, step, to);
      await hub.stop('SIGKILL');
      t.not((await cut).status, 200, step);
      hub = await startHubProcess(t, { data, env });
      await hub.logged(({ body, agent: id }) => body === 'agent connected' && id === agent.id);
      await checkWhole(t, hub, path, to);
    }
    // The old instances finish their calls, though no caller waits any more, and end.
    await oneContainer();
    await agent.stop();
    t.same(await containers(), []);
  });
}
