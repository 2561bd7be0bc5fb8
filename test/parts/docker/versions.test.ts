import { ServerState } from '@roundhouse/proto/agent/v1/server';
import t from 'tap';
import { Docker } from '../../../agent/drivers/docker/docker.js';
import { createLogs } from '../../../agent/drivers/logs/logs.js';
import { createServers } from '../../../agent/drivers/mcp/servers.js';
import { createSources } from '../../../agent/drivers/sources/sources.js';
import { borrowEngine, digestOf, dockerParts, startRegistry, type TestEngine } from '../../fixtures/docker/engine.js';
import { importBase, publish } from '../../fixtures/docker/images.js';
import { harness, isError, never, silentLog, tempFolder } from '../agent/harness.js';
import { call, connectedImage, imageSpec } from './docker-harness.js';

if (dockerParts(t)) {
  const engine = await borrowEngine(t);
  const registry = await startRegistry(t);
  await importBase(engine.docker);
  for (const [version, tools] of [
    ['1.0.0', ['echo', 'given']],
    ['1.1.0', ['echo', 'given', 'exit']],
    ['2.0.0-rc.1', ['echo']],
    ['2.0.0', ['echo', 'complain']],
  ] as const) {
    await publish(engine.docker, `${registry}/fleet/server:${version}`, { version, tools });
  }
  const broken = { version: '3.0.0', tools: [], broken: true };
  await publish(engine.docker, `${registry}/fleet/server:3.0.0-alpine`, broken);
  await publish(engine.docker, `${registry}/fleet/moving:latest`, { version: 'first' });
  tests(engine, registry);
}

