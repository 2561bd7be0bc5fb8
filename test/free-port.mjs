import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { tryListen } from '../deploy/cli/ports.mjs';

/** Below the ports that systems give to whoever asks for any: what listens on port 0, or connects, meanwhile cannot take it. */
const lowest = 12_000;
const highest = 32_000;

/**
 * A port of the loopback interface where nothing listens. Nobody else is given it by this function while this process lives: a test may end
 * what listens there and start it again. For what can be told to listen on port 0, that is better.
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
 * Takes a name that Linux gives back whenever its owner ends. Other systems have none of that kind.
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
