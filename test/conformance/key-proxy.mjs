// A way to a hub for programs that cannot give a key: it adds one and passes everything else on as it is.
import { createServer, request as sendRequest } from 'node:http';

/**
 * @param {string} origin of the hub
 * @param {string} key
 * @returns {Promise<{ url: string, close: () => void }>}
 */
export async function startKeyProxy(origin, key) {
  const { hostname, port } = new URL(origin);
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming;
    const onward = { ...headers, authorization: `Bearer ${key}` };
    const passed = sendRequest({ hostname, port, method, path: url, headers: onward, setHost: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
    });
    passed.once('error', () => outgoing.destroy());
    // If the client hangs up, the proxy ends its request, too.
    outgoing.once('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${address.port}`, close };
}
