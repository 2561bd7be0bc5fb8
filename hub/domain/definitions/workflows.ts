import type { Store } from '../store.js';
import type { WorkflowSource } from '../workflows/catalog.js';
import type { WorkflowDefinition } from '../workflows/definition.js';
import { type DefinitionRecord, definitionRecords } from './record.js';
import { latestOf } from './versions.js';

/** The definitions of type `workflow`, as workflows: each as its latest version says. */
export class DefinedWorkflows implements WorkflowSource {
  readonly #store: Pick<Store, 'get' | 'find' | 'list'>;

  constructor(store: Pick<Store, 'get' | 'find' | 'list'>) {
    this.#store = store;
  }

  find(idOrName: string): { readonly key: string; readonly definition: WorkflowDefinition } | undefined {
    const record =
      this.#store.get(definitionRecords, idOrName) ??
      this.#store.find<DefinitionRecord>(definitionRecords, 'name', idOrName.toLowerCase());
    const definition = record && this.#workflowOf(record);
    return record && definition ? { key: record.id, definition } : undefined;
  }

  list(): WorkflowDefinition[] {
    const records = this.#store.list(definitionRecords, { index: 'type', equals: 'workflow' });
    return Array.from(records, (record) => this.#workflowOf(record) ?? []).flat();
  }

  #workflowOf(record: DefinitionRecord): WorkflowDefinition | undefined {
    const { config } = latestOf(this.#store, record);
    if (config.type !== 'workflow') return undefined;
    const { parameters = {}, steps } = config;
    return { name: record.name, description: record.description, parameters, steps };
  }
}
