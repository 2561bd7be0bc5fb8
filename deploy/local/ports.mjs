// Ports of this machine, before anything listens on them.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { Stop } from './prepare.mjs';

/** @param {import('node:net').ListenOptions} options @returns {Promise<number>} the port, closed again */
function tryListen(options) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ ...options, exclusive: true }, () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Refuses an address that is taken. The hub would share its port with another hub without a word:
 * uWebSockets listens with SO_REUSEPORT.
 * @param {{ host: string, port: number }} address
 * @param {string} setting where the address comes from
 */
export async function checkFree({ host, port }, setting) {
  try {
    await tryListen({ port, host });
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const reason = code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be used (${message})`;
    throw new Stop(`Port ${port} of ${host} ${reason}. Set ${setting} to another HOST:PORT.`);
  }
}

/** Below the ports that systems give to whoever asks for any: what listens on port 0, or connects, meanwhile cannot take it. */
const lowest = 12_000;
const highest = 32_000;

/** A port of the loopback interface that was free a moment ago. @returns {Promise<number>} */
export async function freePort() {
  const port = randomInt(lowest, highest);
  try {
    return await tryListen({ port, host: '127.0.0.1' });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
    return freePort();
  }
}
