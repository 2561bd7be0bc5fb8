import { once } from 'node:events';
import type { Readable } from 'node:stream';
import t from 'tap';
import { labels } from '../../../agent/drivers/docker/engine/containers.js';
import { borrowEngine, dockerParts, type TestEngine } from '../../fixtures/docker/engine.js';
import { buildImage, importBase } from '../../fixtures/docker/images.js';
import { harness, isConnected, isError, never } from '../agent/harness.js';
import { call, connectedImage, imageSpec } from './docker-harness.js';

const image = 'roundhouse-test/server:1.0.0';

if (dockerParts(t)) {
  const engine = await borrowEngine(t);
  await importBase(engine.docker);
  await buildImage(engine.docker, image, { version: '1.0.0' });
  tests(engine);
}

function tests({ docker }: TestEngine): void {
  const containers = () => docker.listContainers({ all: true });

  t.test('a tool is called through the attached streams', async (t) => {
    const h = await connectedImage(t, imageSpec(image));
    t.equal(await call(h, 'echo', { text: 'wagon 7 — ünïcode' }), 'wagon 7 — ünïcode');
    t.equal(h.reports.at(-1)?.version, '1.0.0');
    const [{ Labels = {} } = {}] = await containers();
    t.match(Labels, { [labels.server]: 's1', [labels.agent]: /./, [labels.instance]: /^s1:/ });
  });

  t.test('flags, environment and arguments arrive', async (t) => {
    const env = { GIVEN: 'from the registration', OVER: 'registered', UNNAMED: 'stays here' };
    const flags = [
      '-e',
      'GIVEN',
      '--env=FIXED=a=b',
      '-eOVER=commanded',
      '-e',
      'ABSENT',
      '-w',
      '/app',
      '-u',
      '1000:1000',
    ];
    flags.push(
      '--read-only',
      '--cap-drop',
      'ALL',
      '--memory=256m',
      '--cpus',
      '0.75',
      '--network',
      'none',
      '--name',
      'mine',
    );
    const h = await connectedImage(t, imageSpec(image, { flags, env, args: ['--root', '/data'] }));
    const given = JSON.parse(await call(h, 'given'));
    t.match(given, { args: ['--root', '/data'], cwd: '/app', uid: 1000 });
    t.match(given.env, { GIVEN: 'from the registration', FIXED: 'a=b', OVER: 'registered' });
    t.notOk('ABSENT' in given.env || 'UNNAMED' in given.env);
    const [{ Id: id = '' } = {}] = await containers();
    const { Name: name, HostConfig: host } = await docker.getContainer(id).inspect();
    t.match(name, /^\/roundhouse-s1-/);
    t.match(host, {
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      Memory: 256 * 1024 ** 2,
      NanoCpus: 7.5e8,
      NetworkMode: 'none',
      LogConfig: { Type: 'none' },
    });
  });

  t.test('standard error goes to the log of the server, without its secrets', async (t) => {
    const flags = ['-e', 'API_TOKEN=tok-in-the-command', '-e', 'KEY'];
    const h = await connectedImage(t, imageSpec(image, { flags, env: { KEY: 'key-of-the-registration' } }));
    await call(h, 'complain', { text: 'the boiler leaks: tok-in-the-command key-of-the-registration' });
    await h.servers.disconnect('s1');
    const log = await h.logText('s1');
    t.match(log, /the boiler leaks: \[secret\] \[secret\]/);
    t.notMatch(log, /tok-in-the-command|key-of-the-registration/);
  });

  t.test('much on both channels at once comes through whole', async (t) => {
    const h = await connectedImage(t, imageSpec(image));
    const bytes = 8 * 1024 * 1024;
    t.equal((await call(h, 'pour', { bytes })).length, bytes);
    t.equal(await call(h, 'echo', { text: 'still there' }), 'still there');
  });

  t.test('a container that is killed is seen, and its server reconnects', async (t) => {
    const h = await connectedImage(t, imageSpec(image));
    const [{ Id: id = '' } = {}] = await containers();
    await docker.getContainer(id).kill();
    const { error } = await h.report(isError);
    t.match(error, /the container exited with code 137 \(SIGKILL\)/);
    const after = h.reports.findIndex(isError);
    await h.report((report) => isConnected(report) && h.reports.indexOf(report) > after);
    t.equal(await call(h, 'echo', { text: 'again' }), 'again');
    t.same(
      (await containers()).map(({ Id }) => Id === id),
      [false],
    );
  });

  t.test('a server that ends by itself tells its code', async (t) => {
    const h = await connectedImage(t, imageSpec(image));
    await t.rejects(call(h, 'exit', { code: 7 }), {
      name: 'AgentFailure',
      code: undefined,
      message: /exited with code 7/,
    });
    t.match((await h.report(isError)).error, /exited with code 7/);
  });

  t.test('a container that takes too much memory fails with this reason', async (t) => {
    const h = await connectedImage(t, imageSpec(image, { flags: ['-m', '128m', '--memory-swap', '128m'] }));
    await t.rejects(call(h, 'eat'), { name: 'AgentFailure', code: undefined, message: /out of memory \(128 MiB\)/ });
  });

  t.test('a disconnect leaves no container, of a deaf server either', async (t) => {
    const h = await connectedImage(t, imageSpec(image, { flags: ['-e', 'STUBBORN=1'] }));
    t.equal((await containers()).length, 1);
    // After 2000 ms of waiting for the end of its input, the engine is asked to stop it.
    await h.servers.disconnect('s1', { timeoutMs: 2500 });
    t.same(await containers(), []);
  });

  t.test('a cancelled start leaves no container', async (t) => {
    const h = harness(t);
    h.servers.put(imageSpec(image));
    const created = (await docker.getEvents({ filters: { event: ['create'] } })) as Readable;
    t.teardown(() => created.destroy());
    const connecting = h.servers.connect('s1', never);
    await once(created, 'data');
    await Promise.all([t.rejects(connecting), h.servers.disconnect('s1')]);
    t.same(await containers(), []);
  });

  t.test('a command that starts no program is reported as such', async (t) => {
    const h = harness(t);
    h.servers.put(imageSpec(image, { flags: ['--entrypoint', '/no/such'] }));
    const message = /no\/such.*no such file/;
    await t.rejects(h.servers.connect('s1', never), { name: 'AgentFailure', code: undefined, message });
    t.same(await containers(), []);
  });

  t.test('paths that no folder gives a meaning to are refused with their flag', async (t) => {
    const h = harness(t);
    h.servers.put(imageSpec(image, { flags: ['-v', './data:/data'] }));
    const message = /the flag -v: a path at the agent must be absolute/;
    await t.rejects(h.servers.connect('s1', never), { name: 'AgentFailure', code: undefined, message });
  });

  t.test('a flag that this agent does not know is left to the docker program, and the log says why', async (t) => {
    const h = harness(t);
    h.servers.put(imageSpec(image, { flags: ['--gpus', 'all'] }));
    await t.rejects(h.servers.connect('s1', never));
    t.match(await h.logText('s1'), /run by the docker program as it is given: its flag --gpus is not known/);
  });
}
