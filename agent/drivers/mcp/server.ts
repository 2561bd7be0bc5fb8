import { type ServerReport, type ServerSpec, ServerState } from '@roundhouse/proto/agent/v1/server';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import { CallGate } from './call-gate.js';
import { gateLimits, resultBytes } from './call-limits.js';
import { ConnectWaiters } from './connect-waiters.js';
import type { Connection } from './connection.js';
import { type DisconnectOptions, drained } from './disconnect.js';
import { forgetFiles } from './forget.js';
import { HealthWatch } from './health-watch.js';
import { openConnection } from './opening.js';
import { asReason, superseded } from './reasons.js';
import { redactor } from './redact.js';
import { makeReport } from './report.js';
import { Retries, reconnectPolicy } from './retries.js';
import type { Link, ServerContext } from './server-context.js';
import type { CalledTool, CallOptions } from './servers.js';
import { asFailure } from './session.js';
import { sameConnection } from './spec.js';
import type { ListedTool } from './tool-list.js';

/**
 * One MCP server: what it should be, what it is, and the steps between.
 *
 * Whoever wants something (connect, disconnect, put, remove) only notes it; a single loop takes one step after the other
 * towards it. So no two steps ever overlap, and no two processes of one server ever run.
 */
export class Server {
  #wanted: boolean;
  /** How the connection is to be ended, where somebody says. */
  #stopping: DisconnectOptions = {};
  #removed = false;
  /** Removed to the end; this object is not used any more. */
  #gone = false;
  #generation = 0;
  #link: Link | undefined;
  #attempt: AbortController | undefined;
  #running = false;
  /** An attempt may start now. */
  #due = true;
  readonly #connectWaiters = new ConnectWaiters();
  #restWaiters = new Set<() => void>();

  #state = ServerState.DISCONNECTED;
  #error = '';
  readonly #retries: Retries;
  readonly #gate: CallGate;
  readonly #health: HealthWatch;
  #connectedSince = 0;
  #connectTimeMs = 0;
  #version = '';
  /** As last read; kept while the server is away. */
  #tools: readonly ListedTool[] | undefined;
  #redact: (text: string) => string;

