import { type ServerReport, ServerState } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from '@roundhouse/proto/log';
import { AgentFailure } from '../../../failure.js';
import type { Logs } from '../../logs/logs.js';
import type { StopOptions } from '../../process/group.js';
import type { CalledTool, CallOptions } from '../call.js';
import type { Servers } from '../servers.js';
import { sameConnection } from '../spec.js';
import type { ToolListing } from '../tool-listing.js';
import { type PrivateClient, PrivateInstance, type PrivateSink } from './private-instance.js';

export interface PrivateInstancesOptions {
  readonly servers: Pick<Servers, 'openSecond' | 'withinLimits' | 'spec' | 'has' | 'refusedTool'>;
  /** The same servers before any policy, for their reports. */
  readonly reports: Pick<Servers, 'onReport'>;
  readonly logs: Logs;
  readonly log: Logger;
  readonly limits?: Partial<PrivateLimits>;
}

/** Bounds on instances that belong to single clients; times in milliseconds. */
export interface PrivateLimits {
  readonly ofServer: number;
  readonly ofAgent: number;
  /** An instance without requests ends after this time: its hub may be gone for good. */
  readonly idleMs: number;
}

/** The hub ends idle instances. Instances of a hub that never comes back end somewhat later. */
const defaultPrivateLimits: PrivateLimits = { ofServer: 16, ofAgent: 64, idleMs: 25 * 3_600_000 };

/** The instances of servers that belong to single clients. They are opened, used, and ended once they are idle. */
export class PrivateInstances {
  readonly #options: PrivateInstancesOptions;
  readonly #limits: PrivateLimits;
  readonly #byId = new Map<string, PrivateInstance>();
  readonly #sweeper: NodeJS.Timeout;
  #sink: PrivateSink | undefined;
  #closed = false;

  constructor(options: PrivateInstancesOptions) {
    this.#options = options;
    this.#limits = { ...defaultPrivateLimits, ...options.limits };
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(60_000, this.#limits.idleMs)).unref();
    options.reports.onReport((report) => this.#reported(report));
  }

  /** Sets the receiver of the instances' messages. */
  tell(sink: PrivateSink): void {
    this.#sink = sink;
  }

  get size(): number {
    return this.#byId.size;
  }

  /**
   * Opens an instance, or finds the open instance of that id.
   * @returns its answer to `initialize` and its tools, JSON
   * @throws AgentFailure `overloaded` (a limit is reached), `not_found`, `refused`, and as for a connect
   */
  open(serverId: string, instanceId: string, client: PrivateClient): Promise<Uint8Array> {
    let instance = this.#byId.get(instanceId);
    if (!instance) {
      this.#checkRoom(serverId);
      const { servers, logs, log } = this.#options;
      instance = new PrivateInstance(serverId, instanceId, client, {
        open: (options) => servers.openSecond(serverId, options),
        spec: servers.spec(serverId),
        withinLimits: (signal, call) => servers.withinLimits(serverId, signal, call),
        log: logs.open(serverId),
        sink: () => this.#sink,
        ended: (self) => {
          if (this.#byId.get(instanceId) === self) this.#byId.delete(instanceId);
        },
      });
      this.#byId.set(instanceId, instance);
      log.debug({ event: 'instance.started', serverId, instanceId }, 'an instance for one client');
    }
    return instance.opened;
  }

  /** Resolves once no process of the instance runs any more. */
  async close(instanceId: string): Promise<void> {
    await this.#byId.get(instanceId)?.close();
  }

  /** Resolves once the ending instances of a server have ended; `force` as for the server itself. */
  async ended(serverId: string, options: StopOptions): Promise<void> {
    const ending = this.#of(serverId).filter(({ isEnding }) => isEnding);
    await Promise.all(ending.map((instance) => instance.close(options)));
  }

  /** Ends all instances of a server, and tells their clients why; resolves once they have ended. */
  async endOf(serverId: string, reason: string): Promise<void> {
    for (const instance of this.#of(serverId)) instance.end(reason);
    await this.ended(serverId, {});
  }

  /** Ends all instances except these. @returns the ids without an instance. */
  keep(instanceIds: readonly string[]): string[] {
    const wanted = new Set(instanceIds);
    for (const instance of this.#byId.values()) if (!wanted.has(instance.id)) void instance.close();
    return instanceIds.filter((id) => !this.#byId.has(id));
  }

  /** See {@link Servers.callTool}. */
  async callTool(id: string, tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    const instance = this.find(id);
    const { servers } = this.#options;
    const refused = (tools: ToolListing) => servers.refusedTool(instance.serverId, tool, tools);
    return instance.callTool(tool, args, { ...options, refused });
  }

  /** @throws AgentFailure `not_found`. */
  find(id: string): PrivateInstance {
    const instance = this.#byId.get(id);
    if (instance) return instance;
    throw new AgentFailure('not_found', `there is no instance with the id '${id}'`, {
      instanceId: id,
      outcome: 'not_run',
    });
  }

  /** Ends all instances; resolves when they have ended. */
  async closeAll(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    await Promise.all([...this.#byId.values()].map((instance) => instance.close()));
  }

  #checkRoom(serverId: string): void {
    if (this.#closed) throw new AgentFailure('cancelled', 'the agent is stopping');
    const { ofServer, ofAgent } = this.#limits;
    const ofThis = this.#of(serverId).length;
    if (ofThis < ofServer && this.#byId.size < ofAgent) return;
    const reason = ofThis >= ofServer ? `the server has ${ofServer}` : `the agent has ${ofAgent}`;
    throw new AgentFailure('overloaded', `no further instance for one client: ${reason} already`, {
      reason,
      retryAfterMs: 10_000,
      outcome: 'not_run',
    });
  }

  #of(serverId: string): PrivateInstance[] {
    return [...this.#byId.values()].filter((instance) => instance.serverId === serverId);
  }

  /** Ends the instances of a server that was stopped or replaced. */
  #reported({ serverId, state }: ServerReport): void {
    const { servers } = this.#options;
    for (const instance of this.#of(serverId)) {
      const isOff = state === ServerState.DISCONNECTED || !servers.has(serverId);
      if (isOff) instance.end('the server was stopped');
      else if (sameConnection(servers.spec(serverId), instance.spec)) instance.limit(servers.spec(serverId));
      else instance.end('the server is another one now');
    }
  }

  #sweep(): void {
    const now = performance.now();
    for (const instance of this.#byId.values()) {
      const isIdle = !instance.isBusy && now - instance.usedAt >= this.#limits.idleMs;
      if (isIdle) instance.end('no client used it');
      else if (!this.#options.servers.has(instance.serverId)) instance.end('the server is gone');
    }
  }
}
