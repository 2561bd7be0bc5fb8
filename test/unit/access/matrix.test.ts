import t, { type Test } from 'tap';
import { isOpen } from '../../../hub/api/mcp/operations/operation.js';
import { operations, stepOperations } from '../../../hub/api/mcp/operations/table.js';
import { describedApis } from '../../../hub/apis.js';
import { authorize, isAllowed } from '../../../hub/domain/access/authorize.js';
import { type Caller, type Grants, type RequestOrigin, type Role, roles } from '../../../hub/domain/access/caller.js';
import type { Permission } from '../../../hub/domain/access/permissions.js';
import { SYSTEM } from '../../../hub/domain/audit/audit.js';
import { CancelSource } from '../../../hub/domain/cancellation.js';
import { createDomain, type Domain } from '../../../hub/domain/domain.js';
import type { NewJob } from '../../../hub/domain/jobs/kind.js';
import { isOver, type JobRecord } from '../../../hub/domain/jobs/record.js';
import { McpView } from '../../../hub/domain/mcp/view.js';
import { serverRecords } from '../../../hub/domain/servers/record.js';
import { put } from '../../../hub/domain/store.js';
import { shippedWorkflows } from '../../../hub/host/package.js';
import { openTestStore } from '../store/stores.js';
import { expected } from './expected.js';
import { opened } from './opened.js';

/** Keys that are narrowed to something which does not exist: they cover nothing. */
const narrowings: Readonly<Record<keyof Grants, Grants>> = {
  servers: { servers: ['0193a1b2-0000-7000-8000-000000000001'] },
  groups: { groups: ['0193a1b2-0000-7000-8000-000000000002'] },
  sites: { sites: ['elsewhere'] },
  tools: { tools: ['no_such_tool'] },
};

async function start(t: Test) {
  const { store } = await openTestStore(t);
  const fleet = { agents: () => [], agent: () => undefined, disconnect: () => {} };
  const domain: Domain = await createDomain({
    store,
    passwords: { hash: async (password) => password, verify: async (hash, password) => hash === password },
    backups: { copy: () => Promise.reject(new Error('no backups here')) },
    folders: { root: '', measure: async () => [], clean: async () => [] } as never,
    ownUsage: { read: async () => undefined } as never,
    certificates: () => [],
    workflows: shippedWorkflows(),
    fleet: () => fleet as never,
    version: '0',
    stepOperations: stepOperations(() => domain),
    askRegistry: async () => ({}),
    outbound: { guard: { check: async () => {} } as never, sender: {} as never },
  });
  t.teardown(() => domain.events.close());
  t.teardown(() => domain.jobs.close());
  const as = (caller: Caller): RequestOrigin => ({ ...SYSTEM, caller });
  /** The caller with a new key: the hub looks at the key again right before each change. */
  const issued = async (role: Role, grants: Grants | null = null): Promise<Caller> => {
    const { key } = await domain.keys.create(SYSTEM, { name: role, role, tier: 'free' });
    return { ...(await domain.identity.verify(key)), grants };
  };
  return { domain, store, as, issued };
}

const callerOf = (role: Role, grants: Grants | null = null): Caller => ({
  ...{ kind: 'api_key', id: `key of ${role}`, name: role, userId: null, api: null, tier: 'free' },
  ...{ role, grants },
});

t.test('every request is listed under its permission', async (t) => {
  const { domain } = await start(t);
  const found: Record<string, string[]> = Object.fromEntries(Object.keys(opened).map((permission) => [permission, []]));
  const note = (permission: string, name: string) => {
    found[permission] = [...(found[permission] ?? []), name].sort();
  };
  for (const { name: api, endpoints } of describedApis())
    for (const { name, spec } of endpoints) note(spec.permission, `${api} ${name}`);
  for (const { name, permission } of operations) note(permission ?? 'authenticated', `tool ${name}`);
  for (const { name, permission } of domain.jobs.kinds) note(permission, `job ${name}`);
  for (const [name, { permission }] of domain.stepKinds) note(permission, `step ${name}`);
  for (const [kind, all] of Object.entries(domain.stepOperations))
    for (const [name, { permission }] of all) note(permission, `step ${kind} ${name}`);
  t.same(found, opened);
});

