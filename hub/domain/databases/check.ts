import type { RequestOrigin } from '../access/caller.js';
import { seesSite } from '../access/grants.js';
import type { Agents } from '../agents/agents.js';
import { ask } from '../agents/answer.js';
import type { Fleet } from '../agents/fleet.js';
import { auditWrite, durationOf } from '../audit/audit.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import { type Placement, place } from '../sited/placement.js';
import type { Store } from '../store.js';
import type { Databases } from './databases.js';
import type { DatabaseRecord } from './record.js';

/** The result of a check by a site's agent. */
export interface DatabaseCheck {
  readonly site: string;
  readonly reachable: boolean;
  /** The time from dialling to the server's first bytes; `null` if none came. */
  readonly latencyMs: number | null;
  /** The server's greeting before a sign-in; empty for none. */
  readonly server: string;
  /** Why it is not reachable, for people and for programs (`database.proto`); empty if it is reachable. */
  readonly error: string;
  readonly reason: string;
}

export interface DatabaseCheckParts {
  readonly store: Pick<Store, 'record'>;
  readonly databases: Databases;
  readonly agents: Agents;
  readonly fleet: () => Fleet;
}

const TIMEOUT_MS = 10_000;

/** Checks, from a site, whether external databases answer. The check does not sign in: only the servers that use a database do. */
export class DatabaseChecks {
  readonly #parts: DatabaseCheckParts;

  constructor(parts: DatabaseCheckParts) {
    this.#parts = parts;
  }

  /**
   * @param site the site that checks; default: the database's own site, the only site, or `local`
   * @throws DomainError `not_found`, `invalid_input` (site), `refused` by the site's policy, `agent_unreachable`, `timeout`.
   */
  async check(origin: RequestOrigin, idOrName: string, site?: string, signal?: Cancellation): Promise<DatabaseCheck> {
    const { databases, fleet } = this.#parts;
    const record = databases.get(origin, idOrName, 'database.write');
    const from = agentFor(this.#parts.agents, origin, record, site);
    const { type, host, port } = record;
    const operation = { case: 'checkDatabase', value: { type, host, port } } as const;
    const found = { site: from.site, server: '', latencyMs: null, error: '', reason: '' };
    try {
      const options = { kind: 'read', timeoutMs: TIMEOUT_MS, signal } as const;
      const shape = { latencyMs: 'number', server: 'text' } as const;
      const told = ask<{ latencyMs: number; server: string }>(fleet(), from.agentId, operation, shape, options);
      const { latencyMs, server } = await told;
      this.#audit(origin, record, from.site, true);
      return { ...found, reachable: true, latencyMs, server };
    } catch (error) {
      if (!(error instanceof DomainError && error.code === 'upstream_failed')) throw error;
      this.#audit(origin, record, from.site, false);
      return { ...found, reachable: false, error: error.message, reason: String(error.details.reason ?? '') };
    }
  }

  #audit(origin: RequestOrigin, { id, name }: DatabaseRecord, site: string, reachable: boolean): void {
    const resource = { type: 'database', id };
    const audited = { action: 'database.check', resource, details: { name, site, reachable }, success: true };
    this.#parts.store.record({ writes: [auditWrite(origin, { ...audited, durationMs: durationOf(origin) })] });
  }
}

/**
 * The agent that reaches a database. @param site default: the database's own site, the site that used it before, the only site, or `local`
 * @throws DomainError `invalid_input` (site).
 */
export function agentFor(
  agents: Pick<Agents, 'list'>,
  origin: RequestOrigin,
  record: Pick<DatabaseRecord, 'site' | 'usedSite'>,
  site: string | undefined = record.site ?? record.usedSite,
): Placement {
  const seen = agents.list().filter((agent) => seesSite(origin, agent.record));
  const words = {
    none: 'no agent is enrolled yet',
    several: 'there are several',
    elsewhere: (named: string) => `unknown site '${named}'; known`,
  };
  return place(seen, { site, words });
}
