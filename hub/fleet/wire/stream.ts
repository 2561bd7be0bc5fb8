import type { Readable, Writable } from 'node:stream';
import type { ServerDuplexStream } from '@grpc/grpc-js';

/** The hub's end of a stream of encoded messages: a gRPC call, or a stream of an agent in the hub's own process. */
export type Stream = Readable & Writable & Pick<ServerDuplexStream<Buffer, Buffer>, 'cancelled' | 'getPeer'>;
