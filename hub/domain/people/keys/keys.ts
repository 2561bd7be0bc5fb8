import { createHash, randomBytes } from 'node:crypto';
import { authorize } from '../../access/authorize.js';
import {
  type ApiName,
  atLeast,
  type Caller,
  type Grants,
  lesserRole,
  payerOf,
  type RequestOrigin,
  type Role,
  type Tier,
  tiers,
} from '../../access/caller.js';
import { checkUnrestricted, isWithin, ownerOf } from '../../access/grants.js';
import { changeAudit } from '../../audit/audit.js';
import type { Dependants } from '../../dependants.js';
import { DomainError, invalid, notFound } from '../../errors.js';
import { newId } from '../../ids.js';
import { checkVisible } from '../../names.js';
import { MAX_RACES, retrying } from '../../retrying.js';
import { add, type Committed, collection, guard, put, type Store } from '../../store.js';
import {
  type ApiKeyRecord,
  apiKeys,
  isOfPreviousOwner,
  keysOfUser,
  revocation,
  type UserRecord,
  users,
} from '../record.js';

export type { ApiKeyRecord } from '../record.js';

/** Kept apart from the key's record: a write at each use must never undo a revocation. */
interface ApiKeyUsage {
  readonly id: string;
  readonly lastUsedAt: number;
}

const apiKeyUsage = collection<ApiKeyUsage>('api_key_usage', 'API key usage');

export interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  readonly tier: Tier;
  readonly api?: ApiName | null;
  readonly userId?: string | null;
  readonly grants?: Grants | null;
  readonly limits?: ApiKeyRecord['limits'];
  readonly expiresAt?: number | null;
  /** A key that callers make for themselves counts with its maker. */
  readonly countedAs?: string;
  /** The key's text, where an operator chose it (`ROUNDHOUSE_API_KEY`); made at random otherwise. */
  readonly key?: string;
}

/** The shortest time between two writes of a key's `lastUsedAt`. */
const LAST_USED_RESOLUTION_MS = 60_000;
const PREFIX_LENGTH = 12;
/** The least length of a chosen key, characters. */
const SHORTEST_CHOSEN = 16;
const RECENT_KEYS = 1000;

interface KnownKey {
  record: ApiKeyRecord;
  /** `null` if its user was deleted, or the account was handed over to another person. */
  caller: Caller | null;
  lastUsedAt: number;
}

/** API keys: made, listed, revoked and, on every request, verified from memory. A key may never do more than its user may at the time. */
export class ApiKeys {
  readonly #store: Store;
  readonly #dependants: Dependants;
  readonly #byHash = new Map<string, KnownKey>();
  readonly #hashById = new Map<string, string>();
  /** Keys verified lately, by their text: hashing a key costs more than the rest of a quick request. */
  readonly #recent = new Map<string, KnownKey>();
  readonly #now: () => number;

