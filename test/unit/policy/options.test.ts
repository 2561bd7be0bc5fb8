import t, { type Test } from 'tap';
import { Docker } from '../../../agent/drivers/docker/docker.js';
import { DockerHost } from '../../../agent/drivers/docker/host/docker-host.js';
import type { RunRequest } from '../../../agent/drivers/docker/host/run.js';
import { parsePolicy } from '../../../agent/policy/parse.js';
import { Policy } from '../../../agent/policy/policy.js';
import { silentLog, spec } from '../../parts/agent/harness.js';
import { never, runRequest } from '../../parts/docker/host-harness.js';
import { tempFolder } from '../../temp-folder.js';

/** Whether a site lets a server be started by a command line. */
function allows(rules: object) {
  const site = new Policy(parsePolicy(JSON.stringify(rules)));
  return (line: string) => {
    const [command = '', ...args] = line.split(' ');
    return site.server(spec({ transport: { case: 'stdio', value: { command, args, env: {} } } })) === undefined;
  };
}

t.test('no wildcard stands for a word in which Kubernetes expands a variable', async (t) => {
  const run = 'kubectl run mcp -i --image=mcp/time --';
  const allowed = allows({ commands: [`${run} **`, `${run} serve --node=$(NODE)`, 'kubectl exec **', 'sh **'] });
  for (const word of ['$(X)', '/srv/$(X)', '$$$(X)', '$(A)$$(B)', '$(serve']) t.notOk(allowed(`${run} ${word}`), word);
  t.notOk(allowed(`/usr/bin/${run} $(X)`));
  for (const word of ['$$(X)', '$X', '$', '$$$$(X)', '(X)']) t.ok(allowed(`${run} ${word}`), word);
  t.ok(allowed(`${run} serve --node=$(NODE)`), 'a pattern names it');
  t.notOk(allowed(`${run} serve --node=$(NODE)x`));
  for (const line of ['kubectl exec web -- echo $(date)', 'sh -c $(date)']) t.ok(allowed(line), line);
  for (const rules of [{ commands: { deny: ['rm'] } }, { environment: ['MODE'] }]) {
    t.notOk(allows(rules)(`${run} $(X)`), 'no pattern can name it');
    t.ok(allows(rules)(`${run} $$(X)`));
  }
  t.ok(allows({ urls: ['https://*'] })(`${run} $(X)`), 'a site that judges no commands');
});

t.test('no wildcard stands for an option of docker run that sets labels', async (t) => {
  const allowed = allows({ commands: ['docker run **', 'podman run -i --label team=* **', 'docker run -i -l a=b **'] });
  for (const options of ['--label a=b', '--label=a=b', '-l a=b', '-la=b', '-il a=b', '--gpus all --label a=b'])
    t.notOk(allowed(`docker run ${options} mcp/time`), options);
  for (const options of ['--label-file /a', '--annotation a=b', '--annotation=a=b'])
    t.notOk(allowed(`docker run ${options} mcp/time`), options);
  t.notOk(allowed('docker --debug run -l a=b mcp/time'));
  t.notOk(allowed('podman run -i --label team=net -l a=b mcp/time'), 'a second label');
  for (const line of [
    'docker run -i -l a=b mcp/time',
    'podman run -i --label team=net mcp/time',
    'docker run -i --restart always mcp/time ls -l --label x',
    'docker run -e A=b mcp/time -l a=b',
  ])
    t.ok(allowed(line), line);
});

t.test('where a site judges variables, a pattern names each option that reads them from elsewhere', async (t) => {
  const commands = ['docker run --env-file /srv/env/* mcp/time', 'docker **', 'podman **', 'node **', 'uv **'];
  const lines = [
    'docker run -i --env-file /a mcp/time',
    'docker run -i --env-file=/a mcp/time',
    'docker run --gpus all --env-file /a mcp/time',
    'podman run --env-file /a mcp/time',
    'podman run --env-host mcp/time',
    'node --env-file=/a server.js',
    'node --env_file=/a server.js',
    'node --env-file-if-exists=/a server.js',
  ];
  const environment = { allow: ['MODE'] };
  for (const line of lines) {
    t.notOk(allows({ commands, environment })(line), line);
    t.notOk(allows({ environment })(line), `${line}, without patterns of commands`);
    t.notOk(allows({ environment: { deny: ['X'] } })(line), `${line}, with a list of denied variables`);
    t.ok(allows({ commands })(line), `${line}, at a site that judges no variables`);
  }
  for (const line of ['uvx --env-file /a mcp-server-git', 'uv run --env-file /a x', 'bun --env-file=/a x'])
    t.notOk(allows({ environment })(line), line);
  t.ok(allows({ commands, environment })('docker run --env-file /srv/env/time mcp/time'), 'a pattern names it');
  t.ok(allows({ commands, environment })('docker run -i mcp/node node --env-file=/a'), 'a file of the container');
});

