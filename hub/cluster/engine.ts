/**
 * The engine of several hubs: it stores their records, numbers every change, and grants leases. One contract test covers all
 * implementations.
 *
 * Texts (ids, claims, keys, names) may hold every character. They sort by their bytes in UTF-8. A lone surrogate becomes U+FFFD, as in the
 * keys of the store of one hub.
 */
export interface Engine {
  /**
   * Makes a hub a member, or takes its place: an earlier process with the same id is refused from now on.
   * @param termMs how long the hub counts as alive after this call and each commit
   */
  join(hub: HubAddress, termMs: number): Promise<Member>;

  /** All hubs that have joined, by id. */
  members(): Promise<readonly MemberView[]>;

  /**
   * Applies a batch in one call, and renews the hub's membership. Each change is taken as a whole or refused. A batch whose id the engine
   * knows is not applied again: its first outcome is the answer. After a lost connection the implementation asks again under the same id.
   * @throws Refused if another process has taken the member's place, or a lease of the batch is lost; nothing of the batch is applied
   * @throws DomainError `unavailable`; with `details.outcome` `unknown` the batch may have been applied, and {@link Engine.settle} tells.
   * `internal`: the engine cannot do this call, and a repeated call fails as well; nothing of the batch is applied
   */
  commit(member: Member, batch: Batch): Promise<Outcome>;

  /**
   * Finds out the outcome of a batch. `undefined`: it was not applied, and will never be.
   * @throws Refused as {@link Engine.commit}
   */
  settle(member: Member, batch: string): Promise<Outcome | undefined>;

  /**
   * Gives the next event a number after this one, unless there are higher numbers already.
   * @throws Refused as {@link Engine.commit}
   */
  continueAfter(member: Member, lease: Lease, seq: number): Promise<void>;

  /** The changes after a position, oldest first, without gaps. */
  tail(after: Position, limit: number): Promise<Tail>;

  /**
   * All records of one moment, in portions.
   * @returns the position of that moment: {@link Engine.tail} goes on from there
   */
  snapshot(take: (records: readonly EngineRecord[]) => void | Promise<void>): Promise<Head>;

  /**
   * Forgets the oldest entries of the log that come before a change, `limit` at most; the newest change stays. No commit waits for it.
   * @returns the number of removed entries: if it is `limit`, more may be left
   */
  trimLog(before: number, limit: number): Promise<number>;

  /**
   * Takes or renews the lease of a role.
   * @returns its epoch, which grows with each holder; `undefined` while another hub holds it
   * @throws Refused as {@link Engine.commit}
   */
  lease(member: Member, role: string, termMs: number): Promise<number | undefined>;

  /** The hub that has a role now. */
  holder(role: string): Promise<string | undefined>;

  /** Gives a lease back; no effect on a lease of another holder. */
  release(member: Member, lease: Lease): Promise<void>;

  close(): Promise<void>;
}

export interface HubAddress {
  readonly id: string;
  /** The address at which other hubs and clients reach it. */
  readonly address: string;
  readonly version: string;
}

/** A process of a hub. */
export interface Member {
  readonly id: string;
  /** Grows with each process that joins under this id. */
  readonly boot: number;
}

export interface MemberView extends HubAddress, Member {
  /** Whether it has joined or committed within its term. */
  readonly alive: boolean;
}

export interface Lease {
  readonly role: string;
  readonly epoch: number;
}

export interface Batch {
  /** A UUID that the caller makes. */
  readonly id: string;
  readonly changes: readonly EngineChange[];
  /** Leases that the hub must hold. */
  readonly leases?: readonly Lease[];
}

/** Writes and events that become visible together. */
export interface EngineChange {
  /** In order: a later write sees the effect of an earlier one. */
  readonly writes: readonly EngineWrite[];
  /** Records that must be there with these revisions. */
  readonly guards?: readonly { readonly collection: string; readonly id: string; readonly revision: number }[];
  readonly events?: readonly Uint8Array[];
}

export interface EngineWrite {
  readonly collection: string;
  readonly id: string;
  /** `undefined` deletes. */
  readonly value?: Uint8Array | undefined;
  /** The new revision of the record; 0 if it has none. */
  readonly revision?: number;
  /** See {@link Write} of the domain. */
  readonly expect?: 'absent' | number;
  /** All unique keys of the new record in its collection. */
  readonly claims?: readonly string[];
}

export interface Outcome {
  /** One for each change of the batch. */
  readonly verdicts: readonly Verdict[];
  /** The newest change after this batch. */
  readonly head: Head;
}

export type Verdict =
  | { readonly change: number; readonly firstSeq: number }
  /** `write`: the index of the write that was refused; `undefined` for a guard. `claim`: the key that another record holds. */
  | { readonly refused: 'conflict' | 'already_exists'; readonly write?: number; readonly claim?: string };

/** A place in the log. The batch tells whether the engine has lost commits and made others under the same numbers. */
export interface Position {
  /** 0 before the first. */
  readonly change: number;
  /** `''` before the first. */
  readonly batch: string;
}

export interface Head extends Position {
  /** The number of the newest event. */
  readonly seq: number;
}

/** `lost`: the log no longer has that position, or never had it; only a snapshot helps. */
export type Tail = { readonly lost: true } | { readonly entries: readonly LogEntry[]; readonly head: Head };

export interface LogEntry extends Position {
  /** The hub that made it. */
  readonly hub: string;
  readonly writes: readonly Pick<EngineWrite, 'collection' | 'id' | 'value'>[];
  /** The number of the first event; the others follow one by one. */
  readonly firstSeq: number;
  readonly events: readonly Uint8Array[];
}

export interface EngineRecord {
  readonly collection: string;
  readonly id: string;
  readonly value: Uint8Array;
}

/** The engine refuses further calls of this process. */
export class Refused extends Error {
  /** @param why `replaced`: another process has joined under this hub's id; `lease_lost`: another hub may have the role now */
  constructor(readonly why: 'replaced' | 'lease_lost') {
    super(why === 'replaced' ? 'another process has taken the place of this hub' : 'the lease of a role is lost');
  }
}
