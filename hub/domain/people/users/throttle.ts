import { clientNetwork } from '@roundhouse/proto/net';
import { DomainError } from '../../errors.js';

/** The number of failures without a wait, and the longest wait after them: each further failure doubles the wait, from one second on. */
interface Rule {
  readonly free: number;
  readonly longestMs: number;
}

/** One user name from one address. */
const PAIR: Rule = { free: 5, longestMs: 900_000 };
/** The same where that user has signed in from that address before. */
const KNOWN_PAIR: Rule = { free: 5, longestMs: 30_000 };
/** One address, over all user names. */
const ADDRESS: Rule = { free: 20, longestMs: 900_000 };
/** One user name, over all addresses. */
const NAME: Rule = { free: 20, longestMs: 30_000 };

/** Attempts under way at once: a burst must not end before its first failure counts. */
const MOST_AT_ONCE = { pair: 10, address: 20 };
/** How long an address may take to come back for its turn, milliseconds. */
const TURN_MS = 300_000;

const MOST_PAIRS = 50_000;
const MOST_ADDRESSES = 50_000;
const MOST_NAMES = 10_000;
const MOST_KNOWN = 10_000;
/** How long a pair is known after its last sign-in. */
const KNOWN_MS = 30 * 86_400_000;

/**
 * Slows down clients that guess passwords, without shutting out the users:
 *
 * 1. a user name from one address: 5 failures are free, then each doubles the wait, up to 15 minutes; a sign-in ends it;
 * 2. an address over all user names: the same after 20 failures; a sign-in to the attacker's own account does not end it;
 * 3. a user name over all addresses: after 20 failures each address has to come twice. The first time the hub tells it to wait, 30 seconds
 *    at most. When it comes back, it has its turn, whatever other addresses do meanwhile.
 *
 * 2 and 3 do not hold for an address from which this user has signed in within 30 days, and 1 makes it wait 30 seconds at most. While a
 * client has to wait, the hub looks up and hashes nothing, whether the user exists or not. The hub forgets failures after an hour without
 * another. It counts in memory: a restart of the hub resets all counts.
 */
export class SignInThrottle {
  readonly #now: () => number;
  readonly #pairs: TallyBook;
  readonly #addresses: TallyBook;
  readonly #names: TallyBook;
  /** The time of the last sign-in of each pair, oldest first. */
  readonly #known = new Map<string, number>();

  /** `now`: a clock that is never set back, milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#pairs = new TallyBook(MOST_PAIRS, now);
    this.#addresses = new TallyBook(MOST_ADDRESSES, now);
    this.#names = new TallyBook(MOST_NAMES, now);
  }

  /** How many pairs, addresses and names are remembered. */
  get size(): number {
    return this.#pairs.size + this.#addresses.size + this.#names.size + this.#known.size;
  }

  /** Runs an attempt to sign in. @throws DomainError `rate_limited` without an attempt; any error of the attempt. */
  async attempt<T>(username: string, ip: string, signIn: () => Promise<T>): Promise<T> {
    const name = username.toLowerCase();
    const network = clientNetwork(ip);
    const key = `${network} ${name}`;
    const isKnown = this.#isKnown(key);
    const pair = this.#pairs.of(key);
    const address = this.#addresses.of(network);
    const byName = this.#names.of(name);
    const now = this.#now();
    refuseUntil(pair.notBefore, now);
    if (pair.pending >= (pair.failures < PAIR.free ? MOST_AT_ONCE.pair : 1)) refuseUntil(now + 1000, now);
    if (!isKnown) {
      refuseUntil(address.notBefore, now);
      if (address.pending >= (address.failures < ADDRESS.free ? MOST_AT_ONCE.address : 1)) refuseUntil(now + 1000, now);
      if (byName.failures >= NAME.free) {
        if (pair.turnAt === 0 || now > pair.turnAt + TURN_MS) pair.turnAt = now + waitMs(byName.failures, NAME);
        refuseUntil(pair.turnAt, now);
        pair.turnAt = 0;
      }
    }
    pair.pending += 1;
    address.pending += 1;
    try {
      const result = await signIn();
      this.#pairs.forget(key);
      this.#know(key);
      return result;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'invalid_login') {
        const failedAt = this.#now();
        pair.fail(failedAt, waitMs(pair.failures + 1, isKnown ? KNOWN_PAIR : PAIR));
        address.fail(failedAt, waitMs(address.failures + 1, ADDRESS));
        byName.fail(failedAt, 0);
      }
      throw error;
    } finally {
      pair.pending -= 1;
      address.pending -= 1;
    }
  }

  #isKnown(key: string): boolean {
    const signedInAt = this.#known.get(key);
    return signedInAt !== undefined && this.#now() - signedInAt < KNOWN_MS;
  }

  #know(key: string): void {
    this.#known.delete(key);
    this.#known.set(key, this.#now());
    if (this.#known.size > MOST_KNOWN) dropOldest(this.#known, MOST_KNOWN);
  }
}

/** The wait that a number of failures brings. */
function waitMs(failures: number, { free, longestMs }: Rule): number {
  return failures < free ? 0 : Math.min(1000 * 2 ** (failures - free), longestMs);
}

/** @throws DomainError `rate_limited` before that time. */
function refuseUntil(time: number, now: number): void {
  if (time <= now) return;
  const retryAfter = Math.ceil((time - now) / 1000);
  const wait = `${retryAfter} second${retryAfter === 1 ? '' : 's'}`;
  throw new DomainError('rate_limited', `Too many failed sign-ins. Try again in ${wait}.`, { retryAfter });
}

/** Failures are forgotten after this time without another, milliseconds: longer than any wait. */
const FORGET_MS = 3_600_000;

/** The failures of one user name, address or pair of them. Times are milliseconds of a clock that is never set back, 0 for never. */
class Tally {
  failures = 0;
  lastAt = 0;
  /** Attempts under way. */
  pending = 0;
  /** The hub refuses every attempt before this time. */
  notBefore = 0;
  /** The time of its turn, if it has to wait for one. */
  turnAt = 0;

  fail(now: number, waitMs: number): void {
    this.failures += 1;
    this.lastAt = now;
    this.notBefore = Math.max(this.notBefore, now + waitMs);
  }
}

/** Tallies by key, of a bounded number: the least recently used tallies go first. */
class TallyBook {
  readonly #most: number;
  readonly #now: () => number;
  readonly #tallies = new Map<string, Tally>();

  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  get size(): number {
    return this.#tallies.size;
  }

  /** The tally of a key; a new tally if the key has none, or its failures are long ago. */
  of(key: string): Tally {
    const before = this.#tallies.get(key);
    const isOver = before && before.pending === 0 && this.#now() - Math.max(before.lastAt, before.turnAt) > FORGET_MS;
    const tally = before && !isOver ? before : new Tally();
    this.#tallies.delete(key);
    this.#tallies.set(key, tally);
    if (this.#tallies.size > this.#most) dropOldest(this.#tallies, this.#most);
    return tally;
  }

  forget(key: string): void {
    this.#tallies.delete(key);
  }
}

/**
 * Drops the oldest twentieth of a full map at once: a map takes longer to find its first entry, the more entries were deleted before it.
 */
function dropOldest(map: Map<string, unknown>, most: number): void {
  const left = Math.floor(most * 0.95);
  for (const oldest of map.keys()) {
    if (map.size <= left) return;
    map.delete(oldest);
  }
}
