import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { Client, ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { EnrollRequestSchema, type EnrollResponse, EnrollResponseSchema } from '@roundhouse/proto/agent/v1/enrollment';
import { RenewRequestSchema, type RenewResponse, RenewResponseSchema } from '@roundhouse/proto/agent/v1/link';

const asIs = (bytes: Buffer): Buffer => bytes;

/** A stream of encoded messages: they are written and read in `frames.ts`. */
export type Stream = ClientDuplexStream<Buffer, Buffer>;

/** Opens the control stream. */
export function openControl(client: Client): Stream {
  return client.makeBidiStreamRequest('/agent.v1.LinkService/Connect', asIs, asIs);
}

/** Opens a data stream. */
export function openTransfer(client: Client): Stream {
  return client.makeBidiStreamRequest('/agent.v1.LinkService/Transfer', asIs, asIs);
}

/** @throws ServiceError. */
export function callEnroll(
  client: Client,
  request: MessageInitShape<typeof EnrollRequestSchema>,
  timeoutMs: number,
): Promise<EnrollResponse> {
  return unary((done) =>
    client.makeUnaryRequest(
      '/agent.v1.EnrollmentService/Enroll',
      (message) => Buffer.from(toBinary(EnrollRequestSchema, message)),
      (bytes) => fromBinary(EnrollResponseSchema, bytes),
      create(EnrollRequestSchema, request),
      { deadline: Date.now() + timeoutMs },
      done,
    ),
  );
}

/** @throws ServiceError. */
export function callRenew(client: Client, certificateRequest: Uint8Array, timeoutMs: number): Promise<RenewResponse> {
  return unary((done) =>
    client.makeUnaryRequest(
      '/agent.v1.LinkService/Renew',
      (message) => Buffer.from(toBinary(RenewRequestSchema, message)),
      (bytes) => fromBinary(RenewResponseSchema, bytes),
      create(RenewRequestSchema, { certificateRequest }),
      { deadline: Date.now() + timeoutMs },
      done,
    ),
  );
}

function unary<T>(start: (done: (error: ServiceError | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error);
      else resolve(value as T);
    });
  });
}
