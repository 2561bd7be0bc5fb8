import { authorize } from '../access/authorize.js';
import type { Permission } from '../access/permissions.js';
import { agentReturned, ask } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import type { Shape } from '../agents/shape.js';
import { type CleanupResult, newCleanup } from '../cleanup/cleanup.js';
import { type CleanupTarget, cleanupTargets } from '../cleanup/storage.js';
import { type BackupStepParts, backupConfigs } from '../devices/config/backups.js';
import { DomainError, invalid } from '../errors.js';
import type { Jobs } from '../jobs/jobs.js';
import type { JobRun, StepCommand } from '../jobs/kind.js';
import type { JobRecord } from '../jobs/record.js';
import type { ServerOperation, ServerOperations } from '../servers/operations.js';
import type { ServerRecord } from '../servers/record.js';
import { type Servers, sharedServers } from '../servers/servers.js';
import { type Suites, testStep } from '../suites/suites.js';
import type { CheckedServer } from '../updates/checks.js';
import { PLAN } from '../updates/job.js';
import { LATEST } from '../updates/plan.js';
import { isNewer } from '../updates/source.js';
import type { Updates } from '../updates/updates.js';
import { type Parameters, type StepDefinition, withValues } from './definition.js';
import { type KindName, kindForms, MAX_WAIT_S, type OperationKind, permissionOf } from './kinds.js';
import {
  type Args,
  admitted,
  callTool,
  checkCall,
  doOperation,
  isPersonal,
  type OncePartsOfSteps,
  originOf,
  query,
  request,
  type StepStarter,
} from './once-steps.js';

/** A kind of step and its work. */
export interface StepKind {
  /** The permission that the caller of the workflow must have when the step begins. */
  readonly permission: Permission;
  /**
   * Does the work.
   * @returns plain JSON
   * @param command for a kind whose work must not be done twice
   * @param secret whether the arguments hold settings of external databases
   */
  run(args: Args, run: JobRun, command: StepCommand, secret: boolean): Promise<unknown>;
  /**
   * Checks the rights and the names that the work needs, without doing it.
   * @param open the arguments that are not known yet @throws DomainError as the work
   */
  readonly check?: (args: Args, starter: StepStarter, open: ReadonlySet<string>) => void;
}

export interface StepParts extends OncePartsOfSteps {
  readonly servers: Servers;
  readonly operations: ServerOperations;
  readonly fleet: () => Fleet;
  readonly jobs: Jobs;
  readonly updates: Updates;
  readonly suites: Suites;
  readonly network: Pick<BackupStepParts, 'devices' | 'backups'>;
  readonly redactor: BackupStepParts['redactor'];
}

const INSPECT_TIMEOUT_MS = 10_000;
/** The most servers that a step asks at once. */
const AT_ONCE = 8;

