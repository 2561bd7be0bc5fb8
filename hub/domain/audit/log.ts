import { authorize } from '../access/authorize.js';
import { type Caller, payerOf, type RequestOrigin } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import type { Cancellation } from '../cancellation.js';
import { DomainError } from '../errors.js';
import { Turns, type TurnsOptions } from '../event-loop.js';
import { idsFrom, timeOfId } from '../ids.js';
import type { Range, Store } from '../store.js';
import { Trimmer } from '../trimmer.js';
import { type AuditEntry, type Audited, auditLog, auditWrite, LONGEST_ID, outsiders, TOOL_INVOKE } from './audit.js';
import { personalScope, type SecretScope } from './known-secrets.js';
import type { Redactor } from './redactor.js';

/** Refuses an action that must be audited while the audit log cannot be written. @throws DomainError `unavailable`. */
export function checkAuditable({ recordFailure: failure }: Pick<Store, 'recordFailure'>): void {
  if (failure) throw new DomainError(failure.code, failure.message, { ...failure.details, outcome: 'not_run' });
}

/** The redactor for audit entries about a caller: it also looks for the secrets of the caller's personal servers. */
export function redactorFor(redactor: Redactor, caller: Caller | null): Redactor {
  return caller ? redactor.with(callerScope(caller)) : redactor;
}

/** The scope of the secrets of a caller's personal servers. */
export function callerScope(caller: Caller): SecretScope {
  return personalScope(ownerOf(caller));
}

/** The audit log: it writes the entries of requests that changed nothing, and reads all entries. */
export class AuditLog {
  readonly #store: Store;
  readonly #redactor: Redactor;
  readonly #queries: AuditQueries;

  constructor(store: Store, redactor: Redactor) {
    this.#store = store;
    this.#redactor = redactor;
    this.#queries = new AuditQueries(store);
  }

  /** Writes an entry without another change. It is on disk within 50 ms. */
  record(origin: RequestOrigin, { resource, ...audited }: Audited): void {
    const redactor = redactorFor(this.#redactor, origin.caller);
    const named = resource && { ...resource, id: shownId(resource.id, redactor) };
    this.#store.record({ writes: [auditWrite(origin, { ...audited, resource: named })] });
  }

  /** Newest first, from the `offset`th on. @throws DomainError `forbidden`, and the reason of the signal if it is aborted. */
  async page(
    caller: Caller | null,
    filter: AuditFilter,
    limit: number,
    offset: number,
    signal?: Cancellation,
  ): Promise<AuditPage> {
    authorize(caller, 'audit.read');
    return this.#queries.page(filter, limit, offset, { signal, payer: caller ? payerOf(caller) : undefined });
  }

