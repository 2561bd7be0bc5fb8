import { authorize, isAllowed } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { mayUseTool } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import type { Dependants } from '../dependants.js';
import { DomainError, invalid } from '../errors.js';
import { serverRecords } from '../servers/record.js';
import type { Servers, ServerView } from '../servers/servers.js';
import { put, type Store } from '../store.js';
import {
  checkCases,
  checkTool,
  type Declaration,
  type DeclaredCase,
  declarations,
  declarationsOfServer,
  undeclared,
} from './declaration.js';

/** A declaration with its server. */
export interface DeclarationView {
  readonly server: ServerView['record'];
  readonly declaration: Declaration;
  /**
   * The names of approved tools that have changed or are gone, and of new tools; `null` if no tool was approved, or the tools are unknown.
   */
  readonly changed: readonly string[] | null;
}

/** Operators' declarations for the tests of servers: tools that are safe to call, cases, and approved definitions. */
export class Declarations {
  readonly #store: Store;
  readonly #servers: Pick<Servers, 'get'>;

  constructor(store: Store, servers: Pick<Servers, 'get'>, dependants: Dependants) {
    this.#store = store;
    this.#servers = servers;
    dependants.register(serverRecords, (id) => declarationsOfServer(store, id));
  }

  /** The declaration of a server. */
  of(serverId: string): Declaration {
    return this.#store.get(declarations, serverId) ?? undeclared(serverId);
  }

  /**
   * The parts of the declaration about tools that the caller may use; of the cases only names and tools for callers who may not run tests.
   * @throws DomainError `not_found`.
   */
  get(origin: RequestOrigin, server: string): DeclarationView {
    const { caller } = origin;
    const found = this.#view(this.#servers.get(origin, server));
    const view = isAllowed(caller, 'test.run') ? found : withoutContents(found);
    return caller ? narrowed(view, (tool) => mayUseTool(caller, tool)) : view;
  }

  /** Replaces the declared safe tools and cases. @throws DomainError `not_found`, `invalid_input`, `conflict`. */
  async declare(
    origin: RequestOrigin,
    server: string,
    input: { readonly safeTools: readonly string[]; readonly cases: readonly DeclaredCase[] },
  ): Promise<DeclarationView> {
    authorize(origin.caller, 'test.declare');
    const view = this.#servers.get(origin, server);
    const tools = new Set(view.observed.tools.map(({ name }) => name));
    const safeTools = [...new Set(input.safeTools)];
    for (const [at, tool] of input.safeTools.entries()) checkTool(`safe_tools.${at}`, tool, tools);
    checkCases(input.cases, tools);
    const details = { safeTools, cases: input.cases.map(({ name }) => name) };
    await this.#save(origin, 'server.tests.declare', view, { safeTools, cases: input.cases }, details);
    return this.#view(view);
  }

  /**
   * Approves the definitions that the server's tools have now: of all tools, or of the named tools; earlier approvals then stay.
   * @throws DomainError `not_found`, `invalid_input`, `server_disconnected` (its tools are unknown), `conflict`.
   */
  async approve(origin: RequestOrigin, server: string, names?: readonly string[]): Promise<DeclarationView> {
    authorize(origin.caller, 'test.declare');
    const view = this.#servers.get(origin, server);
    const { record, observed } = view;
    if (observed.state !== 'connected')
      throw new DomainError('server_disconnected', `server '${record.name}' is not connected: its tools are not known`);
    const present = new Map(observed.tools.map(({ name, definition }) => [name, definition]));
    for (const [at, name] of (names ?? []).entries())
      if (!present.has(name)) throw invalid(`tools.${at}`, `the server offers no tool '${name.slice(0, 128)}'`);
    const chosen = names ? [...present].filter(([name]) => names.includes(name)) : [...present];
    const before = names ? (this.of(record.id).approval?.tools ?? {}) : {};
    const tools = { ...before, ...Object.fromEntries(chosen) };
    const approval = { tools, at: Date.now(), by: origin.caller?.name ?? null };
    const approved = chosen.map(([name]) => name).slice(0, 200);
    await this.#save(origin, 'server.tests.approve', view, { approval }, { tools: approved, count: chosen.length });
    return this.#view(view);
  }

  async #save(
    origin: RequestOrigin,
    action: string,
    { record }: ServerView,
    change: Partial<Declaration>,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const before = this.of(record.id);
    const changed = { ...before, ...change, revision: before.revision + 1 };
    const resource = { type: 'server', id: record.id, serverId: record.id };
    const audit = changeAudit(origin, action, resource, { name: record.name, ...details });
    await this.#store.apply({
      by: origin.caller,
      writes: [put(declarations, changed, before.revision || 'absent'), audit],
    });
  }

  #view({ record, observed }: ServerView): DeclarationView {
    const declaration = this.of(record.id);
    return { server: record, declaration, changed: changedSince(declaration, observed.tools) };
  }
}

/** A declaration whose cases have only names and tools. */
function withoutContents(view: DeclarationView): DeclarationView {
  const cases = view.declaration.cases.map(
    (declared): DeclaredCase => ({ ...declared, arguments: {}, contains: '', matches: '', structuredSchema: null }),
  );
  return { ...view, declaration: { ...view.declaration, cases } };
}

/** The parts of a declaration about some of the tools. */
function narrowed(
  { server, declaration, changed }: DeclarationView,
  isGranted: (tool: string) => boolean,
): DeclarationView {
  const { safeTools, cases, approval } = declaration;
  const approved = Object.entries(approval?.tools ?? {}).filter(([tool]) => isGranted(tool));
  return {
    server,
    declaration: {
      ...declaration,
      safeTools: safeTools.filter(isGranted),
      cases: cases.filter(({ tool }) => isGranted(tool)),
      approval: approval && { ...approval, tools: Object.fromEntries(approved) },
    },
    changed: changed?.filter(isGranted) ?? null,
  };
}

function changedSince(
  { approval }: Declaration,
  present: readonly { readonly name: string; readonly definition: string }[],
): string[] | null {
  if (!approval || present.length === 0) return null;
  const now = new Map(present.map(({ name, definition }) => [name, definition]));
  const names = new Set([...Object.keys(approval.tools), ...now.keys()]);
  return [...names].filter((name) => approval.tools[name] !== now.get(name)).sort();
}
