import { createServer } from 'node:net';
import type { Listen } from '../config.js';
import { DomainError } from '../domain/errors.js';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is it in use?',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not listen there',
  ENOTFOUND: 'there is no such host',
};

/**
 * Checks that the hub can listen on an address, before it makes any files.
 * @param purpose ` for agents`, or empty
 * @throws DomainError `conflict` that says why not.
 */
export function checkFree({ host, port }: Listen, purpose: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ code = '', message }: NodeJS.ErrnoException) => {
      const why = reasons[code] ?? message;
      reject(new DomainError('conflict', `cannot listen${purpose} on ${host}:${port}: ${why}`));
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}
