import { createHash, randomBytes } from 'node:crypto';
import { authorize } from '../access/authorize.js';
import type { RequestOrigin } from '../access/caller.js';
import { maySeeSite } from '../access/grants.js';
import { changeAudit } from '../audit/audit.js';
import { DomainError } from '../errors.js';
import { newId } from '../ids.js';
import { collection, put, type Store, type Write } from '../store.js';

/** A single-use right to enrol one agent at a site. */
export interface JoinTokenRecord {
  readonly id: string;
  readonly site: string;
  /** SHA-256 of the secret, hex. */
  readonly hash: string;
  /** 1 until it is used, then 2: the optimistic lock that makes it single-use. */
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly usedAt: number | null;
  readonly usedBy: string | null;
  /** Tells the key of the agent that used it; absent before it is used. */
  readonly usedKey?: string;
}

const joinTokens = collection<JoinTokenRecord>('join_tokens', 'join token', {
  hash: { of: (token) => token.hash, unique: true },
});

/** Join tokens: made for a site, good once, for a while. */
export class JoinTokens {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The secret is in the answer and nowhere else. @throws DomainError `forbidden`, also for a site that the caller's grants leave out. */
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
    const record: JoinTokenRecord = {
      id: newId(),
      site,
      hash: hashOf(secret),
      revision: 1,
      createdAt: now,
      expiresAt: now + ttlSeconds * 1000,
      usedAt: null,
      usedBy: null,
    };
    const audit = changeAudit(origin, 'agent_token.create', { type: 'agent_token', id: record.id }, { site });
    await this.#store.apply({ writes: [put(joinTokens, record, 'absent'), audit] });
    return { secret, record };
  }

  /** The agent that used a token with this very key, while the token has not expired: it asks again because it got no answer. */
  redeemedBy(secret: string, key: string): string | undefined {
    const record = this.#store.find(joinTokens, 'hash', hashOf(secret));
    if (!record || record.usedKey !== key || record.expiresAt <= Date.now()) return undefined;
    return record.usedBy ?? undefined;
  }

  /**
   * The site of a good token, and the write that uses it up (refused with `conflict` where another was quicker).
   * @throws DomainError `invalid_credential`; `details.reason` (`unknown`, `used`, `expired`) is for the log.
   */
  redeem(secret: string, agentId: string, key: string): { site: string; write: Write } {
    const record = this.#store.find(joinTokens, 'hash', hashOf(secret));
    if (!record) throw refused('unknown');
    if (record.usedAt !== null) throw refused('used');
    if (record.expiresAt <= Date.now()) throw refused('expired');
    const used: JoinTokenRecord = { ...record, revision: 2, usedAt: Date.now(), usedBy: agentId, usedKey: key };
    return { site: record.site, write: put(joinTokens, used, record.revision) };
  }
}

function refused(reason: 'unknown' | 'used' | 'expired'): DomainError {
  const message = {
    unknown: 'Join token is not known',
    used: 'Join token was already used',
    expired: 'Join token has expired',
  };
  return new DomainError('invalid_credential', message[reason], { reason });
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
