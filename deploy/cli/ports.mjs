// Ports of this machine, before anything listens on them.
import { createServer } from 'node:net';
import { Stop } from './terminal.mjs';

/** Listens and ends it again. @param {{ host: string, port: number }} options @returns {Promise<void>} */
export function tryListen(options) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ ...options, exclusive: true }, () => {
      probe.close(() => resolve());
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
