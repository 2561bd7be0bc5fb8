import { randomBytes } from 'node:crypto';
import { classOfAddress } from '@roundhouse/proto/net';
import type { RequestOrigin } from '../../access/caller.js';
import { DomainError, invalid } from '../../errors.js';
import type { UserRecord } from '../record.js';
import type { Identities } from './identities.js';
import { hashOf, type Sessions, type TokenPair } from './sessions.js';
import type { PendingSignIn, SignInProvider } from './sign-in-provider.js';

/** How long a person may take to sign in at the provider, milliseconds. */
const TTL_MS = 600_000;
/** The most sign-ins under way: of one address, and of all. Beyond that the oldest end. */
const MOST_PER_ADDRESS = 1000;
const MOST = 10_000;
const RETRY_AFTER_S = 30;

interface Pending extends PendingSignIn {
  readonly ip: string;
  /** The hash of a secret of the browser that began it; absent for clients that have no place for one. */
  readonly browser?: string | undefined;
  readonly expiresAt: number;
}

/** How users sign in at the identity provider, if they can. */
export interface CodeSignInRules {
  /** Absent where a setting is missing. */
  readonly provider?: SignInProvider | undefined;
  /** The setting that is missing. */
  readonly missing?: string | undefined;
  /** The addresses that users may return to. Empty: every address that the provider allows, by https or on this machine. */
  readonly redirectUris: readonly string[];
  readonly now?: () => number;
}

/**
 * Signing in at the identity provider with an authorization code. The state of a sign-in under way is kept in memory only, by the hub that
 * began it. It is valid for one callback within ten minutes.
 */
export class CodeSignIn {
  readonly #rules: CodeSignInRules;
  readonly #identities: Identities;
  readonly #sessions: Sessions;
  /** By state, in the order of their expiry. */
  readonly #pending = new Map<string, Pending>();
  readonly #perAddress = new Map<string, number>();

  constructor(rules: CodeSignInRules, identities: Identities, sessions: Sessions) {
    this.#rules = rules;
    this.#identities = identities;
    this.#sessions = sessions;
  }

  /** The number of sign-ins under way. */
  get size(): number {
    return this.#pending.size;
  }

  /** Whether users can sign in at a provider. */
  get isSetUp(): boolean {
    return this.#rules.provider !== undefined;
  }

  /**
   * Begins a sign-in.
   * @returns the address at which the person signs in
   * @param browser a secret of the browser: only with it {@link CodeSignIn.person} ends the sign-in
   * @throws DomainError `unavailable` (also where no provider is set), `invalid_input`.
   */
  async begin(origin: RequestOrigin, redirectUri: string, browser?: string): Promise<string> {
    const provider = this.#provider();
    this.#checkRedirect(redirectUri);
    const [state, nonce, verifier] = [secret(), secret(), secret()];
    const times = { ip: origin.ip, expiresAt: this.#now() + TTL_MS };
    const pending = { state, nonce, verifier, redirectUri, browser: markOf(browser), ...times };
    const address = await provider.address(pending);
    this.#keep(pending);
    return address;
  }

  /** Ends a sign-in. @throws DomainError `invalid_input` (`state`, `code`), `forbidden`, `conflict`, `unavailable`. */
  async finish(
    origin: RequestOrigin,
    code: string,
    state: string,
  ): Promise<{ readonly user: UserRecord; readonly tokens: TokenPair }> {
    const user = await this.person(origin, code, state);
    return { user, tokens: await this.#sessions.open(origin, 'portal', user) };
  }

  /** The user who has signed in at the provider. @throws as {@link CodeSignIn.finish} */
  async person(origin: RequestOrigin, code: string, state: string, browser?: string): Promise<UserRecord> {
    const provider = this.#provider();
    const pending = this.#pending.get(state);
    if (pending) this.#forget(pending);
    if (!pending || pending.expiresAt <= this.#now() || pending.browser !== markOf(browser))
      throw invalid('state', 'is unknown, was used before, or has expired');
    const person = await provider.person(code, pending);
    return this.#identities.userOf(origin, person);
  }

  #provider(): SignInProvider {
    const { provider, missing } = this.#rules;
    if (provider) return provider;
    const message = `Signing in is not set up: ${missing} is missing`;
    throw new DomainError('unavailable', message, { setting: missing, retryAfter: RETRY_AFTER_S });
  }

  #checkRedirect(uri: string): void {
    const { redirectUris } = this.#rules;
    const url = URL.canParse(uri) ? new URL(uri) : undefined;
    if (url?.hash !== '' || url.username !== '' || url.password !== '' || !/^https?:$/.test(url.protocol))
      throw invalid('redirect_uri', 'must be an http(s) URL without fragment, user name and password');
    if (redirectUris.length > 0) {
      if (redirectUris.includes(uri)) return;
      throw invalid('redirect_uri', 'is not one of the addresses in ROUNDHOUSE_OIDC_REDIRECT_URIS');
    }
    if (url.protocol === 'http:' && !isLoopback(url.hostname))
      throw invalid(
        'redirect_uri',
        'must be an https URL unless it is of this machine (ROUNDHOUSE_OIDC_REDIRECT_URIS)',
      );
  }

  #keep(pending: Pending): void {
    const now = this.#now();
    for (const other of this.#pending.values()) {
      if (other.expiresAt > now && this.#pending.size < MOST) break;
      this.#forget(other);
    }
    if ((this.#perAddress.get(pending.ip) ?? 0) >= MOST_PER_ADDRESS) {
      const message = 'Too many sign-ins are under way';
      throw new DomainError('rate_limited', message, { retryAfter: RETRY_AFTER_S });
    }
    this.#pending.set(pending.state, pending);
    this.#perAddress.set(pending.ip, (this.#perAddress.get(pending.ip) ?? 0) + 1);
  }

  #forget({ state, ip }: Pending): void {
    this.#pending.delete(state);
    const left = (this.#perAddress.get(ip) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(ip, left);
    else this.#perAddress.delete(ip);
  }

  #now(): number {
    return this.#rules.now?.() ?? performance.now();
  }
}

function secret(): string {
  return randomBytes(32).toString('base64url');
}

function markOf(browser: string | undefined): string | undefined {
  return browser === undefined ? undefined : hashOf(browser);
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || classOfAddress(hostname.replace(/^\[|\]$/g, '')) === 'loopback';
}
