import { canonicalAddress, classOfAddress, inNetworks, type Network, parseNetworks } from '@roundhouse/proto/net';
import { within } from '../cancellation.js';
import { DomainError, invalid } from '../errors.js';

/** Looks a host name up. @throws Error where it has no address. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

/** Where the hub itself is reached. */
export interface OwnAddresses {
  /** The hub's own addresses; a wildcard (`0.0.0.0`, `::`) stands for every address of the machine. */
  readonly listens: readonly { readonly host: string; readonly port: number }[];
  readonly publicUrl?: string | undefined;
}

export interface UrlGuardOptions {
  readonly resolve: ResolveHost;
  /** Loopback and private ranges: all, none, or only these networks (addresses and CIDR ranges). */
  readonly allowPrivate: boolean | readonly string[];
  /** Asked for late: the hub learns its ports when it starts to listen. */
  readonly own: () => OwnAddresses;
  /** The machine's addresses, as of now. */
  readonly localAddresses: () => readonly string[];
  /** How long a look-up may hold up a registration, milliseconds; default 2 s. */
  readonly lookupTimeoutMs?: number;
}

const LOOKUP_TIMEOUT_MS = 2000;
/** More than any URL needs that a caller chooses. */
const LONGEST_URL = 2048;
const METADATA = 'is at a link-local or cloud metadata address';

/**
 * Says which URLs of a client's choice the hub may call: never link-local or metadata addresses, never the hub itself, and loopback and
 * private ranges only where that is configured. It judges addresses, not names: a URL is checked when it is registered, and the addresses
 * that its name has at that moment once more before each connection, which is then made to one of exactly those.
 */
export class UrlGuard {
  readonly #options: UrlGuardOptions;
  readonly #networks: readonly Network[];

  /** @throws Error naming a malformed network. */
  constructor(options: UrlGuardOptions) {
    this.#options = options;
    const { allowPrivate } = options;
    this.#networks = typeof allowPrivate === 'boolean' ? [] : parseNetworks(allowPrivate);
  }

  /**
   * Checks a URL that is being registered. A name that cannot be looked up now passes: it is judged when it is dialled.
   * @throws DomainError `invalid_input` naming the field.
   */
  async check(text: string, field: string): Promise<void> {
    const url = parseHttpUrl(text, field);
    let addresses: readonly string[];
    try {
      addresses = await this.#addressesInTime(url);
    } catch {
      addresses = [];
    }
    const problem = this.#problem(url, addresses);
    if (problem) throw invalid(field, problem);
  }

  /**
   * The addresses that a URL's host has now, every one of them allowed: the connection must be made to one of them, and to nothing else.
   * @throws DomainError `refused`, and whatever the look-up throws.
   */
  async addresses(url: URL): Promise<readonly string[]> {
    const addresses = await this.#addresses(url);
    const problem = this.#problem(url, addresses);
    if (problem) throw new DomainError('refused', problem);
    return addresses;
  }

  async #addresses(url: URL): Promise<readonly string[]> {
    const host = hostOf(url);
    if (isAddress(host)) return [host];
    const found = await this.#options.resolve(host);
    if (found.length === 0) throw new Error('the host has no address');
    return found;
  }

  async #addressesInTime(url: URL): Promise<readonly string[]> {
    const { lookupTimeoutMs = LOOKUP_TIMEOUT_MS } = this.#options;
    return within(lookupTimeoutMs, this.#addresses(url), () => {
      throw new Error('the look-up takes too long');
    });
  }

  #problem(url: URL, addresses: readonly string[]): string | null {
    const port = portOf(url);
    const { publicUrl, listens } = this.#options.own();
    const itself = 'is the hub itself';
    if (publicUrl !== undefined) {
      const own = new URL(publicUrl);
      if (hostOf(own) === hostOf(url) && portOf(own) === port) return itself;
    }
    for (const text of addresses) {
      const address = canonicalAddress(text);
      const kind = classOfAddress(address);
      if (kind === 'metadata') return METADATA;
      if (kind === 'nowhere') return 'is at an address that is no host';
      if (listens.some((listen) => listen.port === port && this.#listensAt(listen.host, address))) return itself;
      if (kind !== 'public' && !this.#allowsPrivate(address)) return `is at a ${kind} address, which is not allowed`;
    }
    return null;
  }

  #allowsPrivate(address: string): boolean {
    const { allowPrivate } = this.#options;
    return typeof allowPrivate === 'boolean' ? allowPrivate : inNetworks(address, this.#networks);
  }

  #listensAt(host: string, address: string): boolean {
    const own = canonicalAddress(host);
    if (own === address) return true;
    const isLoopback = classOfAddress(address) === 'loopback';
    if (own === 'localhost') return isLoopback;
    if (own !== '0.0.0.0' && own !== '::') return false;
    return isLoopback || this.#options.localAddresses().some((local) => canonicalAddress(local) === address);
  }
}

/**
 * Checks a URL that an agent will dial at its site (an MCP server, its token endpoint). Private and loopback addresses there belong to the
 * site, and names have their meaning there. So it refuses only link-local and metadata addresses, and only if the URL contains them.
 * @throws DomainError `invalid_input` naming the field.
 */
export function checkSiteUrl(text: string, field: string): void {
  if (!URL.canParse(text)) throw invalid(field, 'must be a URL');
  const host = hostOf(new URL(text));
  if (isAddress(host) && classOfAddress(host) === 'metadata') throw invalid(field, METADATA);
}

/** Checks the registry that an image's name begins with, as {@link checkSiteUrl} checks the host of a URL. */
export function checkImageRegistry(image: string, field: string): void {
  const [host = '', ...path] = image.split('/');
  const url = `https://${host}/`;
  if (path.length > 0 && /[.:]/.test(host) && URL.canParse(url)) checkSiteUrl(url, field);
}

function parseHttpUrl(text: string, field: string): URL {
  if (text.length > LONGEST_URL) throw invalid(field, `must have at most ${LONGEST_URL} characters`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw invalid(field, 'must be an http or https URL');
  if (url.username || url.password) throw invalid(field, 'must hold no user name or password');
  return url;
}

/** Without brackets and final dots. The URL parser has turned decimal, octal, hexadecimal and shortened IPv4 hosts into the usual form. */
function hostOf(url: URL): string {
  return url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/(?<!\.)\.+$/, '')
    .toLowerCase();
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' || url.protocol === 'wss:' ? 443 : 80;
}

/** No top-level name is a number, so a host of digits and dots is an address, or meant to pass for one. */
function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host);
}

/** More than any page needs. */
const MOST_CHARACTERS = 8192;

/** Whether a text from an agent is the address of a page that people may be sent to. */
export function isWebAddress(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > MOST_CHARACTERS || !URL.canParse(text)) return false;
  return /^https?:$/.test(new URL(text).protocol);
}
