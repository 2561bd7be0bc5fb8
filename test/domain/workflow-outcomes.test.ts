import t from 'tap';
import { stepOperations } from '../../hub/api/mcp/operations/table.js';
import type { DeviceReport } from '../../hub/domain/agents/contract.js';
import type { Operation, Reply } from '../../hub/domain/agents/fleet.js';
import type { Domain } from '../../hub/domain/domain.js';
import { DomainError } from '../../hub/domain/errors.js';
import type { StepDefinition } from '../../hub/domain/workflows/definition.js';
import { noOperations, type StepOperation } from '../../hub/domain/workflows/kinds.js';
import { begin, startDomain, type TestDomain } from '../kit/domain.js';
import { type Answer, gate, json } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

/** An agent that does each named command once, and keeps its outcome. */
function onceAgent() {
  const effects: string[] = [];
  const journal = new Map<string, Reply>();
  let change = '';
  /** Of the device's configuration now. */
  let hash = 'sha256:a';
  const times = { startedAt: 1, durationMs: 1 };
  const place = { namespace: 'default', status: 'Active', createdAt: 1, labels: {}, annotations: {} };
  const counts = { replicas: 1, currentReplicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 };
  const hashesNow = () => ({ hashBefore: hash === 'sha256:a' ? 'sha256:b' : 'sha256:a', hashAfter: hash });
  const outcomes: Partial<Record<Operation['case'], object>> = {
    execContainer: { stdout: '', stderr: '', exitCode: 0, truncated: false, durationMs: 1 },
    createNamespace: { name: 'new', ...place },
    createDeployment: {
      name: 'web',
      ...place,
      ...counts,
      strategy: '',
      selector: {},
      images: [],
      paused: false,
      conditions: [],
    },
    runCommands: { results: [{ command: 'reboot', output: '', success: true, class: 'change', ...times }] },
    applyConfig: { changed: true, protected: true, saved: true, diff: 'a diff', method: 'scripted' },
  };
  const read = () => json({ config: `hostname ${hash}`, format: 'text', hash, retrievedAt: 1 });
  const report = (): Reply => {
    const told = { changeId: change, state: 'confirmed', ...hashesNow(), time: 1, error: '' };
    return { case: 'device', value: { deviceId: '', revision: 1, change: told } as DeviceReport };
  };
  const serve = (hub: TestDomain, isLost: boolean) => {
    hub.agentComes({ operations: ['dockerInfo', 'putDevice', 'checkCluster'] });
    const { answers } = hub.fleet;
    answers.set('checkCluster', () => json({}));
    for (const name of ['putDevice', 'inspectChange'] as const) answers.set(name, report);
    answers.set('getConfig', read);
    for (const [name, outcome] of Object.entries(outcomes))
      answers.set(name as Operation['case'], (_, { value }, { kind, journal: command = '' }) => {
        if (kind === 'read')
          throw new DomainError('forbidden', 'it changes', { reason: 'change_not_allowed', changes: [0] });
        const kept = journal.get(command);
        if (kept) return kept;
        effects.push(name);
        if ('changeId' in value) {
          change = value.changeId;
          hash = hashesNow().hashBefore;
        }
        const answer = json({ ...outcome, ...hashesNow() });
        journal.set(command, answer);
        return isLost ? new Promise(() => {}) : answer;
      });
  };
  return { effects, serve };
}

t.test('after a stop of the hub, an operation that must not take effect twice is not done again', async (t) => {
  const done: string[] = [];
  let door = gate();
  const operation = (name: string, repeatable: boolean): StepOperation => ({
    permission: 'docker.operate',
    repeatable,
    input: { properties: {} },
    problems: () => [],
    run: async () => {
      done.push(name);
      await door.opened;
      return { name };
    },
  });
  const docker = new Map([
    ['remove', operation('remove', false)],
    ['start', operation('start', true)],
  ]);
  const hub = await startDomain(t, { ports: { stepOperations: { ...noOperations, docker } } });
  const step = (id: string): StepDefinition => ({ id, kind: 'docker', needs: [], with: { operation: id } });
  const [once, often] = [await begin(hub, [step('remove')]), await begin(hub, [step('start')])];
  await wait('both are under way', () => done.length === 2);
  await hub.restart();
  door.open();
  const failed = await hub.over(once);
  t.match(failed, { status: 'failed', error: { code: 'conflict', toolText: /not known whether/ } });
  t.match(await hub.over(often), { status: 'completed' });
  t.same(done.sort(), ['remove', 'start', 'start']);

  door = gate();
  door.open();
  t.match(await hub.over(await begin(hub, [step('remove')])), { status: 'completed' }, 'a new run does it');
});

