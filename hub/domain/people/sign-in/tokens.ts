import {
  type CryptoKey,
  createLocalJWKSet,
  decodeJwt,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import { type ApiName, apiNames, type Caller } from '../../access/caller.js';
import { DomainError } from '../../errors.js';
import { newId } from '../../ids.js';
import { collection, type Guard, guard, put, type Store } from '../../store.js';
import { type ApiKeyRecord, apiKeys, type SessionRecord, sessions, users } from '../record.js';
import type { UserRecord, Users } from '../users/users.js';

/** The hub's own signing key, its private part sealed. */
interface SigningKey {
  readonly id: string;
  readonly publicJwk: JWK;
  readonly sealedPrivateJwk: string;
  readonly createdAt: number;
}

const signingKeys = collection<SigningKey>('signing_keys', 'signing key');

const ALGORITHM = 'ES256';
const ISSUER = 'roundhouse';
const AUDIENCE = 'roundhouse';
/** Verified tokens kept in memory, so that a signature is checked once and not on every request. */
const VERIFIED_LIMIT = 10_000;

interface Verified {
  readonly caller: Caller;
  readonly userId: string;
  readonly sessionId: string;
  readonly credentialVersion: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The hub's access tokens: JWTs (ES256) that name the user, the issuing API (`api`) and the sign-in (`sid`). */
export class AccessTokens {
  readonly #store: Store;
  readonly #users: Users;
  readonly #sign: (claims: Record<string, unknown>, userId: string, seconds: number) => Promise<string>;
  readonly #keys: ReturnType<typeof createLocalJWKSet>;
  readonly #verified = new Map<string, Verified>();
  /** Verified tokens for as long as a stream holds their caller: streams outlive the cache above. */
  readonly #ofCaller = new WeakMap<Caller, Verified>();

  /** The public keys, for others to verify with (JWKS). */
  readonly jwks: { readonly keys: readonly JWK[] };

  private constructor(store: Store, users: Users, privateKey: CryptoKey | Uint8Array, kid: string, publicKeys: JWK[]) {
    this.#store = store;
    this.#users = users;
    this.jwks = { keys: publicKeys };
    this.#keys = createLocalJWKSet({ keys: publicKeys });
    this.#sign = (claims, userId, seconds) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, kid, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(userId)
        .setJti(newId())
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
        .sign(privateKey);
  }

  /** Loads the signing key, or makes it on first start. */
  static async open(store: Store, users: Users): Promise<AccessTokens> {
    let key = [...store.list(signingKeys, { reverse: true, limit: 1 })][0];
    if (!key) {
      const pair = await generateKeyPair(ALGORITHM, { extractable: true });
      const id = newId();
      key = {
        id,
        publicJwk: { ...(await exportJWK(pair.publicKey)), kid: id, alg: ALGORITHM, use: 'sig' },
        sealedPrivateJwk: await store.seal(JSON.stringify(await exportJWK(pair.privateKey))),
        createdAt: Date.now(),
      };
      await store.apply({ by: null, writes: [put(signingKeys, key, 'absent')] });
    }
    const privateJwk = JSON.parse(await store.unseal(key.sealedPrivateJwk)) as JWK;
    const publicKeys = [...store.list(signingKeys)].map((k) => k.publicJwk);
    return new AccessTokens(store, users, await importJWK(privateJwk, ALGORITHM), key.id, publicKeys);
  }

  /** An access token for a user, valid for this number of seconds. */
  issue(user: UserRecord, api: ApiName, sessionId: string, seconds: number): Promise<string> {
    return this.#sign({ api, sid: sessionId, ver: user.credentialVersion, name: user.username }, user.id, seconds);
  }

  /** Whether a credential looks like a JWT, and not like an API key. */
  static recognises(credential: string): boolean {
    return credential.startsWith('eyJ');
  }

  /** The claim `api` of a token, unverified: it only chooses the API that answers. */
  issuer(token: string): ApiName | null {
    try {
      const { api } = decodeJwt(token);
      return apiNames.find((name) => name === api) ?? null;
    } catch {
      return null;
    }
  }

  /**
   * The caller behind a token; synchronous for tokens seen before.
   * @throws DomainError `invalid_credential`, `expired_credential`.
   */
  verify(token: string): Caller | Promise<Caller> {
    const seen = this.#verified.get(token);
    return seen ? this.#check(seen) : this.#verifySignature(token);
  }

  /** The caller behind a token that was verified before, as of now. @throws as {@link AccessTokens.verify}. */
  recheck(caller: Caller): Caller {
    return this.#check(this.#verifiedOf(caller));
  }

  /** As {@link AccessTokens.recheck}, also if the token has expired: the sign-in has to last. @throws DomainError `invalid_credential`. */
  recheckBegun(caller: Caller): Caller {
    return this.#checkSignIn(this.#verifiedOf(caller));
  }

  #verifiedOf(caller: Caller): Verified {
    const verified = this.#ofCaller.get(caller);
    if (!verified) throw new DomainError('invalid_credential', 'Invalid token');
    return verified;
  }

  /** The caller of a sign-in whose secret was shown to be right. @throws as {@link AccessTokens.verify}. */
  callerOf(user: UserRecord, { id, credentialVersion, expiresAt, api }: SessionRecord): Caller {
    const caller = userCaller(user, api);
    const verified = { caller, userId: user.id, sessionId: id, credentialVersion, expiresAt };
    this.#ofCaller.set(this.#check(verified), verified);
    return caller;
  }

  /** The sign-in behind a caller; `undefined` for API keys. */
  sessionOf(caller: Caller): string | undefined {
    return this.#ofCaller.get(caller)?.sessionId;
  }

  /** The sign-in behind a caller, as a guard: a change that has it is refused if the sign-in ends meanwhile. */
  guards(caller: Caller): Guard[] {
    const session = this.#store.get(sessions, this.sessionOf(caller) ?? '');
    return session ? [guard(sessions, session)] : [];
  }

  /**
   * Reports credentials that end, or whose caller gets other rights: by a sign-out, a revoked key, another password or role.
   * @param listener gets a function that tells whether a caller is concerned
   */
  onEnded(listener: (concerns: (caller: Caller) => boolean) => void): () => void {
    return this.#store.observe(
      ({ writes }) => {
        const ended = new Set<string | null | undefined>();
        for (const { collection, id, value } of writes) if (hasEnded(collection, value)) ended.add(id);
        if (ended.size === 0) return;
        listener((caller) => [caller.id, caller.userId, this.sessionOf(caller)].some((id) => id && ended.has(id)));
      },
      users,
      sessions,
      apiKeys,
    );
  }

  async #verifySignature(token: string): Promise<Caller> {
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: [ALGORITHM],
      });
      const user = this.#users.find(payload.sub ?? '');
      if (!user) throw new DomainError('invalid_credential', 'Invalid token');
      const verified: Verified = {
        caller: userCaller(user, apiNames.find((name) => name === payload.api) ?? null),
        userId: user.id,
        sessionId: String(payload.sid),
        credentialVersion: Number(payload.ver),
        expiresAt: (payload.exp ?? 0) * 1000,
      };
      const caller = this.#check(verified);
      if (this.#verified.size >= VERIFIED_LIMIT) this.#verified.clear();
      this.#verified.set(token, verified);
      this.#ofCaller.set(caller, verified);
      return caller;
    } catch (error) {
      if (error instanceof DomainError) throw error;
      if (error instanceof errors.JWTExpired) throw new DomainError('expired_credential', 'Token has expired');
      throw new DomainError('invalid_credential', 'Invalid token', {}, { cause: error });
    }
  }

  #check(verified: Verified): Caller {
    if (verified.expiresAt <= Date.now()) throw new DomainError('expired_credential', 'Token has expired');
    return this.#checkSignIn(verified);
  }

  #checkSignIn(verified: Verified): Caller {
    const user = this.#users.find(verified.userId);
    if (!user || user.credentialVersion !== verified.credentialVersion)
      throw new DomainError('invalid_credential', 'Token is no longer valid');
    const session = this.#store.get(sessions, verified.sessionId);
    if (!session || session.revokedAt !== null)
      throw new DomainError('invalid_credential', 'Token is no longer valid: signed out');
    return verified.caller;
  }
}

function userCaller({ id, username, role, credentialVersion }: UserRecord, api: ApiName | null): Caller {
  const who = { kind: 'user', id, name: username, userId: id, role } as const;
  return Object.freeze({ ...who, api, tier: null, grants: null, credentialVersion });
}

/** Whether a write takes rights away from a user, a key or a sign-in. */
function hasEnded(collection: string, value: unknown): boolean {
  if (collection === users.name) return true;
  if (collection !== sessions.name && collection !== apiKeys.name) return false;
  const { revokedAt = 0 } = (value ?? {}) as Partial<SessionRecord | ApiKeyRecord>;
  return revokedAt !== null;
}
