import { type Caller, payerOf, type Tier } from '../../domain/access/caller.js';
import { DomainError } from '../../domain/errors.js';
import type { Api, LimitClass } from '../api.js';
import { addressSubject } from './address.js';

/** Requests per minute and per UTC day; an absent limit is no limit. */
export interface KeyLimits {
  readonly perMinute?: number | undefined;
  readonly perDay?: number | undefined;
}

/** `seeds/003`, "Rate Limits". */
const tierLimits: Readonly<Record<Tier, KeyLimits>> = {
  free: { perMinute: 60, perDay: 1000 },
  pro: { perMinute: 300, perDay: 50_000 },
  enterprise: {},
};

/** Of a signed-in person, together with the keys that it made for itself: a person has no tier. */
const personLimits: KeyLimits = { perMinute: 600 };

/** A rate-limit class with its scaled limit. The key names its windows. */
export interface CompiledClass {
  readonly key: string;
  readonly requests: number;
  readonly windowMs: number;
  readonly per: NonNullable<LimitClass['per']>;
}

/** The limit that a response's headers report: the tightest of the limits that counted the request; `limit` 0 if none did. */
export interface LimitState {
  limit: number;
  remaining: number;
  /** Milliseconds since 1970. */
  resetAt: number;
}

/** For a client without a valid credential, if the endpoint's API has no class of its own: never better than the lowest tier. */
const ANONYMOUS: LimitClass = { requests: 60, windowSeconds: 60, per: 'address' };

const MINUTE_MS = 60_000;
const SWEEP_MS = 30_000;
const MAX_ADDRESSES = 100_000;

export interface LimitsOptions {
  /** Multiplies every limit. */
  readonly scale: number;
  /** A key's own limits. An absent limit is that of the key's tier. The hub asks for them once a minute per key. */
  readonly custom?: ((caller: Caller) => KeyLimits | null) | undefined;
  readonly dayCounts?: DayCounts | undefined;
  readonly now?: (() => number) | undefined;
}

/**
 * Counts requests in fixed windows, each starting with its first request; days are UTC days. Memory is bounded. All APIs of a hub share one: a
 * request counts once, at whichever API it arrives.
 */
export class Limits {
  readonly #options: LimitsOptions;
  readonly #now: () => number;
  readonly #days: DayCounts;
  readonly #callers = new Map<string, Subject>();
  readonly #addresses = new Map<string, Subject>();
  readonly #ofCaller = new WeakMap<Caller, Subject>();
  readonly #sweeper: NodeJS.Timeout;
  readonly #anonymous: CompiledClass;
  #sweptAt = 0;

