import type { RequestOrigin } from '../../access/caller.js';
import type { Shape } from '../../agents/shape.js';
import type { Cancellation } from '../../cancellation.js';
import { checkLabelName, checkObjectName } from '../names.js';
import type { ClusterItems } from './answers.js';
import type { ContentParts } from './namespaces.js';
import { listFields, listOptions, READ_MS, type Selection } from './selection.js';

/** The parts that reading a namespace needs. */
export type ReadingParts = Pick<ContentParts, 'clusters' | 'port'>;

/** A namespace of a cluster. */
export interface Place {
  /** Id or name. */
  readonly cluster: string;
  readonly namespace: string;
}

/** The caller, and the place that it reads. */
interface Reading {
  readonly origin: RequestOrigin;
  readonly place: Place;
  readonly signal?: Cancellation | undefined;
}

/**
 * The things of a kind in a namespace; empty for a namespace that does not exist.
 * @throws DomainError `not_found`, `invalid_input`, `refused`, `cluster_unreachable`, `cluster_operation_failed`.
 */
export function listIn<T>(
  { clusters, port }: ReadingParts,
  kind: 'listPods' | 'listDeployments',
  { origin, place: { cluster, namespace }, signal }: Reading,
  selection: Selection,
  shape: Shape<ClusterItems<T>>,
): Promise<ClusterItems<T>> {
  const { record } = clusters.get(origin, cluster);
  checkLabelName('namespace', namespace);
  const request = { case: kind, value: { namespace, options: listOptions(selection) } } as const;
  return port.ask<ClusterItems<T>>(record, request, shape, { kind: 'read', timeoutMs: READ_MS, signal }, listFields);
}

/**
 * One thing of a namespace.
 * @param field the field in which its name was given
 * @throws DomainError as {@link listIn}.
 */
export function getIn<T extends object>(
  { clusters, port }: ReadingParts,
  kind: 'getPod' | 'getDeployment',
  { origin, place: { cluster, namespace }, signal }: Reading,
  field: string,
  name: string,
  shape: Shape<T>,
): Promise<T> {
  const { record } = clusters.get(origin, cluster);
  checkLabelName('namespace', namespace);
  checkObjectName(field, name);
  const request = { case: kind, value: { namespace, name } } as const;
  return port.ask<T>(record, request, shape, { kind: 'read', timeoutMs: READ_MS, signal }, { name: field });
}
