import type { Caller, RequestOrigin } from '../../access/caller.js';
import type { Permission } from '../../access/permissions.js';
import type { ClusterListOptions } from '../../agents/contract.js';
import type { GuardedStreams } from '../../agents/guarded-streams.js';
import type { Shape } from '../../agents/shape.js';
import { changeAudit } from '../../audit/audit.js';
import type { Cancellation } from '../../cancellation.js';
import type { Store } from '../../store.js';
import type { Clusters } from '../clusters.js';
import type { FieldNames } from '../failure.js';
import { checkLabelName, checkObjectName, checkSelector } from '../names.js';
import type { ClusterPort } from '../port.js';
import type { ClusterRecord } from '../record.js';
import type { ClusterItems } from './answers.js';

/** How long a cluster may take to answer, milliseconds: a list may have many parts. */
export const READ_MS = 60_000;

/** The selectors of a list, as Kubernetes reads them. */
export interface Selection {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** The parameter that a list's refusal is about if Kubernetes names none. */
export const listFields: FieldNames = { '': 'label_selector', fieldSelector: 'field_selector', namespace: 'namespace' };

/** @throws DomainError `invalid_input` naming the selector. */
export function listOptions({ labelSelector = '', fieldSelector = '' }: Selection): ClusterListOptions {
  checkSelector('label_selector', labelSelector);
  checkSelector('field_selector', fieldSelector);
  return { labelSelector, fieldSelector };
}

/** This annotation may repeat the whole manifest, values of variables included. Not every caller who sees the object may see those. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** An object without the annotation of `kubectl apply`; `kubectl describe` leaves it out, too. */
export function shown<T extends { readonly annotations: Readonly<Record<string, string>> }>(thing: T): T {
  if (!Object.hasOwn(thing.annotations, LAST_APPLIED)) return thing;
  const { [LAST_APPLIED]: _, ...annotations } = thing.annotations;
  return { ...thing, annotations };
}

/** The parts that work on the content of a cluster needs. */
export interface ContentParts {
  readonly store: Store;
  readonly clusters: Clusters;
  readonly port: ClusterPort;
  readonly streams: GuardedStreams;
}

/** The parts that reading a namespace needs. */
export type ReadingParts = Pick<ContentParts, 'clusters' | 'port' | 'streams'>;

/** Does work in a cluster, as {@link GuardedStreams.run} does it, for a caller who needs this permission there. */
export function guardedIn<T>(
  { clusters, streams }: Pick<ContentParts, 'clusters' | 'streams'>,
  { origin, signal }: Omit<Reading, 'place'>,
  { id }: ClusterRecord,
  permission: Permission,
  work: (signal: Cancellation | undefined) => Promise<T>,
): Promise<T> {
  const check = (caller: Caller) => void clusters.get({ ...origin, caller }, id, permission);
  return streams.run(origin.caller, signal, check, work);
}

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
 * The objects of a kind in a namespace; empty for a namespace that does not exist.
 * @throws DomainError `not_found`, `invalid_input`, `refused`, `cluster_unreachable`, `cluster_operation_failed`.
 */
export function listIn<T>(
  parts: ReadingParts,
  kind: 'listPods' | 'listDeployments',
  { origin, place: { cluster, namespace }, signal }: Reading,
  selection: Selection,
  shape: Shape<ClusterItems<T>>,
): Promise<ClusterItems<T>> {
  const { record } = parts.clusters.get(origin, cluster);
  checkLabelName('namespace', namespace);
  const request = { case: kind, value: { namespace, options: listOptions(selection) } } as const;
  return guardedIn(parts, { origin, signal }, record, 'cluster.read', (signal) => {
    const options = { kind: 'read', timeoutMs: READ_MS, signal } as const;
    return parts.port.ask<ClusterItems<T>>(record, request, shape, options, listFields);
  });
}

/**
 * One object of a namespace.
 * @param field the field in which its name was given
 * @throws DomainError as {@link listIn}.
 */
export function getIn<T extends object>(
  parts: ReadingParts,
  kind: 'getPod' | 'getDeployment',
  { origin, place: { cluster, namespace }, signal }: Reading,
  field: string,
  name: string,
  shape: Shape<T>,
): Promise<T> {
  const { record } = parts.clusters.get(origin, cluster);
  checkLabelName('namespace', namespace);
  checkObjectName(field, name);
  const request = { case: kind, value: { namespace, name } } as const;
  return guardedIn(parts, { origin, signal }, record, 'cluster.read', (signal) =>
    parts.port.ask<T>(record, request, shape, { kind: 'read', timeoutMs: READ_MS, signal }, { name: field }),
  );
}

/** A change in a cluster. */
export interface Changed {
  /** Such as `deployment.scale`; its first word is the resource's kind. */
  readonly action: string;
  /** The place of the object in its cluster: `namespace/name`. */
  readonly place: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Writes the entry of a change that succeeded, on disk before the answer. The cluster keeps the state; the hub keeps who changed it. */
export async function noteChange(
  store: Pick<Store, 'apply'>,
  origin: RequestOrigin,
  { id: clusterId, name: cluster, site }: ClusterRecord,
  { action, place, details }: Changed,
): Promise<void> {
  const [type = action] = action.split('.', 1);
  const resource = { type, id: placeOf(clusterId, place) };
  await store.apply({
    by: null,
    writes: [changeAudit(origin, action, resource, { cluster, clusterId, site, ...details })],
  });
}

/** The id of an object of a cluster in audit entries. */
export function placeOf(clusterId: string, place: string): string {
  return `${clusterId}/${place}`;
}