  constructor(options: LimitsOptions) {
    if (!(options.scale > 0)) throw new Error('the rate limit scale must be above 0');
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#days = options.dayCounts ?? memoryDayCounts();
    this.#anonymous = this.#compiled('anonymous', ANONYMOUS);
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** The class that an endpoint counts in; `null` for none. @throws Error for a class that the API does not have. */
  classOf(api: { readonly name: string; readonly limits: Api['limits'] }, name: string | null): CompiledClass | null {
    if (name === null || name === 'none') return null;
    const found = api.limits[name];
    if (!found) throw new Error(`${api.name} has no rate-limit class '${name}'`);
    return this.#compiled(`${api.name}:${name}`, found);
  }

  /**
   * Counts a request of a verified caller, or several requests that came as one: in the class, and in the limits of the key's tier or of the person.
   * @throws DomainError `rate_limited`; then none of the requests is counted.
   */
  countCaller(state: LimitState, limited: CompiledClass | null, caller: Caller, ip: () => string, requests = 1): void {
    const subject = this.#callerSubject(caller);
    const payer = this.#payerSubject(caller, subject);
    const now = this.#now();
    const byClass = limited ? this.#classWindow(limited, payer, ip, now) : undefined;
    const [minute, day] = this.#ownBuckets(subject, payer, caller, now);
    this.#count(state, now, requests, byClass, minute, day);
    if (day) for (let i = 0; i < requests; i += 1) this.#days.add(payer.id, day.endsAt);
  }

  /** Counts in the class alone: the request that led to this has counted in the limits of the key's tier or of the person. @throws DomainError `rate_limited`. */
  countInClass(state: LimitState, limited: CompiledClass, caller: Caller, ip: () => string): void {
    const payer = this.#payerSubject(caller, this.#callerSubject(caller));
    const now = this.#now();
    this.#count(state, now, 1, this.#classWindow(limited, payer, ip, now));
  }

  /** Counts a request without a valid credential against its address. @throws DomainError `rate_limited`. */
  countAddress(state: LimitState, limited: CompiledClass | null, ip: string): void {
    const { key, requests, windowMs } = limited ?? this.#anonymous;
    const now = this.#now();
    this.#count(state, now, 1, this.#addressSubject(ip).window(key, requests, windowMs, now));
  }

  /** How many callers and addresses are remembered. */
  get size(): number {
    return this.#callers.size + this.#addresses.size;
  }

  close(): void {
    clearInterval(this.#sweeper);
  }

  #count(state: LimitState, now: number, requests: number, a?: Bucket, b?: Bucket, c?: Bucket): void {
    const full = longest(longest(exhausted(a, requests), exhausted(b, requests)), exhausted(c, requests));
    if (full) {
      show(state, full);
      const retryAfter = Math.max(1, Math.ceil((full.endsAt - now) / 1000));
      throw new DomainError('rate_limited', `Rate limit exceeded. Please retry after ${retryAfter} seconds`, {
        retryAfter,
      });
    }
    if (a) a.count += requests;
    if (b) b.count += requests;
    if (c) c.count += requests;
    const tightest = tighter(tighter(a, b), c);
    if (tightest) show(state, tightest);
  }

  /** @param subject has the limits of the caller @param payer has the counts, which include the requests of other keys */
  #ownBuckets(
    subject: Subject,
    payer: Subject,
    caller: Caller,
    now: number,
  ): readonly [Bucket | undefined, Bucket | undefined] {
    if (subject.limitsUntil <= now || subject.limitsUntil > now + MINUTE_MS) {
      subject.limitsUntil = now + MINUTE_MS;
      const limits = { ...limitsOf(caller), ...defined(this.#options.custom?.(caller)) };
      subject.perMinute = limits.perMinute === undefined ? 0 : this.#scaled(limits.perMinute);
      subject.perDay = limits.perDay === undefined ? 0 : this.#scaled(limits.perDay);
    }
    const { perMinute, perDay } = subject;
    return [
      perMinute === 0 ? undefined : payer.window('tier:minute', perMinute, MINUTE_MS, now),
      perDay === 0 ? undefined : payer.day(perDay, now, this.#days),
    ];
  }

  #compiled(key: string, { requests, windowSeconds, per = 'caller' }: LimitClass): CompiledClass {
    return { key, requests: this.#scaled(requests), windowMs: windowSeconds * 1000, per };
  }

  #scaled(requests: number): number {
    return Math.max(1, Math.round(requests * this.#options.scale));
  }

  /** @param payer the caller, together with the keys that it made for itself */
  #classWindow({ key, requests, windowMs, per }: CompiledClass, payer: Subject, ip: () => string, now: number): Bucket {
    const counted = per === 'address' ? this.#addressSubject(ip()) : payer;
    return counted.window(key, requests, windowMs, now);
  }

  #payerSubject(caller: Caller, subject: Subject): Subject {
    return caller.countedAs === undefined ? subject : this.#subject(payerOf(caller));
  }

  #callerSubject(caller: Caller): Subject {
    let subject = this.#ofCaller.get(caller);
    if (!subject || subject.dropped) {
      subject = this.#subject(`${caller.kind}:${caller.id}`);
      this.#ofCaller.set(caller, subject);
    }
    return subject;
  }

  #subject(id: string): Subject {
    const subject = this.#callers.get(id) ?? new Subject(id);
    this.#callers.set(id, subject);
    return subject;
  }

  #addressSubject(ip: string): Subject {
    const id = addressSubject(ip);
    let subject = this.#addresses.get(id);
    if (!subject) {
      if (this.#addresses.size >= MAX_ADDRESSES) this.#makeRoom();
      subject = new Subject(id);
      this.#addresses.set(id, subject);
    }
    return subject;
  }

