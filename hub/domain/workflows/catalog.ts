import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { isNarrowed } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import { put, type Store } from '../store.js';
import type { ToolCatalog } from '../tools/catalog.js';
import { storedDefinitions, type WorkflowDefinition } from './definition.js';
import { readsParameters } from './readers.js';
import {
  checkDefinition,
  compileDefinition,
  type FoundWorkflow,
  readDefinition,
  type Surroundings,
} from './validation.js';

/** A definition, and whether it ships with the hub. */
export interface KnownWorkflow extends WorkflowDefinition {
  readonly shipped: boolean;
}

/** A source of further workflows. */
export interface WorkflowSource {
  find(idOrName: string): FoundWorkflow | undefined;
  list(): WorkflowDefinition[];
}

/** The kinds of steps, operations and tools that definitions may use. */
export interface KnownSteps extends Pick<Surroundings, 'kinds' | 'operations'> {
  /** The tools that are known now. */
  readonly tools?: Pick<ToolCatalog, 'find'>;
}

/** Definitions of workflows: shipped with the hub, or made through the API. */
export class WorkflowCatalog {
  readonly #store: Store;
  readonly #shipped = new Map<string, WorkflowDefinition>();
  readonly #known: KnownSteps;
  readonly #source: WorkflowSource | undefined;

  /** @param texts YAML, one definition each; @param known the kinds of steps and operations that there are */
  constructor(store: Store, texts: readonly string[], known: KnownSteps, source?: WorkflowSource) {
    this.#store = store;
    this.#source = source;
    this.#known = known;
    for (const text of texts) {
      const definition = readDefinition(text);
      this.check(null, definition);
      this.#shipped.set(definition.name, definition);
    }
  }

  /** @throws DomainError `not_found`. */
  get(idOrName: string): WorkflowDefinition {
    return this.find(idOrName).definition;
  }

  /** A workflow, and the name under which a run keeps it. @throws DomainError `not_found`. */
  find(idOrName: string): FoundWorkflow {
    const found = this.lookUp(idOrName);
    if (!found) throw notFound('workflow', idOrName);
    return found;
  }

  /** As {@link find}; `undefined` if there is no such workflow. */
  lookUp(idOrName: string): FoundWorkflow | undefined {
    const own = this.#own(idOrName);
    return own ? { key: idOrName, definition: own } : this.#source?.find(idOrName);
  }

  /** Whether a caller reads the parameters of all runs of a workflow. */
  readsParameters({ role }: Pick<Caller, 'role'>, idOrName: string): boolean {
    const found = this.lookUp(idOrName);
    return found !== undefined && readsParameters(role, found.definition.steps, this.#known.operations);
  }

  /** Whether a workflow of this name ships with the hub, or was made through the API. */
  hasOwn(name: string): boolean {
    return this.#own(name) !== undefined;
  }

  /** By name. Narrowed keys see only workflows that ship with the hub: other workflows name servers and sites. */
  list(caller: Pick<Caller, 'grants'> | null): KnownWorkflow[] {
    const shipped = [...this.#shipped.values()].map((definition) => ({ ...definition, shipped: true }));
    if (caller && isNarrowed(caller.grants)) return shipped;
    const own = (definition: WorkflowDefinition) => ({ ...definition, shipped: false });
    const stored = Array.from(this.#store.list(storedDefinitions), own);
    const others = (this.#source?.list() ?? []).map(own);
    return [...shipped, ...stored, ...others].sort((a, b) => a.name.localeCompare(b.name));
  }

  /** @throws DomainError `forbidden`, `invalid_input`, `already_exists`. */
  async add(origin: RequestOrigin, definition: WorkflowDefinition): Promise<KnownWorkflow> {
    authorize(origin.caller, 'workflow.define');
    const { name } = definition;
    if (this.#shipped.has(name)) throw new DomainError('already_exists', `a workflow '${name}' ships with the hub`);
    if (this.#source?.find(name)) throw new DomainError('already_exists', `there is a workflow '${name}' already`);
    await compileDefinition(definition);
    this.check(origin.caller, definition);
    const record = { ...definition, id: name, createdAt: Date.now() };
    const audit = changeAudit(origin, 'workflow.create', { type: 'workflow', id: name });
    await this.#store.apply({ by: origin.caller, writes: [put(storedDefinitions, record, 'absent'), audit] });
    return { ...definition, shipped: false };
  }

  /**
   * Checks the rules that the form does not express.
   * @param key of the definition, if it exists already
   * @throws DomainError `invalid_input` with every mistake.
   */
  check(definer: Caller | null, definition: Pick<WorkflowDefinition, 'parameters' | 'steps'>, key?: string): void {
    const find = (idOrName: string) => this.lookUp(idOrName);
    const { tools, ...known } = this.#known;
    const toolSchema = (tool: string, server: string | undefined) => {
      try {
        return definer ? tools?.find(definer, tool, server).tool.inputSchema : undefined;
      } catch (error) {
        // The server of the tool may be registered later.
        if (error instanceof DomainError) return undefined;
        throw error;
      }
    };
    checkDefinition(definition, { ...known, toolSchema, definer, find, ...(key === undefined ? {} : { key }) });
  }

  #own(name: string): WorkflowDefinition | undefined {
    return this.#shipped.get(name) ?? this.#store.get(storedDefinitions, name);
  }
}
