import { payerOf, type RequestOrigin } from '../access/caller.js';
import { invalid } from '../errors.js';
import type { Collection, Store } from '../store.js';

const MiB = 1024 * 1024;

/**
 * The most bytes of specifications that one agent has. When it connects, it gets all of them in one message of at most 16 MiB. Admins can
 * still register things at an agent that other callers have filled.
 */
const mostOfAgent = { admin: 12 * MiB, others: 8 * MiB } as const;

/** The most bytes of one agent's specifications that one payer (`payerOf`) without role admin has. */
const MOST_OF_PAYER = 4 * MiB;

/** The room for the bounded members of a specification, such as its name, limits, times and addresses of the hub, bytes. */
const FIXED_BYTES = 512;

/** A record whose specification an agent keeps. */
export interface Pinned {
  readonly id: string;
  readonly agentId: string;
  /** The payer (`payerOf`) whose share the specification takes; absent: only the agent's bound counts it. */
  readonly countedAs?: string;
}

/**
 * The size of a specification, a little more than it takes in a message.
 * @param open its members that are not secret @param sealed its secrets as `Store.seal` gives them, which is a third longer than they are
 */
export function specBytes(open: object, sealed: string | null): number {
  return FIXED_BYTES + Buffer.byteLength(JSON.stringify(open)) + Math.ceil(((sealed?.length ?? 0) * 3) / 4);
}

interface Counted {
  readonly agentId: string;
  readonly payer: string | undefined;
  readonly bytes: number;
}

/** Counts the bytes of specifications, per agent and per payer, and refuses changes beyond the bounds. */
export class SpecRoom {
  readonly #counted = new Map<string, Counted>();
  /** Bytes by agent, and by agent and payer. Changes that are on their way to the store count too. */
  readonly #sums = new Map<string, number>();

  /** Counts the records of a collection from now on. @param all the records, where they are in memory already */
  count<T extends Pinned>(
    store: Pick<Store, 'list' | 'observe'>,
    records: Collection<T>,
    bytesOf: (record: T) => number,
    all: Iterable<T> = store.list(records),
  ): void {
    const follow = (id: string, record: T | undefined) => {
      const before = this.#counted.get(id);
      if (before) this.#add(before, -before.bytes);
      this.#counted.delete(id);
      if (!record) return;
      const now = { agentId: record.agentId, payer: record.countedAs, bytes: bytesOf(record) };
      this.#counted.set(id, now);
      this.#add(now, now.bytes);
    };
    for (const record of all) follow(record.id, record);
    store.observe(({ writes }) => {
      for (const { collection, id, value } of writes)
        if (collection === records.name) follow(id, value as T | undefined);
    }, records);
  }

  /**
   * Makes a change of a record. If its specification grows, the caller pays for the whole of it from then on.
   * @param field the field that an error names @param bytes the size of the new specification
   * @param apply writes the record that it gets
   * @throws DomainError `invalid_input` if the specifications would be beyond a bound
   */
  async within<T extends Pinned, R>(
    { caller }: RequestOrigin,
    field: string,
    record: T,
    bytes: number,
    apply: (record: T) => Promise<R>,
  ): Promise<R> {
    const before = this.#counted.get(record.id);
    const more = bytes - (before?.bytes ?? 0);
    if (more <= 0) return apply(record);
    const payer = caller === null || caller.role === 'admin' ? undefined : payerOf(caller);
    const held = { agentId: record.agentId, payer, bytes };
    const paid = payer !== undefined && before?.payer === payer ? before.bytes : 0;
    this.#check(field, held, more, bytes - paid);
    this.#add(held, more, bytes - paid);
    try {
      return await apply(charged(record, payer));
    } finally {
      this.#add(held, -more, paid - bytes);
    }
  }

  /** @param more by how much the agent's specifications grow @param morePaid and those of the payer */
  #check(field: string, { agentId, payer }: Counted, more: number, morePaid: number): void {
    const less = 'make it smaller, or delete servers or devices that you do not need';
    if (payer !== undefined && this.#sum(payerKey(agentId, payer)) + morePaid > MOST_OF_PAYER)
      throw invalid(
        field,
        `the servers and devices that you register at one agent take at most ${MOST_OF_PAYER / MiB} MiB: ${less}`,
      );
    const most = payer === undefined ? mostOfAgent.admin : mostOfAgent.others;
    if (this.#sum(agentId) + more > most)
      throw invalid(field, `all servers and devices of one agent take at most ${most / MiB} MiB: ${less}`);
  }

  #sum(key: string): number {
    return this.#sums.get(key) ?? 0;
  }

  #add({ agentId, payer }: Counted, bytes: number, paid = bytes): void {
    this.#addTo(agentId, bytes);
    if (payer !== undefined) this.#addTo(payerKey(agentId, payer), paid);
  }

  #addTo(key: string, bytes: number): void {
    const sum = this.#sum(key) + bytes;
    if (sum === 0) this.#sums.delete(key);
    else this.#sums.set(key, sum);
  }
}

function payerKey(agentId: string, payer: string): string {
  return `${agentId} ${payer}`;
}

function charged<T extends Pinned>(record: T, payer: string | undefined): T {
  const { countedAs, ...rest } = record;
  return { ...rest, ...(payer === undefined ? {} : { countedAs: payer }) } as T;
}