function tests({ docker }: TestEngine, registry: string): void {
  const image = `${registry}/fleet/server`;
  const containers = () => docker.listContainers({ all: true });

  t.test('the versions of an image are the tags of its registry', async (t) => {
    const h = harness(t);
    h.servers.put(imageSpec(`${image}:1.0.0`, {}));
    const check = await h.servers.versions.check('s1', never);
    const { kind, name, current, latest, breaking } = check;
    t.same([kind, name, current, latest, breaking], ['image', image, '1.0.0', '2.0.0', true]);
    t.same(check.versions, ['2.0.0', '1.1.0', '1.0.0', '3.0.0-alpine', '2.0.0-rc.1']);
    t.equal(check.digest?.latest, await digestOf(registry, 'fleet/server', '2.0.0'));
  });

  t.test('a version is downloaded, installed, verified and listed, and goes when it may', async (t) => {
    const h = await connectedImage(t, imageSpec(`${image}:1.0.0`));
    const { versions } = h.servers;
    t.match(await versions.download('s1', '1.1.0', never), { version: '1.1.0', already: false, bytes: Number });
    t.match(await versions.download('s1', '1.1.0', never), { already: true });
    t.same(await versions.install('s1', '1.1.0'), { version: '1.1.0', already: true });
    const verified = await versions.verify('s1', '1.1.0', never);
    t.match(verified.serverInfo, { name: 'image', version: '1.1.0' });
    t.equal(verified.tools.length, 3);
    t.equal((await containers()).length, 1, 'the second instance is gone');
    const { current, installed } = await versions.list('s1');
    t.same([current, installed.map(({ version }) => version)], ['1.0.0', ['1.1.0', '1.0.0']]);
    await t.rejects(versions.remove('s1', '1.0.0'), {
      name: 'AgentFailure',
      code: undefined,
      message: /a server uses it/,
    });
    t.match(await versions.remove('s1', '1.1.0'), { removed: true });
    t.same(await docker.listImages({ filters: { reference: [`${image}:1.1.0`] } }), []);
  });

  t.test('a switch to another version loses no call, and ends the old container', async (t) => {
    const h = await connectedImage(t, imageSpec(`${image}:1.0.0`));
    let calling = true;
    let calls = 0;
    const callers = Array.from({ length: 4 }, async () => {
      while (calling) {
        await call(h, 'echo', { text: 'wagon' });
        calls++;
      }
    });
    const to = imageSpec(`${image}:1.0.0`, { version: '2.0.0', revision: 2n, connected: true });
    const report = await h.servers.switch(to, { drainMs: 5000, signal: never });
    calling = false;
    await Promise.all(callers);
    t.ok(calls > 0);
    t.match(report, { version: '2.0.0', state: ServerState.CONNECTED });
    t.same(
      report.tools?.tools.map(({ name }) => name),
      ['echo', 'complain'],
    );
    await h.servers.disconnect('s1');
    t.same(await containers(), []);
  });

  t.test('a version that cannot start leaves the old one where it was', async (t) => {
    const h = await connectedImage(t, imageSpec(`${image}:1.0.0`));
    const to = imageSpec(`${image}:1.0.0`, { version: '3.0.0-alpine', revision: 2n, connected: true });
    const message = /exited with code 3: this version cannot start/;
    const failing = h.servers.switch(to, { drainMs: 5000, signal: never });
    await t.rejects(failing, { name: 'AgentFailure', code: undefined, message });
    t.equal(await call(h, 'echo', { text: 'still 1.0.0' }), 'still 1.0.0');
    t.equal((await containers()).length, 1);
  });

  t.test('of a moving tag another digest is an update, and the old digest a way back', async (t) => {
    const moving = `${registry}/fleet/moving`;
    const first = await digestOf(registry, 'fleet/moving', 'latest');
    const h = await connectedImage(t, imageSpec(moving));
    const before = await h.servers.versions.check('s1', never);
    t.match(before, {
      current: `latest@${first}`,
      latest: `latest@${first}`,
      digest: { current: first, latest: first },
    });
    await publish(docker, `${moving}:latest`, { version: 'second' });
    const second = await digestOf(registry, 'fleet/moving', 'latest');
    const check = await h.servers.versions.check('s1', never);
    t.match(check, {
      current: `latest@${first}`,
      latest: `latest@${second}`,
      digest: { current: first, latest: second },
    });
    const { version } = await h.servers.versions.download(
      's1',
      await h.servers.versions.exact('s1', 'latest', never),
      never,
    );
    t.equal(version, `latest@${second}`);
    const options = { drainMs: 5000, signal: never };
    await h.servers.switch(imageSpec(moving, { version, revision: 2n, connected: true }), options);
    t.equal(JSON.parse(await call(h, 'given')).env.IMAGE_VERSION, 'second');
    await h.servers.switch(imageSpec(moving, { version: `latest@${first}`, revision: 3n, connected: true }), options);
    t.equal(JSON.parse(await call(h, 'given')).env.IMAGE_VERSION, 'first');
  });

  t.test('an invalid version, and a version that the registry lacks, are reported as such', async (t) => {
    const h = harness(t);
    h.servers.put(imageSpec(`${image}:1.0.0`));
    const { versions } = h.servers;
    const no = { name: 'AgentFailure', code: undefined };
    await t.rejects(versions.download('s1', '../etc', never), {
      ...no,
      kind: 'invalid_argument',
      message: /not a version/,
    });
    await t.rejects(versions.download('s1', '9.9.9', never), {
      ...no,
      kind: 'upstream',
      message: /manifest unknown|not found/,
    });
    h.servers.put(imageSpec(`${registry}/fleet/none:1.0.0`, { revision: 2n }));
    await t.rejects(versions.check('s1', never), { ...no, kind: 'upstream', message: /has no such repository/ });
  });

  t.test('a tag that the registry lacks is not tried again; a registry that is out of reach is', async (t) => {
    for (const name of [
      `${image}:9.9.9`,
      `${image}:nowhere`,
      `${registry}/fleet/none:1.0.0`,
      '127.0.0.1:1/a/b:1.0.0',
    ]) {
      const h = harness(t, { backoffFirstMs: 60_000 });
      h.servers.put(imageSpec(name, { connected: true }));
      const { error, nextAttemptMs } = await h.report(isError);
      const isLacking = name.startsWith(registry);
      t.equal(nextAttemptMs > 0n, !isLacking, `${name}: ${error}`);
      t.equal(/not tried again until/.test(error), isLacking, `${name}: ${error}`);
    }
  });

  t.test('an image that the site does not allow is neither pulled nor run', async (t) => {
    const dataDir = tempFolder(t);
    const refused = ({ repository }: { repository: string }) => `no ${repository} here`;
    const sources = createSources({
      dataDir,
      log: silentLog,
      docker: new Docker({ dataDir, log: silentLog, refused }),
    });
    const logs = createLogs({ dataDir, log: silentLog });
    const servers = createServers({ dataDir, logs, log: silentLog, version: '0.0.0', sources });
    t.teardown(async () => {
      await servers.close();
      await logs.close();
    });
    servers.put(imageSpec(`${image}:1.1.0`));
    const refusal = { name: 'AgentFailure', code: undefined, kind: 'refused', message: 'no fleet/server here' };
    await t.rejects(servers.connect('s1', never), refusal);
    await t.rejects(servers.versions.download('s1', '1.1.0', never), refusal);
    t.same(await docker.listImages({ filters: { reference: [`${image}:1.1.0`] } }), []);
  });
}
