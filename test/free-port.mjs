import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { tryListen } from '../deploy/cli/ports.mjs';

/** Below the range from which systems choose free ports: programs that listen on port 0, or connect, cannot take a port of it meanwhile. */
const lowest = 12_000;
const highest = 32_000;

/**
 * A free port of the loopback interface. This function gives the port to no other caller while this process lives: a test may end the
 * server that listens on it and start the server again. A server that can listen on port 0 should do so instead.
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(lowest, highest);
    try {
      await reserve(port);
      await tryListen({ port, host: '127.0.0.1' });
      return port;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
    }
  }
}

/**
 * Takes a name that Linux frees whenever its owner ends. Other systems have no such names.
 * @param {number} port @returns {Promise<void>} rejects with `EADDRINUSE` where another process, or this one, has it
 */
function reserve(port) {
  if (process.platform !== 'linux') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const holder = createServer((connection) => connection.destroy());
    holder.once('error', reject);
    holder.listen(`\0roundhouse-test-port-${port}`, () => {
      holder.unref();
      resolve();
    });
  });
}
