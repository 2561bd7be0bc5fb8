import { connect } from 'node:tls';
import { hubName } from '../fleet/ca.js';

/** How long a port may take to show its protocol, milliseconds. */
const LIMIT_MS = 2000;

/** A port's protocol; `undefined` if it is unknown. */
export type PortKind = 'http' | 'https' | 'agents' | undefined;

/** Asks a port for a TLS handshake. The hub's port for agents is known by its certificate. */
export function portKind({ hostname, port, protocol }: URL): Promise<PortKind> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const at = Number(port || (protocol === 'https:' ? 443 : 80));
    // Nothing is sent: the owner of the certificate does not matter.
    const socket = connect({ host, port: at, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
    const found = (kind: PortKind) => {
      socket.destroy();
      resolve(kind);
    };
    socket.setTimeout(LIMIT_MS, () => found(undefined));
    socket.once('secureConnect', () => {
      const isAgents = socket.getPeerX509Certificate()?.subjectAltName === `DNS:${hubName}`;
      found(isAgents ? 'agents' : 'https');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      found(error.code === 'ERR_SSL_WRONG_VERSION_NUMBER' || error.code === 'EPROTO' ? 'http' : undefined);
    });
  });
}
