import { changeAudit, type RequestOrigin } from '../audit/audit.js';
import { DomainError, invalid, notFound } from '../errors.js';
import { put, type Store } from '../store.js';
import { checkDefinition, readDefinition, storedDefinitions, type WorkflowDefinition } from './definition.js';

/** A definition, and whether it ships with the hub. */
export interface KnownWorkflow extends WorkflowDefinition {
  readonly shipped: boolean;
}

/** Definitions of workflows: those that ship with the hub, and those that came through the API. */
export class WorkflowCatalog {
  readonly #store: Store;
  readonly #shipped = new Map<string, WorkflowDefinition>();
  readonly #kinds: ReadonlySet<string>;

  /** @param texts YAML, one definition each; @param kinds the kinds of steps that there are */
  constructor(store: Store, texts: readonly string[], kinds: ReadonlySet<string>) {
    this.#store = store;
    this.#kinds = kinds;
    for (const text of texts) {
      const definition = readDefinition(text);
      this.#shipped.set(definition.name, definition);
    }
  }

  /** @throws DomainError `not_found`. */
  get(name: string): WorkflowDefinition {
    const found = this.#shipped.get(name) ?? this.#store.get(storedDefinitions, name);
    if (!found) throw notFound('workflow', name);
    return found;
  }

  /** By name. */
  list(): KnownWorkflow[] {
    const shipped = [...this.#shipped.values()].map((definition) => ({ ...definition, shipped: true }));
    const stored = Array.from(this.#store.list(storedDefinitions), (definition) => ({ ...definition, shipped: false }));
    return [...shipped, ...stored].sort((a, b) => a.name.localeCompare(b.name));
  }

  /** @throws DomainError `invalid_input`, `already_exists`. */
  async add(origin: RequestOrigin, definition: WorkflowDefinition): Promise<KnownWorkflow> {
    const { name } = definition;
    if (this.#shipped.has(name)) throw new DomainError('already_exists', `a workflow '${name}' ships with the hub`);
    for (const [at, { kind }] of definition.steps.entries())
      if (!this.#kinds.has(kind)) throw invalid(`steps.${at}.kind`, `must be one of: ${[...this.#kinds].join(', ')}`);
    checkDefinition(definition);
    const record = { ...definition, id: name, createdAt: Date.now() };
    const audit = changeAudit(origin, 'workflow.create', { type: 'workflow', id: name });
    await this.#store.apply({ writes: [put(storedDefinitions, record, 'absent'), audit] });
    return { ...definition, shipped: false };
  }
}
