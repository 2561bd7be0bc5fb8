/*
 * Frames between agent and hub, at the agent's end. The commands and results that make up nearly all of the traffic are read and written by
 * hand: the generated code takes 3 µs to read a tool call and 5 µs to write its result, against 0.4 µs here. All other frames, and fields
 * that the hand-written reader does not know, go through the generated code. `test/stream/link/frames.test.ts` holds the two equal.
 */

import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import {
  type Command,
  FailureCode,
  type FailureSchema,
  Outcome,
  ResultSchema,
} from '@roundhouse/proto/agent/v1/command';
import {
  AgentFrameSchema,
  type HubFrame,
  HubFrameSchema,
  TransferRequestSchema,
  TransferResponseSchema,
} from '@roundhouse/proto/agent/v1/link';
import { failureBound, longestText, problemOf } from '@roundhouse/proto/bounds';
import {
  asField,
  bytesSize,
  FrameWriter,
  fieldSize,
  framesTag,
  inMessage,
  lengthTag,
  numberSize,
  textSize,
} from '@roundhouse/proto/frames';
import type { Logger } from '@roundhouse/proto/log';
import { AgentFailure, type FailureKind } from '../../failure.js';
import { CommandReader, noBytes } from './command-reader.js';

/** A command that cannot be read, though its id can. */
export interface Undecodable {
  readonly case: 'undecodable';
  readonly value: { readonly commandId: string };
}

type ResultOutcome = NonNullable<MessageInitShape<typeof ResultSchema>['outcome']>;

/** The field of `AgentFrame` that holds a result. */
const resultField = 2;
const commandTag = lengthTag(2);

/** Writes one frame as it stands in a `ConnectRequest`: messages are made by joining such pieces. */
export function encodeFrame(frame: MessageInitShape<typeof AgentFrameSchema>['frame']): Buffer {
  return inMessage(toBinary(AgentFrameSchema, create(AgentFrameSchema, { frame })));
}

/** Writes a result's frame, as {@link encodeFrame} would. */
export function encodeResult(commandId: string, outcome: ResultOutcome): Buffer {
  const head = textSize(commandId);
  if (outcome.case === 'json' && outcome.value) {
    const json = outcome.value;
    const out = new FrameWriter(resultField, head + fieldSize(json.length));
    out.text(1, commandId);
    out.member(2, json);
    return out.buffer;
  }
  if (outcome.case === 'tool') {
    const { json = noBytes, isError = false, durationUs = 0 } = outcome.value;
    const inner = bytesSize(json.length) + (isError ? 2 : 0) + numberSize(durationUs);
    const out = new FrameWriter(resultField, head + fieldSize(inner));
    out.text(1, commandId);
    out.tag(3, inner);
    out.bytes(1, json);
    if (isError) out.number(2, 1);
    out.number(3, durationUs);
    return out.buffer;
  }
  return encodeFrame({ case: 'result', value: { commandId, outcome } });
}

/** A result that is too large for the control stream, as it goes through a data stream: a `Result` by itself. */
export function encodeBareResult(commandId: string, outcome: ResultOutcome): Uint8Array {
  return toBinary(ResultSchema, create(ResultSchema, { commandId, outcome }));
}

/** Writes a data stream's chunk, which may come in pieces. */
export function encodeChunk(...pieces: readonly Uint8Array[]): Buffer {
  return asField(2, ...pieces);
}

/** Writes any part of a data stream. */
export function encodePart(part: MessageInitShape<typeof TransferRequestSchema>['part']): Buffer {
  return Buffer.from(toBinary(TransferRequestSchema, create(TransferRequestSchema, { part })));
}

