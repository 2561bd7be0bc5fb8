import { isIP } from 'node:net';
import { DomainError } from '../../domain/errors.js';

/** From where sockets may be opened. */
export interface OriginRules {
  /** The host that the hub listens on. */
  readonly listenHost: string;
  /** The address that clients use. */
  readonly publicUrl?: string | undefined;
  readonly corsOrigins: readonly string[];
}

/**
 * Browsers let any page open a socket to anywhere, so the hub has to look for itself: a page's `Origin` must be the hub's own or one that
 * may read answers. And while the hub listens on loopback, `Host` must be an address, `localhost` or the public URL's host: a page whose
 * host name was pointed at this machine would be of the same origin otherwise.
 */
export class OriginCheck {
  readonly #publicHost: string | undefined;
  readonly #onLoopback: boolean;
  readonly #origins: ReadonlySet<string>;

  constructor({ listenHost, publicUrl, corsOrigins }: OriginRules) {
    this.#publicHost = publicUrl === undefined ? undefined : new URL(publicUrl).host;
    this.#onLoopback = listenHost === 'localhost' || listenHost === '::1' || listenHost.startsWith('127.');
    const own = publicUrl === undefined ? [] : [new URL(publicUrl).origin];
    this.#origins = new Set([...corsOrigins, ...own]);
  }

  /** @throws DomainError `forbidden`. */
  check(host: string, origin: string): void {
    if (this.#onLoopback && !this.#isOwn(host))
      throw new DomainError('forbidden', `Host '${host.slice(0, 100)}' is not this hub's`);
    // Programs that are no browsers send none.
    if (origin === '' || this.#origins.has(origin) || this.#origins.has('*')) return;
    if (!URL.canParse(origin) || new URL(origin).host !== host.toLowerCase())
      throw new DomainError('forbidden', `Origin '${origin.slice(0, 100)}' may not open a socket here`);
  }

  #isOwn(host: string): boolean {
    if (host.toLowerCase() === this.#publicHost) return true;
    if (!URL.canParse(`http://${host}`)) return false;
    const { hostname } = new URL(`http://${host}`);
    return hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  }
}
