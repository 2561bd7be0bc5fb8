import { atLeast, type Caller, payerOf } from '../access/caller.js';
import { isOwnOrAdmin, maySee, mayUseTool } from '../access/grants.js';
import { type AuditEntry, auditLog, TOOL_INVOKE } from '../audit/audit.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, notFound } from '../errors.js';
import { Turns } from '../event-loop.js';
import { InTurn } from '../retrying.js';
import type { ServerRegistry } from '../servers/registry.js';
import type { Range, Store } from '../store.js';
import type { CatalogTool, ToolCatalog } from './catalog.js';

/** One call of a tool, as the audit log has it. */
export interface ToolCall {
  readonly entry: AuditEntry;
  readonly serverId: string;
  readonly serverName: string;
  /** Why it failed; `undefined` if it succeeded. */
  readonly error: string | undefined;
  readonly cached: boolean;
}

export interface HistoryQuery {
  /** Milliseconds since 1970: from (inclusive) and to (exclusive). */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
}

/** A tool that a caller used, and when it last did (milliseconds since 1970). */
export interface RecentTool {
  readonly found: CatalogTool;
  readonly lastUsedAt: number;
}

/** The most entries that one answer looks at. */
const MAX_SCANNED = 20_000;

/** Past tool calls, read from the audit log. */
export class ToolHistory {
  readonly #store: Store;
  readonly #catalog: ToolCatalog;
  readonly #servers: ServerRegistry;
  /** A payer's searches run one after the other, because each may read many entries. */
  readonly #searches = new InTurn();

  constructor(store: Store, catalog: ToolCatalog, servers: ServerRegistry) {
    this.#store = store;
    this.#catalog = catalog;
    this.#servers = servers;
  }

  /**
   * The tools that the caller itself used last, newest first, each once. Tools that are gone, or that the caller may no longer see, are
   * left out. Looks at the caller's last {@link MAX_SCANNED} audited actions. The search ends with the signal's reason if that is aborted.
   */
  async recent(caller: Caller, limit: number, signal?: Cancellation): Promise<RecentTool[]> {
    const tools = new Map<string, RecentTool | undefined>();
    let found = 0;
    const own: Range = { index: 'actor', equals: [caller.id], reverse: true };
    await this.#scan(caller, own, signal, ({ action, resource, time }) => {
      const serverId = resource?.serverId;
      if (action !== TOOL_INVOKE || !resource || serverId === undefined) return true;
      const key = `${serverId}/${resource.id}`;
      if (tools.has(key)) return true;
      const tool = this.#catalog.at(serverId, resource.id);
      const seen = tool && maySee(caller, tool.server) && mayUseTool(caller, resource.id);
      tools.set(key, seen ? { found: tool, lastUsedAt: time } : undefined);
      if (seen) found += 1;
      return found < limit;
    });
    return [...tools.values()].filter((tool) => tool !== undefined);
  }

  /**
   * The calls of a tool (at every server with a tool of this name), newest first. Callers below operator see only their own calls, among their
   * last {@link MAX_SCANNED} audited actions. The search ends with the signal's reason if that is aborted.
   * @throws DomainError `not_found` if the caller may see neither the tool nor a call of it, `forbidden`.
   */
  async of(caller: Caller, tool: string, query: HistoryQuery, signal?: Cancellation): Promise<ToolCall[]> {
    if (!mayUseTool(caller, tool)) throw new DomainError('forbidden', `this key's grants do not cover tool '${tool}'`);
    const calls = await this.#calls(caller, tool, query, signal);
    if (calls.length > 0 || this.#isKnown(caller, tool)) return calls;
    // If its servers are deleted, the tool is known only by its earlier calls.
    const isWhole = query.from === undefined && query.to === undefined;
    const earlier = isWhole ? calls : await this.#calls(caller, tool, { limit: 1 }, signal);
    if (earlier.length === 0) throw notFound('tool', tool);
    return calls;
  }

  async #calls(
    caller: Caller,
    tool: string,
    { from, to, limit }: HistoryQuery,
    signal: Cancellation | undefined,
  ): Promise<ToolCall[]> {
    const calls: ToolCall[] = [];
    const seesAll = atLeast(caller.role, 'operator');
    // A caller that sees only its own calls reads no calls of others: those may be very many.
    const equals = seesAll ? ['tool', tool] : [caller.id];
    const range: Range = {
      index: seesAll ? 'resource' : 'actor',
      equals,
      ...(from === undefined ? {} : { from: [...equals, from] }),
      ...(to === undefined ? {} : { to: [...equals, to] }),
      reverse: true,
    };
    await this.#scan(caller, range, signal, (entry) => {
      const call = this.#call(caller, tool, entry);
      if (call) calls.push(call);
      return calls.length < limit;
    });
    return calls;
  }

  #call(caller: Caller, tool: string, entry: AuditEntry): ToolCall | undefined {
    if (entry.resource?.id !== tool) return undefined;
    const { serverId } = entry.resource;
    // A call that was refused before it reached a server does not count.
    if (entry.action !== TOOL_INVOKE || serverId === undefined) return undefined;
    if (!atLeast(caller.role, 'operator') && entry.actor?.id !== caller.id) return undefined;
    const server = this.#servers.byId(serverId);
    if (server ? !maySee(caller, server) : narrowsServers(caller)) return undefined;
    if (!isOwnOrAdmin(caller, this.#servers.ownerOf(serverId))) return undefined;
    const { serverName, error, cached } = entry.details;
    return {
      entry,
      serverId,
      serverName: typeof serverName === 'string' ? serverName : (server?.name ?? ''),
      error: entry.success ? undefined : typeof error === 'string' ? error : 'failed',
      cached: cached === true,
    };
  }

  #isKnown(caller: Caller, tool: string): boolean {
    try {
      this.#catalog.find(caller, tool, undefined);
      return true;
    } catch (error) {
      // An ambiguous tool is known, too.
      return !(error instanceof DomainError && error.code === 'not_found');
    }
  }

  /** Hands the entries of a range to `take` until it has enough. Other work gets its turn in between. */
  #scan(
    caller: Caller,
    range: Range,
    signal: Cancellation | undefined,
    take: (entry: AuditEntry) => boolean,
  ): Promise<void> {
    const payer = payerOf(caller);
    return this.#searches.run(payer, async () => {
      if (signal?.aborted) throw signal.reason;
      // A call that was just answered may not be on the disk yet.
      await this.#store.flush();
      const turns = new Turns(undefined, { signal, payer });
      for (const entry of this.#store.list(auditLog, { ...range, limit: MAX_SCANNED })) {
        if (!take(entry)) return;
        if (turns.due) await turns.next();
      }
    });
  }
}

function narrowsServers({ grants }: Caller): boolean {
  return Boolean(grants?.servers || grants?.groups || grants?.sites);
}
