/**
 * The engine of several hubs: it holds the truth, gives every change its number, and grants leases. One contract test holds for each
 * implementation.
 *
 * Texts (ids, claims, keys, names) may hold every character. They sort by their bytes in UTF-8. A lone surrogate becomes U+FFFD, as in the
 * keys of the store of one hub.
 */
export interface Engine {
  /**
   * Makes a hub a member, or takes its place: an earlier process with the same id is refused from now on.
   * @param termMs the hub counts as alive for so long after this and each commit
   */
  join(hub: HubAddress, termMs: number): Promise<Member>;

  /** All hubs that have joined, by id. */
  members(): Promise<readonly MemberView[]>;

  /**
   * Applies a batch in one call, and renews the hub's membership. Each change is taken whole or refused. A batch whose id the engine knows is
   * not applied again: its first outcome is the answer. After a lost connection the implementation asks again under the same id.
   * @throws Refused if another process has taken the member's place, or a lease of the batch is lost; nothing of the batch is applied
   * @throws DomainError `unavailable`; with `details.outcome` `unknown` the batch may be applied, and {@link Engine.settle} tells.
   * `internal`: the engine cannot do this call, and a repeated call fails as well; nothing of the batch is applied
   */
  commit(member: Member, batch: Batch): Promise<Outcome>;

  /**
   * Ends the doubt about a batch: gives its outcome, or `undefined`, after which it is never applied.
   * @throws Refused as {@link Engine.commit}
   */
  settle(member: Member, batch: string): Promise<Outcome | undefined>;

  /**
   * The next event has a number after this one, unless there are higher numbers already.
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
   * @returns how many went: as long as it is `limit`, more may be left
   */
  trimLog(before: number, limit: number): Promise<number>;

  /**
   * Takes or renews the lease of a role.
   * @returns its epoch, which grows with each holder; `undefined` while another hub holds it
   * @throws Refused as {@link Engine.commit}
   */
  lease(member: Member, role: string, termMs: number): Promise<number | undefined>;

  /** Gives a lease back; no effect on a lease of another holder. */
  release(member: Member, lease: Lease): Promise<void>;

  close(): Promise<void>;
}

export interface HubAddress {
  readonly id: string;
  /** Under which other hubs and clients reach it. */
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
  /** A UUID of the caller's making. */
  readonly id: string;
  readonly changes: readonly EngineChange[];
  /** Leases that the hub must hold. */
  readonly leases?: readonly Lease[];
}

/** Writes and events that become visible together. */
export interface EngineChange {
  /** In their order: a later one sees the effect of an earlier one. */
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
  /** The revision that the record then has; 0 where it has none. */
  readonly revision?: number;
  /** As {@link Write} of the domain has it. */
  readonly expect?: 'absent' | number;
  /** All unique keys that the record then holds in its collection. */
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

/** `lost`: the log does not hold that position any more, or never did; only a snapshot helps. */
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

/** The engine takes nothing from this process under these terms any more. */
export class Refused extends Error {
  /** @param why `replaced`: another process has joined under this hub's id; `lease_lost`: another hub may do the work of the role */
  constructor(readonly why: 'replaced' | 'lease_lost') {
    super(why === 'replaced' ? 'another process has taken the place of this hub' : 'the lease of a role is lost');
  }
}
