import type { ServerDuplexStream, status } from '@grpc/grpc-js';

/** Ends a stream with a status. Safe on one that has ended; what the other side still sends is thrown away. */
export function refuse(call: ServerDuplexStream<Buffer, Buffer>, code: status, details: string): void {
  if (call.writableEnded || call.destroyed) return;
  // How grpc-js wants a stream's status to be told: its own listener ends the stream with it.
  call.emit('error', Object.assign(new Error(details), { code, details }));
}
