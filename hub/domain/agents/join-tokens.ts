import { createHash, randomBytes } from 'node:crypto';
import { authorize, isAllowed } from '../access/authorize.js';
import { keptCaller, type RequestOrigin } from '../access/caller.js';
import { maySeeSite } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError, notFound } from '../errors.js';
import { newId } from '../ids.js';
import type { Creators, KeptCaller } from '../people/creators.js';
import { apiKeys, callerGuards } from '../people/record.js';
import { collection, type Guard, put, remove, type Store, type Write } from '../store.js';

/** A single-use right to enrol one agent at a site. */
export interface JoinTokenRecord {
  readonly id: string;
  readonly site: string;
  /** The caller that made it: the token is valid only while this caller may make such tokens. `null`, or absent in old tokens: the hub. */
  readonly maker?: KeptCaller | null;
  /** SHA-256 of the secret, hex. */
  readonly hash: string;
  /** 1 until it is used, then 2: the optimistic lock that makes it single-use. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | null;
  readonly usedBy: string | null;
  /** The fingerprint of the key of the agent that used it; absent before it is used. */
  readonly usedKey?: string;
}

const joinTokens = collection<JoinTokenRecord>('join_tokens', 'join token', {
  hash: { of: (token) => token.hash, unique: true },
});

/** Join tokens: each is valid for one site, once, and for a limited time. */
export class JoinTokens {
  readonly #store: Store;
  readonly #creators: Pick<Creators, 'now'>;

  constructor(store: Store, creators: Pick<Creators, 'now'>) {
    this.#store = store;
    this.#creators = creators;
  }

  /** The tokens that are valid now, oldest first, for sites that the caller's grants cover. @throws DomainError `forbidden`. */
  list({ caller }: RequestOrigin): JoinTokenRecord[] {
    authorize(caller, 'agent.enroll');
    return [...this.#store.list(joinTokens)].filter(
      (token) => (caller === null || maySeeSite(caller, token.site)) && this.#problem(token) === undefined,
    );
  }

  /** Revokes a valid token. @throws DomainError `forbidden`, `not_found`. */
  async revoke(origin: RequestOrigin, id: string): Promise<void> {
    const token = this.list(origin).find((one) => one.id === id);
    if (!token) throw notFound('join token', id);
    const audit = changeAudit(origin, 'agent_token.revoke', { type: 'agent_token', id }, { site: token.site });
    await this.#store.apply({ by: origin.caller, writes: [remove(joinTokens, id, token.revision), audit] });
  }

  /**
   * Makes a token, which expires no later than the key that makes it. Only the answer holds the secret. @throws DomainError `forbidden`,
   * also for a site that the caller's grants leave out.
   */
  async create(
    origin: RequestOrigin,
    site: string,
    ttlSeconds: number,
  ): Promise<{ secret: string; record: JoinTokenRecord }> {
    const { caller } = origin;
    authorize(caller, 'agent.enroll');
    if (caller && !maySeeSite(caller, site))
      throw new DomainError('forbidden', `this key's grants do not cover site '${site}'`);
    const secret = randomBytes(24).toString('base64url');
    const now = Date.now();
    const until = (caller && this.#store.get(apiKeys, caller.id)?.expiresAt) ?? Number.POSITIVE_INFINITY;
    const record: JoinTokenRecord = {
      id: newId(),
      site,
      maker: caller && keptCaller(caller),
      hash: hashOf(secret),
      revision: 1,
      createdAt: now,
      expiresAt: Math.min(now + ttlSeconds * 1000, until),
      usedAt: null,
      usedBy: null,
    };
    const audit = changeAudit(origin, 'agent_token.create', { type: 'agent_token', id: record.id }, { site });
    await this.#store.apply({ by: origin.caller, writes: [put(joinTokens, record, 'absent'), audit] });
    return { secret, record };
  }

  /** See {@link EnrollmentRules.checkToken}. @throws DomainError `invalid_credential` as {@link JoinTokens.redeem} */
  check(secret: string): void {
    const record = this.#store.find(joinTokens, 'hash', hashOf(secret));
    const problem = record ? this.#problem(record) : 'unknown';
    if (!record || (problem && !(problem === 'used' && record.expiresAt > Date.now())))
      throw refused(problem ?? 'unknown');
  }

  /** The agent that used a token with the same key, while the token has not expired: it asks again because it got no answer. */
  redeemedBy(secret: string, key: string): string | undefined {
    const record = this.#store.find(joinTokens, 'hash', hashOf(secret));
    if (!record || record.usedKey !== key || record.expiresAt <= Date.now()) return undefined;
    return record.usedBy ?? undefined;
  }

  /**
   * The site of a valid token, the write that uses it up (refused with `conflict` if another agent was quicker), and its maker as guards.
   * @throws DomainError `invalid_credential`; `details.reason` (`unknown`, `used`, `expired`, `ended`) is for the log.
   */
  redeem(secret: string, agentId: string, key: string): { site: string; write: Write; guards: Guard[] } {
    const record = this.#store.find(joinTokens, 'hash', hashOf(secret));
    const problem = record ? this.#problem(record) : 'unknown';
    if (!record || problem) throw refused(problem ?? 'unknown');
    const used: JoinTokenRecord = { ...record, revision: 2, usedAt: Date.now(), usedBy: agentId, usedKey: key };
    const guards = record.maker ? callerGuards(this.#store, record.maker) : [];
    return { site: record.site, write: put(joinTokens, used, record.revision), guards };
  }

  /** Why a token is not valid; `undefined` if it is valid. */
  #problem({ site, maker = null, usedAt, expiresAt }: JoinTokenRecord): Exclude<Problem, 'unknown'> | undefined {
    if (usedAt !== null) return 'used';
    if (expiresAt <= Date.now()) return 'expired';
    if (maker === null) return undefined;
    try {
      const caller = this.#creators.now(maker);
      return isAllowed(caller, 'agent.enroll') && maySeeSite(caller, site) ? undefined : 'ended';
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return 'ended';
    }
  }
}

/** Why the hub refuses a token. */
type Problem = 'unknown' | 'used' | 'expired' | 'ended';

function refused(reason: Problem): DomainError {
  const message = {
    unknown: 'Join token is not known',
    used: 'Join token was already used',
    expired: 'Join token has expired',
    ended: 'Join token has ended: the caller that made it may enrol no agents any more',
  };
  return new DomainError('invalid_credential', message[reason], { reason });
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
