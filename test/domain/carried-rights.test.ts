import t, { type Test } from 'tap';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import type { DefinitionType } from '../../hub/domain/definitions/config.js';
import type { DefinitionInput } from '../../hub/domain/definitions/definitions.js';
import { newEvent } from '../../hub/domain/events/types.js';
import { jobRecords } from '../../hub/domain/jobs/record.js';
import { type Asker, startDomain, type TestDomain } from '../kit/domain.js';
import { wait } from '../kit/wait.js';

/** The configs of definitions, by the permission that they need besides `definition.write`. */
const configs: readonly [config: DefinitionInput['config'], permission?: string][] = [
  [{ type: 'stdio', command: 'x', args: [] }, 'server.execute'],
  [{ type: 'npm', package: 'x' }, 'server.execute'],
  [{ type: 'workflow', steps: [{ id: 'one', kind: 'set' }] }, 'workflow.define'],
  [{ type: 'http', url: 'https://mcp.test/' }],
];

t.test('a definition is renamed, changed and deleted by callers who may make it', async (t) => {
  const hub = await start(t);
  const { definitions } = hub.domain;
  const operator = await hub.caller('operator');
  for (const [config, permission] of configs) {
    const { type } = config as { readonly type: DefinitionType };
    await definitions.create(hub.admin, { name: type, type, config });
    const changes: (() => Promise<unknown>)[] = [
      () => definitions.update(operator, type, { name: type.toUpperCase() }),
      () => definitions.update(operator, type, { description: 'changed' }),
      () => definitions.delete(operator, type),
    ];
    for (const change of changes)
      if (permission === undefined) await change();
      else await t.rejects(change(), { code: 'forbidden', details: { permission } }, type);
  }
});

t.test('a trigger starts the workflow that its owner chose, whichever workflow has the name since', async (t) => {
  const hub = await start(t);
  const { definitions, triggers } = hub.domain;
  const define = async (name: string) => {
    const config = { type: 'workflow', steps: [{ id: 'one', kind: 'set', with: { name } }] } as const;
    return (await definitions.create(hub.admin, { name, type: 'workflow', config })).record;
  };
  const [deploy, wipe] = [await define('deploy'), await define('wipe')];
  await triggers.create(hub.admin, { name: 'nightly', workflow: 'deploy', events: ['alert.new'] });
  await definitions.update(hub.admin, deploy.id, { name: 'old' });
  await definitions.update(hub.admin, wipe.id, { name: 'deploy' });
  await hub.store.apply({ writes: [], events: [newEvent('alert.new', {})] });
  await wait('all events are heard', () => hub.domain.triggerStarts.seq === hub.store.latestSeq);
  t.match(runs(hub), [{ params: { workflow: deploy.id, plan: [{ with: { name: 'deploy' } }] } }]);
  await hub.over(runs(hub)[0]?.id ?? '');
  await t.rejects(definitions.delete(hub.admin, deploy.id), { code: 'conflict', message: /trigger 'nightly'/ });
  await definitions.delete(hub.admin, wipe.id);
  await triggers.delete(hub.admin, 'nightly');
  await definitions.delete(hub.admin, deploy.id);
});

t.test('a database or a cluster gets another name from callers who may do what steps with that name do', async (t) => {
  const hub = await start(t);
  const { databases, kubernetes } = hub.domain;
  hub.agentComes({ operations: ['checkCluster'] });
  const [operator, narrow] = [await hub.caller('operator'), await hub.caller('admin', { sites: ['local'] })];
  const address = { type: 'postgresql', host: 'db.test', port: 5432, databaseName: 'd', username: 'u' } as const;
  await databases.create(hub.admin, { name: 'staging', password: 'p', site: 'local', ...address });
  const config = { host: 'https://cluster.test:6443', token: 'a-token-of-the-cluster' };
  await kubernetes.clusters.create(hub.admin, { name: 'staging', config });
  const kinds = { 'database.change': databases, 'cluster.execute': kubernetes.clusters };
  type Renaming = (as: Asker, id: string, change: { readonly name: string }) => Promise<unknown>;
  for (const [permission, records] of Object.entries(kinds)) {
    const update = records.update.bind(records) as Renaming;
    const refused = { code: 'forbidden', details: { permission, requiredRole: 'admin', field: 'name' } };
    await t.rejects(update(operator, 'staging', { name: 'prod' }), refused, permission);
    await update(operator, 'staging', { name: 'Staging' });
    await update(narrow, 'staging', { name: 'prod' });
  }
  await databases.update(operator, 'prod', { name: 'prod', port: 5433, password: 'another' });
  await kubernetes.clusters.update(operator, 'prod', { name: 'prod', description: 'changed' });
});

