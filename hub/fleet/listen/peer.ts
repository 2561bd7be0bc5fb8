import { X509Certificate } from 'node:crypto';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { EnrollmentRules } from '../../domain/agents/fleet.js';
import type { Authority } from './ca.js';

/** Who is at the other end of a call, by its certificate. */
export type Peer =
  | {
      readonly known: true;
      readonly id: string;
      readonly name: string;
      readonly site: string;
      /** When the certificate expires, milliseconds since 1970. */
      readonly expiresAt: number;
    }
  /** `revoked`: it had a place here, and should know that it has lost it for good. */
  | { readonly known: false; readonly reason: string; readonly revoked: boolean };

/** Tells who makes a call. A connection without our certificate, or with one that is revoked or has expired, is nobody. */
export function identifyPeer(
  call: Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>,
  authority: Authority,
  rules: EnrollmentRules,
): Peer {
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  if (!raw) return nobody('no client certificate of this hub');
  const certificate = new X509Certificate(raw);
  // The handshake checked this too; but a resumed session is called authorized on less.
  if (!authority.signed(certificate)) return nobody('certificate of another authority');
  const id = /^CN=([0-9a-zA-Z-]{1,64})$/m.exec(certificate.subject)?.[1];
  if (id === undefined) return nobody('certificate without an agent id');
  const agent = rules.identify(id, certificate.serialNumber.toLowerCase());
  if (agent === 'revoked') return nobody(`agent ${id} is revoked`, true);
  if (agent === 'unknown') return nobody(`agent ${id} is not known here`);
  const expiresAt = Date.parse(certificate.validTo);
  if (!(expiresAt > Date.now())) return nobody(`the certificate of agent ${id} has expired`);
  return { known: true, id: agent.id, name: agent.name, site: agent.site, expiresAt };
}

function nobody(reason: string, revoked = false): Peer {
  return { known: false, reason, revoked };
}
