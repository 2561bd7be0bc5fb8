import { randomBytes } from 'node:crypto';
import type { Store } from '../../store.js';

/** The state that a client sends back with its answers to a server's questions. */
export type RequestState =
  /** A call waits for the answers, at the hub that asked. */
  | {
      readonly kind: 'held';
      readonly callId: string;
      /** The number of earlier rounds of questions: each state is valid once. */
      readonly round: number;
      /** The run of the hub that holds the call; see {@link RequestStates.run}. */
      readonly run: string;
    }
  /** No call waits: the client makes the request again. */
  | { readonly kind: 'again' }
  /** The hub holds no call: the server asked, and gets its own `requestState` back. */
  | { readonly kind: 'server'; readonly serverId: string; readonly state: string };

/** The caller and the request of a state: it is valid for no other. */
export interface StateOwner {
  readonly caller: string;
  /** Of the request. Read it only for a state: it may be made when it is read. */
  readonly digest: string;
}

/** Tells request states from other values that the same key seals. */
const PURPOSE = 'mcp request state';

/**
 * Seals and opens the value of `requestState`, under the hub's sealing key (JWE, A256GCM): it is valid at every hub that has the key, and
 * after a restart.
 */
export class RequestStates {
  /** Names this run of the hub. */
  readonly run = randomBytes(9).toString('base64url');
  readonly #store: Pick<Store, 'sealData' | 'unsealData'>;

  constructor(store: Pick<Store, 'sealData' | 'unsealData'>) {
    this.#store = store;
  }

  /** @param ms how long the state is valid */
  seal(state: RequestState, { caller, digest }: StateOwner, ms: number): Promise<string> {
    const sealed = { purpose: PURPOSE, caller, digest, until: Date.now() + ms, state };
    return this.#store.sealData(Buffer.from(JSON.stringify(sealed)));
  }

  /** `undefined` for a state that the hub did not make, that belongs to another caller or request, or that is too old. */
  async open(sealed: string, owner: StateOwner): Promise<RequestState | undefined> {
    try {
      const text = Buffer.from(await this.#store.unsealData(sealed)).toString();
      const { state, ...claims } = JSON.parse(text) as Readonly<Record<string, unknown>>;
      const { purpose, until } = claims;
      const own = purpose === PURPOSE && claims.caller === owner.caller && claims.digest === owner.digest;
      return own && typeof until === 'number' && Date.now() < until ? (state as RequestState) : undefined;
    } catch {
      return undefined;
    }
  }
}
