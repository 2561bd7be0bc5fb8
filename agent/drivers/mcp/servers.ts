import type { ServerReport, ServerSpec } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from '@roundhouse/proto/log';
import { StartSlots } from '@roundhouse/proto/start-slots';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import { Meter } from '../../meter.js';
import type { Logs } from '../logs/logs.js';
import { endOrphans, keepRecord } from '../process/orphans.js';
import { onPath } from '../sources/run-tool.js';
import { createSources, type Sources } from '../sources/sources.js';
import { Authorizations } from './authorization/authorizations.js';
import type { RefusedAddress } from './authorization/fetch.js';
import { type GrantStore, GrantsInMemory } from './authorization/grant.js';
import type { CalledTool, CallOptions } from './call.js';
import {
  deleteFolder,
  instancesFolder,
  type SecondInstance,
  type SecondInstanceOptions,
  SecondInstances,
} from './instances/second-instance.js';
import type { Interest } from './lifecycle/calls.js';
import type { DisconnectOptions } from './lifecycle/draining.js';
import { Server, type ServerContext } from './lifecycle/server.js';
import type { SwitchOptions } from './lifecycle/switch.js';
import { defaultLimits, type McpLimits } from './limits.js';
import { checkId, checkSpec } from './spec.js';
import type { ToolListing } from './tool-listing.js';
import { Unfinished } from './transports/unfinished.js';
import { createVersions, type Versions } from './versions.js';

