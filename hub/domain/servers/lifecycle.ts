import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { askedOf, unreadable } from '../agents/answer.js';
import type { ConnectedAgent, Fleet, FleetEvents, ServerReport, ServerSpec, StopOptions } from '../agents/fleet.js';
import { auditWrite, durationOf } from '../audit/audit.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import { Turns } from '../event-loop.js';
import type { Store } from '../store.js';
import type { ObservedServers } from './observed.js';
import type { ServerRecord } from './record.js';
import type { ServerRegistry } from './registry.js';
import type { Belonging, ServerInput, Servers, ServerView } from './servers.js';
import { type AuthorizationCallback, NO_CALLBACK, specOf } from './spec.js';

/** How long an agent may take, milliseconds. A first connect may have to install a package. */
const CONNECT_TIMEOUT_MS = 180_000;
const DISCONNECT_TIMEOUT_MS = 30_000;
const PUT_TIMEOUT_MS = 15_000;

/** The outcome of one server of a bulk operation. */
export interface BulkOutcome {
  readonly serverId: string;
  readonly report?: ServerReport;
  readonly error?: string;
}

/** Carries desired state to the agents, and observed state back. */
export class ServerLifecycle implements Pick<FleetEvents, 'onConnect' | 'onDisconnect' | 'onReport'> {
  readonly #store: Store;
  readonly #servers: Servers;
  readonly #registry: ServerRegistry;
  readonly #observed: ObservedServers;
  readonly #fleet: () => Fleet;
  readonly #callback: () => AuthorizationCallback;
  readonly #onError: (error: unknown) => void;
  /** By agent: the servers that it did not get when it connected, and has not got since. */
  readonly #leftOut = new Map<string, Set<string>>();

  constructor(
    store: Store,
    servers: Servers,
    registry: ServerRegistry,
    observed: ObservedServers,
    fleet: () => Fleet,
    callback: () => AuthorizationCallback = () => NO_CALLBACK,
    onError: (error: unknown) => void = () => {},
  ) {
    this.#callback = callback;
    this.#onError = onError;
    this.#store = store;
    this.#servers = servers;
    this.#registry = registry;
    this.#observed = observed;
    this.#fleet = fleet;
  }

