import { X509Certificate } from 'node:crypto';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { EnrollmentRules } from '../domain/agents/fleet.js';
import type { Authority } from './ca.js';

/** Who is at the other end of a call, by its certificate. */
export type Peer =
  | { readonly known: true; readonly id: string; readonly name: string; readonly site: string }
  | { readonly known: false; readonly reason: string };

/** Tells who makes a call. A connection without our certificate, or with a revoked one, is nobody. */
export function identifyPeer(
  call: Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>,
  authority: Authority,
  rules: EnrollmentRules,
): Peer {
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  if (!raw) return { known: false, reason: 'no client certificate of this hub' };
  const certificate = new X509Certificate(raw);
  // The handshake checked this too; but a resumed session is called authorized on less.
  if (!authority.signed(certificate)) return { known: false, reason: 'certificate of another authority' };
  const id = /^CN=([0-9a-zA-Z-]{1,64})$/m.exec(certificate.subject)?.[1];
  if (id === undefined) return { known: false, reason: 'certificate without an agent id' };
  const agent = rules.identify(id, certificate.serialNumber.toLowerCase());
  if (!agent) return { known: false, reason: `certificate of agent ${id} is unknown or revoked` };
  return { known: true, id: agent.id, name: agent.name, site: agent.site };
}
