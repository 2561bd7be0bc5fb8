import type { Test } from 'tap';
import type { Caller } from '../../../hub/domain/access/caller.js';
import type { Agents } from '../../../hub/domain/agents/agents.js';
import type { ConnectedAgent, Operation, Reply } from '../../../hub/domain/agents/fleet.js';
import { Redactor } from '../../../hub/domain/audit/redactor.js';
import { Dependants } from '../../../hub/domain/dependants.js';
import { DomainError } from '../../../hub/domain/errors.js';
import { newId } from '../../../hub/domain/ids.js';
import { Jobs } from '../../../hub/domain/jobs/jobs.js';
import { defaultJobSettings } from '../../../hub/domain/jobs/kind.js';
import { isOver, type JobRecord, jobRecords } from '../../../hub/domain/jobs/record.js';
import { JobWriter } from '../../../hub/domain/jobs/writer.js';
import { GroupRegistry } from '../../../hub/domain/servers/groups.js';
import { ServerLifecycle } from '../../../hub/domain/servers/lifecycle.js';
import { ObservedServers } from '../../../hub/domain/servers/observed.js';
import { type ServerRecord, serverRecords } from '../../../hub/domain/servers/record.js';
import { ServerRegistry } from '../../../hub/domain/servers/registry.js';
import { Servers } from '../../../hub/domain/servers/servers.js';
import { SpecRoom } from '../../../hub/domain/sited/spec-room.js';
import { put, type Store } from '../../../hub/domain/store.js';
import { UpdateOutcomes } from '../../../hub/domain/updates/job.js';
import { defaultUpdateSettings, type UpdateSettings } from '../../../hub/domain/updates/kinds.js';
import { createUpdates } from '../../../hub/domain/updates/updates.js';
import { json, ScriptedFleet } from '../scripted-fleet.js';
import { openTestStore } from '../store/stores.js';

type Case = Operation['case'];
type Told<C extends Case> = Extract<Operation, { case: C }>['value'];

/** An agent as far as updates go: versions in a registry, some of them installed, one of them running. Every answer can be replaced. */
export class ScriptedAgent extends ScriptedFleet {
  kind = 'npm';
  latest = '2.0.0';
  readonly versions = ['2.0.0', '1.1.0', '1.0.0'];
  readonly installed = new Set(['1.0.0']);
  kept: readonly string[] = [];
  /** By server. */
  readonly running = new Map<string, string>();
  readonly tools: Record<string, readonly string[]> = { '1.0.0': ['a', 'b'], '1.1.0': ['a', 'b'], '2.0.0': ['a', 'c'] };

  constructor() {
    super(agent);
  }

  protected answer(operation: Operation): Reply {
    switch (operation.case) {
      case 'checkSource': {
        const current = this.running.get(operation.value.serverId) ?? '1.0.0';
        const { latest, versions } = this;
        return json({ kind: this.kind, name: 'pkg', current, latest, versions, breaking: latest[0] !== current[0] });
      }
      case 'listInstalled': {
        const installed = [...this.installed].map((version) => ({ version, installedAt: '', bytes: 1024 ** 2 }));
        return json({ current: this.running.get(operation.value.serverId) ?? '1.0.0', installed });
      }
      case 'downloadSource':
        if (!this.versions.includes(operation.value.version))
          throw new DomainError('upstream_failed', `there is no version ${operation.value.version}`);
        return json({ version: operation.value.version, already: false, bytes: 5 });
      case 'installSource':
        this.installed.add(operation.value.version);
        return json({ version: operation.value.version, already: false });
      case 'verifySource': {
        const { version } = operation.value;
        const tools = (this.tools[version] ?? []).map((name) => definition(name));
        return json({
          version,
          protocolVersion: '2025-11-25',
          serverInfo: { name: 'pkg', version },
          tools,
          startMs: 3,
        });
      }
      case 'switchServer':
      case 'putServer': {
        const { id, version, revision, connected } = operation.value.server;
        if (version !== undefined) this.running.set(id, version);
        return { case: 'server', value: report(id, revision, connected, version ?? '1.0.0', this.tools) };
      }
      case 'keepInstalled':
        this.kept = operation.value.versions;
        return json(null);
      case 'removeInstalled':
        return json({ removed: this.installed.delete(operation.value.version), bytes: 1 });
      default:
        return json(null);
    }
  }

  /** The requests of one operation, oldest first. */
  told<C extends Case>(name: C): Told<C>[] {
    return this.asked.filter((operation) => operation.case === name).map(({ value }) => value as Told<C>);
  }
}

