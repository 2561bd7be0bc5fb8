import { createHash } from 'node:crypto';
import { AgentFailure } from '../../../failure.js';
import { sameIssuer } from './discovery.js';
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

/** A consent that a server waits for. */
export interface Pending {
  /** The address at which a person consents. */
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

/** The authorization server that gets the client credentials of a registration. */
export interface Pin {
  readonly issuer: string;
  /** A digest of the credentials, and of the server that they are for. */
  readonly of: string;
}

/** The stored knowledge about one server: its authorization, and the hosts that were at public addresses. All of it is secret. */
export interface Grant {
  readonly tokens?: Tokens | undefined;
  readonly pending?: Pending | undefined;
  /** Clients, by the issuer that knows them. */
  readonly identities: Readonly<Record<string, Identity>>;
  readonly pin?: Pin | undefined;
  /** The registration that tokens, consent and clients belong to: see {@link registrationDigest}. Earlier versions of the agent kept none. */
  readonly of?: string | undefined;
  /** See {@link ServerReach}. */
  readonly publicHosts?: readonly string[] | undefined;
  /** The stored grant could not be read: it is not known which issuer had the client's credentials. */
  readonly unreadable?: boolean | undefined;
}

export const NO_GRANT: Grant = { identities: {} };

/**
 * The pin after a discovery. The first issuer that gets the credentials of a registration keeps them. Otherwise the server could name
 * another issuer later, and the agent would send the credentials there.
 * @param pin so far
 * @throws AgentFailure `upstream` for another issuer than the pinned one
 */
export function pinned(pin: Pin | undefined, of: string, issuer: string): Pin {
  if (pin?.of !== of) return { of, issuer };
  if (sameIssuer(pin.issuer, issuer)) return pin;
  const names = [issuer, pin.issuer].map((name) => name.slice(0, 200));
  const reason = `the server names ${names[0]} as its authorization server, and its client's credentials belong to ${names[1]}: give auth.tokenUrl, or register the server again, if that is meant`;
  throw new AgentFailure('upstream', reason, { reason, outcome: 'not_run' });
}

/** A digest of a registration's client, for one server. */
export function clientDigest({ clientId, clientSecret, privateKey = '' }: ClientSecrets, serverUrl: string): string {
  const text = JSON.stringify([clientId, clientSecret, privateKey, new URL(serverUrl).origin]);
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * A digest of the parts of a registration that tokens, consents and clients are sent to or proved with: the server's URL, the token
 * endpoint, and the client with its secret or key. A digest of the same parts means that they go where they went before.
 */
export function registrationDigest({ serverUrl, tokenUrl, ...client }: Registration): string {
  const { clientId, clientSecret, privateKey = '' } = client;
  const text = JSON.stringify([new URL(serverUrl).href, tokenUrl, clientId, clientSecret, privateKey]);
  return createHash('sha256').update(text).digest('base64url');
}

interface Registration extends ClientSecrets {
  readonly serverUrl: string;
  readonly tokenUrl: string;
}

interface ClientSecrets {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly privateKey?: string;
}

/** A store in which grants outlive the agent. */
export interface GrantStore {
  /** Resolves with `undefined` if there is no grant. */
  load(serverId: string): Promise<Grant | undefined>;
  /** Writes these parts of a grant. The others stay. */
  save(serverId: string, parts: Partial<Grant>): Promise<void>;
  remove(serverId: string): Promise<void>;
}

/** Grants that end with the agent. */
export class GrantsInMemory implements GrantStore {
  readonly #grants = new Map<string, Grant>();

  async load(serverId: string): Promise<Grant | undefined> {
    return this.#grants.get(serverId);
  }

  async save(serverId: string, parts: Partial<Grant>): Promise<void> {
    this.#grants.set(serverId, { ...NO_GRANT, ...this.#grants.get(serverId), ...parts });
  }

  async remove(serverId: string): Promise<void> {
    this.#grants.delete(serverId);
  }
}
