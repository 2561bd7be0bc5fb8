import ipaddr from 'ipaddr.js';

/**
 * The network of an address: an IPv6 client owns a /64, so that is one client; IPv4 inside IPv6 is IPv4. Text that is no address comes back
 * as it is.
 */
export function clientNetwork(text: string): string {
  const bare = text.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return text;
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}
