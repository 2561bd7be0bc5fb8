import type { ClusterListOptions } from '../../agents/fleet-kubernetes.js';
import type { FieldNames } from '../failure.js';
import { checkSelector } from '../names.js';

/** How long a cluster may take to answer, milliseconds: a list may have many parts. */
export const READ_MS = 60_000;

/** Which of many, as Kubernetes reads selectors. */
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

/** Not every caller who may see a thing may see this: it may repeat the whole manifest, values of variables included. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** A thing without the annotation of `kubectl apply`, which `kubectl describe` leaves out, too. */
export function shown<T extends { readonly annotations: Readonly<Record<string, string>> }>(thing: T): T {
  if (!Object.hasOwn(thing.annotations, LAST_APPLIED)) return thing;
  const { [LAST_APPLIED]: _, ...annotations } = thing.annotations;
  return { ...thing, annotations };
}
