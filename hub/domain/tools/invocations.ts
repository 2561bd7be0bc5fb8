import { spanning } from '@roundhouse/proto/tracing';
import { authorize } from '../access/authorize.js';
import { type Caller, markOf, type RequestOrigin } from '../access/caller.js';
import { askedOf, unreadable } from '../agents/answer.js';
import type { ClientEnvelope } from '../agents/contract.js';
import type { Fleet } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import { type Arguments, auditedArguments } from '../audit/arguments.js';
import { auditWrite, TOOL_INVOKE } from '../audit/audit.js';
import { callerScope, checkAuditable, redactorFor } from '../audit/log.js';
import { cleaned, type Redactor, redactorOf, secretScopes } from '../audit/redactor.js';
import { noteShortLimit } from '../breakers/breaker.js';
import type { Breakers } from '../breakers/breakers.js';
import type { ResponseCache, Slot } from '../cache/response-cache.js';
import { type Cancellation, CancelSource, withTrace } from '../cancellation.js';
import { codeOf, DomainError, type ErrorCode } from '../errors.js';
import type { ServerLimits } from '../limits/server-limits.js';
import { isoNow } from '../moments.js';
import type { RightsNow } from '../people/creators.js';
import type { Readiness } from '../servers/readiness.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerMetrics } from '../servers/server-metrics.js';
import type { NewEvent, Store } from '../store.js';
import type { CallActivity } from './activity.js';
import type { CatalogTool, ToolCatalog } from './catalog.js';
import type { InvocationOutcomes } from './outcomes.js';
import type { ToolUsage } from './usage.js';

/** The time limit of a call whose caller sets none, milliseconds. */
const DEFAULT_TIMEOUT_MS = 60_000;
/** The longest part of an unknown tool's name that the audit log keeps, characters. */
const MAX_UNKNOWN_NAME = 256;

/** The envelope of a tool call of protocol version 2026-07-28, for a server that speaks this version too. */
export interface StatelessCall {
  readonly envelope: ClientEnvelope;
  /** Its params without name, arguments and `_meta` (a JSON object); absent if there are no others. */
  readonly more?: string | undefined;
}

export interface Call {
  readonly caller: Caller;
  readonly tool: string;
  /** Id or name; needed only where several servers have the tool. */
  readonly server?: string | undefined;
  /** The tool, found already: `tool` and `server` are not looked up. Its server need not be connected. */
  readonly target?: CatalogTool | undefined;
  /** Whether other people read the answer: then the tool of a personal server must be named with its server. */
  readonly isPublic?: boolean | undefined;
  /** A private instance of the server; absent for the shared instance. */
  readonly instanceId?: string | undefined;
  /** The request's `_meta` without its progress token (a JSON object); absent for none. */
  readonly meta?: string | undefined;
  /** For a call of protocol version 2026-07-28 to a server that speaks it: its own metadata. Its answer may be a question. */
  readonly stateless?: StatelessCall | undefined;
  /** See {@link CommandOptions.journal}; absent: the call is not asked for again. */
  readonly journal?: string | undefined;
  /** A JSON value; goes to the server as `JSON.stringify` writes it. */
  readonly arguments: Arguments;
  readonly timeoutMs?: number | undefined;
  readonly signal?: Cancellation | undefined;
  /** Called with the progress of the call (params of MCP's `notifications/progress`, JSON text), secrets taken out. */
  readonly onProgress?: ((json: string) => void) | undefined;
  /** Gets the server's log messages for this call (params of MCP's `notifications/message`, JSON text), secrets taken out. */
  readonly onLog?: ((json: string) => void) | undefined;
}

/** The answer of a tool. */
export interface Invocation {
  /** The server's MCP `CallToolResult` (JSON text); always has `content` and `isError`. For a stateless call any result. */
  readonly result: Uint8Array;
  readonly isError: boolean;
  readonly server: ServerRecord;
  readonly durationMs: number;
  /** Whether it comes from the cache: the server was not asked. */
  readonly cached: boolean;
}

