import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Container } from 'dockerode';
import t, { type Test } from 'tap';
import { importBusybox } from '../fixtures/docker/busybox.js';
import { dockerParts, startEngine, startRegistry } from '../fixtures/docker/engine.js';
import { pushImage } from '../fixtures/docker/images.js';
import { startFrr } from '../fixtures/frr/frr.js';
import { borrowCluster, kubernetesParts } from '../fixtures/kubernetes/cluster.js';
import { toolsImage } from '../fixtures/kubernetes/images.js';
import { allCalled, type Call, type Form, forms, inEachForm } from '../kit/commands.js';
import { deploymentBody, kubernetesPath } from '../kubernetes.js';
import { part } from '../parts.js';
import { commandLine, startAgent, startHub } from '../roundhouse.js';
import { tempFolder } from '../temp-folder.js';

const image = 'box:1';
const engine = dockerParts(t) && part(t, 'busybox') ? await startEngine(t) : undefined;
if (engine) await importBusybox(engine.docker, image);
const hub = await startHub(t);
await startAgent(t, hub, 'berlin');
const person = commandLine(t, hub, { isTerminal: true });
const program = commandLine(t, hub);

/** Waits until a container has written to its log. */
async function written(container: Container): Promise<void> {
  const log = (await container.logs({ follow: true, stdout: true })) as Readable;
  await once(log, 'data');
  log.destroy();
}

/** Runs the commands of a noun in each form, and checks that none is missing. */
async function eachForm(t: Test, noun: string, calls: Readonly<Record<string, (form: Form) => Call | Promise<Call>>>) {
  for (const [verb, callOf] of Object.entries(calls)) await inEachForm(t, program, `${noun} ${verb}`, callOf);
  allCalled(t, 'cli-parts', [noun]);
}

t.test('the docker commands manage the containers of a Docker Engine', async (t) => {
  if (!engine) return;
  const made = await engine.docker.createContainer({
    name: 'web',
    Image: image,
    Cmd: ['sh', '-c', 'echo a line of web; exec sleep 1000'],
    Env: ['TOKEN=container-secret'],
    HostConfig: { NetworkMode: 'none' },
    StopTimeout: 0,
  });
  const isRunning = async () => (await made.inspect()).State.Running;
  t.match((await person.run(['docker', 'hosts'])).stdout, /^berlin +\S+ +yes +\d/m);
  t.match((await person.run(['docker', 'images'])).stdout, /^box:1 +\d/m);
  t.same(await program.json('docker', 'list'), [], 'it does not run yet');
  t.match(await program.json('docker', 'list', '--all'), [{ name: 'web', state: 'created' }]);

  t.equal((await program.run(['docker', 'start', 'web'])).code, 0);
  t.ok(await isRunning());
  t.match((await person.run(['docker', 'list'])).stdout, /^web +box:1 +running/m);
  const shown = await program.run(['docker', 'show', 'web', '--json']);
  t.match(JSON.parse(shown.stdout), { name: 'web', image, state: 'running', env: ['TOKEN'] });
  t.notMatch(shown.stdout, 'container-secret');
  await written(made);
  t.match(await person.run(['docker', 'logs', 'web']), { code: 0, stdout: 'a line of web' });

  const words = ['docker', 'exec', 'web', '--', 'sh', '-c'];
  t.match(await person.run([...words, 'echo out; echo err >&2']), { code: 0, stdout: 'out\n', stderr: 'err\n' });
  t.match(await person.run([...words, 'exit 3']), { code: 6, stderr: 'the program ended with 3' });
  t.match(await program.json(...words, 'exit 0'), { exitCode: 0 });

  const { StartedAt } = (await made.inspect()).State;
  t.equal((await program.run(['docker', 'restart', 'web'])).code, 0);
  t.not((await made.inspect()).State.StartedAt, StartedAt);
  t.equal((await program.run(['docker', 'stop', 'web'])).code, 0);
  t.match(await person.run(['docker', 'logs', 'web', '-f']), { code: 0, stdout: /a line of web\n/ });
  t.notOk(await isRunning());
  t.equal((await program.run(['docker', 'remove', 'web'])).code, 2, 'a program has to say --yes');
  t.equal((await person.run(['docker', 'remove', 'web'], { input: 'y\n' })).code, 0);
  t.same(await engine.docker.listContainers({ all: true }), []);
  t.match(await person.run(['docker', 'show', 'web']), { code: 5, stderr: /^roundhouse: .*web/ });
  const pulled = await person.run(['docker', 'pull', '127.0.0.1:1/none:1']);
  t.not(pulled.code, 0);
  t.match(pulled.stderr, /^roundhouse: .*127\.0\.0\.1:1/m);
});

