import * as http from 'node:http';
import * as https from 'node:https';
import { request } from '@roundhouse/proto/net/requests';
import { isRoutingHeader } from '@roundhouse/proto/routing-headers';
import { AgentFailure } from '../../../../failure.js';
import { ServerReach } from '../../../net/site-lookup.js';
import { type Credentials, FixedCredentials, type Headers } from '../../authorization/credentials.js';
import type { RefusedAddress } from '../../authorization/fetch.js';

export type RequestMethod = 'POST' | 'GET' | 'DELETE';

/** Idle sockets are closed after this time, before the server closes them, milliseconds. */
const idleSocketMs = 4000;

/** Connections to one server at a time; further requests wait for one. */
const maxSockets = 256;

/** One MCP endpoint: an address with the headers and credentials that every request to it carries, and its connections. */
export class HttpEndpoint {
  readonly #agent: http.Agent;
  readonly #headers: Headers;
  #url: URL;

  /**
   * @param refused judges the address of each request: the server can name another one, and the policy can change
   * @param reach the server's, for all of its connections
   * @throws AgentFailure `invalid_argument` for an address or a header that cannot be sent.
   */
  constructor(
    address: string,
    headers: Headers,
    readonly credentials: Credentials = new FixedCredentials(),
    private readonly refused: RefusedAddress = () => undefined,
    private readonly reach = new ServerReach(address),
    agent?: http.Agent,
  ) {
    this.#url = parseUrl(address);
    this.#headers = sentHeaders(headers);
    const secure = this.#url.protocol === 'https:';
    const options = { keepAlive: true, timeout: idleSocketMs, maxSockets, lookup: reach.lookup };
    this.#agent = agent ?? new (secure ? https : http).Agent(options);
  }

  /**
   * Another address of the same server, with the same headers, credentials and connections.
   * @throws AgentFailure `upstream` for an address of another origin: credentials go to no other origin.
   */
  sibling(reference: string): HttpEndpoint {
    const url = URL.canParse(reference, this.#url.href) ? new URL(reference, this.#url) : undefined;
    if (url === undefined || url.origin !== this.#url.origin) {
      const reason = `the server wants messages sent to ${url === undefined ? 'no address' : url.origin}, which is not its own`;
      throw new AgentFailure('upstream', reason, { reason });
    }
    return new HttpEndpoint(url.href, this.#headers, this.credentials, this.refused, this.reach, this.#agent);
  }

  /** The address as it may be shown: without user, password and query. */
  get shown(): string {
    return `${this.#url.origin}${this.#url.pathname}`;
  }

  /** Makes a request, not yet sent. @throws AgentFailure `refused` for an address that the site does not allow. */
  request(method: RequestMethod, headers: Readonly<Record<string, string | number>>): http.ClientRequest {
    const reason = this.refused(this.#url.href);
    if (reason !== undefined) throw new AgentFailure('refused', reason, { reason, outcome: 'not_run' });
    return request(this.#url, { method, agent: this.#agent, headers: { ...this.#headers, ...headers } });
  }

  /**
   * Follows a redirect with this and all later requests. The target must have the same origin, because credentials go to no other origin,
   * and the status must keep the method.
   * @throws AgentFailure `upstream` for any other redirect.
   */
  redirect(status: number, location: string | undefined): void {
    const target =
      location !== undefined && URL.canParse(location, this.#url.href) ? new URL(location, this.#url) : undefined;
    if ((status === 307 || status === 308) && target?.origin === this.#url.origin) {
      target.username = this.#url.username;
      target.password = this.#url.password;
      this.#url = target;
      return;
    }
    const to = target === undefined ? 'nowhere' : target.origin;
    const reason = `the server redirects (HTTP ${status}) to ${to}, which is not followed`;
    throw new AgentFailure('upstream', reason, { reason, status });
  }

  close(): void {
    this.credentials.close();
    this.#agent.destroy();
  }
}

function parseUrl(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new AgentFailure('invalid_argument', 'the url is not an http or https address', { field: 'url' });
}

/**
 * The headers of a registration that the agent sends. Hubs of earlier versions accepted headers that decide where a request goes; the agent
 * leaves them out.
 * @throws AgentFailure `invalid_argument` for a header that cannot be sent.
 */
export function sentHeaders(headers: Headers): Headers {
  for (const [name, value] of Object.entries(headers)) {
    try {
      http.validateHeaderName(name);
      http.validateHeaderValue(name, value);
    } catch {
      // The value may be a secret: it is not repeated.
      throw new AgentFailure('invalid_argument', `the header ${JSON.stringify(name)} cannot be sent`, {
        field: 'headers',
      });
    }
  }
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isRoutingHeader(name)));
}
