import { isIP } from 'node:net';
import { DomainError } from '../../domain/errors.js';

/** The origins from which pages may open sockets and use MCP. */
export interface OriginRules {
  /** The host that the hub listens on. */
  readonly listenHost: string;
  /** The address that clients use. */
  readonly publicUrl?: string | undefined;
  readonly corsOrigins: readonly string[];
}

/** Names that no public name server knows, so that no page of a stranger has such a name: names without a dot, and names of a private network. */
const LOCAL_NAME = /^[^.:]+$|\.(?:local|localhost|internal)$/;

/**
 * Browsers let any page open a socket to anywhere, so the hub checks the page: its `Origin` must be the hub's own, or an origin that may read
 * answers. A page whose host name leads to this machine (DNS rebinding) would have the same origin. So, while the hub listens on loopback, `Host`
 * must be an address, `localhost` or the public URL's host. If a public URL is set, a page that came by plain HTTP is of the same origin only with an
 * address, that URL's name or a local name. A page that came by HTTPS may have any name: the hub or the proxy before it has shown a certificate for
 * the name.
 */
export class OriginCheck {
  readonly #publicHost: string | undefined;
  readonly #publicName: string | undefined;
  readonly #onLoopback: boolean;
  readonly #origins: ReadonlySet<string>;

  constructor({ listenHost, publicUrl, corsOrigins }: OriginRules) {
    this.#publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).host;
    this.#publicName = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
    this.#onLoopback = listenHost === 'localhost' || listenHost === '::1' || listenHost.startsWith('127.');
    const own = publicUrl === undefined ? [] : [new URL(publicUrl).origin];
    this.#origins = new Set([...corsOrigins, ...own]);
  }

  /** @throws DomainError `forbidden`. */
  check(host: string, origin: string): void {
    if (this.#onLoopback && !this.#isOwn(host))
      throw new DomainError('forbidden', `Host '${host.slice(0, 100)}' is not this hub's`);
    // Programs other than browsers send no `Origin`.
    if (origin === '' || this.#origins.has(origin) || this.#origins.has('*')) return;
    if (!URL.canParse(origin) || !this.#isSame(new URL(origin), host))
      throw new DomainError('forbidden', `Origin '${origin.slice(0, 100)}' may not speak to this hub`);
  }

  #isSame({ protocol, host: named, hostname }: URL, host: string): boolean {
    if (named !== host.toLowerCase()) return false;
    if (this.#publicName === undefined || protocol === 'https:') return true;
    return hostname === this.#publicName || isAddress(hostname) || LOCAL_NAME.test(hostname);
  }

  #isOwn(host: string): boolean {
    if (host.toLowerCase() === this.#publicHost) return true;
    if (!URL.canParse(`http://${host}`)) return false;
    const { hostname } = new URL(`http://${host}`);
    return hostname === 'localhost' || isAddress(hostname);
  }
}

function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}
