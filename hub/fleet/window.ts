import type { ServerHttp2Session } from 'node:http2';
import type { ServerDuplexStream } from '@grpc/grpc-js';

/*
 * grpc-js has no setting for the window of a server's connections (grpc-node#3058), so that they stay at HTTP/2's
 * 64 KiB: what an agent can send is then one window per round trip, 1.3 MB/s at 50 ms. A stream's own window is set where
 * TLS is (`credentials.ts`), by a documented option of Node; only the connection's needs this way around.
 */

const widened = new WeakSet<ServerHttp2Session>();

/** Raises the window of the connection that a call came by. Returns false where grpc-js no longer lets it be found. */
export function widenWindow(call: ServerDuplexStream<Buffer, Buffer>, bytes: number): boolean {
  const session = sessionOf(call);
  if (!session) return false;
  if (widened.has(session) || session.destroyed) return true;
  widened.add(session);
  session.setLocalWindowSize(bytes);
  return true;
}

function sessionOf(call: unknown): ServerHttp2Session | undefined {
  const { call: intercepting } = call as { call?: { stream?: { session?: ServerHttp2Session } } };
  const session = intercepting?.stream?.session;
  return typeof session?.setLocalWindowSize === 'function' ? session : undefined;
}
