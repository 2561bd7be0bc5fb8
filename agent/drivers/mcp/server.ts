import { rm } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import { type ServerReport, ServerReportSchema, type ServerSpec, ServerState } from '@roundhouse/proto/agent/v1/server';
import type { Logger } from 'pino';
import type { Cancellation } from '../../cancellation.js';
import { AgentFailure } from '../../failure.js';
import type { Logs } from '../logs/logs.js';
import type { Sources } from '../sources/sources.js';
import { backoff } from './backoff.js';
import { ConnectWaiters } from './connect-waiters.js';
import { Connection } from './connection.js';
import type { McpLimits } from './limits.js';
import { redacting, redactor } from './redact.js';
import type { CalledTool, CallOptions } from './servers.js';
import { asFailure } from './session.js';
import { checkSpec, sameConnection } from './spec.js';
import type { ListedTool } from './tool-list.js';
import { prepareTransport, serverFolder } from './transports.js';

/** What all servers of an agent share. */
export interface ServerContext {
  readonly dataDir: string;
  readonly logs: Logs;
  readonly sources: Sources;
  readonly limits: McpLimits;
  /** The agent's version. */
  readonly version: string;
  readonly log: Logger;
  readonly onReport: (report: ServerReport) => void;
  /** Nothing of a removed server is left. */
  readonly onGone: (server: Server) => void;
}

/** One attempt to connect, or what came of it. */
interface Link {
  /** The version of the specification that it was made for. */
  readonly generation: number;
  connection: Connection | undefined;
  /** Why it ended by itself. */
  lost: boolean;
}

/**
 * One MCP server: what it should be, what it is, and the steps between.
 *
 * Whoever wants something (connect, disconnect, put, remove) only notes it; a single loop takes one step after the other
 * towards it. So no two steps ever overlap, and no two processes of one server ever run. Above 350 lines for that reason:
 * the steps share one state.
 */
export class Server {
  #wanted: boolean;
  #removed = false;
  /** Removed to the end; this object is not used any more. */
  #gone = false;
  #generation = 0;
  #link: Link | undefined;
  #attempt: AbortController | undefined;
  #running = false;
  /** An attempt may start now. */
  #due = true;
  #retry: NodeJS.Timeout | undefined;
  readonly #connectWaiters = new ConnectWaiters();
  #restWaiters = new Set<() => void>();