/** How many bytes of a data stream the hub has taken; `undefined` if the message holds another part. */
export function decodeReceived(message: Uint8Array): number | undefined {
  try {
    const { part } = fromBinary(TransferResponseSchema, message);
    return part.case === 'received' ? Number(part.value) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads a `ConnectResponse`. Byte fields are views of the message.
 * @throws Error if the message is no `ConnectResponse`.
 */
export function decodeHubFrames(message: Uint8Array): (HubFrame['frame'] | Undecodable)[] {
  const frames: (HubFrame['frame'] | Undecodable)[] = [];
  const reader = new BinaryReader(message);
  const commands = new CommandReader(message);
  while (reader.pos < reader.len) {
    // `tag` makes an array of its two parts.
    if (message[reader.pos] === framesTag) reader.pos += 1;
    else {
      const [field, type] = reader.tag();
      if (field !== 1) {
        if (type === WireType.StartGroup) throw new Error('a message with a group');
        reader.skip(type, field);
        continue;
      }
      if (type !== WireType.LengthDelimited) throw new Error('a frame is not written as a message');
    }
    const length = reader.uint32();
    const start = reader.pos;
    const end = start + length;
    if (end > reader.len) throw new RangeError('frame ends beyond its message');
    const command = message[start] === commandTag ? readCommand(reader, commands, end) : undefined;
    frames.push(command ? { case: 'command', value: command } : readFrame(message.subarray(start, end)));
    reader.pos = end;
  }
  return frames;
}

/** Reads a frame that holds a tool call or a noop and nothing else; `undefined` for any other. */
function readCommand(reader: BinaryReader, commands: CommandReader, end: number): Command | undefined {
  reader.pos += 1;
  return reader.uint32() === end - reader.pos ? commands.read(reader.pos, end) : undefined;
}

function readFrame(bytes: Uint8Array): HubFrame['frame'] | Undecodable {
  try {
    return fromBinary(HubFrameSchema, bytes).frame;
  } catch (error) {
    const commandId = readCommandId(bytes);
    if (commandId === undefined) throw error;
    return { case: 'undecodable', value: { commandId } };
  }
}

/** The id of a command whose further fields cannot be read, so that its sender gets an answer. */
function readCommandId(bytes: Uint8Array): string | undefined {
  try {
    const reader = new BinaryReader(bytes);
    if (reader.uint32() !== commandTag) return undefined;
    reader.uint32();
    return reader.uint32() === lengthTag(1) ? reader.string(true) : undefined;
  } catch {
    return undefined;
  }
}

const codes: Readonly<Record<FailureKind, FailureCode>> = {
  invalid_argument: FailureCode.INVALID_ARGUMENT,
  unimplemented: FailureCode.UNIMPLEMENTED,
  not_found: FailureCode.NOT_FOUND,
  disconnected: FailureCode.DISCONNECTED,
  timeout: FailureCode.TIMEOUT,
  cancelled: FailureCode.CANCELLED,
  upstream: FailureCode.UPSTREAM,
  refused: FailureCode.REFUSED,
  overloaded: FailureCode.OVERLOADED,
  internal: FailureCode.INTERNAL,
  lost: FailureCode.LOST,
  conflict: FailureCode.CONFLICT,
};

/** When the failure came: before the command began, after that, or after its end. The hub's view of the outcome depends on it. */
export type Progressed = 'not_run' | 'begun' | 'dropped';

/** Failures that leave open whether the command took effect. */
const unsure: ReadonlySet<FailureKind> = new Set(['timeout', 'cancelled', 'lost']);

/**
 * A failure as the hub gets it. An error other than AgentFailure is a fault of this program: it is logged here, and the hub does not get
 * its text.
 */
export function toWireFailure(
  error: unknown,
  progressed: Progressed,
  log: Logger,
): MessageInitShape<typeof FailureSchema> {
  if (!(error instanceof AgentFailure)) {
    log.error({ event: 'operation.failed', err: error }, 'operation failed unexpectedly');
    return { code: FailureCode.INTERNAL, message: 'the operation failed inside the agent', outcome: Outcome.UNKNOWN };
  }
  const outcome =
    progressed === 'not_run' || error.details.outcome === 'not_run'
      ? Outcome.NOT_RUN
      : progressed === 'dropped' || unsure.has(error.kind)
        ? Outcome.UNKNOWN
        : Outcome.UNSPECIFIED;
  const message = error.message.slice(0, longestText);
  return { code: codes[error.kind], message, details: encodeDetails(error.details), outcome };
}

/** The details as JSON. Details that the hub would not read are left out: first the `data` of a server's error, then all. */
function encodeDetails(details: Readonly<Record<string, unknown>>): Uint8Array {
  if (Object.keys(details).length === 0) return noBytes;
  return encoded(details) ?? encoded(withoutData(details)) ?? noBytes;
}

function encoded(details: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  try {
    const json = Buffer.from(JSON.stringify(details));
    return problemOf(json, failureBound) === undefined ? json : undefined;
  } catch {
    // A value that JSON cannot hold, or that nests too deep, must not cost the answer.
    return undefined;
  }
}

function withoutData({ jsonrpc, ...rest }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (typeof jsonrpc !== 'object' || jsonrpc === null) return rest;
  const { code, message } = jsonrpc as { readonly code?: unknown; readonly message?: unknown };
  return { ...rest, jsonrpc: { code, message, dataOmitted: true } };
}
