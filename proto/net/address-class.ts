import ipaddr from 'ipaddr.js';

/**
 * The class of an address in a URL: `metadata` is link-local (where clouds keep their metadata) and the metadata services outside it,
 * `private` all addresses that are not routed on the Internet but may be routed elsewhere, `nowhere` addresses that are no host
 * (unspecified, multicast, broadcast, discarded).
 */
export type AddressClass = 'public' | 'loopback' | 'private' | 'metadata' | 'nowhere';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Metadata services outside link-local: EC2 and GCE over IPv6, Azure's host, Alibaba, Oracle. */
const metadataServices = new Set(
  ['fd00:ec2::23', 'fd00:ec2::254', 'fd20:ce::254', '168.63.129.16', '100.100.100.200', '192.0.0.192'].map((text) =>
    ipaddr.parse(text).toString(),
  ),
);

const classes: Readonly<Record<string, AddressClass>> = {
  unicast: 'public',
  as112: 'public',
  amt: 'public',
  loopback: 'loopback',
  linkLocal: 'metadata',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
  deprecatedSiteLocal: 'private',
  // Documentation and benchmarking networks: some use them inside.
  reserved: 'private',
  benchmarking: 'private',
};

/** The class of an address in text form; text that is no address is `nowhere`. */
export function classOfAddress(text: string): AddressClass {
  const address = parse(text);
  return address ? classOf(address) : 'nowhere';
}

/** One spelling for each address: IPv6 compressed, IPv4 inside IPv6 as IPv4. Text that is no address comes back as it is. */
export function canonicalAddress(text: string): string {
  return parse(text)?.toString() ?? text;
}

/** Whether an address lies in one of the networks (addresses and CIDR ranges, as {@link parseNetworks} gives them). */
export function inNetworks(text: string, networks: readonly Network[]): boolean {
  const address = parse(text);
  return (
    address !== null && networks.some(([base, bits]) => base.kind() === address.kind() && match(address, base, bits))
  );
}

export type Network = readonly [base: Address, bits: number];

/** @throws Error naming an entry that is neither an address nor a CIDR range. */
export function parseNetworks(entries: readonly string[]): Network[] {
  return entries.map((entry) => {
    if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
    const address = parse(entry);
    if (!address) throw new Error(`'${entry}' is neither an address nor a CIDR range`);
    return [address, address.kind() === 'ipv6' ? 128 : 32];
  });
}

function match(address: Address, base: Address, bits: number): boolean {
  return (address as ipaddr.IPv6).match(base as ipaddr.IPv6, bits);
}

/** Strict: the library would also take `127.1` and octal forms, which resolvers read differently. */
function parse(text: string): Address | null {
  const bare = text.replace(/%.*/s, '');
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return null;
  return ipaddr.process(bare);
}

function classOf(address: Address): AddressClass {
  if (metadataServices.has(address.toString())) return 'metadata';
  const inner = embedded(address);
  if (inner) return classOf(inner);
  const range = address.range();
  // All addresses of the public Internet lie in 2000::/3: any other address that the library cannot name has no owner.
  if (range === 'unicast' && address.kind() === 'ipv6' && (address.toByteArray()[0] ?? 0) >> 5 !== 1) return 'nowhere';
  return classes[range] ?? 'nowhere';
}

/** The IPv4 address that a translator on the way would make of an IPv6 address: NAT64, 6to4, SIIT. */
function embedded(address: Address): ipaddr.IPv4 | null {
  if (address.kind() === 'ipv4') return null;
  const bytes = address.toByteArray();
  switch (address.range()) {
    case 'rfc6052':
    case 'rfc6145':
      return new ipaddr.IPv4(bytes.slice(12));
    case '6to4':
      return new ipaddr.IPv4(bytes.slice(2, 6));
    default:
      return null;
  }
}

/**
 * The network of an address: an IPv6 client owns a /64, so that is one client; IPv4 inside IPv6 is IPv4. Text that is no address comes back
 * as it is.
 */
export function clientNetwork(text: string): string {
  const bare = text.replace(/%.*/s, '');
  if (!ipaddr.isValid(bare)) return text;
  const address = ipaddr.process(bare);
  if (address.kind() === 'ipv4') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}