  /** Everything of a time span, oldest first, in portions. @throws DomainError `forbidden`. */
  export(caller: Caller | null, span: Pick<AuditFilter, 'from' | 'to'>): AsyncGenerator<readonly AuditEntry[]> {
    authorize(caller, 'audit.read');
    return exportAudit(this.#store, span);
  }
}

/** An id without secrets. The search comes before the cut, and the part that is not kept costs no search. */
function shownId(id: string, redactor: Redactor): string {
  const mark = ' …';
  return id.length > LONGEST_ID ? redactor.beginning(id, LONGEST_ID - mark.length) + mark : redactor.text(id);
}

/** Entries of one portion. */
const PORTION = 256;

/**
 * All entries of a time span, oldest first, in portions. Each portion is read in its own transaction, so that a slow reader blocks nothing.
 * The export includes entries that are written meanwhile, if their time is in the span.
 */
export async function* exportAudit(
  store: Store,
  { from = 0, to }: Pick<AuditFilter, 'from' | 'to'>,
): AsyncGenerator<readonly AuditEntry[]> {
  await store.flush();
  // The end is the newest entry, not the time of the clock: after the clock is set back, entries are later than now.
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

/** The conditions of a query: all that are given must hold. */
export interface AuditFilter {
  readonly action?: string | undefined;
  /** Id of a user or API key. */
  readonly actor?: string | undefined;
  /** Type of the resource, such as `server`. */
  readonly resource?: string | undefined;
  readonly resourceId?: string | undefined;
  /** Milliseconds since 1970: from (inclusive) and to (exclusive). */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  readonly total: number;
  /** Whether the page and `total` are complete; `false` if the bound on time or number was hit: there may be more entries than `total`. */
  readonly exact: boolean;
}

/** The bounds of one query: its time, and the entries that it scans because no index finds them. */
const LIMIT_MS = 2000;
const LIMIT_SCANNED = 500_000;
/** A count goes through its time span in this number of steps, with other work between them. */
const COUNT_STEPS = 256;

/** How the store finds entries of a time span, and the filter that remains for each entry. */
interface Plan {
  /** The entries from one time to before another. */
  readonly range: (from: number, before: number) => Range;
  readonly timeOf: (entry: AuditEntry) => number;
  /** `undefined` if all entries of the range match. */
  readonly matches: ((entry: AuditEntry) => boolean) | undefined;
}

/** Finds entries of the audit log, by an index if there is one. */
export class AuditQueries {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async page(filter: AuditFilter, limit: number, offset: number, sharing: TurnsOptions = {}): Promise<AuditPage> {
    const turns = new Turns(LIMIT_MS, sharing);
    const plan = planFor(filter);
    const from = filter.from ?? 0;
    // No bound by the clock: after it is set back, the newest entries are later than now.
    const before = filter.to ?? Number.MAX_SAFE_INTEGER;
    // The entry of a request that was just answered may not be on the disk yet.
    await this.#store.flush();
    if (from >= before) return { entries: [], total: 0, exact: true };
    if (plan.matches) return this.#scanned(plan, filter, { from, before, limit, offset }, turns);
    const range = { ...plan.range(from, before), reverse: true, limit, offset };
    const entries = [...this.#store.list(auditLog, range)];
    return { entries, ...(await this.#count(plan, filter, { from, before }, turns)) };
  }

  async #scanned(
    { range, matches }: Plan,
    filter: AuditFilter,
    wanted: { from: number; before: number; limit: number; offset: number },
    turns: Turns,
  ): Promise<AuditPage> {
    const known = this.#toolCalls(filter);
    const enough = wanted.offset + wanted.limit;
    const entries: AuditEntry[] = [];
    let scanned = 0;
    let total = 0;
    for (const entry of this.#store.list(auditLog, { ...range(wanted.from, wanted.before), reverse: true })) {
      if (matches?.(entry) !== false) {
        if (total >= wanted.offset && total < enough) entries.push(entry);
        total += 1;
        if (known !== undefined && total >= enough) break;
      }
      scanned += 1;
      // The page may lack entries, even where the total is known.
      if (scanned >= LIMIT_SCANNED || turns.over) return { entries, total: known ?? total, exact: false };
      if (turns.due) await turns.next();
    }
    return { entries, total: known ?? total, exact: true };
  }

  /** The number of tool calls, if the filter asks for nothing else: all entries without those in the index of other actions. */
  #toolCalls({ action, ...others }: AuditFilter): number | undefined {
    const alone = Object.values(others).every((value) => value === undefined);
    if (action !== TOOL_INVOKE || !alone) return undefined;
    return this.#store.count(auditLog) - this.#store.count(auditLog, { index: 'action' });
  }

  /** Counts a range step by step: the store counts a million entries in about 0.1 s, and other requests must not wait that long. */
  async #count(
    { range, timeOf }: Plan,
    filter: AuditFilter,
    { from, before }: { from: number; before: number },
    turns: Turns,
  ): Promise<Pick<AuditPage, 'total' | 'exact'>> {
    if (Object.values(filter).every((value) => value === undefined))
      return { total: this.#store.count(auditLog), exact: true };
    const whole = range(from, before);
    const [oldest] = this.#store.list(auditLog, { ...whole, limit: 1 });
    const [newest] = this.#store.list(auditLog, { ...whole, limit: 1, reverse: true });
    if (!oldest || !newest) return { total: 0, exact: true };
    const start = timeOf(oldest);
    const end = timeOf(newest) + 1;
    const step = Math.max(1, Math.ceil((end - start) / COUNT_STEPS));
    let total = 0;
    for (let at = start; at < end; at += step) {
      if (turns.over) return { total, exact: false };
      total += this.#store.count(auditLog, range(at, Math.min(at + step, end)));
      if (turns.due) await turns.next();
    }
    return { total, exact: true };
  }
}

function planFor({ action, actor, resource, resourceId }: AuditFilter): Plan {
  const byIndex = (index: string, key: string, rest: AuditFilter): Plan => ({
    range: (from, before) => ({ index, from: [key, from], to: [key, before] }),
    timeOf: ({ time }) => time,
    matches: matcher(rest),
  });
  if (action !== undefined && action !== TOOL_INVOKE) return byIndex('action', action, { actor, resource, resourceId });
  // Nearly all entries are tool calls, of type `tool`: the index leaves those out.
  if (resource !== undefined && resource !== 'tool' && action === undefined)
    return byIndex('resource_type', resource, { actor, resourceId });
  if (actor !== undefined) return byIndex('actor', actor, { action, resource, resourceId });
  return {
    range: (from, before) => ({ from: idsFrom(from), to: idsFrom(before) }),
    timeOf: ({ id }) => timeOfId(id),
    matches: matcher({ action, resource, resourceId }),
  };
}

function matcher({ action, actor, resource, resourceId }: AuditFilter): Plan['matches'] {
  if ([action, actor, resource, resourceId].every((value) => value === undefined)) return undefined;
  return (entry) =>
    (action === undefined || entry.action === action) &&
    (actor === undefined || entry.actor?.id === actor) &&
    (resource === undefined || entry.resource?.type === resource) &&
    (resourceId === undefined || entry.resource?.id === resourceId);
}

/** How long entries are kept, and how many. */
export interface AuditRetention {
  readonly maxAgeMs: number;
  readonly maxEntries: number;
}

export const defaultRetention: AuditRetention = { maxAgeMs: 90 * 86_400_000, maxEntries: 10_000_000 };

/** The share of the log that the entries of each outsider may take, and their largest number, because they are counted one by one. */
const outsiderShare = 0.1;
const mostOfOutsider = 100_000;

/**
 * Removes the audit log's oldest entries when they are too old, or too many. Entries of agents, and of callers without a valid credential,
 * go first when there are too many of them, so that a flood of them displaces no entry of a person.
 */
export function auditTrimmer(store: Store, retention: AuditRetention, onError?: (error: unknown) => void): Trimmer {
  const { maxAgeMs, maxEntries } = retention;
  const ids = (range: Range) => Array.from(store.list(auditLog, range), ({ id }) => id);
  const share = Math.min(Math.ceil(maxEntries * outsiderShare), mostOfOutsider);
  /** Counted once in each round: `now` tells the rounds apart. */
  let surplus: { readonly now: number; readonly left: Map<string, number> } | undefined;
  const beyondShare = (now: number, limit: number) => {
    const range = (outsider: string) => ({ index: 'outsider', equals: [outsider] });
    if (surplus?.now !== now) {
      const counted = outsiders.map((outsider) => [outsider, store.count(auditLog, range(outsider)) - share] as const);
      surplus = { now, left: new Map(counted) };
    }
    const { left } = surplus;
    return outsiders.flatMap((outsider) => {
      const most = Math.min(left.get(outsider) ?? 0, limit);
      left.set(outsider, (left.get(outsider) ?? 0) - most);
      return most > 0 ? ids({ ...range(outsider), limit: most }) : [];
    });
  };
  const trimming = {
    old: (now: number, limit: number) => [
      ...new Set([...ids({ to: idsFrom(now - maxAgeMs), limit }), ...beyondShare(now, limit)]),
    ],
    surplus: () => store.count(auditLog) - maxEntries,
    oldest: (limit: number) => ids({ limit }),
  };
  return new Trimmer(store, auditLog, trimming, onError);
}