/** All MCP servers of this agent: the desired ones, and the running ones. */
export interface Servers {
  /** Makes the desired state exactly this list: starts, restarts (changed specs), stops and forgets. Returns at once; reports follow. */
  setDesired(specs: readonly ServerSpec[]): void;
  /** Adds or replaces one server; a changed spec of a connected server reconnects it. Returns its report at once. */
  put(spec: ServerSpec): ServerReport;
  /** Ends a server, and forgets it with its log. Resolves when no process of it runs any more. */
  remove(serverId: string): Promise<void>;
  /** Connects, and resolves with the report once connected. @throws AgentFailure `not_found`, `upstream` (with the reason), `timeout`, `cancelled`. */
  connect(serverId: string, signal: Cancellation): Promise<ServerReport>;
  /** Disconnects, and resolves once its process group has ended. */
  disconnect(serverId: string, options?: DisconnectOptions): Promise<ServerReport>;
  /**
   * Takes the query that a user brings back from giving consent. Connects the server again if it should be connected.
   * @param query of the address that the user came back to
   * @throws AgentFailure `not_found` if the agent did not ask for this consent, `upstream` if the query leads to no token.
   */
  authorize(serverId: string, query: string): Promise<ServerReport>;
  /** Pings a connected server; returns how many tools it has. @throws AgentFailure `not_found`, `disconnected`, `timeout`. */
  ping(serverId: string): Promise<number>;
  /**
   * Calls a tool. `args` is a JSON object without line breaks.
   * @throws AgentFailure `not_found` (server), `disconnected`, `upstream` (details.jsonrpc: the server's error object; or details.reason), `timeout`, `cancelled`.
   */
  callTool(serverId: string, tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool>;
  /**
   * Passes any other request to a server: `params` is the text of a JSON object without line breaks and without `_meta`. A
   * subscription that exists already is not requested again. Every later connection repeats the subscriptions and the log level.
   * `server/discover` of a client of 2026-07-28 finds out first whether a process speaks that version.
   * @returns the result, a JSON object. @throws AgentFailure as {@link Servers.callTool}.
   */
  request(serverId: string, method: string, params: string, options: CallOptions): Promise<Uint8Array>;
  /** Sets all subscriptions and log levels for the servers. */
  setInterests(interests: readonly Interest[]): void;
  /**
   * Adds a part of a list of all subscriptions and log levels.
   * @param part its number; 1 begins a list
   * @throws AgentFailure `conflict` if the part before it is missing
   */
  addInterests(part: number, interests: readonly Interest[]): void;
  /** Ends the list: all subscriptions that neither it nor a request since its beginning names end. */
  endOtherInterests(): void;
  /** Calls the listener with the notifications that servers send; `params` is the text of a JSON object, or empty. */
  onNotice(listener: (serverId: string, method: string, params: string) => void): void;
  /**
   * Switches a server to a specification without a gap. The new instance opens while the old instance still runs, and takes over once it is
   * connected. The old one finishes its calls. If the new instance cannot be opened, everything stays as it was. A put, connect or remove
   * that leads elsewhere cancels the switch.
   * @throws AgentFailure `not_found`, `invalid_argument`, `upstream` (with the reason), `timeout`, `cancelled`.
   */
  switch(spec: ServerSpec, options: SwitchOptions): Promise<ServerReport>;
  /** Opens a second instance of a server. @throws AgentFailure `not_found`, and as for a connect */
  openSecond(serverId: string, options: SecondInstanceOptions): Promise<SecondInstance>;
  /**
   * Runs a call to another instance of a server as soon as the limits of the registration allow one more call of the server.
   * @throws AgentFailure `not_found`, `overloaded`, `cancelled`, or as the call.
   */
  withinLimits<T>(serverId: string, signal: Cancellation, call: () => Promise<T>): Promise<T>;
  /** The versions of the servers' sources. */
  readonly versions: Versions;
  /** A server's wanted specification, secrets included. @throws AgentFailure `not_found` */
  spec(serverId: string): ServerSpec;
  /** Why a tool of a server may not be called here; `undefined` if it may. `tools`: the list of the instance that would be called. */
  refusedTool(serverId: string, tool: string, tools: ToolListing): AgentFailure | undefined;
  /** Whether a server is known here. */
  has(serverId: string): boolean;
  /**
   * Sets the judge of specifications: it gives the reason for a refusal, or `undefined`. It is asked immediately before each connection is
   * made. Second instances of specifications that it refuses end at once. Without a judge, all are allowed.
   */
  judgeBy(refused: (spec: ServerSpec) => string | undefined): void;
  /** The reports of all servers, tool lists included. */
  reports(): ServerReport[];
  /** Called with a report whenever a server's observed state or tool list changes. */
  onReport(listener: (report: ServerReport) => void): void;
  /** Ends everything; resolves when no process is left. */
  close(): Promise<void>;
}

export interface ServersOptions {
  /** The agent's data folder; `servers/` and `sources/` in it are used. */
  readonly dataDir: string;
  readonly logs: Logs;
  readonly log: Logger;
  /** The agent's version, as told to servers. */
  readonly version: string;
  /** Default: sources installed below `dataDir`. */
  readonly sources?: Sources;
  /** Keeps the tokens that a person has consented to. Default: in memory only. */
  readonly grants?: GrantStore;
  readonly limits?: Partial<McpLimits>;
  /** Counts calls and restarts. */
  readonly meter?: Meter;
  /** Judges the addresses that servers name for requests and for authorization servers. Default: all are allowed. */
  readonly refusedAddress?: RefusedAddress;
}

/** The MCP servers of an agent, at first none. */
export function createServers(options: ServersOptions): Servers {
  return new AllServers(options);
}

/** How long a server may take to answer a ping, milliseconds. */
const pingMs = 5000;

class AllServers implements Servers {
  readonly #servers = new Map<string, Server>();
  readonly #listeners: ((report: ServerReport) => void)[] = [];
  readonly #notices: ((serverId: string, method: string, params: string) => void)[] = [];
  readonly #context: ServerContext;
  readonly #record: { close(): void };
  readonly #seconds: SecondInstances;
  readonly versions: Versions;
  #refused: (spec: ServerSpec) => string | undefined = () => undefined;
  /** The number of the last part of the list of interests. */
  #interestParts = 0;
  #closed = false;

