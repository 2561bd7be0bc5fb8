import type { OAuth2Auth, ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { AgentFailure } from '../../../failure.js';
import { Secrets } from '../../net/secrets.js';
import { ServerReach, siteLookup } from '../../net/site-lookup.js';
import { Authorization } from './authorization.js';
import { ClientCredentials } from './client-credentials.js';
import type { RefusedAddress } from './fetch.js';
import { clientDigest, type GrantStore, NO_GRANT, pinned } from './grant.js';

/** The authorizations of an agent's servers. All connections of a server share one. */
export class Authorizations {
  readonly #grants: GrantStore;
  readonly #onChange: (serverId: string) => void;
  readonly #byServer = new Map<string, { readonly of: string; readonly authorization: Authorization }>();

  /** By server and host. All connections of a server share them. */
  readonly #reaches = new Map<string, Map<string, ServerReach>>();

  readonly #received = new Map<string, Secrets>();

  /** @param onChange called when a consent is asked for, and when it is not needed any more */
  constructor(
    grants: GrantStore,
    onChange: (serverId: string) => void,
    /** Judges the addresses that servers name. */
    readonly refused: RefusedAddress = () => undefined,
    private readonly lookup = siteLookup,
  ) {
    this.#grants = grants;
    this.#onChange = onChange;
  }

  /**
   * The reach of a server's address, or of another address of its registration. The agent remembers which hosts are at public addresses.
   */
  reach(serverId: string, address: string): ServerReach {
    const ofServer = this.#reaches.get(serverId) ?? new Map<string, ServerReach>();
    this.#reaches.set(serverId, ofServer);
    const made: ServerReach = new ServerReach(address, this.lookup, {
      known: async () => (await this.#grants.load(serverId))?.publicHosts?.includes(made.host) === true,
      keep: async () => {
        if (this.#reaches.get(serverId) !== ofServer) return;
        const hosts = [...ofServer.values()].filter(({ isPublic }) => isPublic).map(({ host }) => host);
        const { publicHosts = [] } = (await this.#grants.load(serverId)) ?? NO_GRANT;
        await this.#grants.save(serverId, { publicHosts: [...new Set([...publicHosts, ...hosts])] });
      },
    });
    const reach = ofServer.get(made.host) ?? made;
    ofServer.set(made.host, reach);
    return reach;
  }

  /** The tokens of a server, for all its connections. */
  received(serverId: string): Secrets {
    const known = this.#received.get(serverId) ?? new Secrets();
    this.#received.set(serverId, known);
    return known;
  }

  /** The client credentials of a server's registration. @throws AgentFailure `invalid_argument` */
  credentials(serverId: string, serverUrl: string, auth: OAuth2Auth): ClientCredentials {
    return new ClientCredentials(auth, serverUrl, {
      refused: this.refused,
      reach: (address) => this.reach(serverId, address),
      received: this.received(serverId),
      pin: async (issuer) => {
        const { pin: before, unreadable = false } = (await this.#grants.load(serverId)) ?? NO_GRANT;
        if (before === undefined && unreadable) {
          const reason =
            'the agent cannot read any more which authorization server has the credentials of the client: give auth.tokenUrl, or register the server again';
          throw new AgentFailure('upstream', reason, { reason, outcome: 'not_run' });
        }
        const pin = pinned(before, clientDigest(auth, serverUrl), issuer);
        if (pin !== before) await this.#grants.save(serverId, { pin });
      },
    });
  }

  /** The authorization of a server by its present registration. */
  of({ id: serverId }: Pick<ServerSpec, 'id'>, serverUrl: string, auth: OAuth2Auth): Authorization {
    const { clientId, clientSecret, privateKey, redirectUrl, clientMetadataUrl, tokenUrl, scopes } = auth;
    const given = { serverUrl, clientId, clientSecret, privateKey, redirectUrl, clientMetadataUrl, tokenUrl, scopes };
    const of = JSON.stringify(given);
    const known = this.#byServer.get(serverId);
    if (known?.of === of) return known.authorization;
    known?.authorization.end();
    const onChange = () => {
      if (this.#byServer.get(serverId)?.authorization === authorization) this.#onChange(serverId);
    };
    const authorization = new Authorization({
      serverId,
      ...given,
      grants: this.#grants,
      refused: this.refused,
      reach: this.reach(serverId, serverUrl),
      received: this.received(serverId),
      onChange,
    });
    this.#byServer.set(serverId, { of, authorization });
    return authorization;
  }

  /** The address at which a person has to consent; empty if no consent is needed. */
  url(serverId: string): string {
    return this.#byServer.get(serverId)?.authorization.url ?? '';
  }

  /** See {@link Authorization.needsConsent}. */
  needsConsent(serverId: string): boolean {
    return this.#byServer.get(serverId)?.authorization.needsConsent ?? false;
  }

  /** See {@link Authorization.complete}. */
  async complete(serverId: string, query: string): Promise<void> {
    const known = this.#byServer.get(serverId);
    if (known === undefined) throw new AgentFailure('not_found', 'this consent was not asked for, or is used up');
    await known.authorization.complete(query);
  }

  /** Forgets a server's tokens for good. */
  async forget(serverId: string): Promise<void> {
    this.#byServer.get(serverId)?.authorization.end();
    this.#byServer.delete(serverId);
    this.#reaches.delete(serverId);
    this.#received.delete(serverId);
    await this.#grants.remove(serverId);
  }

  /** Ends the requests that run. */
  close(): void {
    for (const { authorization } of this.#byServer.values()) authorization.end();
  }
}