/** The parts that calls need. */
export interface InvocationParts {
  readonly store: Store;
  readonly catalog: ToolCatalog;
  readonly usage: ToolUsage;
  readonly outcomes: InvocationOutcomes;
  readonly activity: CallActivity;
  readonly serverMetrics: ServerMetrics;
  readonly cache: ResponseCache;
  readonly limits: ServerLimits;
  readonly breakers: Breakers;
  readonly readiness: Readiness;
  readonly rightsNow: RightsNow;
  readonly streams: GuardedStreams;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
}

/** One call on its way, from the moment that its tool is known. */
interface Running {
  readonly origin: RequestOrigin;
  readonly call: Call;
  readonly target: CatalogTool;
  /** The arguments as JSON. */
  readonly json: string;
  /** `performance.now()` at its start. */
  readonly started: number;
}

/** An agent's answer. */
interface Answer {
  readonly json: Uint8Array;
  readonly isError: boolean;
  /** No result yet: the server asks something first, or answers in a way that only the client understands. */
  readonly isQuestion?: boolean;
}

/**
 * Tool calls: resolved, limited, sent to the agent or answered from the cache, counted, audited. Every API calls tools through this class.
 */
export class Invocations {
  readonly #parts: InvocationParts;

  constructor(parts: InvocationParts) {
    this.#parts = parts;
  }

  /**
   * Calls a tool. Each call has one audit entry, whatever its outcome. While entries cannot be written, no call is made.
   * A call ends as soon as its caller may not have the answer any more: the caller gets the refusal, and the audit entry has the call's own
   * outcome.
   * @throws DomainError `forbidden` (role), as {@link ToolCatalog.resolve} and {@link Fleet.execute}; `rate_limited` (the server's own
   * limits), `circuit_open`.
   */
  invoke(origin: RequestOrigin, call: Call): Promise<Invocation> {
    const { signal = new CancelSource() } = call;
    const attributes = { 'gen_ai.operation.name': 'execute_tool' };
    const span = signal.trace?.span?.begin('execute_tool', 'internal', attributes);
    if (!span) return this.#invoke(origin, call);
    return spanning(span, this.#invoke(origin, { ...call, signal: withTrace(signal, span) }), codeOf);
  }

  async #invoke(origin: RequestOrigin, call: Call): Promise<Invocation> {
    const { cache, store, streams } = this.#parts;
    checkAuditable(store);
    const started = performance.now();
    const json = JSON.stringify(call.arguments);
    const found = this.find(origin, call);
    const target = found instanceof Promise ? await found : found;
    const running = { origin, call, target, json, started };
    const { server, tool } = target;
    const span = call.signal?.trace?.span;
    if (span && server.ownerId === undefined) {
      span.rename(`execute_tool ${tool.name}`);
      span.set({ 'gen_ai.tool.name': tool.name, 'roundhouse.server.name': server.name });
    }
    // The result of a private instance, or of a request with its own `_meta`, belongs to that request alone.
    const shared = call.instanceId === undefined && call.meta === undefined && call.stateless?.more === undefined;
    const slot = shared ? cache.slot(call.caller, server, tool.name, call.arguments) : undefined;
    const kept = slot && cache.get(slot);
    if (kept) {
      span?.set({ 'roundhouse.cached': true });
      const durationMs = sinceMs(started);
      this.#note(running, durationMs, '', true);
      return { result: kept, isError: false, server, durationMs, cached: true };
    }
    // A tool that may change something makes kept results invalid from its start to its end: the moment of the change is unknown.
    const changes = slot === undefined && !tool.readOnly;
    if (changes) cache.clearServer(server.id);
    const check = (now: Caller) => this.#checkAnswer(now, target);
    try {
      return await streams.run(call.caller, call.signal, check, (signal) => this.#answered(running, slot, signal));
    } finally {
      if (changes) cache.clearServer(server.id);
    }
  }

  /** Makes the call, and notes its outcome, whether its caller gets the outcome or not. */
  async #answered(running: Running, slot: Slot | undefined, signal: Cancellation | undefined): Promise<Invocation> {
    const { cache } = this.#parts;
    const { target, started } = running;
    const { server, tool } = target;
    try {
      const { json: result, isError, isQuestion } = await this.#call(running, signal);
      const durationMs = sinceMs(started);
      if (isError) signal?.trace?.span?.set({ 'error.type': 'tool_error' });
      if (slot && !isError && !isQuestion) cache.set(slot, server.id, tool.name, result);
      this.#note(running, durationMs, isError ? 'the tool reported an error' : '', false, isQuestion);
      return { result, isError, server, durationMs, cached: false };
    } catch (error) {
      this.#note(running, sinceMs(started), codeOf(error), false);
      throw error;
    }
  }

  /** @throws DomainError `forbidden`, `not_found` if a caller may not have the answer of a tool that it has called. */
  #checkAnswer(caller: Caller, target: CatalogTool): void {
    authorize(caller, 'tool.invoke');
    this.#parts.catalog.checkAnswer(caller, target);
  }

  /** See {@link Readiness.returned}. */
  returned(serverId: string, signal: Cancellation): Promise<void> {
    return this.#parts.readiness.returned(serverId, signal);
  }

  /**
   * The tool that {@link Invocations.invoke} would call; a promise if its server is connecting. A refusal is audited. @throws DomainError as
   * there
   */
  find(origin: RequestOrigin, call: Call): CatalogTool | Promise<CatalogTool> {
    try {
      return this.look(call);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'server_disconnected')
        return this.#findOnceReady(origin, call, String(error.details.serverId));
      this.#noteRefusal(origin, call, JSON.stringify(call.arguments), codeOf(error));
      throw error;
    }
  }

  async #findOnceReady(origin: RequestOrigin, call: Call, serverId: string): Promise<CatalogTool> {
    try {
      await this.#parts.readiness.of(serverId, call.signal);
      return this.look(call);
    } catch (error) {
      this.#noteRefusal(origin, call, JSON.stringify(call.arguments), codeOf(error));
      throw error;
    }
  }

  /**
   * The tool that a call would reach at this moment. The tool is neither called nor audited. @throws DomainError as {@link
   * ToolCatalog.resolve}
   */
  look(call: Pick<Call, 'caller' | 'tool' | 'server' | 'target' | 'isPublic'>): CatalogTool {
    const found = this.#connectedTarget(call);
    if (call.isPublic && found.server.ownerId !== undefined)
      throw new DomainError(
        'conflict',
        'the server belongs to one person, and others read the answer: name the server',
      );
    return found;
  }

  #connectedTarget({
    caller: before,
    tool,
    server,
    target,
  }: Pick<Call, 'caller' | 'tool' | 'server' | 'target'>): CatalogTool {
    const { catalog, rightsNow } = this.#parts;
    // The call may have waited for its server, or for an instance of it.
    const caller = rightsNow(before);
    authorize(caller, 'tool.invoke');
    if (!target) return catalog.resolve(caller, tool, server);
    const found = catalog.checked(caller, target);
    const { connected } = catalog.at(found.server.id, found.tool.name) ?? found;
    if (!connected) throw catalog.disconnected(found.server);
    return found;
  }

  /** Audits a call that was refused earlier: the tool does not exist for its caller. */
  refused(origin: RequestOrigin, call: Pick<Call, 'tool' | 'arguments'>, code: ErrorCode): void {
    this.#noteRefusal(origin, call, JSON.stringify(call.arguments), code);
  }

  /** Sends the call to the agent, where the server's limits and circuit allow it. */
  #call({ call, target, json }: Running, signal: Cancellation | undefined): Promise<Answer> {
    const { limits, breakers } = this.#parts;
    const { server } = target;
    const breaker = breakers.of(server);
    breaker.check(server);
    limits.count(server);
    return breaker.run(() => this.#execute(call, target, json, signal));
  }

  async #execute(
    call: Call,
    { server, tool }: CatalogTool,
    json: string,
    signal: Cancellation | undefined,
  ): Promise<Answer> {
    const { journal, timeoutMs = DEFAULT_TIMEOUT_MS } = call;
    const progress = call.onProgress !== undefined || call.onLog !== undefined;
    const redactor = progress ? redactorOf(this.#parts.redactor, server) : undefined;
    const onProgress = redactor && cleaned(redactor, call.onProgress);
    const onLog = redactor && cleaned(redactor, call.onLog);
    const common = {
      serverId: server.id,
      tool: tool.name,
      arguments: Buffer.from(json),
      progress,
      onlyLogs: progress && onProgress === undefined,
      caller: markOf(call.caller),
    };
    const value = isPlain(call) ? common : { ...common, ...ofItsOwn(call) };
    // `read` would allow a second run after a lost link; only the server knows whether its tool allows that.
    const options = { kind: 'once', timeoutMs, signal, journal, onProgress, onLog } as const;
    try {
      const fleet = this.#parts.fleet();
      const reply = await fleet.execute(server.agentId, { case: 'callTool', value }, options);
      if (reply.case === 'json' && call.stateless) return { json: reply.value, isError: false, isQuestion: true };
      if (reply.case !== 'tool') throw unreadable(askedOf(fleet, server.agentId, 'callTool', options.kind));
      return reply.value;
    } catch (error) {
      // A time-out shorter than that of the server's health check says nothing about the server.
      if (error instanceof DomainError && error.code === 'timeout' && timeoutMs < server.healthCheck.timeoutMs)
        noteShortLimit(error);
      throw error;
    }
  }

  /** One change per call: audit entry (which is the tool's history too) and event; see `seeds/003`, "Audit Logs" and "Event Format". */
  #note(
    { origin, call, target, json }: Running,
    durationMs: number,
    error: string,
    cached: boolean,
    asks = false,
  ): void {
    const { store, catalog, usage, outcomes, activity, serverMetrics } = this.#parts;
    const { server, tool } = target;
    const redactor = this.#parts.redactor.with(callerScope(call.caller), ...secretScopes(server));
    const success = error === '';
    usage.count(server.id, tool.name);
    activity.count(server.id, tool.name, durationMs, success);
    // The server may have been deleted during the call.
    if (catalog.isRegistered(server.id)) {
      outcomes.count(server, tool.name, success);
      serverMetrics.count(server.id, durationMs, error);
    }
    const resource = { type: 'tool', id: tool.name, serverId: server.id };
    const details: Record<string, unknown> = {
      serverName: server.name,
      arguments: auditedArguments(call.arguments, json, redactor),
    };
    if (cached) details.cached = true;
    // No result yet: the server asks the client something first.
    if (asks) details.inputRequired = true;
    if (!success) details.error = error;
    const data = { serverId: server.id, toolName: tool.name, durationMs, success, timestamp: isoNow() };
    const events: NewEvent[] = [{ type: success ? 'tool.invoked' : 'tool.error', serverId: server.id, data }];
    const entry = auditWrite(origin, { action: TOOL_INVOKE, resource, details, success, durationMs });
    store.record({ writes: [entry], events });
  }

  /** Audits a call of a tool that does not exist or may not be called now. It does not count as a call of a tool. */
  #noteRefusal(origin: RequestOrigin, call: Pick<Call, 'tool' | 'arguments'>, json: string, error: string): void {
    const { store } = this.#parts;
    const redactor = redactorFor(this.#parts.redactor, origin.caller);
    const resource = { type: 'tool', id: redactor.beginning(call.tool, MAX_UNKNOWN_NAME) };
    const details = { arguments: auditedArguments(call.arguments, json, redactor), error };
    const entry = auditWrite(origin, { action: TOOL_INVOKE, resource, details, success: false, durationMs: 0 });
    store.record({ writes: [entry] });
  }
}

/** Whether a call has none of the parts that {@link ofItsOwn} adds. */
function isPlain({ meta, instanceId, stateless }: Call): boolean {
  return meta === undefined && instanceId === undefined && stateless === undefined;
}

/** The parts of a call that few calls have, as the agent gets them. */
function ofItsOwn({ meta, instanceId, stateless }: Call) {
  return {
    ...(meta === undefined ? {} : { meta: Buffer.from(meta) }),
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(stateless === undefined ? {} : { envelope: stateless.envelope }),
    ...(stateless?.more === undefined ? {} : { more: Buffer.from(stateless.more) }),
  };
}

function sinceMs(started: number): number {
  return Math.round((performance.now() - started) * 1000) / 1000;
}
