import type { RequestOrigin } from '../audit/audit.js';
import type { Cancellation } from '../cancellation.js';
import { shown } from './annotations.js';
import type { ClusterItems, PodDetails, PodView } from './answers.js';
import { getIn, listIn, type Place, type ReadingParts } from './reading.js';
import type { Selection } from './selection.js';

/** The pods of clusters. */
export class Pods {
  readonly #parts: ReadingParts;

  constructor(parts: ReadingParts) {
    this.#parts = parts;
  }

  /** @throws DomainError as {@link listIn}. */
  list(
    origin: RequestOrigin,
    place: Place,
    selection: Selection = {},
    signal?: Cancellation,
  ): Promise<ClusterItems<PodView>> {
    return listIn(this.#parts, 'listPods', { origin, place, signal }, selection);
  }

  /** @throws DomainError as {@link getIn}. */
  async get(origin: RequestOrigin, place: Place, name: string, signal?: Cancellation): Promise<PodDetails> {
    return shown(await getIn<PodDetails>(this.#parts, 'getPod', { origin, place, signal }, 'pod_name', name));
  }
}
