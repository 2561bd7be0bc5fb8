import t, { type Test } from 'tap';
import { OperationLimits } from '../../hub/api/mcp/operations/operation.js';
import { stepOperations } from '../../hub/api/mcp/operations/table.js';
import type { Domain } from '../../hub/domain/domain.js';
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

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: expressions of workflows