  /**
   * Connects a server and waits for it; audited with the outcome.
   * @throws DomainError `not_found`, `conflict`, `server_disconnected` (with the reason), `agent_unreachable`, `timeout`.
   */
  async connect(origin: RequestOrigin, idOrName: string, signal?: Cancellation): Promise<ServerReport> {
    authorize(origin.caller, 'server.operate');
    const { record } = this.#servers.get(origin, idOrName);
    return this.#audited(origin, 'server.connect', record, async () =>
      this.#connect(await this.#servers.setWanted(origin, record.id, true), signal),
    );
  }

  /**
   * Disconnects a server, audited in the same way. Resolves once its processes have ended. An agent out of reach does it when it is back.
   */
  async disconnect(origin: RequestOrigin, idOrName: string): Promise<void> {
    authorize(origin.caller, 'server.operate');
    const { record } = this.#servers.get(origin, idOrName);
    await this.#audited(origin, 'server.disconnect', record, async () =>
      this.#disconnect(await this.#servers.setWanted(origin, record.id, false)),
    );
  }

  /** Connects a server that is wanted already, and waits for it. @throws DomainError as {@link ServerLifecycle.connect}. */
  launch(record: ServerRecord, signal?: Cancellation): Promise<ServerReport> {
    return this.#connect(record, signal);
  }

  /**
   * Ends all processes of a server, also of a wanted server; resolves when they have ended.
   * @throws DomainError `agent_unreachable`, `timeout`.
   */
  async halt(record: ServerRecord, options: StopOptions, signal?: Cancellation): Promise<void> {
    const { drainMs = 0, timeoutMs = 0 } = options;
    const operation = { case: 'disconnectServer', value: { serverId: record.id, ...options } } as const;
    const limit = DISCONNECT_TIMEOUT_MS + drainMs + timeoutMs;
    await this.#fleet().execute(record.agentId, operation, { kind: 'idempotent', timeoutMs: limit, signal });
  }

  /** Hands a server's agent the wanted state. @throws DomainError `agent_unreachable`. */
  hand(record: ServerRecord): Promise<void> {
    return this.#put(record);
  }

  /**
   * Registers a server and hands it to its agent, so that its log can be read before its first start. `details` go into the audit entry.
   */
  async create(
    origin: RequestOrigin,
    input: ServerInput,
    details?: Record<string, unknown>,
    belonging?: Belonging,
  ): Promise<ServerView> {
    const view = await this.#servers.create(origin, input, details, belonging);
    await this.#tellAgent(view.record);
    return view;
  }

  /** Changes a registration and hands it to the agent, which reconnects the server where that is needed. */
  async update(
    origin: RequestOrigin,
    idOrName: string,
    input: Partial<ServerInput>,
    belonging?: Omit<Belonging, 'ownerId'>,
  ): Promise<ServerView> {
    const view = await this.#servers.update(origin, idOrName, input, belonging);
    await this.#tellAgent(view.record);
    return view;
  }

  /** Deletes a registration; the agent ends the server's processes, at once or when it is back. */
  async delete(origin: RequestOrigin, idOrName: string): Promise<void> {
    const record = await this.#servers.delete(origin, idOrName);
    this.#observed.forget(record.id);
    if (!this.#fleet().agent(record.agentId)) return;
    const operation = { case: 'removeServer', value: { serverId: record.id } } as const;
    await this.#ignoringLostLink(
      this.#fleet().execute(record.agentId, operation, { kind: 'idempotent', timeoutMs: DISCONNECT_TIMEOUT_MS }),
    );
  }

  /** Connects many servers at once. A server that fails does not affect the others. */
  connectAll(origin: RequestOrigin, ids: readonly string[], signal?: Cancellation): Promise<BulkOutcome[]> {
    return this.#each(origin, ids, (id) => this.connect(origin, id, signal));
  }

  disconnectAll(origin: RequestOrigin, ids: readonly string[]): Promise<BulkOutcome[]> {
    return this.#each(origin, ids, async (id) => {
      await this.disconnect(origin, id);
      return undefined;
    });
  }

  /** Prepares the servers of an agent. A server that cannot be prepared shows the reason, and does not prevent the others from starting. */
  async onConnect(agent: ConnectedAgent): Promise<readonly ServerSpec[]> {
    const callback = this.#callback();
    const turns = new Turns();
    const specs: ServerSpec[] = [];
    this.#leftOut.delete(agent.id);
    for (const record of this.#registry.ofAgent(agent.id)) {
      if (turns.due) await turns.next();
      try {
        specs.push(await specOf(this.#store, record, callback));
      } catch (error) {
        const where = `agent '${agent.name}' at site '${agent.site}'`;
        // The error of a secret names files of the hub: only the log has it.
        const isKnown = error instanceof DomainError && error.code === 'conflict';
        const cause = isKnown ? error.message : 'its secrets cannot be read: enter them again';
        this.onLeftOut(agent, [record.id], `the hub cannot prepare this server, so ${where} does not get it: ${cause}`);
        this.#onError(
          new Error(`the server '${record.name}' (${record.id}) was not prepared for ${where}`, { cause: error }),
        );
      }
    }
    return specs;
  }

  /** Shows the reason in the state of the servers that the agent does not get. */
  onLeftOut(agent: ConnectedAgent, serverIds: readonly string[], reason: string): void {
    this.#leftOut.set(agent.id, new Set([...(this.#leftOut.get(agent.id) ?? []), ...serverIds]));
    for (const serverId of serverIds) {
      const none = { initializeResult: new Uint8Array(), pid: 0, attempt: 0, nextAttemptMs: 0, connectTimeMs: 0 };
      const revision = this.#registry.byId(serverId)?.revision ?? 0;
      void this.#observed.report(agent.id, { serverId, revision, state: 'error', error: reason, version: '', ...none });
    }
  }

  onDisconnect(agent: ConnectedAgent, reason: string): void {
    this.#leftOut.delete(agent.id);
    this.#observed.agentLost(agent.id, `agent '${agent.name}' at site '${agent.site}' is not connected: ${reason}`);
  }

  /** Ignores a report about a server of another agent, and about a server that the agent did not get: the agent ends such a server. */
  onReport(agent: ConnectedAgent, report: ServerReport): void {
    if (this.#leftOut.get(agent.id)?.has(report.serverId)) return;
    if (this.#registry.byId(report.serverId)?.agentId === agent.id) this.#observed.reportUnasked(agent.id, report);
  }

  async #connect(record: ServerRecord, signal?: Cancellation): Promise<ServerReport> {
    await this.#put(record);
    const operation = { case: 'connectServer', value: { serverId: record.id } } as const;
    const options = { kind: 'idempotent', timeoutMs: CONNECT_TIMEOUT_MS, signal } as const;
    try {
      const fleet = this.#fleet();
      const reply = await fleet.execute(record.agentId, operation, options);
      if (reply.case !== 'server') throw unreadable(askedOf(fleet, record.agentId, operation.case, options.kind));
      await this.#observed.report(record.agentId, reply.value);
      return reply.value;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'upstream_failed')
        throw new DomainError('server_disconnected', error.message, error.details, { cause: error });
      throw error;
    }
  }

  async #disconnect(record: ServerRecord): Promise<void> {
    if (!this.#fleet().agent(record.agentId)) return;
    await this.#put(record);
    await this.halt(record, {});
  }

  /** Does work at the agent. The audit entry follows when the outcome is known, even if the client has disconnected meanwhile. */
  async #audited<T>(origin: RequestOrigin, action: string, record: ServerRecord, work: () => Promise<T>): Promise<T> {
    const note = (success: boolean, error: Record<string, unknown> = {}) => {
      const resource = { type: 'server', id: record.id, serverId: record.id };
      const details = { name: record.name, ...error };
      const audited = { action, resource, details, success, durationMs: durationOf(origin) };
      this.#store.record({ writes: [auditWrite(origin, audited)] });
    };
    try {
      const result = await work();
      note(true);
      return result;
    } catch (error) {
      note(false, { error: error instanceof DomainError ? error.code : 'internal' });
      throw error;
    }
  }

  async #put(record: ServerRecord): Promise<void> {
    const server = await specOf(this.#store, record, this.#callback());
    this.#leftOut.get(record.agentId)?.delete(record.id);
    const operation = { case: 'putServer', value: { server } } as const;
    await this.#fleet().execute(record.agentId, operation, { kind: 'idempotent', timeoutMs: PUT_TIMEOUT_MS });
  }

  /** An agent that is away gets the change with its desired state when it is back. */
  async #tellAgent(record: ServerRecord): Promise<void> {
    if (this.#fleet().agent(record.agentId)) await this.#ignoringLostLink(this.#put(record));
  }

  async #ignoringLostLink(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof DomainError && (error.code === 'agent_unreachable' || error.code === 'not_found')))
        throw error;
    }
  }

  async #each(
    origin: RequestOrigin,
    ids: readonly string[],
    act: (id: string) => Promise<ServerReport | undefined>,
  ): Promise<BulkOutcome[]> {
    authorize(origin.caller, 'server.operate');
    return Promise.all(
      [...new Set(ids)].map(async (id): Promise<BulkOutcome> => {
        try {
          const serverId = this.#servers.get(origin, id).record.id;
          const report = await act(id);
          return report ? { serverId, report } : { serverId };
        } catch (error) {
          if (error instanceof DomainError) return { serverId: id, error: error.message };
          throw error;
        }
      }),
    );
  }
}
