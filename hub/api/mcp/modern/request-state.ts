import { createHash, randomBytes } from 'node:crypto';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { isObject, type Params } from '../json-rpc.js';
import { invalidParams } from '../rpc-error.js';

/** What a client brings back with the answers to what it was asked. */
export interface RequestState {
  /** The call that waits; empty where the request is simply to be made again. */
  readonly callId: string;
  /** How often it has been asked before: each state is good once. */
  readonly round: number;
}

/** Whose it is, and what request it belongs to: a state is good for no other. */
export interface StateOwner {
  readonly caller: string;
  readonly digest: string;
}

const ENCRYPTION = { alg: 'dir', enc: 'A256GCM' } as const;

/**
 * Seals and opens request states (JWE). The key is this hub's alone and lasts as long as it does: what a state belongs to lives no longer.
 */
export class RequestStates {
  readonly #key = randomBytes(32);

  /** @param seconds how long it is good */
  seal({ callId, round }: RequestState, { caller, digest }: StateOwner, seconds: number): Promise<string> {
    return new EncryptJWT({ round })
      .setProtectedHeader(ENCRYPTION)
      .setJti(callId)
      .setSubject(caller)
      .setAudience(digest)
      .setExpirationTime(Math.ceil(Date.now() / 1000) + seconds)
      .encrypt(this.#key);
  }

  /** @throws RpcError -32602 for one that is not this hub's, another caller's, another request's, or too old. */
  async open(state: unknown, { caller, digest }: StateOwner): Promise<RequestState> {
    if (typeof state !== 'string') throw invalidParams('requestState', 'must be a string');
    try {
      const { payload } = await jwtDecrypt(state, this.#key, {
        subject: caller,
        audience: digest,
        keyManagementAlgorithms: [ENCRYPTION.alg],
        contentEncryptionAlgorithms: [ENCRYPTION.enc],
        requiredClaims: ['exp', 'jti'],
      });
      return { callId: payload.jti ?? '', round: Number(payload.round) };
    } catch {
      throw invalidParams('requestState', 'is not one that was given for this request, or is too old');
    }
  }
}

/** The same for all requests that ask for the same, in whatever order their members come. */
export function digestOf(place: string, method: string, params: Params): string {
  const { _meta, inputResponses, requestState, ...asked } = params;
  const text = JSON.stringify([place, method, asked], (_, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
  return createHash('sha256').update(text).digest('base64url');
}