t.test(
  'each kind of step, and each operation of a step, is refused to callers whose role or key does not reach so far',
  async (t) => {
    const { domain, as } = await start(t);
    const operations = Object.entries(domain.stepOperations).flatMap(([kind, all]) =>
      [...all].map(([operation, { permission }]) => ({ kind, permission, args: { operation } })),
    );
    const kinds = [...domain.stepKinds].map(([kind, { permission }]) => ({ kind, permission, args: {} }));
    for (const { kind, permission, args } of [...kinds, ...operations]) {
      const least = expected[permission].least;
      const codeFor = async (caller: Caller) => {
        const run = {
          origin: as(caller),
          record: {},
          signal: new CancelSource(),
          resumed: false,
          child: async () => ({}),
        };
        const command = { sending: async () => {}, waiting: async () => {} };
        const begin = async () => {
          authorize(caller, permission);
          return domain.stepKinds.get(kind)?.run(args, run as never, command as never, false);
        };
        return begin().then(
          () => undefined,
          (error) => error.code,
        );
      };
      const title = [kind, ...Object.values(args)].join(' ');
      for (const role of roles) {
        const may = roles.indexOf(role) >= Math.max(roles.indexOf(least), roles.indexOf('operator'));
        if (may) t.not(await codeFor(callerOf(role)), 'forbidden', `${title}: ${role}`);
        else t.equal(await codeFor(callerOf(role)), 'forbidden', `${title}: ${role}`);
      }
      for (const [name, grants] of Object.entries(narrowings))
        t.equal(await codeFor(callerOf('admin', grants)), 'forbidden', `${title}: a key narrowed to ${name}`);
    }
  },
);

t.test('every permission is listed, and holds for each role and each narrowed key', async (t) => {
  for (const [permission, { least, narrowed, tools }] of Object.entries(expected)) {
    const may = (role: Role, grants: Grants | null = null) =>
      isAllowed(callerOf(role, grants), permission as Permission);
    for (const role of roles) t.equal(may(role), roles.indexOf(role) >= roles.indexOf(least), `${permission}: ${role}`);
    for (const name of ['servers', 'groups', 'sites'] as const)
      t.equal(may('admin', narrowings[name]), narrowed, `${permission}: key narrowed to ${name}`);
    t.equal(may('admin', narrowings.tools), tools, `${permission}: key narrowed to tools`);
  }
});

t.test("the hub's own tools at /mcp are open to callers whose role allows them", async (t) => {
  for (const operation of operations) {
    const open = (caller: Caller) => isOpen(operation, { view: new McpView(caller, { operations: true }) } as never);
    const { permission, name } = operation;
    const least = permission === undefined ? 'viewer' : expected[permission].least;
    for (const role of roles)
      t.equal(open(callerOf(role)), roles.indexOf(role) >= roles.indexOf(least), `${name}: ${role}`);
    t.notOk(open(callerOf('admin', narrowings.tools)), `${name}: a key narrowed to other tools`);
    t.ok(open(callerOf('admin', { tools: [name] })), `${name}: a key narrowed to it`);
  }
});

const jobOf = (kind: string): NewJob => ({ kind, params: { servers: [], plan: [], scheduleId: null, targets: [] } });

t.test('each kind of job is refused to callers whose role or key does not reach so far', async (t) => {
  const { domain, as, issued } = await start(t);
  for (const { name: kind, permission } of domain.jobs.kinds) {
    const { least, narrowed, tools } = expected[permission];
    const submit = (caller: Caller) => domain.jobs.submit(as(caller), jobOf(kind));
    for (const role of roles)
      if (roles.indexOf(role) >= roles.indexOf(least)) await t.resolves(submit(await issued(role)), `${kind}: ${role}`);
      else await t.rejects(submit(await issued(role)), { code: 'forbidden' }, `${kind}: ${role}`);
    for (const [name, grants] of Object.entries(narrowings)) {
      const may = name === 'tools' ? tools : narrowed;
      if (may) await t.resolves(submit(await issued('admin', grants)), `${kind}: ${name}`);
      else await t.rejects(submit(await issued('admin', grants)), { code: 'forbidden' }, `${kind}: ${name}`);
    }
  }
});

/** Resolves with a job once it is over. */
function over(store: Awaited<ReturnType<typeof start>>['store'], read: () => JobRecord): Promise<JobRecord> {
  return new Promise((resolve) => {
    const look = () => {
      const job = read();
      if (isOver(job)) resolve(job);
      return isOver(job);
    };
    if (look()) return;
    const stop = store.observe(() => {
      if (look()) stop();
    });
  });
}

t.test('each kind of job that waits fails for a user demoted since, and for a key revoked since', async (t) => {
  const { domain, store, as } = await start(t);
  const { users, keys, identity, jobs } = domain;
  const password = 'correct horse battery';
  const { id } = await users.create(SYSTEM, { username: 'ops', password, role: 'admin' });
  await users.create(SYSTEM, { username: 'keeper', password, role: 'admin' });
  const made = await keys.create(SYSTEM, { name: 'key', role: 'admin', tier: 'free' });
  const user: Caller = { ...callerOf('admin'), kind: 'user', id, name: 'ops', userId: id, tier: null };
  const key = await identity.verify(made.key);
  const waiting = await Promise.all(
    jobs.kinds.flatMap(({ name: kind }) => [user, key].map((caller) => jobs.submit(as(caller), jobOf(kind)))),
  );
  await users.bring(SYSTEM, id, { role: 'viewer' });
  await keys.revoke(SYSTEM, made.record.id);
  await jobs.start();
  for (const { id: jobId, kind, origin } of waiting) {
    const job = await over(store, () => jobs.get(SYSTEM, jobId));
    const told = { status: 'failed', error: { code: 'forbidden', message: /may not do it any more/ } };
    t.match(job, told, `${kind}: ${origin.caller?.name}`);
  }
});

