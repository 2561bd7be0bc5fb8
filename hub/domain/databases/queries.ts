import type { RequestOrigin } from '../access/caller.js';
import type { Agents } from '../agents/agents.js';
import { ask } from '../agents/answer.js';
import type { CommandOptions, Fleet } from '../agents/fleet.js';
import { oneOf, type Shape } from '../agents/shape.js';
import { auditedStatement } from '../audit/arguments.js';
import { auditWrite, changeAudit, writtenAfter } from '../audit/audit.js';
import type { Redactor } from '../audit/redactor.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError, invalid } from '../errors.js';
import type { RightsNow } from '../people/creators.js';
import { MAX_RACES, retrying } from '../retrying.js';
import type { Placement } from '../sited/placement.js';
import { put, type Store } from '../store.js';
import { agentFor } from './check.js';
import type { Databases } from './databases.js';
import { type DatabaseRecord, databaseRecords } from './record.js';

/** A statement for a database. */
export interface Query {
  /** With `$1` (PostgreSQL) or `?` (MySQL, MariaDB) in the places of the values. */
  readonly statement: string;
  /** Texts, numbers, true, false and null. The database binds them: they never become a part of the statement. */
  readonly values: readonly unknown[];
  /** Whether the statement may change something; otherwise its transaction is read-only. */
  readonly change: boolean;
  readonly maxRows: number;
  /** The most bytes of the rows as JSON. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** The first rows of an answer. */
export interface QueryResult {
  readonly site: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** How many rows the statement changed. */
  readonly affected: number;
  /** The bound at which the agent stopped reading: `rows` or `bytes`; `null`: these are all rows. */
  readonly cut: 'rows' | 'bytes' | null;
}

/** A database, and the agent that reaches it. */
export interface QueryTarget {
  readonly record: DatabaseRecord;
  readonly from: Placement;
}

export interface DatabaseQueryParts {
  readonly store: Store;
  readonly databases: Databases;
  readonly agents: Agents;
  readonly rightsNow: RightsNow;
  readonly redactor: Redactor;
  readonly fleet: () => Fleet;
}

/** The kinds of databases that agents send statements to. */
const queried: readonly string[] = ['postgresql', 'mysql', 'mariadb'];
/** Extra time for the sign-in and the end of the transaction, milliseconds. */
const SLACK_MS = 30_000;

/** Runs statements at external databases, by the agents of their sites. */
export class DatabaseQueries {
  readonly #parts: DatabaseQueryParts;

  constructor(parts: DatabaseQueryParts) {
    this.#parts = parts;
  }

  /**
   * Finds a database for a statement.
   * @param change whether the statement may change something
   * @throws DomainError `forbidden`, `not_found`, `invalid_input` (kind of database, site).
   */
  find(origin: RequestOrigin, idOrName: string, change: boolean): QueryTarget {
    const { databases, agents } = this.#parts;
    const record = databases.get(origin, idOrName, change ? 'database.change' : 'database.query');
    if (!queried.includes(record.type))
      throw invalid('database', `statements go to databases of kind ${queried.join(', ')}, not ${record.type}`);
    return { record, from: agentFor(agents, origin, record) };
  }

  /**
   * Runs a statement, if the caller may do that now: it may have waited. The rows hold no secret of the database.
   * @param target of {@link DatabaseQueries.find} @param journal of a change; see {@link CommandOptions.journal}
   * @throws DomainError `upstream_failed` with the message of the database, `refused` by the site's policy, `agent_unreachable`, `timeout`.
   */
  async run(
    origin: RequestOrigin,
    { record, from }: QueryTarget,
    { statement, values, change, maxRows, maxBytes, timeoutMs }: Query,
    { signal, journal }: { readonly signal: Cancellation; readonly journal: string },
  ): Promise<QueryResult> {
    const { store, redactor, fleet } = this.#parts;
    const { id, type, host, port, databaseName, username } = record;
    await this.#keepSite(id, from.site);
    const { password } = JSON.parse(await store.unseal(record.sealedPassword, id)) as { readonly password: string };
    const where = { databaseId: id, type, host, port, database: databaseName, username, password };
    const bounds = { maxRows, maxBytes, statementTimeoutMs: timeoutMs };
    const what = { statement, values: Buffer.from(JSON.stringify(values)), readOnly: !change };
    const operation = { case: 'queryDatabase', value: { ...where, ...what, ...bounds } } as const;
    const kind: CommandOptions = change
      ? { kind: 'once', journal, timeoutMs: timeoutMs + SLACK_MS, signal }
      : { kind: 'read', timeoutMs: timeoutMs + SLACK_MS, signal };
    const resource = { type: 'database', id };
    const details = { name: record.name, site: from.site, statement: auditedStatement(statement) };
    this.#checkNow(origin, record, change);
    const answer = await ask<Answer>(fleet(), from.agentId, operation, answered, kind).catch((error: unknown) => {
      if (change && error instanceof DomainError && error.details.outcome !== 'not_run') {
        const told = { ...details, error: error.code, ...(error.details.outcome ? { outcome: 'unknown' } : {}) };
        const failed = { action: 'database.change', resource, details: told, success: false, durationMs: 0 };
        store.record({ writes: [auditWrite(origin, failed)] });
      }
      throw error;
    });
    if (change) {
      const { affected } = answer;
      const audit = changeAudit(origin, 'database.change', resource, { ...details, affected });
      await writtenAfter(store.apply({ by: null, writes: [audit] }));
    } else store.record({ writes: [changeAudit(origin, 'database.query', resource, details)] });
    const rows = (await redactor.of(id).stringsInTurns(answer.rows)) as QueryResult['rows'];
    return { site: from.site, rows, affected: answer.affected, cut: answer.cut || null };
  }

  /**
   * Keeps the site of the first statement of a database without a site. Otherwise the password would go to another site as soon as that site
   * wins the choice. @throws DomainError `invalid_input` if another statement chose another site meanwhile.
   */
  #keepSite(id: string, site: string): Promise<void> {
    const { store } = this.#parts;
    return retrying(store, MAX_RACES, async () => {
      const now = store.get(databaseRecords, id);
      if (!now || now.site !== null || now.usedSite === site) return;
      if (now.usedSite !== undefined)
        throw invalid('database', `site '${now.usedSite}' uses '${now.name}', not site '${site}'`);
      const used = { ...now, usedSite: site, revision: now.revision + 1 };
      await store.apply({ by: null, writes: [put(databaseRecords, used, now.revision)] });
    });
  }

  #checkNow(origin: RequestOrigin, { id }: DatabaseRecord, change: boolean): void {
    const { databases, rightsNow } = this.#parts;
    const caller = origin.caller && rightsNow(origin.caller);
    void databases.get({ ...origin, caller }, id, change ? 'database.change' : 'database.query');
  }
}

type Answer = Omit<QueryResult, 'site' | 'cut'> & { readonly cut: '' | 'rows' | 'bytes' };

const answered: Shape<Answer> = { rows: [{ '*': 'any' }], affected: 'number', cut: oneOf('', 'rows', 'bytes') };