t.test('each docker command has its forms', async (t) => {
  if (!engine || !part(t, 'docker-registry')) return;
  const published = `${await startRegistry(t)}/box:1`;
  await importBusybox(engine.docker, published);
  await pushImage(engine.docker, published);
  const HostConfig = { NetworkMode: 'none' };
  const Cmd = ['sh', '-c', 'echo a line; exec sleep 1000'];
  for (const name of forms)
    await engine.docker.createContainer({ name, Image: image, Cmd, HostConfig, StopTimeout: 0 });
  await eachForm(t, 'docker', {
    hosts: () => ({}),
    pull: () => ({ args: [published] }),
    images: () => ({}),
    start: (form) => ({ args: [form] }),
    list: () => ({ args: ['--all'] }),
    show: (form) => ({ args: [form] }),
    logs: async (form) => {
      await written(engine.docker.getContainer(form));
      return { args: [form] };
    },
    exec: (form) => ({ args: [form, '--', 'echo', 'out'] }),
    restart: (form) => ({ args: [form] }),
    stop: (form) => ({ args: [form] }),
    remove: (form) => ({ args: [form, '--yes'] }),
  });
});

t.test('the cluster commands manage deployments and pods of a Kubernetes cluster', async (t) => {
  if (!kubernetesParts(t)) return;
  const cluster = await borrowCluster(t);
  const folder = tempFolder(t, { kubeconfig: cluster.kubeconfig.replace('https://127.0.0.1:6443', cluster.url) });
  const add = ['cluster', 'add', 'prod', '--site', 'berlin', '--kubeconfig', join(folder, 'kubeconfig')];
  const added = await program.run([...add, '--json']);
  t.equal(added.code, 0, added.stderr);
  t.notMatch(added.stdout + added.stderr, cluster.token);
  t.match((await person.run(['cluster', 'list'])).stdout, /^prod +berlin +connected/m);
  t.match(await person.run(['cluster', 'check', 'prod']), { code: 0, stdout: /^version +v\d/m });
  const names = (await program.json('cluster', 'namespaces', 'prod')).map(({ name }: { name: string }) => name);
  t.ok(names.includes('kube-system'), names.join(' '));

  const body = deploymentBody('web', toolsImage, 1, {
    command: ['sh', '-c', 'echo a line of the pod; exec sleep 1000'],
  });
  const created = await hub.call('POST', `${kubernetesPath}/prod/namespaces/default/deployments`, body);
  if (created.status !== 201) throw new Error(JSON.stringify(created.body));
  type Deployment = { readonly status: { readonly readyReplicas?: number } };
  const ready = (wanted: number) =>
    cluster.until<Deployment>(
      '/apis/apps/v1/namespaces/default/deployments/web',
      ({ status }) => (status.readyReplicas ?? 0) === wanted,
    );
  await ready(1);
  const inDefault = ['--namespace', 'default'];
  t.match((await person.run(['cluster', 'deployments', 'prod', ...inDefault])).stdout, /^web +/m);
  const [pod] = await program.json('cluster', 'pods', 'prod', ...inDefault);
  t.match(pod, { name: /^web-/, status: 'Running' });
  t.match((await person.run(['cluster', 'pods', 'prod', ...inDefault])).stdout, /^web-\S+ +Running/m);
  t.match(await person.run(['cluster', 'logs', 'prod', pod.name, ...inDefault]), { stdout: 'a line of the pod\n' });
  const follow = person.start(t, ['cluster', 'logs', 'prod', pod.name, ...inDefault, '-f']);
  await follow.written('a line of the pod');
  follow.interrupt();
  t.equal(await follow.ended, 130);

  await eachForm(t, 'cluster', {
    show: () => ({ args: ['prod'] }),
    check: () => ({ args: ['prod'] }),
    namespaces: () => ({ args: ['prod'] }),
    deployments: () => ({ args: ['prod', ...inDefault] }),
    pods: () => ({ args: ['prod', ...inDefault] }),
    logs: () => ({ args: ['prod', pod.name, ...inDefault] }),
    exec: () => ({ args: ['prod', pod.name, ...inDefault, '--', 'echo', 'out'] }),
    scale: () => ({ args: ['prod', 'web', ...inDefault, '--replicas', '1'] }),
    restart: () => ({ args: ['prod', 'web', ...inDefault] }),
  });
  const words = ['cluster', 'exec', 'prod', pod.name, ...inDefault, '--', 'sh', '-c'];
  t.match(await person.run([...words, 'echo "$MODE"']), { code: 0, stdout: 'test\n' });
  t.match(await person.run([...words, 'exit 3']), { code: 6, stderr: 'the program ended with 3' });
  const scale = ['cluster', 'scale', 'prod', 'web', ...inDefault, '--replicas'];
  t.match(await person.run([...scale, '0']), { code: 0, stderr: 'web has 0 replicas' });
  await ready(0);
  t.match(await person.run([...scale.with(3, 'none'), '1']), { code: 5, stderr: /^roundhouse: .*none/ });
  t.equal((await program.run(['cluster', 'remove', 'prod', '--yes'])).code, 0);
  t.same(await program.json('cluster', 'list'), []);
});

