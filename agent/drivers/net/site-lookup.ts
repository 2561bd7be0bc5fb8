import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';

/** Link-local addresses and the metadata services of clouds: credentials of the machine are to be had there, and no MCP server is. */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
for (const address of ['168.63.129.16', '100.100.100.200', '192.0.0.192']) forbidden.addAddress(address, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
for (const address of ['fd00:ec2::254', 'fd20:ce::254']) forbidden.addAddress(address, 'ipv6');
// The same as translators on the way would have it: NAT64, 6to4.
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
forbidden.addSubnet('2002:a9fe::', 32, 'ipv6');

/** The code of a look-up that was refused. */
export const FORBIDDEN_ADDRESS = 'EFORBIDDENADDRESS';

/** Whether nothing at this address is dialled, whoever registered it. */
export function isForbidden(address: string): boolean {
  return forbidden.check(address.replace(/%.*$/, ''), isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Looks a host up for a connection whose address a client of the hub has chosen. The hub refuses URLs that name a forbidden address outright;
 * what a name means is known here alone, and only at the moment of dialling. One forbidden address among several is one too many.
 */
export function guarded(lookup: LookupFunction): LookupFunction {
  return (host, options, callback) => {
    lookup(host, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((entry) => entry.address);
      if (error === null && found.some(isForbidden)) {
        const message = `${host} is at a link-local or cloud metadata address`;
        callback(Object.assign(new Error(message), { code: FORBIDDEN_ADDRESS }), '');
      } else callback(error, address, family);
    });
  };
}

/** The operating system's look-up, guarded. */
export const siteLookup: LookupFunction = guarded(systemLookup as LookupFunction);

/** The same before a request that takes no look-up of ours. @throws Error with the code {@link FORBIDDEN_ADDRESS}, and the look-up's own. */
export function checkHost(host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    siteLookup(host.replace(/^\[|\]$/g, ''), { all: true }, (error) => (error ? reject(error) : resolve()));
  });
}
