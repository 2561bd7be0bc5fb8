import type { Redactor } from '../audit/redactor.js';
import { ObservedStates } from '../sited/observed.js';
import type { ClusterInfo } from './resources/answers.js';

export type ClusterState = 'connected' | 'disconnected' | 'error';

/** The state of a cluster, as of the hub's last question. */
export interface ClusterObservation {
  readonly state: ClusterState;
  /** Why it is not connected, for people; empty when all is well. */
  readonly error: string;
  /** One of the reasons of `kubernetes.proto`; empty for none. */
  readonly reason: string;
  readonly agentId: string;
  /** Its last answer; `null` if the hub has not asked since its start. */
  readonly info: ClusterInfo | null;
  /** Milliseconds since 1970; 0 for never. */
  readonly checkedAt: number;
}

export const NOT_OBSERVED: ClusterObservation = {
  state: 'disconnected',
  error: '',
  reason: '',
  agentId: '',
  info: null,
  checkedAt: 0,
};

/** Observed state of all clusters. In memory: after a restart the hub asks them again. */
export class ObservedClusters extends ObservedStates<ClusterObservation> {
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    super(NOT_OBSERVED);
    this.#redactor = redactor;
  }

  answered(clusterId: string, agentId: string, info: ClusterInfo): void {
    this.set(clusterId, { state: 'connected', error: '', reason: '', agentId, info, checkedAt: Date.now() });
  }

  /** The cluster did not answer. Its earlier answer stays known. */
  failed(clusterId: string, agentId: string, error: string, reason: string): void {
    const { info } = this.get(clusterId);
    const told = this.#redactor.of(clusterId).text(error);
    this.set(clusterId, { state: 'error', error: told, reason, agentId, info, checkedAt: Date.now() });
  }

  /** The hub cannot ask: the agent is away. */
  unreachable(clusterId: string, agentId: string, error: string): void {
    this.set(clusterId, this.away({ ...this.get(clusterId), agentId }, error));
  }

  protected override away({ agentId, info, checkedAt }: ClusterObservation, error: string): ClusterObservation {
    return { state: 'disconnected', error, reason: 'agent_unreachable', agentId, info, checkedAt };
  }
}