  #state = ServerState.DISCONNECTED;
  #error = '';
  #failures = 0;
  #attempts = 0;
  #nextAttemptMs = 0;
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
    this.#attemptNow();
    this.#kick();
    return report;
  }

  /** Resolves once nothing of the connection is left. */
  disconnect(): Promise<void> {
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

  /** See {@link Servers.callTool}. */
  callTool(tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    const connection = this.#usable();
    if (connection !== undefined) return connection.callTool(tool, args, options);
    const why = this.#error === '' ? '' : `: ${this.#error}`;
    const message = `the server '${this.spec.name || this.id}' is not connected${why}`;
    return Promise.reject(new AgentFailure('disconnected', message, { reason: this.#error, outcome: 'not_run' }));
  }

  report(withTools: boolean): ServerReport {
    const connection = this.#link?.connection;
    const connected = this.#state === ServerState.CONNECTED;
    return create(ServerReportSchema, {
      serverId: this.id,
      revision: this.spec.revision,
      state: this.#state,
      error: this.#error,
      tools: withTools && this.#tools !== undefined ? { tools: [...this.#tools] } : undefined,
      initializeResult: connected ? connection?.initializeResult : undefined,
      pid: this.#state === ServerState.ERROR ? 0 : connection?.pid,
      attempt: this.#attempts,
      nextAttemptMs: BigInt(this.#nextAttemptMs),
      version: this.#version,
      connectTimeMs: this.#connectTimeMs,
    });
  }

  /** The connection, if calls may go there. */
  #usable(): Connection | undefined {
    const link = this.#link;
    const open = this.#wanted && this.#state === ServerState.CONNECTED && link?.generation === this.#generation;
    return open ? link.connection : undefined;
  }

  #attemptNow(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
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
    this.#attempts = this.#failures + 1;
    this.#nextAttemptMs = 0;
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

  async #open(link: Link, signal: AbortSignal): Promise<void> {
    checkSpec(this.spec);
    const { dataDir, sources, limits, version } = this.context;
    const log = redacting(this.context.logs.open(this.id), this.#redact);
    const prepared = await prepareTransport(this.spec, { dataDir, sources, log, limits, signal });
    this.#version = prepared.version;
    const connection = new Connection(prepared.transport, {
      log,
      limits,
      version,
      onTools: () => {
        if (link !== this.#link || this.#state !== ServerState.CONNECTED) return;
        this.#tools = connection.tools;
        this.#emit(true);
      },
      onClosed: (reason) => this.#lost(link, reason),
    });
    link.connection = connection;
    if (signal.aborted) throw signal.reason;
    await connection.open(signal);
  }

  #connected(): void {
    this.#state = ServerState.CONNECTED;
    this.#tools = this.#link?.connection?.tools;
    this.#error = '';
    this.#attempts = 0;
    this.#due = false;
    this.#connectedSince = Date.now();
    const pid = this.#link?.connection?.pid ?? 0;
    this.#note('info', `connected in ${this.#connectTimeMs} ms${pid === 0 ? '' : `, process ${pid}`}`);
    const report = this.#emit(true);
    this.#connectWaiters.resolve(report);
  }

  /** The connection ended by itself. During an attempt, the attempt's own failure tells it. */
  #lost(link: Link, reason: string): void {
    if (link !== this.#link || link.lost || this.#state !== ServerState.CONNECTED) return;
    link.lost = true;
    if (Date.now() - this.#connectedSince >= this.context.limits.stableMs) this.#failures = 0;
    if (this.#wanted) this.#failed(new AgentFailure('disconnected', reason, { reason }));
    this.#kick();
  }

  #failed(failure: AgentFailure): void {
    const { backoffFirstMs, backoffMaxMs } = this.context.limits;
    this.#failures++;
    this.#attempts = this.#failures;
    this.#state = ServerState.ERROR;
    this.#error = this.#redact(failure.message);
    this.#nextAttemptMs = 0;
    // What is wrong with the specification stays wrong until it changes.
    if (failure.kind !== 'invalid_argument' && failure.kind !== 'unimplemented') {
      const pause = backoff(this.#failures, backoffFirstMs, backoffMaxMs);
      this.#nextAttemptMs = Date.now() + pause;
      this.#retry = setTimeout(() => {
        this.#due = true;
        this.#kick();
      }, pause);
    }
    this.#note('error', this.#error);
    this.#emit(false);
    const told = new AgentFailure(failure.kind, this.#error, { ...failure.details, reason: this.#error });
    this.#connectWaiters.reject(told);
  }

  /** Ends what is left of a connection. */
  async #end(): Promise<void> {
    const link = this.#link;
    const reason = this.#wanted ? 'the server is being reconnected' : 'the server was disconnected';
    await link?.connection?.close(link.lost ? this.#error || reason : reason);
    this.#link = undefined;
    if (!this.#wanted) return;
    if (link?.generation !== this.#generation) this.#due = true;
    // Someone asked for the end of this connection, and someone else for a new one.
    this.#tellRested();
  }

  /** Nothing runs, and nothing should. */
  #rest(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#failures = 0;
    this.#attempts = 0;
    this.#nextAttemptMs = 0;
    this.#error = '';
    this.#due = true;
    this.#state = ServerState.DISCONNECTED;
    this.#connectWaiters.reject(new AgentFailure('cancelled', 'the server was disconnected meanwhile'));
    this.#note('info', 'disconnected');
    this.#emit(false);
    if (!this.#removed) this.#tellRested();
  }

  async #forget(): Promise<void> {
    const { context, id } = this;
    try {
      await context.logs.delete(id);
      await context.sources.forget(id);
      await rm(serverFolder(context.dataDir, id), { recursive: true, force: true });
    } catch (error) {
      context.log.warn({ err: error, server: id }, 'files of a removed server could not be deleted');
    }
    this.#gone = this.#removed;
    if (this.#gone) context.onGone(this);
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

function superseded(): AgentFailure {
  return new AgentFailure('cancelled', 'something else is wanted of the server meanwhile');
}

function asReason(error: unknown): AgentFailure {
  if (error instanceof AgentFailure) {
    // A connection that breaks during the handshake fails it with `disconnected`.
    return error.kind === 'disconnected' ? new AgentFailure('upstream', error.message, error.details) : error;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new AgentFailure('upstream', reason, { reason }, { cause: error });
}
