import { type ServerDuplexStream, type StatusObject, status } from '@grpc/grpc-js';

/*
 * A message beyond the limit never arrives here: grpc-js refuses it by itself, and the stream's handler sees no more than
 * that the stream has ended, as if the connection had been lost. The status that it refuses with is the only trace of it.
 */

/**
 * Calls back when grpc-js ends a stream because of a message that is too large; `reason` is its own. Where its inside has
 * changed that does not happen, and such a stream is one that was lost.
 */
export function onOversize(call: ServerDuplexStream<Buffer, Buffer>, told: (reason: string) => void): void {
  const { call: inner } = call as unknown as { call?: { sendStatus?(status: Partial<StatusObject>): void } };
  const send = inner?.sendStatus;
  if (!inner || typeof send !== 'function') return;
  inner.sendStatus = (ending) => {
    const { code, details = '' } = ending;
    // What this hub would have sent, and may not, is another matter.
    if (code === status.RESOURCE_EXHAUSTED && details.startsWith('Received message')) told(details);
    send.call(inner, ending);
  };
}
