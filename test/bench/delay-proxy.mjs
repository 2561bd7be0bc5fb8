// A wire with a delay in it, between agent and hub.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * @param {string} target `HOST:PORT`
 * @param {number} delayMs one way
 * @param {(() => Promise<void>)[]} cleanup gets the function that ends it
 * @returns {Promise<string>} its address
 */
export async function startDelayProxy(target, delayMs, cleanup) {
  const [host = '', port = ''] = target.split(':');
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host, port: Number(port), noDelay: true });
    for (const [from, to] of /** @type {const} */ ([
      [near, far],
      [far, near],
    ])) {
      sockets.add(from);
      from.on('data', (chunk) => setTimeout(() => to.writable && to.write(chunk), delayMs));
      from.on('error', () => {});
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('The proxy has no port.');
  return `127.0.0.1:${address.port}`;
}