t.test('a schedule of an operator who is demoted ends with its reason', async (t) => {
  const { domain, store, as } = await start(t);
  // The engine's own timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const { users, workflows, jobs } = domain;
  const made = { username: 'ops', password: 'correct horse battery', role: 'operator' } as const;
  const { id } = await users.create(SYSTEM, made);
  const user: Caller = { ...callerOf('operator'), kind: 'user', id, name: 'ops', userId: id, tier: null };
  const { job } = await workflows.execute(as(user), { workflow: 'health_sweep', schedule: '* * * * * *' });
  await users.bring(SYSTEM, id, { role: 'user' });
  await jobs.start();
  const ended = await over(store, () => jobs.get(SYSTEM, job.id));
  t.match(ended, { status: 'failed', error: { message: /'ops' asked for this job.*needs role operator/ } });
  t.equal(workflows.get(SYSTEM, job.id).schedule, null, 'no run follows');
  t.equal((await jobs.list(SYSTEM, {}, 10)).total, 1);
});

t.test("a tool's answer in a workflow is for the user who started it, and for operators", async (t) => {
  const { domain, as, issued } = await start(t);
  const starter = await issued('operator');
  const plan = [{ name: 'say', kind: 'tool_call' }];
  const params = { workflow: 'w', parameters: { word: 'secret' }, plan, scheduleId: null };
  const job = await domain.jobs.submit(as(starter), { kind: 'workflow', params, steps: ['say'] });
  const step = { ...job.steps[0], status: 'completed', result: { durationMs: 1, result: 'secret' } };
  const done = { ...job, steps: [step] } as JobRecord;
  const seen = (caller: Caller) => JSON.stringify(domain.jobs.shown(as(caller), done)).includes('secret');
  t.notOk(seen(callerOf('viewer')));
  t.notOk(seen(callerOf('user')));
  t.ok(seen({ ...callerOf('operator'), id: 'another operator' }));
  t.ok(seen({ ...callerOf('viewer'), id: starter.id }), 'the caller who started it');
});

t.test('a run for all servers leaves out private servers, and a run for one is hidden from others', async (t) => {
  const { domain, store, as, issued } = await start(t);
  const server = (name: string, ownerId?: string) =>
    ({
      id: `id of ${name}`,
      name,
      site: 'local',
      groupId: null,
      enabled: true,
      wanted: true,
      ownerId,
      ...unused,
    }) as never;
  const unused = {
    agentId: 'a',
    metadata: { tags: [] },
    transport: { type: 'http', url: 'http://192.0.2.1' },
    revision: 1,
  };
  await store.apply({
    writes: [put(serverRecords, server('shared'), 'any'), put(serverRecords, server('private', 'alice'), 'any')],
  });
  const caller = await issued('admin');
  const admin = as(caller);
  const asked = { testType: 'unit', verbose: false, parallel: true, timeoutSeconds: 1 } as const;
  const all = domain.suites.newRun(admin, { ...asked, servers: ['all'] });
  t.same(all.steps, ['shared']);
  t.equal(all.ownerId, undefined);
  t.equal(domain.suites.newRun(admin, { ...asked, servers: ['id of private'] }).ownerId, caller.id);
  const parameters = { servers: ['id of private'] };
  const { job } = await domain.workflows.execute(admin, { workflow: 'health_sweep', parameters });
  t.throws(() => domain.jobs.get(as(callerOf('operator')), job.id), { code: 'not_found' });
});

t.test('a schedule of an admin who is demoted to operator goes on', async (t) => {
  const { domain, store, as } = await start(t);
  // The engine's own timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  t.teardown(() => clearInterval(alive));
  const { users, workflows, jobs } = domain;
  const password = 'correct horse battery';
  await users.create(SYSTEM, { username: 'keeper', password, role: 'admin' });
  const { id } = await users.create(SYSTEM, { username: 'ops', password, role: 'admin' });
  const user: Caller = { ...callerOf('admin'), kind: 'user', id, name: 'ops', userId: id, tier: null };
  const { job } = await workflows.execute(as(user), { workflow: 'health_sweep', schedule: '* * * * * *' });
  await users.bring(SYSTEM, id, { role: 'operator' });
  await jobs.start();
  t.match(await over(store, () => jobs.get(SYSTEM, job.id)), { status: 'completed', error: null });
  const { schedule } = workflows.get(SYSTEM, job.id);
  t.ok(schedule, 'the series is there');
  t.not(schedule?.nextJobId, job.id, 'and has its next run');
});