t.test('a trigger keeps the rights of the key that made it, and takes the role of that key to enable it', async (t) => {
  const hub = await start(t);
  const { keys, triggers, users, workflows } = hub.domain;
  await workflows.catalog.add(hub.admin, {
    name: 'w',
    description: '',
    parameters: {},
    steps: [{ id: 'one', kind: 'set' }],
  });
  const { id: userId } = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'admin' });
  const [admin, lower] = [await hub.caller('admin', null, { userId }), await hub.caller('operator', null, { userId })];
  for (const [owner, other] of [
    [admin, lower],
    [lower, admin],
  ] as const) {
    const name = owner.caller.role;
    await triggers.create(owner, { name, workflow: 'w', events: ['alert.new'] });
    await triggers.setEnabled(other, name, false);
    const enabled = triggers.setEnabled(other, name, true);
    if (other === lower) await t.rejects(enabled, { code: 'forbidden', details: { requiredRole: 'admin' } });
    else t.match(await enabled, { owner: { id: owner.caller.id } }, name);
  }
  await triggers.delete(admin, 'admin');
  await keys.revoke(hub.admin, lower.caller.id);
  await triggers.setEnabled(admin, 'operator', true);
  await hub.store.apply({ writes: [], events: [newEvent('alert.new', {})] });
  await wait('all events are heard', () => hub.domain.triggerStarts.seq === hub.store.latestSeq);
  t.same(runs(hub), [], 'the trigger of a revoked key starts nothing');
});

t.test('a webhook hears in the name of the caller who gave it its address and its secret', async (t) => {
  const hub = await start(t);
  const { keys, users, webhooks } = hub.domain;
  const { id: userId } = await users.create(SYSTEM, { username: 'ada', password: 'a long password', role: 'admin' });
  const ada = await hub.caller('admin', null, { userId });
  const maker = await hub.caller('admin', null, { tier: 'pro' });
  const wanted = { name: 'partner', role: 'operator', tier: 'pro', grants: { sites: ['berlin'] } } as const;
  const { key } = await keys.create(maker, wanted);
  const narrowed = {
    'a key of one user': [ada, await hub.caller('operator', wanted.grants, { userId })],
    'a key that counts with its maker': [maker, { ...maker, caller: keys.verify(key) }],
  } as const;
  const [url, events, secret] = ['https://hook.test/', ['tool.invoked'], 'a secret of the new owner'] as const;
  for (const [title, [other, owner]] of Object.entries(narrowed)) {
    const { webhook } = await webhooks.create(owner, { url, events });
    const changes = [{ enabled: false }, { enabled: true }, { events: ['tool.error'] }, { url }, { secret }] as const;
    for (const change of changes)
      t.equal(
        (await webhooks.update(other, webhook.id, change)).owner?.id,
        owner.caller.id,
        `${title}: ${Object.keys(change)}`,
      );
    t.equal((await webhooks.update(other, webhook.id, { url, secret })).owner?.id, other.caller.id, title);
  }
});

async function start(t: Test): Promise<TestDomain> {
  const hub = await startDomain(t);
  hub.domain.triggerStarts.start();
  return hub;
}

const runs = ({ store }: TestDomain) => [...store.list(jobRecords, { index: 'kind', equals: ['workflow'] })];
