import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { Engine } from '../../../agent/drivers/docker/engine/engine.js';
import { createLogs } from '../../../agent/drivers/logs/logs.js';
import { createServers } from '../../../agent/drivers/mcp/servers.js';
import { dockerParts, type OwnEngine, startEngine } from '../../fixtures/docker/engine.js';
import { buildImage, importBase } from '../../fixtures/docker/images.js';
import { isConnected, isError, never, repoPath, silentLog, tempFolder } from '../agent/harness.js';
import { call, connectedImage, imageSpec } from './docker-harness.js';

const image = 'roundhouse-test/server:1.0.0';

if (dockerParts(t)) {
  const engine = await startEngine(t);
  await importBase(engine.docker);
  await buildImage(engine.docker, image, { version: '1.0.0' });
  tests(engine);
}

function tests({ docker, host, start, stop }: OwnEngine): void {
  const names = async (all = true) =>
    (await docker.listContainers({ all })).map(({ Names: [name = ''] }) => name).sort();
  const running = () => names(false);

  t.test('the next start of a killed agent removes its containers, and no others', async (t) => {
    const dataDir = tempFolder(t);
    const run = ['run', '-i', '--rm', '-e', 'STUBBORN=1', image];
    const agent = spawn(
      process.execPath,
      [...process.execArgv, repoPath('test/fixtures/docker/agent.ts'), dataDir, ...run],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(agent.stdout, 'data');
    agent.kill('SIGKILL');
    await once(agent, 'exit');
    const others = { 'io.roundhouse.agent': 'another', 'io.roundhouse.instance': 's1:x:1' };
    await docker.createContainer({ name: 'of-another-agent', Image: image, Labels: others });
    await docker.createContainer({ name: 'of-nobody', Image: image });
    t.equal((await names()).length, 3);
    const logs = createLogs({ dataDir, log: silentLog });
    const servers = createServers({ dataDir, logs, log: silentLog, version: '0.0.0' });
    t.teardown(async () => {
      await servers.close();
      await logs.close();
    });
    servers.put(imageSpec(image, { flags: ['-e', 'NEXT=1'] }));
    await servers.connect('s1', never);
    const found = await names();
    t.match(found, ['/of-another-agent', '/of-nobody', /^\/roundhouse-s1-/]);
    t.equal(found.length, 3);
    await servers.close();
    t.same(await names(), ['/of-another-agent', '/of-nobody']);
  });

  t.test('a lost engine is reported, its return is noticed, and nothing of before runs', async (t) => {
    const h = await connectedImage(t, imageSpec(image, { flags: ['-e', 'STUBBORN=1'] }));
    const before = await running();
    await stop();
    await h.report(isError);
    const away = await h.report(
      (report) => isError(report) && /Docker Engine at unix:.* cannot be reached/.test(report.error),
    );
    t.ok(away);
    await start();
    await h.report((report) => isConnected(report) && h.reports.indexOf(report) > h.reports.indexOf(away));
    t.equal(await call(h, 'echo', { text: 'back' }), 'back');
    const after = await running();
    t.equal(after.length, before.length);
    t.notSame(after, before);
  });

  t.test('containers that could not be removed while the engine was away are removed once it is back', async (t) => {
    const others = await names();
    const h = await connectedImage(t, imageSpec(image));
    const [own = ''] = (await names()).filter((name) => !others.includes(name));
    await stop();
    await h.report(isError);
    await h.servers.disconnect('s1');
    await start();
    await gone(own);
    t.notOk((await names()).includes(own));
  });

  t.test('a request ends at its limit if the engine ends in the middle of the answer', async (t) => {
    const others = await names();
    await connectedImage(t, imageSpec(image, { flags: ['-e', 'STUBBORN=1'] }));
    const [own = ''] = (await names()).filter((name) => !others.includes(name));
    // The engine sends the head of this answer at once, and the rest when the container is gone.
    const removed = (abortSignal: AbortSignal) =>
      docker.getContainer(own.slice(1)).wait({ condition: 'removed', abortSignal });
    const asked = new Engine(host).ask('wait for the container', removed, undefined, 10_000);
    const [answer] = await Promise.allSettled([asked, stop()]);
    await start();
    t.match(answer, { status: 'rejected', reason: { kind: 'timeout' } });
  });

  /** Resolves when the engine has removed a container, or has no container of that name. */
  async function gone(name: string): Promise<void> {
    await docker
      .getContainer(name.slice(1))
      .wait({ condition: 'removed' })
      .catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404) throw error;
      });
  }
}