/** All kinds of steps that this hub has, by name. */
export function stepKinds(parts: StepParts): ReadonlyMap<string, StepKind> {
  const operation =
    (kind: OperationKind): StepKind['run'] =>
    (args, run, command) =>
      doOperation(parts, kind, args, run, command);
  const work: Readonly<Record<KindName, StepKind['run']>> = {
    approval: () => Promise.reject(new Error('the run itself asks people')),
    backup_configs: (args, run) => {
      const operation = parts.stepOperations.device.get('backup_device_config');
      return backupConfigs({ ...parts, ...parts.network, admitted: () => admitted(operation, run) }, args, run);
    },
    cleanup,
    device: operation('device'),
    docker: operation('docker'),
    health_sweep: (args, run) => healthSweep(parts, args, run),
    http: (args, run, command) => request(parts, args, run, command),
    kubernetes: operation('kubernetes'),
    server: (args, run, command) => server(parts, args, run, command),
    server_start: (args, run) => operate(parts, 'start', args, run),
    server_stop: (args, run) => operate(parts, 'stop', args, run),
    server_restart: (args, run) => operate(parts, 'restart', args, run),
    set: async (args) => args,
    sql: (args, run, command) => query(parts, args, run, command),
    test_run: (args, run) => testStep(parts.suites, args, run, originOf(run)),
    tool_call: (...given) => callTool(parts, ...given),
    update: (args, run) => updateServers(parts, args, run),
    update_check: (args, run) => checkUpdates(parts, args, run),
    wait,
    workflow: () => Promise.reject(new Error('the run itself runs other workflows')),
  };
  const check: NonNullable<StepKind['check']> = (args, starter, open) => {
    const named = serversNamed(args).length > 0 && !open.has('servers') && !open.has('server');
    if (named) chosen(parts, { servers: serversNamed(args) }, starter, () => false);
  };
  const checks: Partial<Readonly<Record<KindName, StepKind['check']>>> = {
    sql: ({ database, change }, { origin }, open) => {
      if (!open.has('database')) parts.queries.find(origin, String(database), change === true);
    },
    tool_call: (...given) => checkCall(parts, ...given),
  };
  const names = Object.keys(work) as KindName[];
  const kindOf = (name: KindName): StepKind => ({
    permission: kindForms[name].permission,
    check: (args, starter, open) => {
      const needed = permissionOf(parts.stepOperations, { kind: name, with: args });
      authorize(starter.origin.caller, needed ?? kindForms[name].permission);
      (checks[name] ?? check)(args, starter, open);
    },
    run: (args, run, ...more) => {
      // A key may have been narrowed since the run began: no narrowed key runs workflows.
      authorize(run.origin.caller, 'workflow.execute');
      return work[name](args, run, ...more);
    },
  });
  return new Map(names.map((name) => [name, kindOf(name)]));
}

const verbs: Readonly<Record<string, ServerOperation>> = {
  start_server: 'start',
  stop_server: 'stop',
  restart_server: 'restart',
};

/** An operation on a server. The step waits until a server that it starts is connected. */
async function server(parts: StepParts, args: Args, run: JobRun, command: StepCommand) {
  const verb = verbs[String(args.operation)];
  if (!verb) return doOperation(parts, 'server', args, run, command);
  return operate(parts, verb, { ...args, servers: [String(args.server)] }, run);
}

async function wait({ seconds }: Readonly<Record<string, unknown>>, run: JobRun, command: StepCommand) {
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= MAX_WAIT_S))
    throw invalid('seconds', `must be 0 to ${MAX_WAIT_S}`);
  // A wait that a restart of the hub interrupted ends at the same time as before.
  if (command.dueAt === undefined) await command.waiting(Date.now() + seconds * 1000);
  await run.pause(command.dueAt ?? 0);
  return { seconds };
}

async function cleanup(args: Readonly<Record<string, unknown>>, run: JobRun) {
  const { targets = ['logs', 'cache', 'temp'], retention_days = 30, dry_run = false, force = false } = args;
  const known = (name: unknown): name is CleanupTarget => cleanupTargets.includes(name as CleanupTarget);
  if (!Array.isArray(targets) || !targets.every(known))
    throw invalid('targets', `must be a list of ${cleanupTargets.join(', ')}`);
  const retentionDays = Number(retention_days);
  if (!(retentionDays >= 0)) throw invalid('retention_days', 'must be a number of days');
  const job = newCleanup({ targets, retentionDays, dryRun: dry_run === true, force: force === true });
  const { id, status, result, error } = await run.child(job);
  if (status !== 'completed') throw new DomainError('upstream_failed', error?.message ?? `the cleanup ${status}`);
  return { cleanupId: id, ...(result as CleanupResult).summary };
}