t.test('the rules for variables hold for each program that runs images or pods', async (t) => {
  const allowed = allows({ environment: ['MODE'] });
  for (const line of [
    'podman run -e OTHER=x mcp/time',
    'podman run -ieOTHER=x mcp/time',
    'docker run --gpus all --env OTHER mcp/time',
    'docker exec -e OTHER=x db sh',
    'podman exec -le OTHER=x sh',
    'docker build --build-arg OTHER=x .',
    'kubectl run mcp -i --image=mcp/time --env=OTHER=x',
    'kubectl run mcp -i --image=mcp/time --env OTHER=x -- sh',
  ]) {
    t.notOk(allowed(line), line);
    t.ok(allowed(line.replace('OTHER', 'MODE')), 'an allowed variable');
  }
  for (const line of ['kubectl run mcp --image=x -- sh -e a --env b', 'docker exec db sh -e a', 'sh -e a'])
    t.ok(allowed(line), `${line}: options of the program`);
});

t.test('no wildcard stands for an option of kubectl that changes the program, its rights or its cluster', async (t) => {
  const run = 'kubectl run mcp -i --image=mcp/time';
  const allowed = allows({
    commands: [`${run} **`, 'kubectl patch deploy web **', 'oc new-app mcp/time **', 'oc set **'],
  });
  for (const option of [
    '--overrides={}',
    '--overrides {}',
    '--override-type=json',
    '--override_type=json',
    '--command',
  ])
    t.notOk(allowed(`${run} ${option} -- sh`), option);
  for (const option of [
    '--labels=app=db',
    '--labels app=db',
    '-l app=db',
    '-lapp=db',
    '-ql app=db',
    '--annotations=a=b',
  ])
    t.notOk(allowed(`${run} ${option} -- serve`), option);
  for (const option of ['--kubeconfig=/a', '--context x', '--as=root', '--as-group=x', '-s https://a', '--token=x'])
    t.notOk(allowed(`${run} ${option}`), option);
  for (const option of ['--image=evil', '--image evil', '-f /a', '--filename=/a', '-k /a', '--privileged'])
    t.notOk(allowed(`${run} ${option}`), option);
  for (const option of ['-p {}', '-p={}', '--patch={}', '--patch-file=/a', '--type=json'])
    t.notOk(allowed(`kubectl patch deploy web ${option}`), option);
  for (const option of ['-p A=b', '--param=A=b', '--docker-image=evil'])
    t.notOk(allowed(`oc new-app mcp/time ${option}`));
  t.notOk(allowed(`${run} --field-manager -- --overrides={}`), 'the -- is the value of an option');
  for (const line of ['-- serve --labels a', '--rm -- serve -l a', '-n apps -- serve -f /a --overrides={}', '--quiet'])
    t.ok(allowed(`${run} ${line}`), line);
  t.ok(allowed('oc set image deploy/web web=mcp/time'));
});

t.test('of the options of kubectl and oc, a wildcard stands for known and harmless ones only', async (t) => {
  const allowed = allows({ commands: ['kubectl **', 'oc **'] });
  for (const line of [
    'kubectl get pods -o go-template-file=/a',
    'kubectl get pods -ogo-template-file=/a',
    'kubectl get pods -Ao go-template-file=/a',
    'kubectl get pods --output=jsonpath-file=/a',
    'kubectl get pods --output custom-columns-file=/a',
    'kubectl get pods -o go-template --template=/a',
    'kubectl kustomize -o /a /srv',
    'kubectl kustomize --enable-helm --helm-command=/a /srv',
    'kubectl kustomize --enable-alpha-plugins --enable-exec /srv',
    'kubectl proxy --www=/ --address=0.0.0.0',
    'kubectl create job x --from=cronjob/x',
    'kubectl cluster-info dump --output-directory=/a',
    'kubectl set env deploy/web --prefix=LD_',
    'oc debug deploy/web --as-root',
    'oc set volume dc/web --add -t hostPath --path=/',
    'oc set volume dc/web --add --source={}',
    'oc -n run set volume dc/web -t hostPath',
    'oc new-app -i evil',
    'oc new-app -i -- --image=evil',
    'oc login -u admin',
    'oc login -uojson',
    'oc set volume dc/web -to json',
    'oc rsh --shell=/a web',
    'kubectl --unknown exec -t web -- sh',
  ])
    t.notOk(allowed(line), line);
  for (const line of [
    'kubectl get pods -A -o wide --no-headers --sort-by=.metadata.name',
    'kubectl get pods -ojson -w',
    'kubectl get pods -o jsonpath={.items[0].metadata.name}',
    'kubectl -n apps exec -it web -c main -- sh -l --image=x',
    'kubectl --namespace=apps logs web --tail=10 --follow --since=5m',
    'kubectl scale deploy web --replicas=2 --timeout=1m',
    'kubectl --v=2 --request-timeout=5s get pods --show-labels',
    'kubectl debug web -itq -- sh',
    'oc rsh -t web',
  ])
    t.ok(allowed(line), line);
  const named = allows({ commands: ['kubectl get pods -o *', 'kubectl get pods --output=go-template-file=/srv/*'] });
  t.ok(named('kubectl get pods -o go-template-file=/a'), 'a pattern names the option');
  t.ok(named('kubectl get pods --output=go-template-file=/srv/a'));
});

