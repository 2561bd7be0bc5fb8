import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIPv6, type LookupFunction } from 'node:net';
import { classOfAddress } from '@roundhouse/proto/net';

/** The code of a look-up that was refused. */
export const FORBIDDEN_ADDRESS = 'EFORBIDDENADDRESS';

/** Whether the address is link-local or a cloud's metadata service: the machine's credentials are there, and no MCP server is. */
export function isForbidden(address: string): boolean {
  return classOfAddress(address) === 'metadata';
}

/**
 * Looks a host up for a connection whose address a client of the hub has chosen. The hub refuses URLs that name a forbidden address outright;
 * what a name means is known here alone, and only at the moment of dialling. One forbidden address among several is one too many.
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

/** Where a server is: at a public address, or at one of the site's own. */
export type Reach = 'public' | 'private';

/** The server that sent the agent to another address. */
export interface Sender {
  readonly host: string;
  /** Of the address that its answer came from: what its name means by now is in the hands of its owner. */
  reach(): Reach | Promise<Reach>;
}

export function reachOf(address: string): Reach {
  return classOfAddress(address) === 'public' ? 'public' : 'private';
}

/**
 * A host's addresses, each of which may be dialled.
 * @param from the server that sent the agent to this host: one at a public address sends it to no private or loopback
 * address, be it under its own name.
 * @throws Error with the code {@link FORBIDDEN_ADDRESS}, and the look-up's own.
 */
export async function allowedAddresses(
  url: URL,
  from: Sender | undefined,
  lookup: LookupFunction = siteLookup,
): Promise<LookupAddress[]> {
  const addresses = await addressesOf(url, lookup);
  if (addresses.length === 0) throw refused(`${url.hostname} has no address`);
  const isPrivate = addresses.some(({ address }) => reachOf(address) === 'private');
  if (from !== undefined && isPrivate && (await from.reach()) === 'public')
    throw refused(`${url.hostname} is at a private or loopback address, to which ${from.host} may not send the agent`);
  return addresses;
}

function addressesOf({ hostname }: URL, lookup: LookupFunction): Promise<LookupAddress[]> {
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found, family) => {
      if (error) reject(error);
      else if (typeof found === 'string') resolve([{ address: found, family: family ?? (isIPv6(found) ? 6 : 4) }]);
      else resolve(found);
    });
  });
}

function refused(message: string): Error {
  return Object.assign(new Error(message), { code: FORBIDDEN_ADDRESS });
}

/** Why a request did not get through, for people. */
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
  };
  // The message says which host is meant, and why it is not dialled.
  if (error.code === FORBIDDEN_ADDRESS) return `${address}: ${error.message}`;
  return `${address} ${reasons[error.code ?? ''] ?? `failed: ${error.code ?? error.message}`}`;
}

/** Whether an error says that the request never reached the server. */
export function neverSent(error: NodeJS.ErrnoException): boolean {
  const codes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', FORBIDDEN_ADDRESS];
  return codes.includes(error.code ?? '');
}