t.test('after a stop of the hub, the agent reports the outcome of the command of an operation', async (t) => {
  let domain: Domain | undefined;
  const hub = await startDomain(t, { ports: { stepOperations: stepOperations(() => domain as Domain) } });
  domain = hub.domain;
  const agent = { operations: ['dockerInfo', 'inspectContainer', 'restartContainer', 'removeContainer'] };
  hub.agentComes(agent);
  const door = gate();
  const journal = new Map<string, Promise<Reply>>();
  const kept: Answer = async (_, { case: name }, { journal: key = '' }) => {
    const answer = () => {
      if (name === 'removeContainer') throw new DomainError('conflict', 'it is in use');
      return json({ id: 'c1', name: 'web', state: 'running', changed: true });
    };
    const outcome = journal.get(key) ?? door.opened.then(answer);
    journal.set(key, outcome);
    return outcome;
  };
  for (const name of ['restartContainer', 'removeContainer'] as const) hub.fleet.answers.set(name, kept);
  // The first attempt has removed the container by the time of the second.
  hub.fleet.answers.set('inspectContainer', () => {
    throw new DomainError('not_found', "there is no container 'web'");
  });
  const step = (operation: string): StepDefinition[] => [
    { id: 'do', kind: 'docker', with: { operation, container: 'web' } },
  ];
  const [restart, remove] = [await begin(hub, step('restart_container')), await begin(hub, step('remove_container'))];
  await wait('the agent does both', () => journal.size === 2);
  await hub.restart();
  domain = hub.domain;
  door.open();
  t.match(await hub.over(restart), { status: 'completed', steps: [{ result: { name: 'web', changed: true } }] });
  const refused = await hub.over(remove);
  t.match(refused, { status: 'failed', error: { code: 'conflict', toolText: /in use/ } });
  t.notMatch(refused.error?.message, /not known/);
  t.equal(journal.size, 2, 'no command has another name');
  const { entries } = await hub.domain.audit.page(hub.admin.caller, { action: 'container.restart' }, 10, 0);
  t.equal(entries.length, 1);
});

t.test(
  'after a kill of the hub, agents tell the outcomes of commands in containers, clusters and devices',
  async (t) => {
    let domain: Domain | undefined;
    const hub = await startDomain(t, { ports: { stepOperations: stepOperations(() => domain as Domain) } });
    domain = hub.domain;
    const plans: Record<string, NonNullable<StepDefinition['with']>> = {
      exec: { operation: 'exec_in_container', container: 'web', command: ['reboot'] },
      space: { operation: 'create_namespace', cluster: 'prod', name: 'new' },
      deploy: { operation: 'create_deployment', cluster: 'prod', name: 'web', containers: [{ name: 'a', image: 'b' }] },
      run: { operation: 'run_device_commands', device: 'core', commands: ['reboot'] },
      change: { operation: 'put_device_config', device: 'edge', config: 'hostname b' },
    };
    const kindOf = ({ cluster, device }: Readonly<Record<string, unknown>>) =>
      cluster ? 'kubernetes' : device ? 'device' : 'docker';
    const agent = onceAgent();
    agent.serve(hub, true);
    const { clusters } = hub.domain.kubernetes;
    await clusters.create(hub.admin, {
      name: 'prod',
      config: { host: 'https://192.0.2.1:6443', token: 'a-token-of-the-cluster' },
    });
    const credentials = { username: 'admin', password: 'a password of both' };
    for (const name of ['core', 'edge'])
      await hub.domain.network.devices.create(hub.admin, { name, type: 'frr', hostname: '192.0.2.1', credentials });
    const runs = new Map<string, string>();
    for (const [id, plan] of Object.entries(plans))
      runs.set(id, await begin(hub, [{ id, kind: kindOf(plan), with: plan }]));
    const effects = ['applyConfig', 'createDeployment', 'createNamespace', 'execContainer', 'runCommands'];
    await wait('the agent does all of it', () => agent.effects.length === effects.length);
    await hub.store.flush();
    const again = await hub.killed(t);
    domain = again.domain;
    agent.serve(again, false);
    const results = { exec: { exitCode: 0 }, space: { name: 'new' }, deploy: { name: 'web' }, run: { failed: 0 } };
    for (const [id, run] of runs) {
      const { status, steps, error } = await again.over(run);
      t.equal(status, 'completed', `${id}: ${error?.message}`);
      t.match(steps, [{ result: { ...results, change: { committed: true } }[id] }]);
    }
    t.same(agent.effects.sort(), effects, 'each effect once');
  },
);