t.test('a pattern that names an option of kubectl allows it', async (t) => {
  const run = 'kubectl run mcp -i --image=mcp/*';
  const allowed = allows({
    commands: [`${run} --labels=team=* -- **`, `${run} -l * **`, 'kubectl --context site get *'],
  });
  for (const line of ['--labels=team=net -- serve', '-l team=net', '-l team=net -- serve'])
    t.ok(allowed(`kubectl run mcp -i --image=mcp/time ${line}`), line);
  t.notOk(allowed('kubectl run mcp -i --image=mcp/time --labels=team=net --labels=app=db -- serve'), 'a second label');
  t.notOk(allowed('kubectl run mcp -i --image=mcp/time --labels=app=db -- serve'), 'another label');
  t.ok(allowed('kubectl --context site get pods'));
  t.notOk(allowed('kubectl --context other get pods'));
});

t.test('the lines of operations in Kubernetes have no options of the caller', async (t) => {
  const site = new Policy({ commands: { allow: ['kubectl run -n apps web **'] }, environment: { allow: ['MODE'] } });
  const words = ['web', 'serve', '-l', 'a', '--image=b', '--from', 'c'];
  t.equal(site.inContainer(['kubectl', 'run', '-n', 'apps', ...words], words.slice(1)), undefined);
  const allowed = allows({ commands: ['kubectl run -n apps web **'] });
  t.notOk(allowed('kubectl run -n apps web --image=evil'), 'the command of a server has options');
});

t.test(
  'no wildcard stands for an option of docker that has a secret or a command, or chooses the engine',
  async (t) => {
    const allowed = allows({
      commands: [
        'docker **',
        'podman **',
        'podman-remote **',
        'nerdctl **',
        'ctr **',
        'docker-compose -f /srv/* up **',
      ],
    });
    for (const line of [
      'docker --config /a run mcp/time',
      'docker --context=x run mcp/time',
      'docker -c x run mcp/time',
      'docker -H tcp://a run mcp/time',
      'docker -DH tcp://a run mcp/time',
      'docker build --secret id=a,src=/a .',
      'docker compose -f /a up',
      'docker run --health-cmd a mcp/time',
      'podman run --secret a,type=env,target=PATH mcp/time',
      'podman run --runtime=/a mcp/time',
      'podman exec --connection x db sh',
      'docker-compose -f /srv/a.yaml up -f /a',
      'docker compose run --label a=b mcp',
      'docker compose --env-file /a up',
      'docker compose create web --file /a',
      'podman --network-cmd-path=/a run mcp/time',
      'podman --storage-opt mount_program=/a run mcp/time',
      'podman --root /a run mcp/time',
      'podman run --authfile=/a mcp/time',
      'podman run --rootfs /a',
      'podman-remote --url x run mcp/time',
      'nerdctl --cni-path=/a run mcp/time',
      'ctr run --runc-binary=/a mcp/time x',
      'ctr run -runc-binary /a mcp/time x',
    ])
      t.notOk(allowed(line), line);
    for (const line of [
      'docker run -c 512 mcp/time',
      'docker exec db sh -H --config x',
      'docker compose run -T mcp --config /a',
      'docker compose run --rm mcp -f /a',
      'docker-compose -f /srv/a.yaml up',
    ])
      t.ok(allowed(line), line);
  },
);

