import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';

/** The code of the error of a request that a server answers by switching to another protocol. */
export const SWITCHED_PROTOCOL = 'ESWITCHEDPROTOCOL';

/**
 * Begins an HTTP or HTTPS request that asks for no other protocol. It fails with the code {@link SWITCHED_PROTOCOL} if the server switches to
 * one (HTTP 101): Node by itself would close the connection, and the request would have neither an answer nor an error.
 */
export function request(url: URL, options: RequestOptions): ClientRequest {
  const begun = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
  const failure = () =>
    Object.assign(new Error('the server switches protocols (HTTP 101)'), { code: SWITCHED_PROTOCOL });
  begun.on('upgrade', (_response, socket) => {
    socket.destroy();
    begun.emit('error', failure());
  });
  // Without the headers of a switch, Node takes it for an answer, whose body does not end.
  begun.on('response', ({ statusCode }: IncomingMessage) => {
    if (statusCode === 101) begun.destroy(failure());
  });
  return begun;
}

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
