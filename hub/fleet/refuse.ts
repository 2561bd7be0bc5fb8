import { Metadata, type ServerDuplexStream, type status } from '@grpc/grpc-js';

/** The trailer that says when to come back, in milliseconds. The agent reads it in `agent/link/control.ts`. */
const returnAfter = 'return-after-ms';

/**
 * Ends a stream with a status. Safe on one that has ended; what the other side still sends is thrown away.
 * @param returnAfterMs When the agent should dial again.
 */
export function refuse(
  call: ServerDuplexStream<Buffer, Buffer>,
  code: status,
  details: string,
  returnAfterMs?: number,
): void {
  if (call.writableEnded || call.destroyed) return;
  const metadata = new Metadata();
  if (returnAfterMs !== undefined) metadata.set(returnAfter, String(Math.round(returnAfterMs)));
  // How grpc-js wants a stream's status to be told: its own listener ends the stream with it.
  call.emit('error', Object.assign(new Error(details), { code, details, metadata }));
}