  constructor({ dataDir, logs, log, version, sources, grants, meter, refusedAddress, ...options }: ServersOptions) {
    const limits = { ...defaultLimits, ...options.limits };
    this.#record = keepRecord(dataDir, log);
    const context = {
      dataDir,
      logs,
      log,
      meter: meter ?? new Meter(),
      version,
      limits,
      unfinished: new Unfinished(limits),
      slots: new StartSlots(limits.startsAtOnce, limits.startHoldMs),
      refused: (spec: ServerSpec) => this.#refused(spec),
      ready: endOrphans(dataDir, log).then(() => deleteFolder(instancesFolder(dataDir), log)),
      sources: sources ?? createSources({ dataDir, log }),
      authorizations: new Authorizations(
        grants ?? new GrantsInMemory(),
        (serverId) => {
          const server = this.#servers.get(serverId);
          if (server?.removed === false) this.#tell(server.report(false));
        },
        refusedAddress,
      ),
      onReport: (report: ServerReport) => this.#tell(report),
      onNotice: (serverId: string, method: string, params: string) => {
        for (const listener of this.#notices) listener(serverId, method, params);
      },
      onGone: (serverId: string) => this.#servers.delete(serverId),
    };
    this.#seconds = new SecondInstances(context);
    this.#context = { ...context, seconds: this.#seconds };
    this.versions = createVersions((serverId) => this.#find(serverId).wanted, this.#context, this.#seconds);
  }

  setDesired(specs: readonly ServerSpec[]): void {
    const wanted = new Set(specs.map(({ id }) => id));
    for (const server of this.#servers.values()) {
      if (!wanted.has(server.id) && !server.removed) void server.remove();
    }
    for (const spec of specs) {
      try {
        this.#put(spec);
      } catch (error) {
        // One unusable id must not keep the other servers from running. The hub makes no such ids.
        this.#context.log.error(
          { event: 'server.left_out', err: error, server: spec.id },
          'a server was left out of the desired state',
        );
      }
    }
  }

  put(spec: ServerSpec): ServerReport {
    checkSpec(spec);
    return this.#put(spec).report(true);
  }

  async remove(serverId: string): Promise<void> {
    await this.#find(serverId).remove();
  }

  async connect(serverId: string, signal: Cancellation): Promise<ServerReport> {
    return this.#find(serverId).connect(signal);
  }

  async authorize(serverId: string, query: string): Promise<ServerReport> {
    await this.#context.authorizations.complete(serverId, query);
    const server = this.#find(serverId);
    // The server's reports tell whether it can be connected.
    if (server.wanted.connected) server.connect(new AbortController().signal).catch(() => {});
    return server.report(true);
  }

  async ping(serverId: string): Promise<number> {
    return this.#find(serverId).calls.ping(pingMs);
  }

  async disconnect(serverId: string, options?: DisconnectOptions): Promise<ServerReport> {
    const server = this.#find(serverId);
    await server.disconnect(options);
    return server.report(true);
  }

  callTool(serverId: string, tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    const server = this.#servers.get(serverId);
    if (server === undefined || server.removed) return Promise.reject(unknownServer(serverId));
    return server.calls.callTool(tool, args, options);
  }

  async request(serverId: string, method: string, params: string, options: CallOptions): Promise<Uint8Array> {
    const server = this.#servers.get(serverId);
    if (server === undefined || server.removed) throw unknownServer(serverId);
    if (method === 'server/discover' && options.envelope) await server.newerEra.look(options.envelope);
    return server.calls.request(method, params, options);
  }

  setInterests(interests: readonly Interest[]): void {
    this.addInterests(1, interests);
    this.endOtherInterests();
  }

  addInterests(part: number, interests: readonly Interest[]): void {
    // A lost link may bring a part twice.
    if (part !== 1 && part !== this.#interestParts && part !== this.#interestParts + 1)
      throw new AgentFailure('conflict', `part ${part} of a list came after part ${this.#interestParts}`, { part });
    this.#interestParts = part;
    if (part === 1) for (const server of this.#servers.values()) server.calls.interests.beginList();
    for (const interest of interests) this.#servers.get(interest.serverId)?.calls.interests.add(interest);
  }

  endOtherInterests(): void {
    for (const server of this.#servers.values()) server.calls.interests.endList();
  }

  onNotice(listener: (serverId: string, method: string, params: string) => void): void {
    this.#notices.push(listener);
  }

  async switch(spec: ServerSpec, options: SwitchOptions): Promise<ServerReport> {
    checkSpec(spec);
    return this.#find(spec.id).switches.to(spec, options);
  }

  spec(serverId: string): ServerSpec {
    return this.#known(serverId).wanted;
  }

  async openSecond(serverId: string, options: SecondInstanceOptions): Promise<SecondInstance> {
    return this.#seconds.open(this.#find(serverId).wanted, options);
  }

  async withinLimits<T>(serverId: string, signal: Cancellation, call: () => Promise<T>): Promise<T> {
    return this.#find(serverId).calls.withinLimits(signal, call);
  }

  refusedTool(): undefined {
    return undefined;
  }

  judgeBy(refused: (spec: ServerSpec) => string | undefined): void {
    this.#refused = refused;
    this.#seconds.endRefused();
  }

  has(serverId: string): boolean {
    return this.#servers.get(serverId)?.removed === false;
  }

  reports(): ServerReport[] {
    return [...this.#servers.values()].filter((server) => !server.removed).map((server) => server.report(true));
  }

  onReport(listener: (report: ServerReport) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#seconds.close(), ...[...this.#servers.values()].map((server) => server.disconnect())]);
    this.#context.authorizations.close();
    await this.#context.sources.close();
    await this.#context.ready;
    this.#record.close();
  }

  #put(spec: ServerSpec): Server {
    if (this.#closed) throw new AgentFailure('cancelled', 'the agent is stopping');
    const known = this.#servers.get(spec.id);
    if (known !== undefined) {
      known.put(spec);
      return known;
    }
    checkId(spec);
    const server = new Server(spec, this.#context);
    this.#expectSource(spec);
    this.#servers.set(spec.id, server);
    if (!spec.connected) this.#tell(server.report(true));
    return server;
  }

  /** Keeps cleanups from deleting the source that a stopped server would be started from. */
  #expectSource({ id, transport, version }: ServerSpec): void {
    if (transport.case !== 'stdio') return;
    const { command, args } = transport.value;
    this.#context.sources.expect({ serverId: id, command, args, version }).catch((error: unknown) => {
      this.#context.log.warn(
        { event: 'source.version_unknown', err: error, server: id },
        'it is not known which version a server would be started from',
      );
    });
  }

  #find(serverId: string): Server {
    if (this.#closed) throw new AgentFailure('cancelled', 'the agent is stopping');
    return this.#known(serverId);
  }

  #known(serverId: string): Server {
    const server = this.#servers.get(serverId);
    if (server === undefined || server.removed) throw unknownServer(serverId);
    return server;
  }

  #tell(report: ServerReport): void {
    for (const listener of this.#listeners) {
      try {
        listener(report);
      } catch (error) {
        this.#context.log.error(
          { event: 'server.report_failed', err: error, server: report.serverId },
          'a report could not be passed on',
        );
      }
    }
  }
}

function unknownServer(serverId: string): AgentFailure {
  return new AgentFailure('not_found', `no server with the id '${serverId}' is known here`, { serverId });
}

/** The capabilities of this machine for MCP servers, by the names that the hub knows: transports, and kinds of sources. */
export async function capabilities(): Promise<string[]> {
  const [npm, uv, python] = await Promise.all([onPath('npm'), onPath('uv'), onPath('python3')]);
  return [
    'mcp.stdio',
    'mcp.http',
    'mcp.sse',
    'mcp.websocket',
    // Requests of protocol version 2026-07-28 reach servers of that version as they are.
    'mcp.stateless',
    // `server/discover` of such a client finds out whether a process speaks that version. The process is then started with it.
    'mcp.both-eras',
    ...(npm ? ['npx'] : []),
    ...(uv || python ? ['uvx'] : []),
  ];
}
