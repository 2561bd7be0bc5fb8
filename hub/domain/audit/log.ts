import { authorize } from '../access/authorize.js';
import type { Caller, RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { DomainError } from '../errors.js';
import { Turns } from '../event-loop.js';
import { idsFrom, timeOfId } from '../ids.js';
import type { Store } from '../store.js';
import { type AuditEntry, type Audited, auditLog, auditWrite } from './audit.js';
import { personalScope } from './known-secrets.js';
import { type AuditFilter, type AuditPage, AuditQueries } from './query.js';
import type { Redactor } from './redactor.js';

/** Refuses an action that must be audited while the audit log cannot be written. @throws DomainError `unavailable`. */
export function checkAuditable({ recordFailure: failure }: Pick<Store, 'recordFailure'>): void {
  if (failure) throw new DomainError(failure.code, failure.message, { ...failure.details, outcome: 'not_run' });
}

/** The redactor for audit entries about a caller: it also looks for the secrets of the caller's personal servers. */
export function redactorFor(redactor: Redactor, caller: Caller | null): Redactor {
  return caller ? redactor.with(personalScope(ownerOf(caller))) : redactor;
}

/** The audit log as a whole: entries of requests that changed nothing are written here, and all are read here. */
export class AuditLog {
  readonly #store: Store;
  readonly #redactor: Redactor;
  readonly #queries: AuditQueries;

  constructor(store: Store, redactor: Redactor) {
    this.#store = store;
    this.#redactor = redactor;
    this.#queries = new AuditQueries(store);
  }

  /** Writes an entry that stands alone. Group-committed: on disk within 50 ms. */
  record(origin: RequestOrigin, { resource, ...audited }: Audited): void {
    const redactor = redactorFor(this.#redactor, origin.caller);
    const named = resource && { ...resource, id: redactor.text(resource.id) };
    this.#store.record({ writes: [auditWrite(origin, { ...audited, resource: named })] });
  }

  /** Newest first, from the `offset`th on. @throws DomainError `forbidden`. */
  async page(caller: Caller | null, filter: AuditFilter, limit: number, offset: number): Promise<AuditPage> {
    authorize(caller, 'audit.read');
    return this.#queries.page(filter, limit, offset);
  }

  /** Everything of a time span, oldest first, in portions. @throws DomainError `forbidden`. */
  export(caller: Caller | null, span: Pick<AuditFilter, 'from' | 'to'>): AsyncGenerator<readonly AuditEntry[]> {
    authorize(caller, 'audit.read');
    return exportAudit(this.#store, span);
  }
}

/** Entries handed on together. */
const PORTION = 256;

/**
 * All entries of a time span, oldest first, in portions that are read in transactions of their own: an export may take as long as its
 * reader likes. Entries written meanwhile are in it where their time is.
 */
export async function* exportAudit(
  store: Store,
  { from = 0, to }: Pick<AuditFilter, 'from' | 'to'>,
): AsyncGenerator<readonly AuditEntry[]> {
  await store.flush();
  // The newest entry now is the end, not the clock: after it is set back, entries are later than now.
  const [newest] = store.list(auditLog, { reverse: true, limit: 1 });
  const end = to ?? (newest ? timeOfId(newest.id) + 1 : 0);
  const turns = new Turns();
  let portion: AuditEntry[] = [];
  for (const entry of store.list(auditLog, { from: idsFrom(from), to: idsFrom(end) })) {
    portion.push(entry);
    if (portion.length < PORTION) continue;
    yield portion;
    portion = [];
    if (turns.due) await turns.next();
  }
  if (portion.length > 0) yield portion;
}