t.test('where a site judges variables, it also judges those that kubectl and oc take in other forms', async (t) => {
  for (const rules of [{ environment: ['MODE'] }, { commands: ['kubectl **', 'oc **'], environment: ['MODE'] }]) {
    const allowed = allows(rules);
    for (const line of [
      'kubectl set env deploy/web OTHER=x',
      'kubectl -n apps set -n apps env deploy/web OTHER=x',
      'kubectl set env deploy/web -e OTHER=x',
      'oc set env dc/web --env=OTHER=x',
      'oc new-app mcp/time OTHER=x',
      'oc new-app mcp/time -e OTHER=x',
      'oc new-app mcp/time --build-env=OTHER=x',
      'kubectl run mcp --field-manager -- --env=OTHER=x',
      'kubectl set env deploy/web -- OTHER=x',
      'kubectl set env deploy/web OTHER-',
      'kubectl set env deploy/web -- OTHER-',
      'kubectl set env deploy/web -e OTHER-',
      'kubectl set env deploy/web -ReOTHER=x',
      'kubectl set env deploy/web -Re OTHER=x',
      'oc new-app mcp/time -- OTHER=x',
      'oc new-build mcp/time -- OTHER=x',
      'oc start-build mcp -weOTHER=x',
      'kubectl debug web --env=MODE=1,OTHER=x',
    ]) {
      t.notOk(allowed(line), line);
      t.ok(allowed(line.replace('OTHER', 'MODE')), 'an allowed variable');
    }
    for (const line of [
      'kubectl set env deploy/web --from=secret/x',
      'kubectl set env deploy/web --from secret/x',
      'kubectl set env deploy/web -',
      'kubectl set env deploy/web -- -',
      'kubectl set env deploy/web -e -',
      'kubectl set env deploy/web --env=-',
      'kubectl set env deploy/web -Re=-',
      'oc new-app mcp/time -Se OTHER=x',
      'oc new-build mcp/time --build-arg=OTHER=x',
      'oc new-app mcp/time --env-file=/a',
      'kubectl run mcp --overrides={}',
      'kubectl patch deploy web -p {}',
      'kubectl apply -f /a',
      'podman run --secret a,type=env mcp/time',
    ])
      t.notOk(allowed(line), line);
  }
  t.ok(allows({ environment: ['MODE'] })('kubectl run mcp -i --image=x -- env A=b B-'), 'words of a program');
  t.ok(allows({ environment: { deny: ['B'] } })('oc new-build mcp/time --build-arg=MODE=x'));
  const named = allows({ commands: ['kubectl set env deploy/web --from=configmap/*'], environment: ['MODE'] });
  t.ok(named('kubectl set env deploy/web --from=configmap/web'), 'a pattern names the option');
});

/** Runs a container at an engine that is not there. A request that the site allows fails since no engine answers. */
function running(t: Test, rules: object) {
  const docker = new Docker({ dataDir: tempFolder(t), log: silentLog, host: 'unix:///nowhere/docker.sock' });
  const policy = new Policy(parsePolicy(JSON.stringify(rules)));
  const host = new DockerHost(docker, () => policy);
  t.teardown(() => host.close());
  return (more: Partial<RunRequest>) => host.run(runRequest({ ...more }), () => {}, never);
}

const refused = { name: 'AgentFailure', kind: 'refused', details: { reason: 'policy', outcome: 'not_run' } };
const reached = { name: 'AgentFailure', kind: 'upstream' };

t.test('the labels of a new container are a part of the line that the site judges', async (t) => {
  const commands = [
    'docker run --network none box:1 **',
    'docker run --network none --label area=* --label team=net box:1',
  ];
  const run = running(t, { commands });
  await t.rejects(run({}), reached);
  await t.rejects(run({ labels: { team: 'net', area: 'a' } }), reached, 'in the order of their names');
  await t.rejects(run({ labels: { team: 'net' } }), refused);
  await t.rejects(run({ labels: { 'traefik.enable': 'true' } }), refused);
  await t.rejects(running(t, { commands: ['docker run **'] })({ labels: { a: '' } }), refused);
  const denied = running(t, { commands: { deny: ['docker run box:1 **'] } });
  await t.rejects(denied({ labels: { a: 'b' } }), refused, 'a label hides no image');
  await t.rejects(running(t, { images: ['box'] })({ labels: { a: 'b' } }), reached);
});

t.test('a policy that changes during the pull of an image holds for its container', async (t) => {
  const docker = new Docker({ dataDir: tempFolder(t), log: silentLog, host: 'unix:///nowhere/docker.sock' });
  const rules = [
    [{ read_only: true }, { ...refused, details: { reason: 'read_only', outcome: 'not_run' } }],
    [{ images: ['other/*'] }, refused],
    [{ environment: ['OTHER'] }, refused],
    [{ commands: ['docker exec **'] }, refused],
    [{ images: ['box'] }, reached],
  ] as const;
  for (const [changed, outcome] of rules) {
    let policy = new Policy({});
    const host = new DockerHost(docker, () => policy);
    t.teardown(() => host.close());
    docker.images.pull = async () => {
      policy = new Policy(parsePolicy(JSON.stringify(changed)));
    };
    const run = host.run(runRequest({ pull: 'always', env: { MODE: 'x' } }), () => {}, never);
    await t.rejects(run, outcome, JSON.stringify(changed));
  }
});