  constructor(store: Store, dependants: Dependants, now: () => number = Date.now) {
    this.#store = store;
    this.#dependants = dependants;
    this.#now = now;
    for (const record of store.list(apiKeys)) this.#know(record);
    store.observe((committed) => this.#follow(committed), apiKeys, users);
  }

  /** Makes a key of any role; its text is in the answer and nowhere else. @throws DomainError `forbidden`, `invalid_input`. */
  async create(origin: RequestOrigin, wanted: NewApiKey): Promise<{ key: string; record: ApiKeyRecord }> {
    authorize(origin.caller, 'key.manage');
    return this.make(origin, wanted, this.#now());
  }

  /**
   * Makes a key, whatever the caller's role; {@link OwnKeys} makes sure that the key may do no more than the caller.
   * @param now the start of its lifetime, milliseconds
   */
  async make(origin: RequestOrigin, wanted: NewApiKey, now: number): Promise<{ key: string; record: ApiKeyRecord }> {
    const { caller } = origin;
    if (caller && !isWithin(wanted.grants, caller.grants)) checkUnrestricted(caller, 'make keys that may do more');
    const maker = caller?.kind === 'api_key' ? this.#store.get(apiKeys, caller.id) : undefined;
    if (maker?.revokedAt) throw new DomainError('invalid_credential', 'The API key has been revoked');
    if (maker) checkBounds(wanted, maker);
    const user = wanted.userId ? this.#store.get(users, wanted.userId) : undefined;
    const isOwn = user !== undefined && caller?.userId === user.id;
    const own = isOwn ? (caller.credentialVersion ?? maker?.credentialVersion) : undefined;
    const credentialVersion = own ?? user?.credentialVersion;
    // The caller's request may have begun before the account was handed over.
    if (user && isOfPreviousOwner({ credentialVersion }, user))
      throw new DomainError('invalid_credential', 'The account has another owner since');
    // Otherwise a limited key could multiply its limits by making more keys.
    const countedAs = wanted.countedAs ?? (caller && maker && isLimited(maker) ? payerOf(caller) : undefined);
    const madeBy = caller?.kind === 'api_key' ? { madeBy: caller.id } : {};
    if (wanted.expiresAt !== undefined && wanted.expiresAt !== null && wanted.expiresAt <= now)
      throw invalid('expiresAt', 'must be in the future');
    if (wanted.key !== undefined && wanted.key.length < SHORTEST_CHOSEN)
      throw invalid('ROUNDHOUSE_API_KEY', `must have at least ${SHORTEST_CHOSEN} characters`);
    checkVisible(wanted.name, 'name');
    const key = wanted.key ?? `mcp_${randomBytes(24).toString('base64url')}`;
    const record: ApiKeyRecord = {
      id: newId(),
      name: wanted.name,
      hash: hashOf(key),
      // Even a part of a chosen key may reveal it.
      prefix: wanted.key === undefined ? key.slice(0, PREFIX_LENGTH) : '',
      userId: wanted.userId ?? null,
      ...(credentialVersion === undefined ? {} : { credentialVersion }),
      ...madeBy,
      ...(countedAs === undefined ? {} : { countedAs }),
      role: wanted.role,
      tier: wanted.tier,
      api: wanted.api ?? null,
      grants: wanted.grants ?? null,
      limits: limitsOf(wanted),
      createdAt: now,
      expiresAt: wanted.expiresAt ?? null,
      revokedAt: null,
    };
    const { name, role, tier, limits } = record;
    const details = { name, role, tier, ...(limits ? { limits } : {}) };
    const audit = changeAudit(origin, 'api_key.create', { type: 'api_key', id: record.id }, details);
    // A key that is being revoked, or a user who is being deleted or handed over, makes no further keys: they would not be revoked with it.
    const guards = [...(maker ? [guard(apiKeys, maker)] : []), ...(user ? [guard(users, user)] : [])];
    await this.#store.apply({ by: origin.caller, writes: [put(apiKeys, record, 'absent'), audit], guards });
    return { key, record };
  }

  /**
   * The keys that are not revoked, oldest first. A narrowed key sees only keys with no more rights than its own.
   * @throws DomainError `forbidden`.
   */
  list(caller: Caller | null): ApiKeyRecord[] {
    authorize(caller, 'key.manage');
    return [...this.#store.list(apiKeys)].filter((key) => key.revokedAt === null && this.#manages(caller, key));
  }

  /** A user's keys that are not revoked, oldest first. */
  ofUser(userId: string): ApiKeyRecord[] {
    return keysOfUser(this.#store, userId);
  }

  /**
   * The caller's own keys: the keys of the user who is its owner or, for a key that is its own owner, the key itself and the keys that it
   * made. A key sees only keys with no more rights than its own.
   */
  ofCaller(caller: Caller): ApiKeyRecord[] {
    return this.#ofOwner(caller).filter((key) => this.#manages(caller, key));
  }

  /**
   * How many keys count with the caller: its own, the keys that these made, and so on, also keys that the caller does not see. A key that a
   * user makes for another person counts by itself.
   */
  countOf(caller: Caller): number {
    const payer = payerOf(caller);
    let count = 0;
    for (const { record, caller: good } of this.#byHash.values()) {
      if (good && payerOf({ kind: 'api_key', ...record }) === payer) count += 1;
    }
    return count;
  }

  #ofOwner(caller: Caller): ApiKeyRecord[] {
    const { id, userId } = caller;
    if (userId !== null && ownerOf(caller) === userId) return this.ofUser(userId);
    const own = this.#store.get(apiKeys, id);
    const made = this.#store.list(apiKeys, { index: 'maker', equals: id });
    return [...(own ? [own] : []), ...made].filter((key) => key.revokedAt === null);
  }

  /** Whether a caller may see and revoke a key: a key may only for keys with no more rights than its own. */
  #manages(caller: Caller | null, { hash, role, grants }: ApiKeyRecord): boolean {
    // The key may do less than its record says, if its user lost a role, and nothing if the user lost the account.
    const now = this.#byHash.get(hash)?.caller;
    if (now === null) return false;
    if (caller === null) return true;
    const isBelow = caller.kind === 'user' || atLeast(caller.role, now?.role ?? role);
    return isBelow && isWithin(grants, caller.grants);
  }

  /** The key's own limits, if it has any. */
  limits(id: string): ApiKeyRecord['limits'] {
    return this.#byHash.get(this.#hashById.get(id) ?? '')?.record.limits ?? null;
  }

  /** When the key was last used (to the minute), milliseconds since 1970; `null` for never. */
  lastUsedAt(id: string): number | null {
    const known = this.#byHash.get(this.#hashById.get(id) ?? '');
    // The disk may lag behind memory; after a start memory is empty.
    return known?.lastUsedAt || (this.#store.get(apiKeyUsage, id)?.lastUsedAt ?? null);
  }

  /** Revokes a key by id, and the keys that it made and that count with its maker; they are refused from the next request on. @throws DomainError `forbidden`, `not_found`, also for a key that may do more than the caller. */
  async revoke(origin: RequestOrigin, id: string): Promise<ApiKeyRecord> {
    const { caller } = origin;
    const record = this.#store.get(apiKeys, id);
    const isOwn = caller !== null && this.ofCaller(caller).some((key) => key.id === id);
    if (!isOwn) authorize(caller, 'key.manage');
    if (!record || record.revokedAt !== null || !(isOwn || this.#manages(caller, record)))
      throw notFound('API key', id);
    let by = caller;
    await retrying(this.#store, MAX_RACES, async () => {
      // A key that was being made when this began is on disk after the first change.
      for (let keys = this.#family(id); keys.length > 0; keys = this.#family(id)) {
        const writes = keys.flatMap((key) => [
          revocation(key, this.#now()),
          ...this.#dependants.of(apiKeys, key.id),
          changeAudit(origin, 'api_key.revoke', { type: 'api_key', id: key.id }, { name: key.name }),
        ]);
        await this.#store.apply({ by, writes });
        // The first change may have revoked the caller itself. The keys that were being made must still be revoked.
        by = null;
      }
    });
    return record;
  }

  /** A key and its {@link #descendants}, while they are not revoked. */
  #family(id: string): ApiKeyRecord[] {
    const key = this.#store.get(apiKeys, id);
    return [...(key?.revokedAt === null ? [key] : []), ...this.#descendants(id)];
  }

  /**
   * The keys that a key made for its own holder, and the keys that these made, while they are not revoked. Keys that an unlimited key of an
   * admin made for others count by themselves, and stay.
   */
  #descendants(id: string): ApiKeyRecord[] {
    const made = [...this.#store.list(apiKeys, { index: 'maker', equals: id })];
    return made
      .filter(({ countedAs }) => countedAs !== undefined)
      .flatMap((key) => [...(key.revokedAt === null ? [key] : []), ...this.#descendants(key.id)]);
  }

  /** The API that issued a key, without checking the key any further: chooses the form of an answer. */
  issuer(key: string): ApiName | null {
    return this.#find(key)?.record.api ?? null;
  }

  /**
   * The caller behind a key. Synchronous: it runs for every request.
   * @throws DomainError `invalid_credential`, `expired_credential`.
   */
  verify(key: string): Caller {
    const known = this.#find(key);
    if (!known?.caller) throw new DomainError('invalid_credential', 'Invalid API key');
    const now = this.#now();
    checkExpiry(known.record, now);
    if (now - known.lastUsedAt >= LAST_USED_RESOLUTION_MS) {
      known.lastUsedAt = now;
      this.#store.record({ writes: [add(apiKeyUsage, { id: known.record.id }, { lastUsedAt: now })] });
    }
    return known.caller;
  }

  /** The role that a key has now: its user may have lost the role that the key was made with. `undefined` for a key that may do nothing. */
  roleOf(id: string): Role | undefined {
    return this.#byHash.get(this.#hashById.get(id) ?? '')?.caller?.role;
  }

  /** The caller behind a key that was verified before, as of now. @throws as {@link ApiKeys.verify}. */
  recheck(id: string): Caller {
    const known = this.#byHash.get(this.#hashById.get(id) ?? '');
    if (!known?.caller) throw new DomainError('invalid_credential', 'The API key has been revoked');
    checkExpiry(known.record, this.#now());
    return known.caller;
  }

  #find(key: string): KnownKey | undefined {
    const recent = this.#recent.get(key);
    if (recent) return recent;
    const known = this.#byHash.get(hashOf(key));
    if (!known) return undefined;
    if (this.#recent.size >= RECENT_KEYS) this.#recent.clear();
    this.#recent.set(key, known);
    return known;
  }

  #follow(committed: Committed): void {
    for (const { collection, id, value } of committed.writes) {
      if (collection === apiKeys.name && value) this.#know(value as ApiKeyRecord);
      if (collection === users.name) this.#followUser(id, value as UserRecord | undefined);
    }
  }

  /** A key's rights follow its user's role. */
  #followUser(id: string, user: UserRecord | undefined): void {
    for (const known of this.#byHash.values())
      if (known.record.userId === id) known.caller = callerOf(known.record, user ?? null);
  }

  #know(record: ApiKeyRecord): void {
    if (record.revokedAt !== null) {
      this.#byHash.delete(record.hash);
      this.#recent.clear();
      this.#hashById.delete(record.id);
      return;
    }
    const known = this.#byHash.get(record.hash);
    if (known) {
      known.record = record;
      return;
    }
    const { id, hash, userId } = record;
    const caller = userId === null ? callerOf(record) : callerOf(record, this.#store.get(users, userId) ?? null);
    this.#hashById.set(id, hash);
    this.#byHash.set(hash, { record, caller, lastUsedAt: 0 });
  }
}

/**
 * The caller behind a key; `null` if its user was deleted, or the account was handed over to another person.
 * @param user absent for a key without a user; `null` if the user was deleted
 */
function callerOf(record: ApiKeyRecord, user?: UserRecord | null): Caller | null {
  if (user === null || (user && isOfPreviousOwner(record, user))) return null;
  const { id, name, userId, tier, api, grants, countedAs } = record;
  const role = user ? lesserRole(record.role, user.role) : record.role;
  const caller = { kind: 'api_key', id, name, userId, role, api, tier, grants } as const;
  return Object.freeze(countedAs === undefined ? caller : { ...caller, countedAs });
}

function isLimited({ tier, limits }: ApiKeyRecord): boolean {
  return tier !== 'enterprise' || limits !== null;
}

function checkExpiry({ expiresAt }: ApiKeyRecord, now: number): void {
  if (expiresAt !== null && expiresAt <= now) throw new DomainError('expired_credential', 'API key has expired');
}

/** @throws DomainError `forbidden` if a key would live longer, or be limited less, than the key that makes it. */
function checkBounds({ expiresAt = null, tier, limits }: NewApiKey, maker: ApiKeyRecord): void {
  if (maker.expiresAt !== null && (expiresAt === null || expiresAt > maker.expiresAt))
    throw new DomainError('forbidden', 'a key cannot make a key that outlives it');
  if (tiers.indexOf(tier) > tiers.indexOf(maker.tier))
    throw new DomainError('forbidden', `a key of tier '${maker.tier}' cannot make one of tier '${tier}'`);
  for (const name of ['perMinute', 'perDay'] as const) {
    const [most, own] = [maker.limits?.[name], limits?.[name]];
    // A limit of its own takes the place of the tier's. Without one the tier of the maker is the bound.
    const isWithinLimit =
      most === undefined ? own === undefined || maker.tier === 'enterprise' : own !== undefined && own <= most;
    if (isWithinLimit) continue;
    const bound = most === undefined ? `that of its tier '${maker.tier}'` : String(most);
    throw new DomainError('forbidden', `limits.${name} must not be above that of the key which makes it: ${bound}`);
  }
}

/** `null` if the key has no limits besides its tier's. */
function limitsOf({ limits }: NewApiKey): ApiKeyRecord['limits'] {
  if (!limits || (limits.perMinute === undefined && limits.perDay === undefined)) return null;
  for (const [name, value] of Object.entries(limits))
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw invalid(`limits.${name}`, 'must be a whole number above 0');
  return { ...limits };
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
