import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type Grants, payerOf, type RequestOrigin, type Role } from '../../hub/domain/access/caller.js';
import type { ConnectedAgent, ServerReport } from '../../hub/domain/agents/fleet.js';
import { SYSTEM } from '../../hub/domain/audit/audit.js';
import { Redactor } from '../../hub/domain/audit/redactor.js';
import { CancelSource } from '../../hub/domain/cancellation.js';
import type { Folders } from '../../hub/domain/cleanup/storage.js';
import { createDomain, type Domain, type DomainPorts } from '../../hub/domain/domain.js';
import { jobsOver } from '../../hub/domain/jobs/history.js';
import type { JobRecord } from '../../hub/domain/jobs/record.js';
import type { NewApiKey } from '../../hub/domain/people/keys/keys.js';
import type { ServerInput } from '../../hub/domain/servers/servers.js';
import type { DomainSettings } from '../../hub/domain/settings.js';
import type { StepDefinition } from '../../hub/domain/workflows/definition.js';
import type { HubStore } from '../../hub/store/hub-store.js';
import { openStore } from '../../hub/store/open.js';
import { tempFolder } from '../temp-folder.js';
import { type Clock, stopClock } from './clock.js';
import { ScriptedServer, ScriptedSite, type ScriptedTool } from './scripted-site.js';

/** A caller with a key of its own. */
export type Asker = RequestOrigin & { readonly caller: NonNullable<RequestOrigin['caller']> };

export interface DomainOptions {
  /** Ports of the domain that are other than usual. */
  readonly ports?: Partial<DomainPorts>;
  readonly settings?: Partial<DomainSettings>;
}

/** The site of the only agent. */
const SITE = 'local';

const log = { info() {}, warn() {}, error() {} };

const emptyFolders: Folders = {
  clean: async ({ targets }) => targets.map((target) => ({ target, files: 0, bytes: 0, errors: 0 })),
  measure: async () => ({ fileSystem: 'hub', totalBytes: 100, freeBytes: 50, targets: [] }),
};

/** The usual ports of a test: nothing outside the test's process. */
function usualPorts(): Omit<DomainPorts, 'store' | 'fleet' | 'backups'> {
  return {
    passwords: { hash: async (password) => password, verify: async (hash, password) => hash === password },
    folders: emptyFolders,
    ownUsage: {
      measure: async () => ({ memory: { totalBytes: 1, usedBytes: 0 }, disk: { totalBytes: 1, usedBytes: 0 } }),
    },
    certificates: () => [],
    workflows: [],
    version: '0.0.0',
    askRegistry: async () => ({}),
    outbound: {
      guard: { check: async () => {} },
      sender: { post: async () => ({ status: 200, error: undefined }) },
    } as unknown as DomainPorts['outbound'],
  };
}

/** A domain over a store of its own and a scripted fleet, with one agent at site `local`. */
export class TestDomain {
  readonly fleet = new ScriptedSite();
  /** Errors of work in the background. */
  readonly #errors: unknown[] = [];
  store!: HubStore;
  domain!: Domain;
  admin!: Asker;
  agentId = '';

  constructor(
    private readonly dir: string,
    readonly clock: Clock,
    private readonly ports: Partial<DomainPorts>,
  ) {}

  async start(): Promise<void> {
    const { fleet, dir, ports } = this;
    fleet.onReport = (agentId, report) => this.#onReport(agentId, report);
    const redactor = new Redactor();
    const store = await openStore({ dir, log, onSecret: (plain, scope) => redactor.learn(plain, scope) });
    this.store = store;
    const own = {
      store,
      redactor,
      backups: store,
      fleet: () => fleet,
      onError: (error: unknown) => this.#errors.push(error),
    };
    this.domain = await createDomain({ ...usualPorts(), ...own, ...ports });
    await this.domain.jobs.start();
  }