const agent: ConnectedAgent = {
  id: 'agent-1',
  name: 'agent',
  site: 'local',
  version: '0.1.0',
  platform: 'linux',
  capabilities: [],
  operations: [],
  connectedAt: 0,
  roundTripMs: undefined,
};

function definition(name: string) {
  return { name, description: `does ${name}`, inputSchema: { type: 'object' } };
}

function report(
  serverId: string,
  revision: number,
  connected: boolean,
  version: string,
  tools: Readonly<Record<string, readonly string[]>>,
) {
  const listed = (tools[version] ?? []).map((name) => ({
    name,
    definition: Buffer.from(JSON.stringify(definition(name))),
  }));
  const state = connected ? ('connected' as const) : ('disconnected' as const);
  const counts = { pid: 1, attempt: 0, nextAttemptMs: 0, connectTimeMs: 1 };
  return { serverId, revision, state, error: '', tools: listed, initializeResult: Buffer.alloc(0), ...counts, version };
}

/** A registration of an npm package, wanted and running version 1.0.0. */
export function registration(name: string, more: Partial<ServerRecord> = {}): ServerRecord {
  return {
    id: newId(),
    name,
    description: '',
    transport: { type: 'stdio', command: 'npx', args: ['-y', 'pkg@1.0.0'], env: [] },
    auth: { type: 'none' },
    sealedSecrets: null,
    healthCheck: { enabled: true, intervalMs: 30_000, timeoutMs: 5000 },
    rateLimits: { requestsPerMinute: null, requestsPerDay: null },
    cache: null,
    metadata: { category: null, tags: [], version: null },
    groupId: null,
    enabled: true,
    wanted: true,
    site: 'local',
    agentId: agent.id,
    revision: 1,
    createdAt: 0,
    updatedAt: 0,
    ...more,
  };
}

/** Updates over a real store and a scripted agent. `again` is the next start of a hub that was stopped. */
export async function rig(t: Test, settings: Partial<UpdateSettings> = {}) {
  const { store } = await openTestStore(t);
  const fleet = new ScriptedAgent();
  return { store, fleet, ...(await start(t, store, fleet, settings)) };
}

export async function start(t: Test, store: Store, fleet: ScriptedAgent, settings: Partial<UpdateSettings> = {}) {
  const registry = new ServerRegistry(store);
  const redactor = new Redactor();
  const observed = new ObservedServers(() => redactor);
  const theFleet = () => fleet;
  const dependants = new Dependants();
  const servers = new Servers(
    store,
    {} as Agents,
    registry,
    observed,
    new GroupRegistry(store),
    dependants,
    new SpecRoom(),
  );
  const lifecycle = new ServerLifecycle(store, servers, registry, observed, theFleet);
  const onError = (error: unknown) => t.fail(String(error));
  let creator: Caller | null = null;
  const jobs = new Jobs({
    store,
    writer: new JobWriter(store, redactor),
    creators: { now: () => creator } as never,
    registry,
    settings: { ...defaultJobSettings, perSite: 100 },
    onError,
  });
  const bounds = { ...defaultUpdateSettings, ...settings };
  const parts = { store, dependants, jobs, servers, registry, observed, lifecycle, redactor, fleet: theFleet, onError };
  const { updates, serverVersions } = createUpdates({ ...parts, settings: bounds });
  const outcomes = new UpdateOutcomes(store);
  const close = async () => {
    await jobs.close();
    serverVersions.close();
  };
  t.teardown(close);
  await serverVersions.start();
  await jobs.start();
  return {
    registry,
    observed,
    servers,
    jobs,
    updates,
    outcomes,
    /** The caller of each job, with its present rights. */
    creatorIs: (caller: Caller) => {
      creator = caller;
    },
    /** Stops like a hub: running jobs stay as they are. */
    close,
    /** Registers a server that runs 1.0.0. */
    async register(name: string, more: Partial<ServerRecord> = {}): Promise<ServerRecord> {
      const record = registration(name, more);
      await store.apply({ by: null, writes: [put(serverRecords, record, 'absent')] });
      const told = report(record.id, 1, record.wanted, '1.0.0', fleet.tools);
      observed.report(agent.id, told);
      return record;
    },
    over: (id: string) => over(store, id),
  };
}

/** Resolves once a job is over. */
export function over(store: Store, id: string): Promise<JobRecord> {
  return new Promise((resolve) => {
    const look = () => {
      const record = store.get(jobRecords, id);
      if (!record || !isOver(record)) return false;
      resolve(record);
      return true;
    };
    if (look()) return;
    const stop = store.observe(() => {
      if (look()) stop();
    });
  });
}

export const wanted = { version: 'latest', rollbackOnFailure: true, dryRun: false, backup: true, force: false };

/** A promise and the functions that settle it. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
