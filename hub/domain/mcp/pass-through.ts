import { authorize } from '../access/authorize.js';
import { type Caller, markOf, type RequestOrigin } from '../access/caller.js';
import { maySee } from '../access/grants.js';
import { askForJson } from '../agents/answer.js';
import type { ClientEnvelope } from '../agents/contract.js';
import type { Fleet } from '../agents/fleet.js';
import type { GuardedStreams } from '../agents/guarded-streams.js';
import { auditWrite, durationOf } from '../audit/audit.js';
import { checkAuditable, redactorFor } from '../audit/log.js';
import { cleaned, type Redactor, redactorOf, secretScopes } from '../audit/redactor.js';
import type { Breakers } from '../breakers/breakers.js';
import type { Cancellation } from '../cancellation.js';
import { failureDetails, notFound } from '../errors.js';
import type { ServerLimits } from '../limits/server-limits.js';
import type { RightsNow } from '../people/creators.js';
import type { ObservedServers } from '../servers/observed.js';
import type { Readiness } from '../servers/readiness.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Store } from '../store.js';
import { disconnected } from '../tools/catalog.js';

/** How long a server may take, milliseconds. */
const TIMEOUT_MS = 60_000;
/** The longest part of a name or a URI that the audit log keeps, characters. */
const MAX_ID = 512;
/** The part of a name that a remark shows, characters. */
const MAX_REMARK = 200;
const MALFORMED = 'a name, title or address is too long, or a member does not have the form that MCP requires';

/** A request as it goes to a server. */
export interface Passing {
  readonly server: ServerRecord;
  /** The caller; absent for requests of the hub itself. */
  readonly caller?: Caller | undefined;
  /** A private instance; empty for the shared instance. */
  readonly instanceId: string;
  readonly method: string;
  /** A JSON object without `_meta`; empty for none. */
  readonly params: string;
  /** The request's `_meta` without its progress token; empty for none. */
  readonly meta?: string | undefined;
  /** The client's envelope, in a request of protocol version 2026-07-28 to a server that speaks it; `instanceId` is then empty. */
  readonly envelope?: ClientEnvelope | undefined;
  readonly signal?: Cancellation | undefined;
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((json: string) => void) | undefined;
  readonly onLog?: ((json: string) => void) | undefined;
}

export interface PassThroughParts {
  readonly store: Store;
  readonly registry: ServerRegistry;
  readonly observed: ObservedServers;
  readonly limits: ServerLimits;
  readonly breakers: Breakers;
  readonly readiness: Readiness;
  readonly rightsNow: RightsNow;
  readonly streams: GuardedStreams;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
  /** Called with a remark about a server for admins. */
  readonly onRemark?: ((server: ServerRecord, remark: string) => void) | undefined;
}

/** Requests of MCP clients other than tool calls, on their way to servers. Answers come back as the servers gave them. */
export class McpPassThrough {
  readonly #parts: PassThroughParts;

  constructor(parts: PassThroughParts) {
    this.#parts = parts;
  }

  /** Remarks, once for each reading of a list, that the hub leaves entries out. @param why default: their form */
  leftOut(server: ServerRecord, member: string, keys: readonly string[], why = MALFORMED): void {
    const [first] = keys;
    if (first === undefined) return;
    const name = JSON.stringify(first.slice(0, MAX_REMARK));
    const others = keys.length === 1 ? '' : `, and ${keys.length - 1} more`;
    this.#parts.onRemark?.(server, `entries of the list of ${member} are left out (${why}): ${name}${others}`);
  }

  /**
   * Asks a server, and counts it as one of its calls. The request ends as soon as its caller may not have the answer any more.
   * @returns the result (JSON text)
   * @throws DomainError as {@link Fleet.execute}; `server_disconnected`, `rate_limited` (the server's own limits), `circuit_open`;
   * `not_found` or `forbidden` if the caller may not see the server now, or read its resources.
   */
  async ask(passing: Passing): Promise<Uint8Array> {
    const { limits, breakers, registry, streams } = this.#parts;
    const { server, caller, signal } = passing;
    await this.awaitConnected(server, passing.signal);
    const current = registry.byId(server.id);
    if (caller) {
      const now = this.#parts.rightsNow(caller);
      if (!(current && maySee(now, current))) throw notFound('server', server.name);
      authorize(now, 'resource.read');
    }
    const breaker = breakers.of(server);
    breaker.check(server);
    limits.count(server);
    const check = (now: Caller) => {
      // A server that is deleted meanwhile counts as it was.
      if (!maySee(now, registry.byId(server.id) ?? server)) throw notFound('server', server.name);
      authorize(now, 'resource.read');
    };
    return streams.run(caller, signal, check, (signal) => breaker.run(() => this.send({ ...passing, signal })));
  }

  /** As {@link ask}, with an entry in the audit log: the resource, the caller and the outcome. */
  async audited(
    origin: RequestOrigin,
    passing: Passing,
    audit: { readonly action: string; readonly type: string; readonly id: string },
  ): Promise<Uint8Array> {
    checkAuditable(this.#parts.store);
    let failed: ReturnType<typeof failureDetails> | undefined;
    try {
      return await this.ask(passing);
    } catch (failure) {
      failed = failureDetails(failure);
      throw failure;
    } finally {
      const { store } = this.#parts;
      const { server } = passing;
      const redactor = redactorFor(this.#parts.redactor, origin.caller).with(...secretScopes(server));
      const resource = { type: audit.type, id: redactor.beginning(audit.id, MAX_ID), serverId: server.id };
      const details = { serverName: server.name, ...failed };
      const success = failed === undefined;
      const durationMs = durationOf(origin);
      store.record({
        writes: [auditWrite(origin, { action: audit.action, resource, details, success, durationMs })],
      });
    }
  }

  /** Asks without counting: for requests of the hub itself. */
  async send(passing: Passing): Promise<Uint8Array> {
    const { server, instanceId, method, params, meta = '', timeoutMs = TIMEOUT_MS, signal } = passing;
    const { caller, envelope } = passing;
    const redactor = redactorOf(this.#parts.redactor, server);
    const [onProgress, onLog] = [cleaned(redactor, passing.onProgress), cleaned(redactor, passing.onLog)];
    const progress = onProgress !== undefined || onLog !== undefined;
    const value = {
      serverId: server.id,
      instanceId,
      method,
      params: Buffer.from(params),
      meta: Buffer.from(meta),
      progress,
      onlyLogs: progress && onProgress === undefined,
      ...(envelope === undefined ? {} : { envelope }),
      ...(caller === undefined ? {} : { caller: markOf(caller) }),
    };
    const options = { kind: 'read', timeoutMs, signal, onProgress, onLog } as const;
    return askForJson(this.#parts.fleet(), server.agentId, { case: 'mcpRequest', value }, options);
  }

  /** Waits for a server that is connecting. @throws DomainError `server_disconnected`. */
  async awaitConnected(server: ServerRecord, signal?: Cancellation): Promise<void> {
    if (!(await this.isReady(server, signal))) this.checkConnected(server);
  }

  /** See {@link Readiness.of}. */
  isReady({ id }: ServerRecord, signal?: Cancellation): Promise<boolean> {
    return this.#parts.readiness.of(id, signal);
  }

  /** @throws DomainError `server_disconnected`. */
  checkConnected(server: ServerRecord): void {
    const observation = this.#parts.observed.get(server.id);
    if (observation.state !== 'connected') throw disconnected(server, observation);
  }
}