t.test(
  'a failure that leaves the outcome of an operation open says so, and the step does not begin again',
  async (t) => {
    let times = 0;
    const remove: StepOperation = {
      permission: 'docker.operate',
      repeatable: false,
      input: { properties: {} },
      problems: () => [],
      run: async () => {
        times += 1;
        throw new DomainError('agent_unreachable', 'the link was lost', { outcome: 'unknown' });
      },
    };
    const docker = new Map([['remove', remove]]);
    const hub = await startDomain(t, { ports: { stepOperations: { ...noOperations, docker } } });
    const retry = { attempts: 5, backoff_seconds: 0 };
    const id = await begin(hub, [{ id: 'a', kind: 'docker', retry, with: { operation: 'remove' } }]);
    t.match(await hub.over(id), { status: 'failed', error: { toolText: /not known whether/ } });
    t.equal(times, 1);
  },
);

t.test('after a stop of the hub, a question that does not reach the agent gives no outcome', async (t) => {
  let domain: Domain | undefined;
  const hub = await startDomain(t, { ports: { stepOperations: stepOperations(() => domain as Domain) } });
  domain = hub.domain;
  hub.agentComes({ operations: ['dockerInfo', 'inspectContainer', 'removeContainer'] });
  hub.fleet.answers.set('inspectContainer', () => {
    throw new DomainError('not_found', "there is no container 'web'");
  });
  for (const code of ['agent_unreachable', 'unavailable', 'unimplemented', 'not_found'] as const) {
    let sent = 0;
    hub.fleet.answers.set('removeContainer', () => {
      sent += 1;
      if (sent === 1) return new Promise(() => {});
      throw new DomainError(code, 'no', { outcome: 'not_run' });
    });
    const remove = { operation: 'remove_container', container: 'web' };
    const id = await begin(hub, [{ id: 'a', kind: 'docker', once: true, with: remove }]);
    await wait('the agent has it', () => sent === 1);
    await hub.restart();
    domain = hub.domain;
    if (code === 'not_found') {
      t.match(await hub.over(id), { error: { code }, steps: [{ status: 'failed' }] }, 'an answer');
      continue;
    }
    const step = () => hub.domain.jobs.get(hub.admin, id).steps[0];
    await wait(`${code}: a person is asked`, () => step()?.asks);
    t.match(step()?.asks, { kind: 'attention', text: /not known whether the call took effect/ });
    await hub.domain.workflows.decide(hub.admin, id, { step: 'a', decision: 'skip' });
  }
});

t.test('after a stop of the hub, a rollback that was sent drops no newer candidate', async (t) => {
  let domain: Domain | undefined;
  const hub = await startDomain(t, { ports: { stepOperations: stepOperations(() => domain as Domain) } });
  domain = hub.domain;
  const agent = onceAgent();
  agent.serve(hub, false);
  const credentials = { username: 'admin', password: 'a password of edge' };
  const { devices, configs } = hub.domain.network;
  await devices.create(hub.admin, { name: 'edge', type: 'frr', hostname: '192.0.2.1', credentials });
  const lines = { config: 'hostname b', format: 'text', replace: false } as const;
  await configs.put(hub.admin, 'edge', { ...lines, commit: true });
  agent.serve(hub, true);
  const back = { operation: 'rollback_device_config', device: 'edge' };
  const id = await begin(hub, [{ id: 'back', kind: 'device', with: back }]);
  await wait('the agent rolls back', () => agent.effects.length === 2);
  await configs.put(hub.admin, 'edge', { ...lines, commit: false });
  await hub.store.flush();
  const again = await hub.killed(t);
  domain = again.domain;
  agent.serve(again, false);
  t.match(await again.over(id), { status: 'completed', steps: [{ result: { committed: true } }] });
  t.match(await again.domain.network.configs.candidate(again.admin, 'edge'), { config: 'hostname b' }, 'it stays');
  t.equal(agent.effects.length, 2, 'and the device was changed once');
});
