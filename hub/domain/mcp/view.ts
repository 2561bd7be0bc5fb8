import { isAllowed } from '../access/authorize.js';
import type { Caller } from '../access/caller.js';
import { isSharedOrOwn, mayKnowGroup, maySee, maySeeSite, mayUseTool, ownershipKey } from '../access/grants.js';
import { allows, type Permission } from '../access/permissions.js';
import type { Agents } from '../agents/agents.js';
import { DomainError, notFound } from '../errors.js';
import type { GroupRegistry } from '../servers/groups.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';

/** The narrowing of a client's view by its address; ids or names. */
export interface ViewFilter {
  /** This server alone, its tools and resources under their own names. */
  readonly server?: string | undefined;
  readonly group?: string | undefined;
  readonly site?: string | undefined;
  readonly tag?: string | undefined;
  /** Whether the address asks for the hub's own tools, which cover the whole fleet. */
  readonly operations?: boolean | undefined;
}

/** A filter with its names looked up: ids. */
interface Narrowing {
  readonly serverId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly site?: string | undefined;
  readonly tag?: string | undefined;
  readonly operations?: boolean | undefined;
}

/** The servers that an MCP client sees, and its rights to them. */
export class McpView {
  readonly #key: string;
  readonly #owners: () => ReadonlySet<string>;
  /** The server of a view without prefixes. */
  readonly serverId: string | undefined;
  /** Whether resources, prompts and completions may be used. A key that is limited to certain tools may not use them. */
  readonly reads: boolean;
  readonly invokes: boolean;
  /** Whether the address covers only a part of the fleet. */
  readonly isPart: boolean;
  readonly #narrowing: Narrowing;

  constructor(
    readonly caller: Caller,
    narrowing: Narrowing,
    owners: () => ReadonlySet<string> = () => new Set(),
  ) {
    this.#narrowing = narrowing;
    this.#owners = owners;
    this.serverId = narrowing.serverId;
    this.invokes = allows(caller.role, 'tool.invoke');
    this.reads = isAllowed(caller, 'resource.read');
    const { serverId, groupId, site, tag } = narrowing;
    this.isPart = [serverId, groupId, site, tag].some((part) => part !== undefined);
    this.#key = JSON.stringify([caller.grants, this.invokes, this.reads, serverId, groupId, site, tag]);
  }

  /** Equal for all views with the same content. */
  get key(): string {
    const own = ownershipKey(this.caller, this.#owners());
    return own === '' ? this.#key : `${own} ${this.#key}`;
  }

  /** This view with another caller, such as the caller with its present rights. */
  of(caller: Caller): McpView {
    return caller === this.caller ? this : new McpView(caller, this.#narrowing, this.#owners);
  }

  /** Whether the address asks for all of the hub's own tools. */
  get hasOperations(): boolean {
    return this.#narrowing.operations === true;
  }

  /** Whether the view includes one of the hub's own tools: the address asks for all, or the caller's grants name it. */
  asksFor(operation: string): boolean {
    return this.hasOperations || this.caller.grants?.tools?.includes(operation) === true;
  }

  covers(server: ServerRecord): boolean {
    // An admin sees personal servers of others at an address that names the server.
    const isMeant = this.serverId !== undefined || isSharedOrOwn(this.caller, server);
    return isMeant && this.shows(server) && maySee(this.caller, server);
  }

  /** Whether the address covers a server, whatever the rights of the caller. */
  shows(server: ServerRecord): boolean {
    const { serverId, groupId, site, tag } = this.#narrowing;
    if (serverId !== undefined && server.id !== serverId) return false;
    if (groupId !== undefined && server.groupId !== groupId) return false;
    if (site !== undefined && server.site !== site) return false;
    if (tag !== undefined && !server.metadata.tags.includes(tag)) return false;
    return true;
  }

  /** Whether the caller may use all tools of the servers that it may see. */
  get mayUseAll(): boolean {
    return !this.caller.grants?.tools;
  }

  mayUse(tool: string): boolean {
    return mayUseTool(this.caller, tool);
  }

  /** Whether the caller may call at least one of these tools. */
  mayCallAny(tools: Iterable<{ readonly name: string }>): boolean {
    if (!this.invokes || !this.caller.grants?.tools) return this.invokes;
    for (const { name } of tools) if (this.mayUse(name)) return true;
    return false;
  }

  allows(permission: Permission): boolean {
    return allows(this.caller.role, permission);
  }
}

/** Makes the view that a client asks for. @throws DomainError `not_found` for a server, group or site that is not there for the caller. */
export function viewOf(
  caller: Caller,
  filter: ViewFilter,
  {
    registry,
    groups,
    agents,
  }: { readonly registry: ServerRegistry; readonly groups: GroupRegistry; readonly agents: Pick<Agents, 'sites'> },
): McpView {
  const { server, group, site, tag, operations } = filter;
  if (operations && [group, site, tag].some((part) => part !== undefined)) {
    const problem = 'is for the whole fleet: leave out group, site and tag';
    throw new DomainError('invalid_input', `operations ${problem}`, { field: 'operations', error: problem });
  }
  const record = server === undefined ? undefined : registry.find(server, caller);
  if (server !== undefined && (!record || !maySee(caller, record))) throw notFound('server', server);
  const sees = (isMeant: (server: ServerRecord) => boolean) =>
    Array.from(registry.all()).some((server) => isMeant(server) && maySee(caller, server));
  const found = group === undefined ? undefined : groups.find(group);
  const knowsGroup = found && mayKnowGroup(caller, found.id, () => sees(({ groupId }) => groupId === found.id));
  if (group !== undefined && !knowsGroup) throw notFound('group', group);
  if (site !== undefined && !sees((server) => server.site === site)) {
    const isThere = maySeeSite(caller, site) && agents.sites().some(({ name }) => name === site);
    if (!isThere) throw notFound('site', site);
  }
  const narrowing = { serverId: record?.id, groupId: found?.id, site, tag, operations };
  return new McpView(caller, narrowing, () => registry.owners);
}
