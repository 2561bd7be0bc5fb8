import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Reads a pod by itself: its containers, volumes, conditions and events. */
export function getPod(kubernetes: Kubernetes): Operation<'getPod'> {
  return {
    name: 'getPod',
    run: async (asked, { signal }) => json(await kubernetes.getPod(asked, signal)),
  };
}
