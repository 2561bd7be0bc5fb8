import { Bucket } from '@roundhouse/proto/bucket';
import { AgentFailure } from '../../../failure.js';
import { basicForms, type Secrets } from '../../net/secrets.js';
import type { ServerReach } from '../../net/site-lookup.js';
import { askConsent, type Party, redeem, refresh } from './consent.js';
import type { Credentials, Headers } from './credentials.js';
import { covers, type Discovered, discover, readChallenge, scopesOf, serverMetadata } from './discovery.js';
import { type RefusedAddress, requestOptions } from './fetch.js';
import {
  clientDigest,
  type Grant,
  type GrantStore,
  NO_GRANT,
  type Pending,
  type Pin,
  pinned,
  registrationDigest,
  type Tokens,
} from './grant.js';
import { type GivenClient, type Identity, identityFor } from './identity.js';

/** How long the agent waits for a consent before it asks again, milliseconds. */
const pendingMs = 30 * 60_000;
/** How many new consents a server may ask for per second, and for how many seconds at once: five, and one more each 30 seconds. */
const consents = { perSecond: 1 / 30, burst: 150 };

/** The authorization settings of a server's registration. */
export interface AuthorizationOptions extends GivenClient {
  readonly serverId: string;
  readonly serverUrl: string;
  readonly scopes: readonly string[];
  readonly grants: GrantStore;
  readonly refused: RefusedAddress;
  readonly reach: ServerReach;
  /** Learns the tokens. */
  readonly received: Secrets;
  /** The token endpoint of the registration, which is then the only one; otherwise empty. */
  readonly tokenUrl: string;
  /** The address for a consent has changed. */
  readonly onChange: () => void;
}

const NONE: Headers = {};

/**
 * OAuth 2.1 with a person's consent, as the MCP specification describes it (2025-11-25 and 2026-07-28, "Authorization"). An agent has no user at
 * its screen. If a request needs consent it fails, and the failure names the address at which a person can consent. The agent then
 * exchanges the code that the person brings back for tokens. It refreshes the tokens as long as it can, and they outlive the agent.
 */
export class Authorization implements Credentials {
  readonly renewable = true;
  readonly #options: AuthorizationOptions;
  /** The registration that this authorization belongs to. */
  readonly #of: string;
  readonly #stopping = new AbortController();
  readonly #requests: ReturnType<typeof requestOptions>;
  /** Limits consents: a server that names another authorization server each time would make the agent register clients without end. */
  readonly #consents = new Bucket(consents.perSecond, consents.burst);
  #grant: Grant = NO_GRANT;
  #loading: Promise<void> | undefined;
  #loaded = false;
  #headers: Headers = NONE;
  #refreshing: Promise<void> | undefined;
  #renewing: Promise<void> | undefined;
  #widening: Promise<never> | undefined;

  constructor(options: AuthorizationOptions) {
    this.#options = options;
    this.#of = registrationDigest(options);
    const { serverUrl, refused, reach } = options;
    this.#requests = requestOptions(this.#stopping.signal, serverUrl, refused, reach);
  }

  /** The address at which a person has to consent; empty if no consent is needed. */
  get url(): string {
    return this.#grant.pending?.url ?? '';
  }

  /** Whether the server cannot be used before a person consents: there are no tokens that are valid or can be renewed. */
  get needsConsent(): boolean {
    const { pending, tokens } = this.#grant;
    if (pending === undefined) return false;
    return tokens === undefined || (tokens.refresh === undefined && Date.now() >= tokens.endsAt);
  }

