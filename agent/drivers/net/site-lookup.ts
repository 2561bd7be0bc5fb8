import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIPv6, type LookupFunction } from 'node:net';
import { classOfAddress } from '@roundhouse/proto/net';
import { SWITCHED_PROTOCOL } from '@roundhouse/proto/net/requests';

/** The code of a look-up that was refused. */
export const FORBIDDEN_ADDRESS = 'EFORBIDDENADDRESS';

/** Whether the address is link-local or a cloud's metadata service, which gives out the machine's credentials. No MCP server is there. */
export function isForbidden(address: string): boolean {
  return classOfAddress(address) === 'metadata';
}

/**
 * Looks a host up for a connection whose address a client of the hub has chosen. The hub refuses URLs with a forbidden address; only the
 * agent knows the addresses of a name, when it dials. If one of several addresses is forbidden, the host is refused.
 */
export function guarded(lookup: LookupFunction): LookupFunction {
  return (host, options, callback) => {
    lookup(host, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((entry) => entry.address);
      if (error === null && found.some(isForbidden))
        callback(refused(`${host} is at a link-local or cloud metadata address, which is never dialled`), '');
      else callback(error, address, family);
    });
  };
}

/** The operating system's look-up, guarded. */
export const siteLookup: LookupFunction = guarded(systemLookup as LookupFunction);

/** Whether a server is at a public address, or at a private address of the site. */
export type Reach = 'public' | 'private';

/** The server that sent the agent to another address. */
export interface Sender {
  readonly host: string;
  /** The reach of the address that its answer came from: the owner of the name may have changed its address since. */
  reach(): Reach | Promise<Reach>;
}

/** A store for the decision about a host. */
export interface KeptReach {
  /** Whether the host was at a public address. */
  known(): Promise<boolean>;
  /** The host is at a public address. */
  keep(): Promise<void>;
}

export function reachOf(address: string): Reach {
  return classOfAddress(address) === 'public' ? 'public' : 'private';
}

/**
 * The reach of one server. The owner of its name can change its addresses at any time. So the first look-up that finds a public address
 * decides: from then on, the agent connects to no private address for this server, and for no address that the server names. If a name has
 * public and private addresses, the agent dials only the public ones.
 */
export class ServerReach implements Sender {
  readonly host: string;
  readonly #system: LookupFunction;
  readonly #kept: KeptReach | undefined;
  #known: Promise<void> | undefined;
  #isPublic = false;

  /**
   * @param address of the server's registration
   * @param kept a store in which the decision outlives the agent
   */
  constructor(address: string, system: LookupFunction = siteLookup, kept?: KeptReach) {
    this.host = URL.canParse(address) ? bareHost(new URL(address)) : '';
    this.#system = system;
    this.#kept = kept;
  }

  /** Whether a look-up has found a public address. */
  get isPublic(): boolean {
    return this.#isPublic;
  }

  /** Looks the server's host up by this rule, and other hosts as the system does. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    if (host !== this.host) {
      this.#system(host, options, callback);
      return;
    }
    this.#system(host, { ...options, all: true }, async (error, found, family) => {
      const addresses = error ? [] : listOf(found, family);
      const open = addresses.filter(({ address }) => reachOf(address) === 'public');
      if (!this.#isPublic) await this.#decide(open.length > 0);
      const allowed = this.#isPublic ? open : addresses;
      const [first] = allowed;
      if (error) callback(error, '');
      else if (first === undefined)
        callback(refused(addresses.length === 0 ? `${host} has no address` : movedInside(host)), '');
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };

  /** Reads the kept decision, or keeps this one. A decision that cannot be kept is valid while the agent runs. */
  async #decide(isPublic: boolean): Promise<void> {
    this.#known ??= (this.#kept?.known() ?? Promise.resolve(false)).then(
      (known) => {
        this.#isPublic ||= known;
      },
      () => {},
    );
    await this.#known;
    if (this.#isPublic || !isPublic) return;
    this.#isPublic = true;
    await this.#kept?.keep().catch(() => {});
  }

  async reach(): Promise<Reach> {
    if (!this.#isPublic) await addressesOf(this.host, this.lookup);
    return this.#isPublic ? 'public' : 'private';
  }
}

function movedInside(host: string): string {
  return `${host} is at a private or loopback address now, and was at a public one before: register the server again if that is meant`;
}

/**
 * A host's addresses, each of which may be dialled.
 * @param from the server that sent the agent to this host. A server at a public address may not send it to a private or loopback address,
 * not even under the server's own name.
 * @throws Error with the code {@link FORBIDDEN_ADDRESS}, and the look-up's own.
 */
export async function allowedAddresses(
  url: URL,
  from: Sender | undefined,
  lookup: LookupFunction = siteLookup,
): Promise<LookupAddress[]> {
  const addresses = await addressesOf(bareHost(url), lookup);
  if (addresses.length === 0) throw refused(`${url.hostname} has no address`);
  const isPrivate = addresses.some(({ address }) => reachOf(address) === 'private');
  if (from !== undefined && isPrivate && (await from.reach()) === 'public')
    throw refused(`${url.hostname} is at a private or loopback address, to which ${from.host} may not send the agent`);
  return addresses;
}

function addressesOf(host: string, lookup: LookupFunction): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found, family) => {
      if (error) reject(error);
      else resolve(listOf(found, family));
    });
  });
}

function listOf(found: string | LookupAddress[], family: number | undefined): LookupAddress[] {
  if (typeof found !== 'string') return found;
  return [{ address: found, family: family ?? (isIPv6(found) ? 6 : 4) }];
}

/** The host for a look-up: an IPv6 address without brackets. */
function bareHost({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function refused(message: string): Error {
  return Object.assign(new Error(message), { code: FORBIDDEN_ADDRESS });
}

/** Why a request failed, for people. */
export function networkReason(error: NodeJS.ErrnoException, address: string): string {
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'refused the connection',
    ECONNRESET: 'broke the connection',
    ENOTFOUND: 'is not a known host',
    EAI_AGAIN: 'could not be looked up',
    EHOSTUNREACH: 'is out of reach',
    ENETUNREACH: 'is out of reach',
    ETIMEDOUT: 'did not answer in time',
    EPIPE: 'broke the connection',
    [SWITCHED_PROTOCOL]: 'switches to another protocol (HTTP 101), which the agent has not asked for',
  };
  // The message names the host, and why it is not dialled.
  if (error.code === FORBIDDEN_ADDRESS) return `${address}: ${error.message}`;
  return `${address} ${reasons[error.code ?? ''] ?? `failed: ${error.code ?? error.message}`}`;
}

/** Whether an error says that the request never reached the server. */
export function neverSent(error: NodeJS.ErrnoException): boolean {
  const codes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', FORBIDDEN_ADDRESS];
  return codes.includes(error.code ?? '');
}
