/*
 * grpc-js has one limit for the messages of all methods of a server, and keeps what has arrived of a message until it is
 * whole. Both of its limits stand in each call: one is held against the length that a message announces before any of it
 * is kept, the other against what a compressed message becomes.
 */

interface Limited {
  maxReceiveMessageSize?: number;
  readonly decoder?: { maxReadMessageLength?: number };
}

/** Limits the messages that a call takes from now on. @throws Error where grpc-js no longer lets it be done. */
export function limitMessages(call: unknown, bytes: number): void {
  const limited = ((call as { readonly call?: unknown }).call ?? call) as Limited;
  const { decoder, maxReceiveMessageSize } = limited;
  if (maxReceiveMessageSize === undefined || decoder?.maxReadMessageLength === undefined)
    throw new Error('grpc-js has changed: the messages of a call cannot be limited');
  limited.maxReceiveMessageSize = bytes;
  decoder.maxReadMessageLength = bytes;
}