  headers(): Headers | Promise<Headers> {
    if (!this.#loaded) return this.#load().then(() => this.headers());
    const { tokens } = this.#grant;
    const now = Date.now();
    if (tokens === undefined || (now >= tokens.endsAt && tokens.refresh === undefined)) return NONE;
    if (now >= tokens.endsAt) return this.#refresh(tokens).then(() => this.#headers);
    // If this fails, the caller learns of it once the token has expired.
    if (now >= tokens.renewAt && tokens.refresh !== undefined) void this.#refresh(tokens).catch(() => {});
    return this.#headers;
  }

  async renew(refused: Headers, challenge?: string): Promise<void> {
    await this.#load();
    if (refused !== this.#headers && this.#headers !== NONE) return;
    this.#renewing ??= this.#renew(challenge).finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  async widen(refused: Headers, challenge: string): Promise<boolean> {
    const { tokens } = this.#grant;
    const wanted = scopesOf(readChallenge(challenge).scope);
    if (tokens === undefined) return false;
    if (refused !== this.#headers) return true;
    // A second request does not grant a scope that the first one did not.
    if (wanted.every((scope) => tokens.asked.includes(scope))) return false;
    // Calls that the server refuses at the same time ask once. A caller that needs more scopes asks again.
    this.#widening ??= this.#widen(challenge, [...tokens.asked, ...wanted]).finally(() => {
      this.#widening = undefined;
    });
    return this.#widening;
  }

  /**
   * Takes the query that a person brings back from giving consent.
   * @param query of the address that the person came back to
   * @throws AgentFailure `not_found` if the agent did not ask under that state, `upstream` if the query leads to no token.
   */
  async complete(query: string): Promise<void> {
    await this.#load();
    const { pending, identities } = this.#grant;
    if (pending === undefined || new URLSearchParams(query).get('state') !== pending.state)
      throw new AgentFailure('not_found', 'this consent was not asked for, or is used up');
    // A state is valid once, even if the exchange fails.
    await this.#keep({ ...this.#grant, pending: undefined });
    const identity = identities[pending.issuer];
    if (identity === undefined) throw new AgentFailure('not_found', 'the client of this consent is not known any more');
    const tokens = await redeem(pending, query, await this.#partyOf(pending.issuer, identity));
    await this.#keep({ ...this.#grant, tokens });
  }

  hide(text: string): string {
    return this.#options.received.hide(text);
  }

  /** Many connections share it; see {@link Authorization.end}. */
  close(): void {}

  /** Ends the requests that run. */
  end(): void {
    this.#stopping.abort();
  }

  #load(): Promise<void> {
    this.#loading ??= this.#options.grants.load(this.#options.serverId).then(async (grant = NO_GRANT) => {
      const { pin = this.#earlierPin(grant), unreadable } = grant;
      // The registration may have changed meanwhile, and tokens, codes and clients would follow the new addresses.
      const stays = grant.of === this.#of;
      const { tokens, pending, identities } = stays ? grant : NO_GRANT;
      const open = pending?.redirectUrl === this.#options.redirectUrl ? pending : undefined;
      this.#take({ tokens, pending: open, identities, pin, unreadable });
      // The consent has ended for good, also if the registration gets its earlier values again.
      if (!stays && grant !== NO_GRANT) await this.#save();
      this.#loaded = true;
    });
    // A failed read may succeed the next time.
    this.#loading.catch(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** An earlier version of the agent kept tokens and consents without the issuer that the client's credentials belong to. */
  #earlierPin({ of, tokens, pending }: Grant): Pin | undefined {
    const { serverUrl, clientId, tokenUrl } = this.#options;
    const asked = tokens ?? pending;
    if (of !== undefined || asked === undefined || clientId === '' || tokenUrl !== '') return undefined;
    const isOurs = covers(asked.resource, new URL(serverUrl)) && [undefined, clientId].includes(tokens?.clientId);
    return isOurs ? { issuer: asked.issuer, of: clientDigest(this.#options, serverUrl) } : undefined;
  }

  async #widen(challenge: string, scopes: readonly string[]): Promise<never> {
    const found = await discover(this.#options.serverUrl, readChallenge(challenge), this.#requests);
    throw await this.#ask(found, scopes);
  }

  async #renew(challenge: string | undefined): Promise<void> {
    const said = readChallenge(challenge);
    const found = await discover(this.#options.serverUrl, said, this.#requests);
    const { tokens } = this.#grant;
    // Tokens and clients of another issuer are not valid here.
    const same = tokens !== undefined && tokens.issuer === found.authorizationServer.issuer;
    if (same && tokens.refresh !== undefined) {
      await this.#refresh(tokens);
      if (this.#grant.tokens !== undefined) return;
    }
    const named = said.scope === undefined ? found.scopes : scopesOf(said.scope);
    throw await this.#ask(found, [...(same ? tokens.asked : []), ...this.#options.scopes, ...named]);
  }

  /** Resolves once there are new tokens, or none because the old ones have ended for good. */
  #refresh(tokens: Tokens): Promise<void> {
    this.#refreshing ??= this.#party(tokens)
      .then((party) => refresh(tokens, party))
      .catch((error: unknown) => {
        if (error instanceof AgentFailure && error.details.ended === true) return undefined;
        throw error;
      })
      .then(async (fresh) => {
        // A person's consent may have brought other tokens meanwhile.
        if (this.#grant.tokens === tokens) await this.#keep({ ...this.#grant, tokens: fresh });
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  async #party({ issuer, clientId }: Tokens): Promise<Party> {
    const identity = this.#grant.identities[issuer];
    if (identity?.clientId !== clientId) {
      const reason = 'the client of these tokens is not known any more';
      throw new AgentFailure('upstream', reason, { reason, ended: true });
    }
    return this.#partyOf(issuer, identity);
  }

  async #partyOf(issuer: string, identity: Identity): Promise<Party> {
    const { privateKey, tokenUrl } = this.#options;
    const server = await serverMetadata(issuer, this.#requests);
    return { server, identity, privateKey, tokenUrl, options: this.#requests };
  }

  /** Asks for consent. Returns the failure for the request that needs the consent. */
  async #ask(found: Discovered, scopes: readonly string[]): Promise<AgentFailure> {
    const { redirectUrl, clientId, tokenUrl, serverUrl } = this.#options;
    const { authorizationServer: server, resource } = found;
    const { pending, identities, tokens } = this.#grant;
    // Only a registration's client without a token endpoint needs a pin: the server then names the issuer that gets the credentials.
    const isGiven = clientId !== '' && tokenUrl === '';
    const pin = isGiven ? pinned(this.#grant.pin, clientDigest(this.#options, serverUrl), server.issuer) : undefined;
    if (!isFresh(pending, server.issuer, resource, scopes)) {
      if (!this.#consents.take()) {
        const reason = 'the server asks for another consent too often: wait half a minute';
        throw new AgentFailure('upstream', reason, { reason, outcome: 'not_run' });
      }
      const identity = await identityFor(server, this.#options, identities[server.issuer], this.#requests);
      const asked = await askConsent(found, identity, [...new Set(scopes)], { redirectUrl, tokenUrl });
      const kept = tokens?.issuer === server.issuer ? tokens : undefined;
      // Tokens and consents of another issuer have ended, so its client is dropped.
      await this.#keep({ tokens: kept, pending: asked, identities: { [server.issuer]: identity }, pin });
    }
    const reason = `a person has to consent at ${new URL(server.issuer).origin}; the server's details say where`;
    return new AgentFailure('upstream', reason, { reason, consent: true, outcome: 'not_run' });
  }

  async #keep(grant: Grant): Promise<void> {
    const before = [this.url, this.needsConsent];
    this.#take(grant);
    await this.#save();
    if (this.url !== before[0] || this.needsConsent !== before[1]) this.#options.onChange();
  }

  async #save(): Promise<void> {
    const { publicHosts: _, ...own } = this.#grant;
    await this.#options.grants.save(this.#options.serverId, own);
  }

  #take(grant: Grant): void {
    const { tokens, pending, identities } = grant;
    if (tokens?.access !== this.#grant.tokens?.access)
      this.#headers = tokens === undefined ? NONE : { Authorization: `Bearer ${tokens.access}` };
    this.#grant = { ...grant, of: this.#of };
    const clients = Object.values(identities).flatMap(({ clientId, clientSecret = '' }) => [
      clientSecret,
      ...basicForms(clientId, clientSecret),
    ]);
    this.#options.received.learn(tokens?.access, tokens?.refresh, pending?.verifier, pending?.state, ...clients);
  }
}

function isFresh(pending: Pending | undefined, issuer: string, resource: string, scopes: readonly string[]): boolean {
  if (pending === undefined || pending.issuer !== issuer || pending.resource !== resource) return false;
  return Date.now() - pending.askedAt < pendingMs && scopes.every((scope) => pending.asked.includes(scope));
}
