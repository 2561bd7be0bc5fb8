import type { RequestOrigin } from '../../access/caller.js';
import { onceCommand } from '../../agents/answer.js';
import type { Cancellation } from '../../cancellation.js';
import { checkAnnotations, checkLabelName, checkLabels } from '../names.js';
import { type ClusterItems, type NamespaceView, namespaceItems, namespaceView } from './answers.js';
import {
  type ContentParts,
  guardedIn,
  listFields,
  listOptions,
  noteChange,
  READ_MS,
  type Selection,
  shown,
} from './content.js';

/** A new namespace. */
export interface NamespaceInput {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const createFields = { name: 'name', 'metadata.name': 'name', metadata: '', 'metadata.labels': 'labels' };

/** The namespaces of clusters. */
export class Namespaces {
  readonly #parts: ContentParts;

  constructor(parts: ContentParts) {
    this.#parts = parts;
  }

  /**
   * The namespaces that the site allows.
   * @throws DomainError `not_found`, `invalid_input`, `cluster_unreachable`, `cluster_operation_failed`.
   */
  async list(
    origin: RequestOrigin,
    cluster: string,
    selection: Selection = {},
    signal?: Cancellation,
  ): Promise<ClusterItems<NamespaceView>> {
    const { clusters, port } = this.#parts;
    const { record } = clusters.get(origin, cluster);
    const request = { case: 'listNamespaces', value: { options: listOptions(selection) } } as const;
    const found = await guardedIn(this.#parts, { origin, signal }, record, 'cluster.read', (signal) => {
      const options = { kind: 'read', timeoutMs: READ_MS, signal } as const;
      return port.ask<ClusterItems<NamespaceView>>(record, request, namespaceItems, options, listFields);
    });
    return { ...found, items: found.items.map(shown) };
  }

  /**
   * @throws DomainError as {@link Namespaces.list}, `already_exists`, `refused` (site policy); with `details.outcome` if a lost link leaves
   * the outcome open.
   */
  async create(
    origin: RequestOrigin,
    cluster: string,
    { name, labels = {}, annotations = {} }: NamespaceInput,
  ): Promise<NamespaceView> {
    const { clusters, port, store } = this.#parts;
    const { record } = clusters.get(origin, cluster, 'cluster.operate');
    checkLabelName('name', name);
    checkLabels('labels', labels);
    checkAnnotations('annotations', annotations);
    const request = { case: 'createNamespace', value: { name, labels, annotations } } as const;
    const options = { ...(await onceCommand(origin, record.agentId, 'cluster-namespace')), timeoutMs: READ_MS };
    const check = () => clusters.checkNow(origin, record, 'cluster.operate');
    const made = await port.change<NamespaceView>(record, request, namespaceView, options, check, createFields);
    await noteChange(store, origin, record, { action: 'namespace.create', place: name, details: { name, labels } });
    return made;
  }
}
