import { auditWrite, SYSTEM } from '../audit/audit.js';
import type { Redactor } from '../audit/redactor.js';
import { serverRecords } from '../servers/record.js';
import type { Store } from '../store.js';

/** A request that an agent refused because its site's policy forbids it. */
export interface PolicyRefusal {
  readonly agentId: string;
  /** The agent's own words. */
  readonly reason: string;
  readonly serverId?: string | undefined;
  /** The name of the operation, if the request was a command. */
  readonly operation?: string | undefined;
}

/** Writes sites' refusals into the audit log, as `policy.refused`. */
export class PolicyRefusals {
  readonly #store: Store;
  readonly #redactor: Pick<Redactor, 'text'>;

  constructor(store: Store, redactor: Pick<Redactor, 'text'>) {
    this.#store = store;
    this.#redactor = redactor;
  }

  record({ agentId, reason, serverId, operation }: PolicyRefusal): void {
    // An agent tells of the servers that are its own.
    const isOwn = serverId !== undefined && this.#store.get(serverRecords, serverId)?.agentId === agentId;
    const resource = { type: 'agent', id: agentId, ...(isOwn ? { serverId } : {}) };
    const details = { reason: this.#redactor.text(reason.slice(0, 1024)), ...(operation ? { operation } : {}) };
    const entry = auditWrite(SYSTEM, { action: 'policy.refused', resource, details, success: false, durationMs: 0 });
    this.#store.record({ writes: [entry] });
  }
}
