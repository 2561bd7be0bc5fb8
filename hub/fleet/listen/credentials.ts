import { ServerCredentials } from '@grpc/grpc-js';

/**
 * TLS with client certificates that are asked for and checked, but not demanded.
 *
 * `ServerCredentials.createSsl(ca, pairs, true)` ends the handshake of a client without a certificate, so that it could
 * never enrol; `false` asks for none, so that an agent could never prove who it is. The constructor that takes the
 * server's TLS options is protected only by convention. It lets the hub ask for a certificate and decide at every call
 * (`peer.ts`). A certificate of another CA passes the handshake too, and then identifies no agent.
 */
export class OptionalClientCertificates extends ServerCredentials {
  /** Keys and certificates in PEM. `streams`: HTTP/2's settings, which grpc-js hands to Node as they are. */
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
