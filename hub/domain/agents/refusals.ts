import { auditWrite, POLICY_REFUSED, SYSTEM } from '../audit/audit.js';
import { type Redactor, type SecretHolder, secretScopes } from '../audit/redactor.js';
import type { Store } from '../store.js';

/** A request that an agent refused because its site's policy forbids it. */
export interface PolicyRefusal {
  readonly agentId: string;
  /** The agent's message. */
  readonly reason: string;
  readonly serverId?: string | undefined;
  /** The name of the operation, if the request was a command. */
  readonly operation?: string | undefined;
}

/** A registered server by id. */
export type ServerLookup = (id: string) => (SecretHolder & { readonly agentId: string }) | undefined;

/** How much of an agent's text is kept, characters. */
const MAX_REASON = 1024;

/** In this time, milliseconds, the first {@link MOST_IN_WINDOW} different notices of an agent are written at once. The others are counted. */
const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 5;

interface Window {
  /** By server and reason. */
  readonly written: Map<string, { readonly refusal: PolicyRefusal; repeated: number }>;
  others: number;
}

/**
 * Writes sites' refusals into the audit log, as `policy.refused`. An agent that reports refusals without end must not
 * fill the log: notices that repeat within a minute, and notices beyond a number, become one entry with a count.
 */
export class PolicyRefusals {
  readonly #store: Pick<Store, 'record'>;
  readonly #redactor: Redactor;
  readonly #server: ServerLookup;
  readonly #windows = new Map<string, Window>();

  constructor(store: Pick<Store, 'record'>, redactor: Redactor, server: ServerLookup) {
    this.#store = store;
    this.#redactor = redactor;
    this.#server = server;
  }

  /** The site refused a caller's command. Each refusal gets its own entry. */
  record(refusal: PolicyRefusal): void {
    this.#write(refusal);
  }

  /** An agent reports a refusal that belongs to no command. */
  notice(refusal: PolicyRefusal): void {
    const { agentId, serverId, reason } = refusal;
    const window = this.#window(agentId);
    const { written } = window;
    const key = `${serverId ?? ''} ${reason.slice(0, MAX_REASON)}`;
    const known = written.get(key);
    if (known) known.repeated++;
    else if (written.size >= MOST_IN_WINDOW) window.others++;
    else {
      written.set(key, { refusal, repeated: 0 });
      this.#write(refusal);
    }
  }

  #window(agentId: string): Window {
    const open = this.#windows.get(agentId);
    if (open) return open;
    const window: Window = { written: new Map(), others: 0 };
    this.#windows.set(agentId, window);
    setTimeout(() => this.#close(agentId, window), WINDOW_MS).unref();
    return window;
  }

  #close(agentId: string, { written, others }: Window): void {
    this.#windows.delete(agentId);
    for (const { refusal, repeated } of written.values()) if (repeated > 0) this.#write(refusal, repeated);
    if (others > 0) this.#write({ agentId, reason: 'the agent reported more refusals than are kept' }, others);
  }

  #write({ agentId, reason, serverId, operation }: PolicyRefusal, count?: number): void {
    // An agent may report only its own servers.
    const server = serverId === undefined ? undefined : this.#server(serverId);
    const own = server?.agentId === agentId ? server : undefined;
    const resource = { type: 'agent', id: agentId, ...(own ? { serverId: own.id } : {}) };
    const told = this.#redactor
      .with(...(own ? secretScopes(own) : []))
      .text(reason)
      .slice(0, MAX_REASON);
    const details = { reason: told, ...(operation ? { operation } : {}), ...(count ? { count } : {}) };
    const entry = auditWrite(SYSTEM, { action: POLICY_REFUSED, resource, details, success: false, durationMs: 0 });
    this.#store.record({ writes: [entry] });
  }
}