t.test('the device commands read and change a router', async (t) => {
  if (!part(t, 'frr') || !part(t, 'sshd')) return;
  const frr = await startFrr(t);
  const folder = tempFolder(t, { password: `${frr.password}\n`, 'route.conf': 'ip route 198.51.100.0/24 blackhole\n' });
  const where = [frr.host, '--port', `${frr.port}`, '--type', 'frr', '--user', frr.username, '--site', 'berlin'];
  const words = ['device', 'add', 'edge', ...where, '--password-file', join(folder, 'password')];
  const added = await program.run([...words, '--tags', 'lab,edge', '--json']);
  t.equal(added.code, 0, added.stderr);
  t.match((await person.run(['device', 'list'])).stdout, /^edge +berlin .*connected/m);
  const shown = await person.run(['device', 'show', 'edge']);
  t.match(shown.stdout, new RegExp(`^host key +${frr.fingerprint.replace(/[+/]/g, '.')}`, 'm'));
  t.match(shown.stdout, /^tags +lab, edge$/m);
  t.notMatch(added.stdout + shown.stdout, frr.password);

  t.match(await person.run(['device', 'run', 'edge', 'show version']), { code: 0, stdout: /FRRouting/ });
  t.match(await person.run(['device', 'run', 'edge', 'show nonsense']), { code: 6, stderr: 'Unknown command' });
  t.match(await program.json('device', 'run', 'edge', 'show ip route', '--structured'), { structured: Object });
  t.match((await person.run(['device', 'config', 'edge'])).stdout, `hostname ${frr.hostname}`);

  t.match((await program.run(['device', 'backup', 'edge', '--description', 'before', '-q'])).stdout, /^\S+\n$/);
  t.match((await person.run(['device', 'backups', 'edge'])).stdout, /before$/m);
  const configure = ['device', 'configure', 'edge', join(folder, 'route.conf')];
  t.match(await person.run([...configure, '--preview']), { code: 0, stderr: 'edge has a candidate' });
  t.equal((await person.run(configure, { input: 'n\n' })).code, 130);
  t.notMatch(await frr.vtysh('show running-config'), '198.51.100.0');
  t.match(await person.run(configure, { input: 'y\n' }), { code: 0, stderr: 'edge is changed' });
  t.match(await frr.vtysh('show running-config'), 'ip route 198.51.100.0/24 blackhole');

  await eachForm(t, 'device', {
    run: () => ({ args: ['edge', 'show version'] }),
    config: () => ({ args: ['edge'] }),
    backup: () => ({ args: ['edge'] }),
    backups: () => ({ args: ['edge'] }),
    configure: () => ({ args: ['edge', join(folder, 'route.conf'), '--yes'] }),
    disconnect: () => ({ args: ['edge'] }),
    connect: () => ({ args: ['edge'] }),
  });
  t.equal((await program.run(['device', 'disconnect', 'edge'])).code, 0);
  t.match(await program.json('device', 'show', 'edge'), { status: 'disconnected' });
  t.equal((await program.run(['device', 'connect', 'edge'])).code, 0);
  t.match(await program.json('device', 'show', 'edge'), { status: 'connected' });
  writeFileSync(join(folder, 'password'), 'wrong\n');
  const wrong = await person.run(words.with(2, 'other'));
  t.match(await program.json('device', 'show', 'other'), { status: 'error' }, wrong.stderr);
  for (const name of ['edge', 'other']) t.equal((await program.run(['device', 'remove', name, '-y'])).code, 0);
  t.same(await program.json('device', 'list'), []);
});