  /** A client with 100,000 addresses pushes out the oldest addresses. A sweep of all addresses for each new one would serve the attack. */
  #makeRoom(): void {
    if (this.#now() - this.#sweptAt > 1000) this.#sweep();
    for (const id of this.#addresses.keys()) {
      if (this.#addresses.size < MAX_ADDRESSES) return;
      this.#addresses.delete(id);
    }
  }

  #sweep(): void {
    const now = this.#now();
    this.#sweptAt = now;
    for (const subjects of [this.#callers, this.#addresses]) {
      for (const [id, subject] of subjects) {
        if (!subject.expired(now)) continue;
        subject.dropped = true;
        subjects.delete(id);
      }
    }
  }
}

/** A key that counts together with a person has the limits of the person. Otherwise a person without a limit for it would make a key. */
function limitsOf(caller: Caller): KeyLimits {
  return caller.tier === null || payerOf(caller).startsWith('user:') ? personLimits : tierLimits[caller.tier];
}

function exhausted(bucket: Bucket | undefined, requests: number): Bucket | undefined {
  return bucket && bucket.count + requests > bucket.limit ? bucket : undefined;
}

function longest(a: Bucket | undefined, b: Bucket | undefined): Bucket | undefined {
  return a && b ? (a.endsAt >= b.endsAt ? a : b) : (a ?? b);
}

function tighter(a: Bucket | undefined, b: Bucket | undefined): Bucket | undefined {
  return a && b ? (a.limit - a.count <= b.limit - b.count ? a : b) : (a ?? b);
}

function show(state: LimitState, { limit, count, endsAt }: Bucket): void {
  state.limit = limit;
  state.remaining = limit - count;
  state.resetAt = endsAt;
}

function defined(limits: KeyLimits | null | undefined): KeyLimits {
  if (!limits) return {};
  const { perMinute, perDay } = limits;
  return { ...(perMinute === undefined ? {} : { perMinute }), ...(perDay === undefined ? {} : { perDay }) };
}

/** One window of one limit. */
interface Bucket {
  limit: number;
  count: number;
  /** Milliseconds since 1970. */
  endsAt: number;
}

/** Keeps day counts where they outlive the hub. A day is named by its end (UTC midnight, milliseconds since 1970). */
interface DayCounts {
  /** How many requests the subject has made in the day that ends at this time. The hub asks once per day and subject. */
  count(subject: string, dayEndsAt: number): number;
  add(subject: string, dayEndsAt: number): void;
}

/** Day counts that end with the process: the subject's own bucket is all there is. */
function memoryDayCounts(): DayCounts {
  return { count: () => 0, add: () => {} };
}

const DAY_MS = 86_400_000;

/** A caller or an address, with its windows. */
class Subject {
  readonly #buckets = new Map<string, Bucket>();
  /** A sweep has removed the subject; code that still holds it must look it up again. */
  dropped = false;
  /** A key's limits, scaled; 0 for none. Valid until `limitsUntil`. */
  perMinute = 0;
  perDay = 0;
  limitsUntil = 0;

  constructor(readonly id: string) {}

  /** The current window of a limit. A new window begins if the last has ended, or if it lies in the future because the clock was set back. */
  window(key: string, limit: number, windowMs: number, now: number): Bucket {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      bucket = { limit, count: 0, endsAt: now + windowMs };
      this.#buckets.set(key, bucket);
    } else if (bucket.endsAt <= now || bucket.endsAt > now + windowMs) {
      bucket.count = 0;
      bucket.endsAt = now + windowMs;
    }
    bucket.limit = limit;
    return bucket;
  }

  /** The window of this UTC day. */
  day(limit: number, now: number, counts: DayCounts): Bucket {
    let bucket = this.#buckets.get('tier:day');
    const endsAt = (Math.floor(now / DAY_MS) + 1) * DAY_MS;
    if (bucket?.endsAt !== endsAt) {
      bucket = { limit, count: counts.count(this.id, endsAt), endsAt };
      this.#buckets.set('tier:day', bucket);
    }
    bucket.limit = limit;
    return bucket;
  }

  /** Whether all windows have ended. */
  expired(now: number): boolean {
    for (const bucket of this.#buckets.values()) if (bucket.endsAt > now) return false;
    return true;
  }
}

/** The part of one payer: the places, or bytes, that it has taken. */
export class Share {
  /** Places. */
  taken = 0;
  readonly #given: (count: number) => void;

  /** @param given called with the number of places each time that places are given back */
  constructor(given: (count: number) => void) {
    this.#given = given;
  }

  /** Gives places back. */
  give(count = 1): void {
    this.taken -= count;
    this.#given(count);
  }
}

/** A number of places, or bytes. Each payer gets at most a part of them, so that one caller cannot keep all others out. */
export class Shares {
  readonly #most: number;
  readonly #refusal: string;
  readonly #retryAfter: number;
  readonly #all: { readonly most: number; readonly refusal: string };
  readonly #byPayer = new Map<string, Share>();
  #taken = 0;

  /**
   * @param retryAfter seconds after which a refused client may try again
   * @param all the bound of all payers together; absent: only parts have a bound
   */
  constructor(most: number, refusal: string, retryAfter: number, all = { most: Number.POSITIVE_INFINITY, refusal }) {
    this.#most = most;
    this.#refusal = refusal;
    this.#retryAfter = retryAfter;
    this.#all = all;
  }

  /** Takes places of a payer's part. @throws DomainError `unavailable` if the payer, or all payers together, have no such number left. */
  take(payer: string, count = 1): Share {
    const share = this.#byPayer.get(payer) ?? this.#newShare(payer);
    if (share.taken + count > this.#most) throw this.#full(this.#refusal);
    if (this.#taken + count > this.#all.most) throw this.#full(this.#all.refusal);
    this.#byPayer.set(payer, share);
    share.taken += count;
    this.#taken += count;
    return share;
  }

  #newShare(payer: string): Share {
    const share = new Share((count) => {
      this.#taken -= count;
      if (share.taken === 0) this.#byPayer.delete(payer);
    });
    return share;
  }

  #full(refusal: string): DomainError {
    return new DomainError('unavailable', refusal, { retryAfter: this.#retryAfter });
  }
}
