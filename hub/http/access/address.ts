import type { HttpRequest } from 'uWebSockets.js';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Addresses of the latest requests, by the form that the socket layer gives: it writes IPv6 out in full. The value is the usual form. */
const shown = new Map<string, string>();
const SHOWN_LIMIT = 10_000;

/** The usual form of an address: IPv6 compressed, IPv4 inside IPv6 as IPv4. Text that is no address comes back as it is. */
export function normalizeAddress(text: string): string {
  if (!text.includes(':')) return text;
  let address = shown.get(text);
  if (address === undefined) {
    address = compress(text);
    if (shown.size >= SHOWN_LIMIT) shown.clear();
    shown.set(text, address);
  }
  return address;
}

function compress(text: string): string {
  if (!isIPv6(text)) return text;
  const address = new URL(`http://[${text.replace(/%.*/s, '')}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (!mapped) return address;
  const high = Number.parseInt(mapped[1] ?? '0', 16);
  const low = Number.parseInt(mapped[2] ?? '0', 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The subject of rate limits for an address: an IPv6 client owns a /64, so that is one client. */
export function addressSubject(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + rest < 8) groups.push('0');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** `X-Forwarded-For` of a request. Several lines are one list, in their order (RFC 9110, 5.3): a proxy may add its own line after the client's. */
export function forwardedFor(req: Pick<HttpRequest, 'forEach'>): string {
  const lines: string[] = [];
  req.forEach((name, value) => {
    if (name === 'x-forwarded-for') lines.push(value);
  });
  return lines.join(',');
}

/** The proxies whose `X-Forwarded-For` the hub believes. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly any: boolean;

  /** @param entries addresses and CIDR ranges. @throws Error naming an entry that is neither. */
  constructor(entries: readonly string[]) {
    this.any = entries.length > 0;
    for (const entry of entries) {
      const [address = '', prefix] = entry.split('/');
      const version = isIP(address);
      const bits = prefix === undefined ? undefined : Number(prefix);
      const most = version === 6 ? 128 : 32;
      const badBits = bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= most);
      if (version === 0 || badBits || prefix === '')
        throw new Error(`'${entry}' is neither an address nor a CIDR range`);
      const family = version === 6 ? 'ipv6' : 'ipv4';
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, bits, family);
    }
  }

  trusts(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#list.check(address, version === 6 ? 'ipv6' : 'ipv4');
  }

  /**
   * The client's address: the last address in `X-Forwarded-For` that no trusted proxy wrote about itself. The client wrote the addresses
   * left of it, and they prove nothing.
   */
  client(remote: string, forwarded: string): string {
    if (!this.any || forwarded === '' || !this.trusts(remote)) return remote;
    const hops = forwarded.split(',');
    let client = remote;
    for (let i = hops.length - 1; i >= 0; i -= 1) {
      const hop = hopAddress(hops[i] ?? '');
      if (hop === null) return client;
      client = hop;
      if (!this.trusts(hop)) return hop;
    }
    return client;
  }
}

/** An entry of `X-Forwarded-For`: some proxies add the port. */
function hopAddress(entry: string): string | null {
  const text = entry.trim();
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? null : normalizeAddress(bare);
}
