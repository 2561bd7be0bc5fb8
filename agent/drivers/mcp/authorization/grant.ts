import type { Identity } from './identity.js';
import type { TokenLife } from './token-endpoint.js';

/** Tokens, their scopes and their life. */
export interface Tokens extends TokenLife {
  readonly access: string;
  readonly refresh?: string | undefined;
  readonly issuer: string;
  readonly clientId: string;
  readonly resource: string;
  /** The scopes that the agent asked for, granted or not. */
  readonly asked: readonly string[];
}

/** A consent that was asked for. */
export interface Pending {
  /** Where a person consents. */
  readonly url: string;
  readonly state: string;
  readonly verifier: string;
  readonly issuer: string;
  readonly resource: string;
  readonly redirectUrl: string;
  readonly asked: readonly string[];
  /** Milliseconds since 1970. */
  readonly askedAt: number;
}

/** The stored state of one server's authorization. All of it is secret. */
export interface Grant {
  readonly tokens?: Tokens | undefined;
  readonly pending?: Pending | undefined;
  /** Clients, by the issuer that knows them. */
  readonly identities: Readonly<Record<string, Identity>>;
}

export const NO_GRANT: Grant = { identities: {} };

/** Where grants outlive the agent. */
export interface GrantStore {
  /** Resolves with `undefined` if there is no grant, or if it cannot be read. */
  load(serverId: string): Promise<Grant | undefined>;
  save(serverId: string, grant: Grant): Promise<void>;
  remove(serverId: string): Promise<void>;
}

/** Grants that end with the agent. */
export class GrantsInMemory implements GrantStore {
  readonly #grants = new Map<string, Grant>();

  async load(serverId: string): Promise<Grant | undefined> {
    return this.#grants.get(serverId);
  }

  async save(serverId: string, grant: Grant): Promise<void> {
    this.#grants.set(serverId, grant);
  }

  async remove(serverId: string): Promise<void> {
    this.#grants.delete(serverId);
  }
}
