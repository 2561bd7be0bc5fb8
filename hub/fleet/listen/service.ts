import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';
import {
  type EnrollRequest,
  EnrollRequestSchema,
  type EnrollResponse,
  EnrollResponseSchema,
} from '@roundhouse/proto/agent/v1/enrollment';
import {
  type RenewRequest,
  RenewRequestSchema,
  type RenewResponse,
  RenewResponseSchema,
} from '@roundhouse/proto/agent/v1/link';
import { decodeBounded } from '../wire/bounds.js';

/** The largest hello, which may name all commands that run at the agent. */
const helloBytes = 512 * 1024;
/** The largest part: a chunk of 64 KiB, or a failure, with its framing. */
const partBytes = 65 * 1024;
/** The largest unary request: a join token, a request for a certificate, a name and a version. */
const unaryBytes = 16 * 1024;
/** The most fields of a unary request. The requests of this version have four at most. */
const unaryFields = 32;

/** `frames.ts` reads and writes the messages of streams, so that a bad message gets our own error. */
const raw = {
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
};

/** `agent.v1.EnrollmentService`. */
export const enrollmentService = {
  enroll: {
    path: '/agent.v1.EnrollmentService/Enroll',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: EnrollRequest) => Buffer.from(toBinary(EnrollRequestSchema, message)),
    requestDeserialize: (bytes: Buffer) => decodeBounded(EnrollRequestSchema, bytes, unaryFields).message,
    responseSerialize: (message: EnrollResponse) => Buffer.from(toBinary(EnrollResponseSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(EnrollResponseSchema, bytes),
  } satisfies MethodDefinition<EnrollRequest, EnrollResponse>,
};

/** `agent.v1.LinkService`. */
export const linkService = {
  connect: { path: '/agent.v1.LinkService/Connect', requestStream: true, responseStream: true, ...raw },
  transfer: { path: '/agent.v1.LinkService/Transfer', requestStream: true, responseStream: true, ...raw },
  renew: {
    path: '/agent.v1.LinkService/Renew',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: RenewRequest) => Buffer.from(toBinary(RenewRequestSchema, message)),
    requestDeserialize: (bytes: Buffer) => decodeBounded(RenewRequestSchema, bytes, unaryFields).message,
    responseSerialize: (message: RenewResponse) => Buffer.from(toBinary(RenewResponseSchema, message)),
    responseDeserialize: (bytes: Buffer) => fromBinary(RenewResponseSchema, bytes),
  } satisfies MethodDefinition<RenewRequest, RenewResponse>,
};

/**
 * The largest message that a call may begin with, bytes. Many messages may be incomplete at once, and the hub keeps the received part of
 * each. The limit of the control stream is raised after the agent's hello.
 */
export function firstMessageBytes(path: string): number {
  if (path === linkService.connect.path) return helloBytes;
  return path === linkService.transfer.path ? partBytes : unaryBytes;
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