  constructor(
    private spec: ServerSpec,
    private readonly context: ServerContext,
  ) {
    this.#redact = redactor(spec);
    this.#wanted = spec.connected;
    this.#gate = new CallGate(gateLimits(spec, context.limits));
    this.#health = new HealthWatch(spec.healthCheck, context.limits, () => this.#emit(false));
    this.#retries = new Retries(context.limits, () => {
      this.#due = true;
      this.#kick();
    });
    this.#kick();
  }

  get id(): string {
    return this.spec.id;
  }

  /** On its way out: not to be listed any more. */
  get removed(): boolean {
    return this.#removed;
  }

  /** Takes a new specification; reconnects where it leads to another connection. */
  put(spec: ServerSpec): void {
    const revived = this.#removed;
    const changed = !sameConnection(spec, this.spec);
    const wants = spec.connected && (changed || revived || !this.#wanted);
    const moved = spec.revision !== this.spec.revision;
    this.spec = spec;
    this.#redact = redactor(spec);
    this.#gate.configure(gateLimits(spec, this.context.limits));
    this.#health.configure(spec.healthCheck);
    this.#link?.connection?.limitResults(resultBytes(spec, this.context.limits));
    this.#removed = false;
    this.#wanted = spec.connected;
    if (changed) this.#generation++;
    if (changed || !spec.connected) this.#attempt?.abort(superseded());
    if (wants) this.#attemptNow();
    this.#kick();
    if (moved) this.#emit(false);
  }

  /** See {@link Servers.connect}. */
  connect(signal: Cancellation): Promise<ServerReport> {
    if (signal.aborted) return Promise.reject(asFailure(signal.reason));
    this.#wanted = true;
    if (this.#usable() !== undefined) return Promise.resolve(this.report(true));
    const report = this.#connectWaiters.wait(signal);
    this.#retries.askedFor();
    this.#attemptNow();
    this.#kick();
    return report;
  }

  /** Resolves once nothing of the connection is left. */
  disconnect(options: DisconnectOptions = {}): Promise<void> {
    this.#stopping = options;
    // Whoever is in a hurry does not wait for the patience of others.
    if (options.force === true) void this.#link?.connection?.close('the server was stopped by force', options);
    this.#wanted = false;
    // Ended even if someone else wants it connected before the loop comes to it.
    this.#generation++;
    this.#attempt?.abort(superseded());
    return this.#rested();
  }

  /** The same, and forgets the server with its log and files. */
  remove(): Promise<void> {
    this.#removed = true;
    return this.disconnect();
  }

  /** See {@link Servers.ping}. */
  async ping(limitMs: number): Promise<number> {
    const connection = this.#usable();
    if (connection === undefined) throw this.#away();
    await connection.ping(limitMs);
    return connection.tools.length;
  }

  /** See {@link Servers.callTool}. */
  callTool(tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    const connection = this.#usable();
    if (connection === undefined) return Promise.reject(this.#away());
    if (this.#gate.enter()) return connection.callTool(tool, args, options);
    return this.#gate.wait(options.signal).then(() => {
      const usable = this.#usable();
      if (usable !== undefined) return usable.callTool(tool, args, options);
      this.#gate.leave();
      throw this.#away();
    });
  }

  report(withTools: boolean): ServerReport {
    return makeReport({
      spec: this.spec,
      state: this.#state,
      error: this.#error,
      tools: withTools ? this.#tools : undefined,
      connection: this.#link?.connection,
      retries: this.#retries,
      version: this.#version,
      connectTimeMs: this.#connectTimeMs,
      health: { reason: this.#redact(this.#health.reason), pings: this.#health.pings },
    });
  }

  /** The connection, if calls may go there. */
  #usable(): Connection | undefined {
    const link = this.#link;
    const open = this.#wanted && this.#state === ServerState.CONNECTED && link?.generation === this.#generation;
    return open ? link.connection : undefined;
  }

  #away(): AgentFailure {
    const why = this.#error === '' ? '' : `: ${this.#error}`;
    const message = `the server '${this.spec.name || this.id}' is not connected${why}`;
    return new AgentFailure('disconnected', message, { reason: this.#error, outcome: 'not_run' });
  }

  #attemptNow(): void {
    this.#retries.cancel();
    if (this.#attempt === undefined || this.#attempt.signal.aborted) this.#due = true;
  }

  #rested(): Promise<void> {
    return new Promise((resolve) => {
      this.#restWaiters.add(resolve);
      this.#kick();
    });
  }

  #kick(): void {
    if (this.#running) return;
    this.#running = true;
    // Whoever called finishes first: several wishes of one turn become one step.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    for (let step = this.#nextStep(); step !== undefined; step = this.#nextStep()) await step.call(this);
    this.#running = false;
    this.#tellRested();
  }

  #nextStep(): (() => Promise<void> | void) | undefined {
    const link = this.#link;
    if (link !== undefined && (!this.#wanted || link.lost || link.generation !== this.#generation)) return this.#end;
    if (this.#wanted) return link === undefined && this.#due ? this.#start : undefined;
    if (this.#state !== ServerState.DISCONNECTED) return this.#rest;
    return this.#removed && !this.#gone ? this.#forget : undefined;
  }

  async #start(): Promise<void> {
    const attempt = new AbortController();
    const link: Link = { generation: this.#generation, connection: undefined, lost: false };
    this.#attempt = attempt;
    this.#link = link;
    this.#due = false;
    this.#retries.began();
    this.#state = ServerState.CONNECTING;
    this.#emit(false);
    const begin = performance.now();
    try {
      await this.#open(link, attempt.signal);
      const ended = link.connection?.ended;
      if (ended !== undefined) throw new AgentFailure('upstream', ended, { reason: ended });
      this.#connectTimeMs = Math.round(performance.now() - begin);
      this.#connected();
    } catch (error) {
      link.lost = true;
      if (!attempt.signal.aborted) this.#failed(asReason(error));
    } finally {
      this.#attempt = undefined;
    }
  }

  #open(link: Link, signal: AbortSignal): Promise<void> {
    const opening = {
      redact: this.#redact,
      urgent: this.#connectWaiters.any,
      made: (connection: Connection, version: string) => {
        connection.limitResults(resultBytes(this.spec, this.context.limits));
        link.connection = connection;
        this.#version = version;
      },
      onTools: () => {
        if (link !== this.#link || this.#state !== ServerState.CONNECTED) return;
        this.#tools = link.connection?.tools;
        this.#emit(true);
      },
      onCall: (failure: unknown, tookMs: number) => {
        this.#gate.leave();
        this.#health.called(failure, tookMs);
      },
      onClosed: (reason: string) => this.#lost(link, reason),
    };
    return openConnection(this.spec, this.context, opening, signal);
  }

  #connected(): void {
    this.#state = ServerState.CONNECTED;
    this.#tools = this.#link?.connection?.tools;
    this.#error = '';
    this.#retries.connected();
    this.#due = false;
    this.#connectedSince = Date.now();
    const { connection } = this.#link ?? {};
    if (connection !== undefined) this.#health.watch(connection);
    const pid = connection?.pid ?? 0;
    this.#note('info', `connected in ${this.#connectTimeMs} ms${pid === 0 ? '' : `, process ${pid}`}`);
    const report = this.#emit(true);
    this.#connectWaiters.resolve(report);
  }

  /** The connection ended by itself. During an attempt, the attempt's own failure tells it. */
  #lost(link: Link, reason: string): void {
    if (link !== this.#link || link.lost || this.#state !== ServerState.CONNECTED) return;
    link.lost = true;
    this.#health.rest();
    const stable = Date.now() - this.#connectedSince >= this.context.limits.stableMs;
    if (this.#wanted) this.#failed(new AgentFailure('disconnected', reason, { reason }), stable);
    this.#kick();
  }

  #failed(failure: AgentFailure, stable = false): void {
    this.#state = ServerState.ERROR;
    this.#error = this.#redact(failure.message);
    const policy = reconnectPolicy(this.spec, failure);
    if (!this.#retries.failed(policy, stable) && policy !== 'never') {
      this.#error += policy?.enabled === false ? ' (it is not reconnected)' : ' (no further attempts are made)';
    }
    this.#gate.clear(this.#away());
    this.#note('error', this.#error);
    this.#emit(false);
    const told = new AgentFailure(failure.kind, this.#error, { ...failure.details, reason: this.#error });
    this.#connectWaiters.reject(told);
  }

  /** Ends what is left of a connection. */
  async #end(): Promise<void> {
    const link = this.#link;
    const reason = this.#wanted ? 'the server is being reconnected' : 'the server was disconnected';
    this.#health.rest();
    this.#gate.clear(new AgentFailure('disconnected', reason, { reason, outcome: 'not_run' }));
    await drained(this.#gate, () => this.#stopping);
    try {
      await link?.connection?.close(link.lost ? this.#error || reason : reason, this.#stopping);
    } catch (error) {
      this.context.log.error({ err: error, server: this.id }, 'a connection could not be ended cleanly');
    }
    this.#stopping = {};
    this.#link = undefined;
    if (!this.#wanted) return;
    if (link?.generation !== this.#generation) this.#due = true;
    // Someone asked for the end of this connection, and someone else for a new one.
    this.#tellRested();
  }

  /** Nothing runs, and nothing should. */
  #rest(): void {
    this.#retries.reset();
    this.#error = '';
    this.#due = true;
    this.#state = ServerState.DISCONNECTED;
    this.#connectWaiters.reject(new AgentFailure('cancelled', 'the server was disconnected meanwhile'));
    this.#note('info', 'disconnected');
    this.#emit(false);
    if (!this.#removed) this.#tellRested();
  }

  async #forget(): Promise<void> {
    await forgetFiles(this.id, this.context);
    this.#gone = this.#removed;
    if (this.#gone) this.context.onGone(this);
  }

  #tellRested(): void {
    const waiters = [...this.#restWaiters];
    this.#restWaiters.clear();
    for (const resolve of waiters) resolve();
  }

  #note(level: string, message: string): void {
    this.context.logs.open(this.id).append({ level, source: 'agent', message });
  }

  #emit(withTools: boolean): ServerReport {
    const report = this.report(withTools);
    if (!this.#removed) this.context.onReport(report);
    return report;
  }
}
