import {
  type Batch,
  type Engine,
  type EngineChange,
  type EngineRecord,
  type EngineWrite,
  type Head,
  type HubAddress,
  type Lease,
  type LogEntry,
  type Member,
  type MemberView,
  type Outcome,
  type Position,
  Refused,
  type Tail,
  type Verdict,
} from '../../hub/cluster/engine.js';
import { DomainError } from '../../hub/domain/errors.js';

interface Kept extends EngineRecord {
  readonly revision: number;
}

type Term = { readonly hub: string; readonly boot: number; readonly epoch: number; readonly until: number };

const at = (...parts: readonly string[]) => JSON.stringify(parts);
const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** {@link Engine} in memory, for tests: hubs of one process share one. It forgets everything with the process. */
export class MemoryEngine implements Engine {
  readonly #now: () => number;
  readonly #hubs = new Map<string, HubAddress & { readonly boot: number; readonly termMs: number; until: number }>();
  readonly #leases = new Map<string, Term>();
  #records = new Map<string, Kept>();
  /** Unique keys, with the ids that hold them. */
  #claims = new Map<string, { readonly collection: string; readonly key: string; readonly id: string }>();
  /** `undefined`: the batch was given up. */
  readonly #batches = new Map<string, Outcome | undefined>();
  #log: LogEntry[] = [];
  #head: Head = { change: 0, seq: 0, batch: '' };

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async join(hub: HubAddress, termMs: number): Promise<Member> {
    const boot = (this.#hubs.get(hub.id)?.boot ?? 0) + 1;
    this.#hubs.set(hub.id, { ...hub, boot, termMs, until: this.#now() + termMs });
    return { id: hub.id, boot };
  }

  async members(): Promise<readonly MemberView[]> {
    return [...this.#hubs.values()]
      .sort((a, b) => byText(a.id, b.id))
      .map(({ termMs: _, until, ...hub }) => ({ ...hub, alive: until > this.#now() }));
  }

  async commit(member: Member, batch: Batch): Promise<Outcome> {
    const hub = this.#enter(member);
    hub.until = this.#now() + hub.termMs;
    const { id, changes, leases = [] } = wellFormed(batch);
    if (this.#batches.has(id)) {
      const known = this.#batches.get(id);
      if (!known)
        throw new DomainError('unavailable', 'this change was given up', { retryAfter: 5, outcome: 'not_run' });
      return known;
    }
    for (const lease of leases) this.#checkLease(member, lease);
    const verdicts = changes.map((change) => this.#take(change, member.id, id));
    const outcome = { verdicts, head: this.#head };
    if (changes.length > 0) this.#batches.set(id, outcome);
    return outcome;
  }

  async settle(member: Member, batch: string): Promise<Outcome | undefined> {
    this.#enter(member);
    if (!this.#batches.has(batch)) this.#batches.set(batch, undefined);
    return this.#batches.get(batch);
  }

  async continueAfter(member: Member, lease: Lease, seq: number): Promise<void> {
    this.#enter(member);
    this.#checkLease(member, lease);
    this.#head = { ...this.#head, seq: Math.max(this.#head.seq, seq) };
  }

  async tail({ change, batch }: Position, limit: number): Promise<Tail> {
    const [oldest] = this.#log;
    const isKnown =
      change === 0
        ? (oldest?.change ?? 1) === 1
        : this.#log.some((entry) => entry.change === change && entry.batch === batch);
    if (!isKnown) return { lost: true };
    return { entries: this.#log.filter((entry) => entry.change > change).slice(0, limit), head: this.#head };
  }

  async snapshot(take: (records: readonly EngineRecord[]) => void | Promise<void>): Promise<Head> {
    const head = this.#head;
    const records = [...this.#records.values()]
      .map(({ collection, id, value }) => ({ collection, id, value }))
      .sort((a, b) => byText(a.collection, b.collection) || byText(a.id, b.id));
    if (records.length > 0) await take(records);
    return head;
  }

  async trimLog(before: number, limit: number): Promise<number> {
    const first = Math.min(before, this.#head.change);
    const gone = this.#log.filter(({ change }) => change < first).slice(0, limit);
    this.#log = this.#log.slice(gone.length);
    return gone.length;
  }

  async lease(member: Member, role: string, termMs: number): Promise<number | undefined> {
    this.#enter(member);
    const before = this.#leases.get(role);
    const isOver = !before || before.until <= this.#now();
    if (!isOver && !isOf(before, member)) return undefined;
    const epoch = (before?.epoch ?? 0) + (isOver ? 1 : 0);
    this.#leases.set(role, { hub: member.id, boot: member.boot, epoch, until: this.#now() + termMs });
    return epoch;
  }

  async holder(role: string): Promise<string | undefined> {
    const lease = this.#leases.get(role);
    return lease && lease.until > this.#now() ? lease.hub : undefined;
  }

  async release(member: Member, { role, epoch }: Lease): Promise<void> {
    const lease = this.#leases.get(role);
    if (lease?.epoch === epoch && isOf(lease, member)) this.#leases.set(role, { ...lease, until: 0 });
  }

  async close(): Promise<void> {}

  #enter({ id, boot }: Member) {
    const hub = this.#hubs.get(id);
    if (hub?.boot !== boot) throw new Refused('replaced');
    return hub;
  }

  #checkLease(member: Member, { role, epoch }: Lease): void {
    const lease = this.#leases.get(role);
    if (!lease || lease.epoch !== epoch || !isOf(lease, member) || lease.until <= this.#now())
      throw new Refused('lease_lost');
  }

  /** Takes a change whole, or gives the reason against it. */
  #take({ writes, guards = [], events = [] }: EngineChange, hub: string, batch: string): Verdict {
    for (const { collection, id, revision } of guards)
      if (this.#records.get(at(collection, id))?.revision !== revision) return { refused: 'conflict' };
    const before = { records: new Map(this.#records), claims: new Map(this.#claims) };
    for (const [i, write] of writes.entries()) {
      const problem = this.#write(write);
      if (!problem) continue;
      this.#records = before.records;
      this.#claims = before.claims;
      return { ...problem, write: i };
    }
    const change = this.#head.change + 1;
    const firstSeq = this.#head.seq + 1;
    const told = writes.map(({ collection, id, value }) => ({ collection, id, value }));
    this.#log.push({ change, batch, hub, writes: told, firstSeq, events });
    this.#head = { change, batch, seq: this.#head.seq + events.length };
    return { change, firstSeq };
  }

  #write(write: EngineWrite): Extract<Verdict, { refused: unknown }> | undefined {
    const { collection, id, value, revision = 0, expect, claims = [] } = write;
    const place = at(collection, id);
    const before = this.#records.get(place);
    if (expect === 'absent' && before) return { refused: 'already_exists' };
    if (typeof expect === 'number' && before?.revision !== expect) return { refused: 'conflict' };
    for (const [name, held] of this.#claims)
      if (held.collection === collection && held.id === id && (value === undefined || !claims.includes(held.key)))
        this.#claims.delete(name);
    if (value === undefined) {
      this.#records.delete(place);
      return undefined;
    }
    const taken = claims.find((key) => (this.#claims.get(at(collection, key))?.id ?? id) !== id);
    if (taken !== undefined) return { refused: 'already_exists', claim: taken };
    for (const key of claims) this.#claims.set(at(collection, key), { collection, key, id });
    this.#records.set(place, { collection, id, value, revision });
    return undefined;
  }
}

/** A value with all its texts as the engine keeps them. */
function wellFormed<T>(value: T): T {
  if (typeof value === 'string') return Buffer.from(value).toString() as T;
  if (Array.isArray(value)) return value.map(wellFormed) as T;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, wellFormed(one)])) as T;
}

function isOf({ hub, boot }: Term, member: Member): boolean {
  return hub === member.id && boot === member.boot;
}
