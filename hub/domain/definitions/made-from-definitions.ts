import { DomainError } from '../errors.js';
import { type JobRecord, jobRecords } from '../jobs/record.js';
import type { ServerRecord } from '../servers/record.js';
import type { ServerRegistry } from '../servers/registry.js';
import { findNamed, type Store } from '../store.js';
import type { WorkflowSource } from '../workflows/catalog.js';
import type { WorkflowDefinition } from '../workflows/definition.js';
import { scheduleRecords } from '../workflows/schedule.js';
import { triggerRecords } from '../workflows/triggers.js';
import { type DefinitionRecord, definitionRecords, latestOf } from './record.js';

/** The servers and workflow runs of a definition. */
export class DefinitionUse {
  readonly #store: Pick<Store, 'list'>;
  readonly #registry: ServerRegistry;

  constructor(store: Pick<Store, 'list'>, registry: ServerRegistry) {
    this.#store = store;
    this.#registry = registry;
  }

  /** The servers that were registered from it. */
  servers(id: string): ServerRecord[] {
    return [...this.#registry.all()].filter(({ definition }) => definition?.id === id);
  }

  versionsInUse(id: string): ReadonlySet<string> {
    return new Set(this.servers(id).flatMap(({ definition }) => definition?.versionId ?? []));
  }

  /** @throws DomainError `conflict` if servers come from it, runs of it go on or are planned, or a trigger starts it. */
  checkUnused({ id, name, type }: DefinitionRecord): void {
    const servers = this.servers(id).map((server) => server.name);
    if (servers.length > 0)
      throw new DomainError('conflict', `servers are registered from '${name}': ${servers.join(', ')}`, { servers });
    if (type !== 'workflow') return;
    const runs = this.#runs(id);
    if (runs.length > 0) throw new DomainError('conflict', `runs of '${name}' are not over yet`, { runs });
    for (const { workflow } of this.#store.list(scheduleRecords))
      if (workflow === id) throw new DomainError('conflict', `a schedule runs '${name}'`);
    // Triggers of earlier versions keep the name.
    const isMeant = ({ workflow }: { readonly workflow: string }) =>
      workflow === id || workflow.toLowerCase() === name.toLowerCase();
    for (const trigger of this.#store.list(triggerRecords))
      if (isMeant(trigger)) throw new DomainError('conflict', `the trigger '${trigger.name}' runs '${name}'`);
  }

  #runs(id: string): string[] {
    const live = (['running', 'queued', 'scheduled'] as const).flatMap((status): JobRecord[] => [
      ...this.#store.list(jobRecords, { index: 'status', equals: [status] }),
    ]);
    return live.filter(({ params }) => params.workflow === id).map((job) => job.id);
  }
}

/** The definitions of type `workflow` as workflows, each in its latest version. */
export class DefinedWorkflows implements WorkflowSource {
  readonly #store: Pick<Store, 'get' | 'find' | 'list'>;

  constructor(store: Pick<Store, 'get' | 'find' | 'list'>) {
    this.#store = store;
  }

  find(idOrName: string): { readonly key: string; readonly definition: WorkflowDefinition } | undefined {
    const record = findNamed(this.#store, definitionRecords, idOrName);
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