async function healthSweep(parts: StepParts, args: Readonly<Record<string, unknown>>, run: JobRun) {
  const servers = chosen(parts, args, run, ({ enabled, wanted }) => enabled && wanted);
  const restart = args.restart === true;
  const found: Record<string, unknown>[] = [];
  const left = [...servers];
  const worker = async () => {
    for (let server = left.shift(); server && !run.signal.aborted; server = left.shift())
      found.push(await inspect(parts, server, restart, run));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (run.signal.aborted) throw run.signal.reason;
  const healthy = found.filter((server) => server.healthy === true).length;
  found.sort((a, b) => String(a.name).localeCompare(String(b.name)));
  return { total: found.length, healthy, unhealthy: found.length - healthy, servers: found };
}

interface Inspected {
  readonly durationMs: number;
  readonly tools: number;
}

const inspected: Shape<Inspected> = { durationMs: 'number', tools: 'number' };

async function inspect({ fleet, operations }: StepParts, record: ServerRecord, restart: boolean, run: JobRun) {
  const { id, name, agentId } = record;
  try {
    if (run.resumed) await agentReturned(fleet(), agentId, run.signal);
    const options = { kind: 'read', timeoutMs: INSPECT_TIMEOUT_MS, signal: run.signal } as const;
    const operation = { case: 'inspectServer', value: { serverId: id } } as const;
    return { name, healthy: true, ...(await ask<Inspected>(fleet(), agentId, operation, inspected, options)) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const sick = { name, healthy: false, error: error.message };
    if (!restart) return sick;
    authorize(run.origin.caller, 'server.operate');
    const restarted = await operations.perform('restart', record, { timeout: 10 }, run).then(
      () => true,
      () => false,
    );
    return { ...sick, restarted };
  }
}

async function operate(
  { servers, operations }: StepParts,
  operation: ServerOperation,
  args: Readonly<Record<string, unknown>>,
  run: JobRun,
) {
  const targets = chosen({ servers }, args, run, () => false);
  if (targets.length === 0) throw invalid('servers', 'must name at least one server');
  const timeout = typeof args.timeout === 'number' ? args.timeout : 30;
  const options = { force: args.force === true, graceful: args.graceful !== false, timeout };
  const done: string[] = [];
  for (const { id } of targets) {
    const record = await servers.setWanted(run.origin, id, operation !== 'stop');
    await operations.perform(operation, record, options, run);
    done.push(record.name);
  }
  return { servers: done };
}

export interface UpdateStepParts {
  readonly servers: Servers;
  readonly updates: Updates;
  readonly jobs: Jobs;
}

/** The outcome of one server. */
interface Updated {
  readonly name: string;
  /** `planned`: a dry run. */
  readonly status: 'updated' | 'planned' | 'failed' | 'skipped';
  readonly updateId?: string;
  readonly from?: string | null;
  readonly to?: string | null;
  readonly reason?: string;
}

/** Asks the sources of servers for newer versions. */
async function checkUpdates(parts: UpdateStepParts, args: Args, run: JobRun) {
  const found = await checked(parts, args, run);
  const newer = found.filter(({ check }) => check !== null && isNewer(check));
  return {
    checked: found.length,
    updatesAvailable: newer.length,
    servers: newer.map(({ record, check }) => ({
      name: record.name,
      currentVersion: check?.current ?? null,
      latestVersion: check?.latest ?? null,
      breakingChanges: check?.breaking ?? false,
    })),
    errors: found.flatMap(({ record, error }) => (error === null ? [] : [{ name: record.name, error }])),
  };
}

/** Updates servers to a version, or all servers with a newer version. Each update is its own job; the hub limits how many run at once. */
async function updateServers(parts: UpdateStepParts, args: Args, run: JobRun) {
  const outcomes: Updated[] = [];
  const jobs: JobRecord[] = [];
  for (const server of await checked(parts, args, run)) {
    if (run.signal.aborted) throw run.signal.reason;
    const begun = await begin(parts, server, args, run);
    if ('id' in begun) jobs.push(begun);
    else outcomes.push(begun);
  }
  const ids = jobs.map(({ id }) => id);
  try {
    const ended = await run.join(ids);
    outcomes.push(...jobs.map((job, at) => outcome(job, ended[at])));
  } catch (error) {
    // A caller who cancels the workflow wants none of its updates. If the hub stops, the updates go on with the workflow later.
    if (!run.left) for (const id of ids) await parts.jobs.cancel(run.origin, id).catch(() => {});
    throw error;
  }
  const count = (status: Updated['status']) => outcomes.filter((one) => one.status === status).length;
  outcomes.sort((a, b) => a.name.localeCompare(b.name));
  const planned = args.dry_run === true ? { planned: count('planned') } : {};
  return {
    updated: count('updated'),
    ...planned,
    failed: count('failed'),
    skipped: count('skipped'),
    servers: outcomes,
  };
}

function checked(parts: UpdateStepParts, args: Args, run: JobRun): Promise<CheckedServer[]> {
  const targets = chosen(parts, args, run, () => true);
  return parts.updates.checkThese(targets, Array.isArray(args.servers) && args.servers.length > 0);
}

async function begin(
  { updates }: UpdateStepParts,
  { record, check, error, unversioned }: CheckedServer,
  args: Args,
  run: JobRun,
): Promise<JobRecord | Updated> {
  const not = (reason: string, status: 'skipped' | 'failed' = 'skipped'): Updated => ({
    name: record.name,
    status,
    from: check?.current ?? null,
    to: check?.latest ?? null,
    reason,
  });
  const before = adopted(updates.underWay(record.id), run, record);
  if (before) return before;
  if (unversioned) return not('it has no versions to choose from');
  if (error !== null) return not(error, 'failed');
  const { version = LATEST } = args;
  const isLatest = version === LATEST;
  if (isLatest && !args.force && (!check || !isNewer(check))) return not('it is up to date');
  // A version that the author names is intended, even if the major version grows.
  if (isLatest && check?.breaking && args.breaking !== true) return not('the major version grows');
  const input = {
    version: String(version),
    rollbackOnFailure: args.rollback_on_failure !== false,
    dryRun: args.dry_run === true,
    backup: args.backup !== false,
    force: args.force === true,
  };
  try {
    return await updates.update(run.origin, record.id, input);
  } catch (thrown) {
    if (!(thrown instanceof DomainError)) throw thrown;
    return not(thrown.message, thrown.code === 'conflict' ? 'skipped' : 'failed');
  }
}

/** The update that an earlier attempt at this step began. */
function adopted(job: JobRecord | undefined, run: JobRun, { id }: ServerRecord): JobRecord | undefined {
  const own = job?.serverId === id && run.record.attempts > 1 && job.createdAt >= (run.record.startedAt ?? 0);
  return own ? job : undefined;
}

function outcome({ id, kind, params }: JobRecord, ended: JobRecord | undefined): Updated {
  const { server, from, to } = params as { readonly server: string; readonly from: string | null; readonly to: string };
  const done = ended?.status === 'completed';
  const reason = done ? {} : { reason: ended?.error?.message ?? 'its job is not kept any more' };
  const status = !done ? 'failed' : kind === PLAN ? 'planned' : 'updated';
  return { name: server, status, updateId: id, from, to, ...reason };
}

/**
 * The servers that a step names; without names, the servers that `otherwise` accepts. Private servers have to be named: every caller who
 * may read jobs would read about them.
 */
function chosen(
  { servers }: { readonly servers: Servers },
  { servers: names = [] }: Readonly<Record<string, unknown>>,
  run: StepStarter,
  otherwise: (record: ServerRecord) => boolean,
): ServerRecord[] {
  if (!Array.isArray(names)) throw invalid('servers', 'must be a list of names or ids');
  if (names.length === 0) return sharedServers(servers, run.origin).filter(otherwise);
  const named = names.map((name) => servers.get(run.origin, String(name)).record);
  const personal = isPersonal(run) ? undefined : named.find(({ ownerId }) => ownerId !== undefined);
  if (personal)
    throw new DomainError('conflict', `the server belongs to one person, and others read this run: ${NAME_IT}`);
  return named;
}

/**
 * A run belongs to one person if the definition or a parameter names a server of that person. The values of expressions are known too late
 * for that.
 */
const NAME_IT = 'name the server in the definition or by a parameter';

/** The servers that a run names. If one of them is personal, the run belongs to its caller: see {@link ownerOfWork}. */
export function serversOf(plan: readonly StepDefinition[], parameters: Parameters): string[] {
  return plan.flatMap(({ with: given = {} }) => serversNamed(withValues(given, parameters)));
}

/** The servers that a step's arguments name. */
export function serversNamed(given: unknown): string[] {
  const { servers, server } = (given ?? {}) as Readonly<Record<string, unknown>>;
  return [...(Array.isArray(servers) ? servers : []), server].filter((name) => typeof name === 'string');
}
