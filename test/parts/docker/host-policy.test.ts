import t from 'tap';
import { Docker } from '../../../agent/drivers/docker/docker.js';
import { DockerHost } from '../../../agent/drivers/docker/host/docker-host.js';
import { Policy } from '../../../agent/policy/policy.js';
import { importBusybox } from '../../fixtures/docker/busybox.js';
import { borrowEngine, dockerParts, type TestEngine } from '../../fixtures/docker/engine.js';
import { part } from '../../parts.js';
import { tempFolder } from '../../temp-folder.js';
import { silentLog } from '../agent/harness.js';
import { execRequest, hostsOf, image, never, runRequest } from './host-harness.js';

if (dockerParts(t) && part(t, 'busybox')) {
  const engine = await borrowEngine(t);
  await importBusybox(engine.docker, image);
  tests(engine);
}

function tests(engine: TestEngine): void {
  const { host, running } = hostsOf(engine);

  t.test('a container that runs a server is its agent’s alone', async (t) => {
    const docker = host(t);
    const labels = { 'io.roundhouse.agent': 'someone', 'io.roundhouse.server': 's-1' };
    const made = await engine.docker.createContainer({ Image: image, Cmd: ['sleep', '1000'], Labels: labels });
    await made.start();
    t.teardown(() => made.remove({ force: true }));
    const managed = { name: 'AgentFailure', kind: 'conflict', details: { reason: 'managed', serverId: 's-1' } };
    await t.rejects(docker.containers.stop(made.id, 0, never), managed);
    await t.rejects(docker.containers.remove(made.id, { force: true, volumes: true }, never), managed);
    await t.rejects(docker.commands.run(execRequest({ container: made.id, command: ['env'] }), never), managed);
    t.match(await docker.containers.inspect(made.id, never), { serverId: 's-1', state: 'running' });
  });

  t.test('the site’s policy decides', async (t) => {
    const { id } = await running(t, host(t), { name: 'judged' });
    const stopped = { name: 'AgentFailure', kind: 'refused', details: { reason: 'read_only', outcome: 'not_run' } };
    const readOnly = host(t, { read_only: true });
    await t.rejects(readOnly.containers.stop(id, 0, never), stopped);
    await t.rejects(readOnly.commands.run(execRequest({ container: id, command: ['true'] }), never), stopped);
    await t.rejects(
      readOnly.images.pull(image, '', () => {}, never),
      stopped,
    );
    await t.rejects(
      readOnly.run(runRequest({}), () => {}, never),
      stopped,
    );
    t.ok(await readOnly.containers.inspect(id, never));

    const refused = { name: 'AgentFailure', kind: 'refused', details: { reason: 'policy' } };
    const images = host(t, { images: { allow: ['ghcr.io/acme/*'] } });
    await t.rejects(
      images.run(runRequest({}), () => {}, never),
      refused,
    );
    await t.rejects(images.containers.restart(id, 0, never), refused);
    await t.rejects(images.commands.run(execRequest({ container: id, command: ['true'] }), never), refused);
    await t.rejects(
      images.images.pull('docker.io/library/box:1', '', () => {}, never),
      refused,
    );

    const commands = host(t, {
      commands: { allow: ['docker exec judged cat **', 'docker run --network none box:1 **'], deny: ['rm **'] },
    });
    const exec = (command: string[], env = {}) =>
      commands.commands.run(execRequest({ container: id, command, env }), never);
    t.match(await exec(['cat', '/etc/passwd']), { exitCode: 0 });
    await t.rejects(exec(['ls']), refused);
    for (const place of [{ user: 'root' }, { workdir: '/etc' }])
      await t.rejects(
        commands.commands.run(execRequest({ container: id, command: ['cat', '/etc/passwd'], ...place }), never),
        refused,
        'a pattern without a user and a folder allows none',
      );
    await t.rejects(exec(['cat', '/etc/passwd'], { LD_PRELOAD: '/x' }), refused);
    await t.rejects(
      commands.run(runRequest({ command: ['rm', '-rf', '/'] }), () => {}, never),
      refused,
    );
    await t.rejects(
      commands.run(runRequest({ command: ['true'], volumes: ['/:/host'] }), () => {}, never),
      refused,
    );
    t.ok(await running(t, commands, { command: ['sleep', '1000'] }));
  });

  t.test('an engine that is not there', async (t) => {
    const docker = new Docker({ dataDir: tempFolder(t), log: silentLog, host: 'unix:///nowhere/docker.sock' });
    const absent = new DockerHost(docker, () => new Policy({}));
    const unreachable = {
      name: 'AgentFailure',
      kind: 'upstream',
      message: /cannot be reached: there is no such socket/,
      details: { reason: 'unreachable' },
    };
    await t.rejects(absent.info(never), unreachable);
    await t.rejects(absent.containers.list({ all: true, name: '', labels: [], limit: 0 }, never), unreachable);
    t.match(await host(t).info(never), { version: /^\d/, cpus: Number, running: Number });
  });
}
