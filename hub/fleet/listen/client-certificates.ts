import { X509Certificate } from 'node:crypto';
import type { Http2Session } from 'node:http2';
import { ServerCredentials, type ServerUnaryCall } from '@grpc/grpc-js';
import type { EnrollmentRules } from '../../domain/agents/fleet.js';
import type { Authority } from './ca.js';

/**
 * TLS that asks for client certificates and checks them, but does not require them.
 *
 * `ServerCredentials.createSsl(ca, pairs, true)` ends the handshake of a client without a certificate, so it could never enrol; `false`
 * asks for none, so an agent could never prove its identity. The constructor that takes the server's TLS options is protected only by
 * convention. It lets the hub ask for a certificate and decide at every call ({@link identify}). A certificate of another CA also
 * passes the handshake, and then identifies no agent.
 */
export class OptionalClientCertificates extends ServerCredentials {
  /** Keys and certificates in PEM. `streams`: HTTP/2's settings, which grpc-js passes to Node unchanged. */
  constructor(
    ca: Buffer,
    identity: { readonly key: Buffer; readonly certificate: Buffer },
    streams: { readonly maxStreams: number; readonly windowBytes: number },
  ) {
    const settings = { maxConcurrentStreams: streams.maxStreams, initialWindowSize: streams.windowBytes };
    const tls = {
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      handshakeTimeout: 10_000,
    } as const;
    super({ ...tls, ...{ settings } }, { ca, key: identity.key, cert: identity.certificate });
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** The other end of a call, by its certificate. */
type Peer =
  | {
      readonly known: true;
      readonly id: string;
      readonly name: string;
      readonly site: string;
      /** When the certificate expires, milliseconds since 1970. */
      readonly expiresAt: number;
      /** Whether it is enrolled now. */
      isEnrolled(): boolean;
    }
  /** `revoked`: the agent was enrolled here, and should learn that it is revoked. */
  | { readonly known: false; readonly reason: string; readonly revoked: boolean };

type Authenticated = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>;

/** The certificate of a connection that this hub's authority signed, or why the connection has none. */
type Shown =
  | { readonly id: string; readonly serial: string; readonly expiresAt: number }
  | { readonly id?: undefined; readonly reason: string };

/** The certificates of all connections. Each is read and checked once, since it stays the same as long as its connection. */
export class ShownCertificates {
  readonly #authority: Authority;
  readonly #shown = new WeakMap<Http2Session, Shown>();

  constructor(authority: Authority) {
    this.#authority = authority;
  }

  of(connection: Http2Session, call: Authenticated): Shown {
    const known = this.#shown.get(connection);
    if (known) return known;
    const shown = readCertificate(certificateOf(call), this.#authority);
    this.#shown.set(connection, shown);
    return shown;
  }
}

/** The certificate of the connection of a call. */
export function certificateOf(call: Authenticated): X509Certificate | undefined {
  const raw = call.getAuthContext().sslPeerCertificate?.raw;
  return raw && new X509Certificate(raw);
}

/** Reads a certificate that a peer has shown, and checks who signed it. */
export function readCertificate(certificate: X509Certificate | undefined, authority: Authority): Shown {
  if (!certificate) return { reason: 'no client certificate of this hub' };
  // The handshake checked this, too, but it authorizes a resumed session with fewer checks.
  if (!authority.signed(certificate)) return { reason: 'certificate of another authority' };
  const id = /^CN=([0-9a-zA-Z-]{1,64})$/m.exec(certificate.subject)?.[1];
  if (id === undefined) return { reason: 'certificate without an agent id' };
  return { id, serial: certificate.serialNumber.toLowerCase(), expiresAt: Date.parse(certificate.validTo) };
}

/** Identifies the agent that makes a call now. A connection without a certificate of this hub, or with a revoked or expired certificate, has no agent. */
export function identify(shown: Shown, rules: EnrollmentRules): Peer {
  if (shown.id === undefined) return unknown(shown.reason);
  const { id, serial, expiresAt } = shown;
  const agent = rules.identify(id, serial);
  if (agent === 'revoked') return unknown(`agent ${id} is revoked`, true);
  if (agent === 'unknown') return unknown(`agent ${id} is not known here`);
  if (!(expiresAt > Date.now())) return unknown(`the certificate of agent ${id} has expired`);
  const isEnrolled = () => typeof rules.identify(id, serial) !== 'string';
  return { known: true, id: agent.id, name: agent.name, site: agent.site, expiresAt, isEnrolled };
}

function unknown(reason: string, revoked = false): Peer {
  return { known: false, reason, revoked };
}
