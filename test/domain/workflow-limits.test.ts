import t, { type Test } from 'tap';
import { OperationLimits } from '../../hub/api/mcp/operations/operation.js';
import { stepOperations } from '../../hub/api/mcp/operations/table.js';
import type { Domain } from '../../hub/domain/domain.js';
import { type JobRecord, jobRecords } from '../../hub/domain/jobs/record.js';
import { put } from '../../hub/domain/store.js';
import { Limits } from '../../hub/http/access/limits.js';
import { begin, startDomain } from '../kit/domain.js';
import { json } from '../kit/scripted-site.js';
import { wait } from '../kit/wait.js';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of workflows

/** A hub whose places for operations on the network are taken for a minute. */
async function withoutPlaces(t: Test) {
  const limits = new Limits({ scale: 1, now: () => Date.now() });
  t.teardown(() => limits.close());
  let domain: Domain | undefined;
  const operations = stepOperations(
    () => domain as Domain,
    () => limits,
  );
  const hub = await startDomain(t, { ports: { stepOperations: operations } });
  domain = hub.domain;
  const counted = new OperationLimits(limits);
  for (let at = 0; at < 1e6; at += 1)
    try {
      counted.count('network', hub.admin);
    } catch {
      break;
    }
  const { jobs } = hub.domain;
  const waits = (id: string) => {
    const isRunning = () => jobs.get(hub.admin, id).steps[0]?.status === 'running';
    return wait('the step waits for its place', () => isRunning() && jobs.status().workers.active === 0);
  };
  return { hub, waits };
}

t.test('operations of steps and requests to the API count together; a step waits for its place', async (t) => {
  const { hub, waits } = await withoutPlaces(t);
  const id = await begin(hub, [{ id: 'list', kind: 'device', with: { operation: 'list_devices' } }]);
  await waits(id);
  await hub.clock.move(61_000);
  hub.domain.jobs.look();
  t.match(await hub.over(id), { status: 'completed' });
});

t.test('a step that waits for its place in a limit ends with its run', async (t) => {
  const { hub, waits } = await withoutPlaces(t);
  const id = await begin(hub, [
    { id: 'list', kind: 'device', with: { operation: 'list_devices' } },
    { id: 'ask', kind: 'approval', needs: [], with: { question: 'Go on?' } },
  ]);
  await waits(id);
  await wait('a person is asked', () => hub.domain.jobs.get(hub.admin, id).steps.some(({ asks }) => asks));
  const before = Date.now();
  await hub.domain.workflows.decide(hub.admin, id, { step: 'ask', decision: 'refuse' });
  t.match(await hub.over(id), {
    status: 'failed',
    error: { toolText: /refused/ },
    steps: [{ status: 'failed' }, { status: 'failed' }],
  });
  t.equal(Date.now(), before, 'the clock stands still');
});

t.test('backups of many devices wait for their places in the limits of the API', async (t) => {
  const { hub } = await withoutPlaces(t);
  hub.agentComes({ operations: ['putDevice'] });
  let reads = 0;
  hub.fleet.answers.set('putDevice', () => json({}));
  hub.fleet.answers.set('getConfig', () => {
    reads += 1;
    return json({ config: 'hostname a', format: 'text', hash: 'sha256:a', retrievedAt: 1 });
  });
  const credentials = { username: 'admin', password: 'a password of edge' };
  const device = { name: 'edge', type: 'frr', hostname: '192.0.2.1', credentials } as const;
  await hub.domain.network.devices.create(hub.admin, device);
  const id = await begin(hub, [{ id: 'backup', kind: 'backup_configs' }]);
  await wait('the step waits for its place', () => {
    const { jobs } = hub.domain;
    return jobs.get(hub.admin, id).steps[0]?.status === 'running' && jobs.status().workers.active === 0;
  });
  t.equal(reads, 0);
  await hub.clock.move(61_000);
  hub.domain.jobs.look();
  t.match(await hub.over(id), { status: 'completed', steps: [{ result: { total: 1, new: 1 } }] });
});

t.test('parameters of runs have a bound, however the run is started', async (t) => {
  const hub = await startDomain(t);
  const { workflows, triggers } = hub.domain;
  const parameters = { hosts: { type: 'strings', default: [] }, text: { type: 'string', default: '' } } as const;
  const steps = [{ id: 'count', kind: 'set', with: { hosts: '${{ inputs.hosts }}' } }];
  await workflows.catalog.add(hub.admin, { name: 'keep', description: '', parameters, steps });
  const hosts = Array.from({ length: 3000 }, (_, at) => `host${at}.example.com`);
  const refused = { code: 'invalid_input', details: { field: 'parameters' }, message: /at most 65536 bytes as JSON/ };
  for (const schedule of ['immediate', '2200-01-01T00:00:00Z', '0 3 * * *'])
    await t.rejects(workflows.execute(hub.admin, { workflow: 'keep', schedule, parameters: { hosts } }), refused);
  await t.rejects(workflows.plan(hub.admin, { workflow: 'keep', parameters: { hosts } }), refused);
  await t.rejects(
    workflows.execute(hub.admin, { workflow: 'keep', parameters: { text: 'é'.repeat(40_000) } }),
    refused,
  );
  const trigger = { name: 'many', workflow: 'keep', events: null, filter: null, webhook: true, parameters: { hosts } };
  await t.rejects(triggers.create(hub.admin, trigger as never), refused);
  t.same((await hub.domain.jobs.list(hub.admin, {}, 9)).jobs, []);
  const { job } = await workflows.execute(hub.admin, { workflow: 'keep', parameters: { hosts: hosts.slice(0, 2000) } });
  t.match(await hub.over(job.id), { status: 'completed' });

  // A run of an earlier version has longer parameters.
  const before = hub.store.get(jobRecords, job.id) as JobRecord;
  const long = {
    ...before,
    params: { ...before.params, parameters: { hosts, text: '' } },
    revision: before.revision + 1,
  };
  await hub.store.apply({ writes: [put(jobRecords, long, before.revision)] });
  await t.rejects(workflows.retry(hub.admin, job.id, 'count'), refused);
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows
