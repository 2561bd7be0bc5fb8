import type { Caller } from '../access/caller.js';
import type { Fleet } from '../agents/fleet.js';
import { auditWrite, type RequestOrigin } from '../audit/audit.js';
import { isoTime } from '../clock.js';
import { DomainError } from '../errors.js';
import type { ServerRecord } from '../servers/record.js';
import type { NewEvent, Store } from '../store.js';
import type { ToolCatalog } from './catalog.js';
import type { ToolUsage } from './usage.js';

/** How long a call may take where its caller does not say, milliseconds. */
const DEFAULT_TIMEOUT_MS = 60_000;

export interface Call {
  readonly caller: Caller;
  readonly tool: string;
  /** Id or name; needed only where several servers have the tool. */
  readonly server?: string | undefined;
  /** A JSON object, as text without line breaks. */
  readonly arguments: string;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly traceparent?: string | undefined;
  readonly onProgress?: ((json: Uint8Array) => void) | undefined;
}

/** The answer of a tool. */
export interface Invocation {
  /** The MCP `CallToolResult` as the server gave it (JSON text); always has `content` and `isError`. */
  readonly result: Uint8Array;
  readonly isError: boolean;
  readonly server: ServerRecord;
  readonly durationMs: number;
}

/** Tool calls: resolved, sent to the agent, counted, audited. Every door to a tool comes through here. */
export class Invocations {
  readonly #store: Store;
  readonly #catalog: ToolCatalog;
  readonly #usage: ToolUsage;
  readonly #fleet: () => Fleet;

  constructor(store: Store, catalog: ToolCatalog, usage: ToolUsage, fleet: () => Fleet) {
    this.#store = store;
    this.#catalog = catalog;
    this.#usage = usage;
    this.#fleet = fleet;
  }

  /** @throws DomainError as {@link ToolCatalog.resolve} and {@link Fleet.execute}. */
  async invoke(origin: RequestOrigin, call: Call): Promise<Invocation> {
    const { server, tool } = this.#catalog.resolve(call.caller, call.tool, call.server);
    const started = performance.now();
    const value = {
      serverId: server.id,
      tool: tool.name,
      arguments: Buffer.from(call.arguments),
      progress: call.onProgress !== undefined,
    };
    const { signal, traceparent, onProgress, timeoutMs = DEFAULT_TIMEOUT_MS } = call;
    // `read` would allow a second run after a lost link; nobody but the server knows whether its tool bears that.
    const options = { kind: 'once', timeoutMs, signal, traceparent, onProgress } as const;
    try {
      const reply = await this.#fleet().execute(server.agentId, { case: 'callTool', value }, options);
      if (reply.case !== 'tool') throw new DomainError('internal', `unexpected answer '${reply.case}' from the agent`);
      const durationMs = sinceMs(started);
      this.#note(
        origin,
        server,
        tool.name,
        durationMs,
        !reply.value.isError,
        reply.value.isError ? 'the tool reported an error' : '',
      );
      return { result: reply.value.json, isError: reply.value.isError, server, durationMs };
    } catch (error) {
      this.#note(
        origin,
        server,
        tool.name,
        sinceMs(started),
        false,
        error instanceof DomainError ? error.code : 'internal',
      );
      throw error;
    }
  }

  /** One change per call: audit entry (which is the tool's history too) and event; see `seeds/003`, "Audit Logs" and "Event Format". */
  #note(
    origin: RequestOrigin,
    server: ServerRecord,
    tool: string,
    durationMs: number,
    success: boolean,
    error: string,
  ): void {
    this.#usage.count(server.id, tool);
    const resource = { type: 'tool', id: tool, serverId: server.id };
    const details = success ? { serverName: server.name } : { serverName: server.name, error };
    const data = { serverId: server.id, toolName: tool, durationMs, success, timestamp: isoTime(Date.now()) };
    const events: NewEvent[] = [{ type: success ? 'tool.invoked' : 'tool.error', serverId: server.id, data }];
    const entry = auditWrite(origin, { action: 'tool.invoke', resource, details, success, durationMs });
    this.#store.record({ writes: [entry], events });
  }
}

function sinceMs(started: number): number {
  return Math.round((performance.now() - started) * 1000) / 1000;
}
