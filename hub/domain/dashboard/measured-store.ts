import type { Caller } from '../access/caller.js';
import { ownerOf } from '../access/grants.js';
import { type AuditEntry, auditLog, isCaller, TOOL_INVOKE } from '../audit/audit.js';
import { personalScope, type SecretScope } from '../audit/known-secrets.js';
import type { Redactor } from '../audit/redactor.js';
import type { DomainError } from '../errors.js';
import type { PerformanceTally } from '../monitor/request-window.js';
import { apiKeys } from '../people/record.js';
import { retrying } from '../retrying.js';
import type {
  AskedChange,
  Change,
  Collection,
  Committed,
  EventBounds,
  Guard,
  IndexKey,
  JournalEvent,
  Range,
  Store,
  Topic,
  Write,
} from '../store.js';

type Stored = { readonly id: string };

/**
 * A store that counts and times its operations: changes until they are on disk, look-ups, counts. Two operations are only counted: a recorded
 * change, because no caller waits for it, and a range, because its reader determines how long it takes.
 * Before a change the store checks the rights of the caller, and removes the secrets from the audit entries.
 */
export class MeasuredStore implements Store {
  readonly #store: Store;
  readonly #tally: Pick<PerformanceTally, 'operations'>;
  readonly #redactor: Redactor;
  #guardsOf: (caller: Caller) => readonly Guard[] = () => [];

  /** @param redactor removes the secrets from each audit entry */
  constructor(store: Store, tally: Pick<PerformanceTally, 'operations'>, redactor: Redactor) {
    this.#redactor = redactor;
    this.#store = store;
    this.#tally = tally;
  }

  /** From now on, the store checks the caller's rights before each change. @param guardsOf throws if the caller has lost them */
  askRights(guardsOf: (caller: Caller) => readonly Guard[]): void {
    this.#guardsOf = guardsOf;
  }

  get latestSeq(): number {
    return this.#store.latestSeq;
  }

  get failure(): DomainError | undefined {
    return this.#store.failure;
  }

  get recordFailure(): DomainError | undefined {
    return this.#store.recordFailure;
  }

  get waiting(): number {
    return this.#store.waiting;
  }

  get oldestSeq(): number {
    return this.#store.oldestSeq;
  }

  async apply(given: AskedChange): Promise<Committed> {
    const change = this.#audited(given);
    const begin = performance.now();
    let ok = false;
    try {
      const committed = await this.#apply(change);
      ok = true;
      return committed;
    } finally {
      this.#tally.operations.add(ok, (performance.now() - begin) / 1000);
    }
  }

  /**
   * Only the guards notice a change of the caller's rights that is still on its way to the disk. After such a conflict the rights are
   * checked again.
   */
  #apply(change: AskedChange): Promise<Committed> {
    const { by, guards = [] } = change;
    if (!isCaller(by)) return this.#store.apply(change);
    return retrying(this.#store, 2, () => this.#store.apply({ ...change, guards: [...guards, ...this.#guardsOf(by)] }));
  }

  record(change: Change): void {
    this.#store.record(this.#audited(change));
    this.#tally.operations.add(true, null);
  }

  /**
   * The change, without the secrets in its audit entries. Entries of tool calls need no change here: their arguments are redacted before they are
   * shortened.
   */
  #audited<C extends Change>(change: C): C {
    if (!change.writes.some(needsRedaction)) return change;
    const writes = change.writes.map((write) => {
      if (!needsRedaction(write)) return write;
      const entry = write.value as AuditEntry;
      const { id: actorId = '' } = entry.actor ?? {};
      const key = this.#store.get(apiKeys, actorId);
      const ownerId = key ? ownerOf(key) : actorId;
      const redactor = this.#redactor.with(personalScope(ownerId));
      return { ...write, value: { ...entry, details: redactor.audited(entry.details) } };
    });
    return { ...change, writes };
  }

  flush(): Promise<void> {
    return this.#store.flush();
  }

  get<T extends Stored>(from: Collection<T>, id: string): T | undefined {
    return this.#timed(() => this.#store.get(from, id));
  }

  find<T extends Stored>(from: Collection<T>, index: string, key: IndexKey): T | undefined {
    return this.#timed(() => this.#store.find(from, index, key));
  }

  list<T extends Stored>(from: Collection<T>, range?: Range): Iterable<T> {
    this.#tally.operations.add(true, null);
    return this.#store.list(from, range);
  }

  count<T extends Stored>(from: Collection<T>, range?: Range): number {
    return this.#timed(() => this.#store.count(from, range));
  }

  events(afterSeq: number, limit: number): readonly JournalEvent[] {
    return this.#timed(() => this.#store.events(afterSeq, limit));
  }

  trimEvents(bounds: EventBounds): Promise<number> {
    return this.#store.trimEvents(bounds);
  }

  observe(listener: (committed: Committed) => void, ...topics: readonly Topic[]): () => void {
    return this.#store.observe(listener, ...topics);
  }

  act(listener: (committed: Committed) => void, ...topics: readonly Topic[]): () => void {
    return this.#store.act(listener, ...topics);
  }

  seal(plain: string, scope?: SecretScope): Promise<string> {
    return this.#store.seal(plain, scope);
  }

  unseal(sealed: string, scope?: SecretScope): Promise<string> {
    return this.#store.unseal(sealed, scope);
  }

  sealData(data: Uint8Array): Promise<string> {
    return this.#store.sealData(data);
  }

  unsealData(sealed: string): Promise<Uint8Array> {
    return this.#store.unsealData(sealed);
  }

  #timed<T>(look: () => T): T {
    const begin = performance.now();
    const found = look();
    this.#tally.operations.add(true, (performance.now() - begin) / 1000);
    return found;
  }
}

function needsRedaction(write: Write): write is Extract<Write, { kind: 'put' }> {
  if (write.kind !== 'put' || write.collection.name !== auditLog.name) return false;
  return (write.value as AuditEntry).action !== TOOL_INVOKE;
}