  /** Ends the domain as a hub that stops does. @throws the first error of the work in the background. */
  async stop(): Promise<void> {
    await this.domain.stop({ closeApis: async () => {}, closeFleet: async () => {} });
    await this.store.close();
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  /** Stops the domain and starts it again over the same data. The agents stay. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The domain that starts over a copy of the data that is on disk now, as after kill -9. It ends with the test. */
  async killed(t: Test): Promise<TestDomain> {
    const again = new TestDomain(tempFolder(t, filesOf(this.dir)), this.clock, this.ports);
    await again.start();
    t.teardown(() => again.stop());
    Object.assign(again, { admin: this.admin, agentId: this.agentId });
    again.agentComes();
    return again;
  }

  /** A caller with a new key. A key of a user is one that the user made for itself. */
  async caller(role: Role, grants: Grants | null = null, more: Partial<NewApiKey> = {}): Promise<Asker> {
    const { keys } = this.domain;
    const own = more.userId ? { countedAs: payerOf({ kind: 'user', id: more.userId }) } : {};
    const { key } = await keys.create(SYSTEM, { name: role, role, tier: 'enterprise', grants, ...own, ...more });
    return { ...SYSTEM, caller: keys.verify(key), api: 'connect' };
  }

  /** The agent of site `local` connects. @param operations that it knows */
  agentComes({ operations = ['measureUsage'] }: { readonly operations?: readonly string[] } = {}): void {
    const rest = { version: '0.0.0', platform: 'linux', capabilities: [], operations };
    const agent: ConnectedAgent = {
      id: this.agentId,
      name: SITE,
      site: SITE,
      ...rest,
      connectedAt: Date.now(),
      roundTripMs: 1,
    };
    this.fleet.connected.set(agent.id, agent);
  }

  /** The link to the agent is lost. */
  agentGoes(): void {
    const agent = this.fleet.connected.get(this.agentId);
    this.fleet.connected.delete(this.agentId);
    if (agent) this.domain.lifecycle.onDisconnect(agent, 'the link is lost');
  }

  /** Registers a server; gives its id, and the server for the test to change. */
  async register(name: string, tools: Readonly<Record<string, ScriptedTool>>, more: Partial<ServerInput> = {}) {
    const server = new ScriptedServer(tools);
    this.fleet.servers.set(name, server);
    const transport = { type: 'stdio', command: name, args: [] } as const;
    const { record } = await this.domain.lifecycle.create(this.admin, { name, transport, ...more });
    return { id: record.id, server };
  }

  /** Registers a server and connects it. */
  async connect(name: string, tools: Readonly<Record<string, ScriptedTool>>, more: Partial<ServerInput> = {}) {
    const registered = await this.register(name, tools, more);
    await this.domain.lifecycle.connect(this.admin, registered.id);
    return registered;
  }

  /** The agent reports a change of a server that the hub did not ask for. */
  report(serverId: string, change: Parameters<ScriptedSite['report']>[1] = {}): void {
    this.#onReport(this.agentId, this.fleet.report(serverId, change));
  }

  #onReport(agentId: string, report: ServerReport): void {
    const agent = this.fleet.agent(agentId);
    if (!agent) throw new Error('an agent that is away reports nothing');
    this.domain.lifecycle.onReport(agent, report);
  }

  /** Calls a tool, as the admin unless told otherwise. */
  async call(
    tool: string,
    args: Readonly<Record<string, unknown>> = {},
    { as = this.admin, ...more }: { as?: Asker; server?: string; timeoutMs?: number } = {},
  ) {
    const call = { caller: as.caller, tool, arguments: args, ...more };
    const { result, isError, cached } = await this.domain.invocations.invoke(as, call);
    const [content] = JSON.parse(Buffer.from(result).toString()).content;
    return { answer: isError ? content.text : JSON.parse(content.text), isError, cached };
  }

  /** Waits until a job is over; gives it as it is then. */
  async over(id: string): Promise<JobRecord> {
    const [job] = await jobsOver(this.store, [id], new CancelSource());
    if (!job) throw new Error(`there is no job '${id}'`);
    return job;
  }

  /** The events of the journal so far whose type starts with a text, oldest first. */
  async events(prefix: string) {
    await this.store.flush();
    return this.store.events(0, 10_000).filter(({ type }) => type.startsWith(prefix));
  }
}

/** Defines a workflow and begins a run of it; gives the id of the run. */
export async function begin(
  { domain, admin }: TestDomain,
  steps: readonly StepDefinition[],
  as: Asker = admin,
): Promise<string> {
  const name = `w${domain.workflows.catalog.list(null).length}`;
  await domain.workflows.catalog.add(admin, { name, description: '', parameters: {}, steps });
  const { job } = await domain.workflows.execute(as, { workflow: name });
  return job.id;
}

/** A data folder with an admin's key and an agent at site `local`: making one takes longer than most tests. */
interface FirstFolder {
  readonly files: Readonly<Record<string, Buffer>>;
  readonly adminKey: string;
  readonly agentId: string;
}

function filesOf(dir: string): FirstFolder['files'] {
  return Object.fromEntries(['store.mdb', 'sealing.key'].map((name) => [name, readFileSync(join(dir, name))]));
}

let firstFolder: Promise<FirstFolder> | undefined;

async function makeFirstFolder(t: Test, clock: Clock): Promise<FirstFolder> {
  const dir = tempFolder(t);
  const hub = new TestDomain(dir, clock, {});
  await hub.start();
  const { keys, joinTokens, agents } = hub.domain;
  const { key } = await keys.create(SYSTEM, { name: 'admin', role: 'admin', tier: 'enterprise' });
  const { secret } = await joinTokens.create(SYSTEM, SITE, 60);
  const { agentId } = await agents.redeem(secret, { name: SITE, key: SITE });
  await hub.stop();
  return { files: filesOf(dir), adminKey: key, agentId };
}

/** Starts a domain whose clock stands still, with one agent at site `local`; it ends with the test. */
export async function startDomain(t: Test, { ports = {}, settings = {} }: DomainOptions = {}): Promise<TestDomain> {
  const clock = stopClock(t);
  firstFolder ??= makeFirstFolder(t, clock);
  const { files, adminKey, agentId } = await firstFolder;
  const hub = new TestDomain(tempFolder(t, files), clock, { ...ports, settings });
  await hub.start();
  t.teardown(() => hub.stop());
  hub.admin = { ...SYSTEM, caller: hub.domain.keys.verify(adminKey), api: 'connect' };
  hub.agentId = agentId;
  hub.agentComes();
  return hub;
}
