import { isIPv6, type LookupFunction } from 'node:net';

/**
 * A look-up that gives the addresses that were checked, and asks no name server again. It answers in a later turn, as Node's own does: a
 * connection that fails in the same turn reports its error before the HTTP client listens, and the process ends.
 */
export function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, { all }, callback) => {
    process.nextTick(() => {
      const [first] = entries;
      if (!first) callback(new Error('no address'), '');
      else if (all) callback(null, entries);
      else callback(null, first.address, first.family);
    });
  };
}
