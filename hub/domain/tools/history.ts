import { setImmediate } from 'node:timers/promises';
import { atLeast, type Caller } from '../access/caller.js';
import { isOwnOrAdmin, maySee, mayUseTool } from '../access/grants.js';
import { type AuditEntry, auditLog, TOOL_INVOKE } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
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

/** The most entries that one answer looks at, and the entries that it reads before other requests get their turn. */
const MAX_SCANNED = 20_000;
const TURN = 256;

/** Past tool calls, read from the audit log. */
export class ToolHistory {
  readonly #store: Store;
  readonly #catalog: ToolCatalog;
  readonly #servers: ServerRegistry;

  constructor(store: Store, catalog: ToolCatalog, servers: ServerRegistry) {
    this.#store = store;
    this.#catalog = catalog;
    this.#servers = servers;
  }

  /**
   * The tools that the caller itself used last, newest first, each once. Tools that are gone, or that the caller may no longer see, are
   * left out. Looks at the caller's last {@link MAX_SCANNED} audited actions.
   */
  async recent(caller: Caller, limit: number): Promise<RecentTool[]> {
    const tools = new Map<string, RecentTool | undefined>();
    let found = 0;
    await this.#scan({ index: 'actor', equals: [caller.id], reverse: true }, ({ action, resource, time }) => {
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
   * The calls of a tool (at every server with a tool of this name), newest first. Callers below operator see only their own calls.
   * @throws DomainError `not_found` if the caller may see neither the tool nor a call of it, `forbidden`.
   */
  async of(caller: Caller, tool: string, query: HistoryQuery): Promise<ToolCall[]> {
    if (!mayUseTool(caller, tool)) throw new DomainError('forbidden', `this key's grants do not cover tool '${tool}'`);
    const calls = await this.#calls(caller, tool, query);
    if (calls.length > 0 || this.#isKnown(caller, tool)) return calls;
    // If its servers are deleted, the tool is known only by its earlier calls.
    if ((await this.#calls(caller, tool, { limit: 1 })).length === 0) throw notFound('tool', tool);
    return calls;
  }

  async #calls(caller: Caller, tool: string, { from, to, limit }: HistoryQuery): Promise<ToolCall[]> {
    const calls: ToolCall[] = [];
    const range: Range = {
      index: 'resource',
      equals: ['tool', tool],
      ...(from === undefined ? {} : { from: ['tool', tool, from] }),
      ...(to === undefined ? {} : { to: ['tool', tool, to] }),
      reverse: true,
    };
    await this.#scan(range, (entry) => {
      const call = this.#call(caller, entry);
      if (call) calls.push(call);
      return calls.length < limit;
    });
    return calls;
  }

  #call(caller: Caller, entry: AuditEntry): ToolCall | undefined {
    const serverId = entry.resource?.serverId;
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

  /** Hands the entries of a range to `take` until it has enough. Other requests get their turn in between. */
  async #scan(range: Range, take: (entry: AuditEntry) => boolean): Promise<void> {
    // A call that was just answered may not be on the disk yet.
    await this.#store.flush();
    let scanned = 0;
    for (const entry of this.#store.list(auditLog, { ...range, limit: MAX_SCANNED })) {
      if (!take(entry)) return;
      scanned += 1;
      if (scanned % TURN === 0) await setImmediate();
    }
  }
}

function narrowsServers({ grants }: Caller): boolean {
  return Boolean(grants?.servers || grants?.groups || grants?.sites);
}
