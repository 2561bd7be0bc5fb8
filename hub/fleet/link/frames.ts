/*
 * Frames between hub and agent, at the hub's end. The commands and results that make up nearly all of the traffic are written and read by
 * hand: the generated code takes 5 µs to write a tool call and 3 µs to read one, and this code takes 0.4 µs. All other frames, and fields that the
 * hand-written reader does not know, go through the generated code. `test/stream/link/frames.test.ts` checks that both give the same.
 */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import {
  type Command,
  CommandKind,
  CommandSchema,
  type Result,
  ResultSchema,
} from '@roundhouse/proto/agent/v1/command';
import {
  type AgentFrame,
  AgentFrameSchema,
  ConnectRequestSchema,
  type Hello,
  HubFrameSchema,
  type TransferRequest,
  TransferRequestSchema,
  TransferResponseSchema,
} from '@roundhouse/proto/agent/v1/link';
import {
  asField,
  bytesSize,
  FrameWriter,
  fieldSize,
  inMessage,
  lengthTag,
  numberSize,
  textSize,
} from '@roundhouse/proto/frames';
import type { Trace } from '@roundhouse/proto/tracing';
import type { CommandKind as Kind, Operation } from '../../domain/agents/fleet.js';
import { decodeBounded, mostFields, skipField, tooManyFields } from '../wire/bounds.js';
import { toWireOperation } from '../wire/wire.js';

const kinds: Readonly<Record<Kind, CommandKind>> = {
  read: CommandKind.READ,
  idempotent: CommandKind.IDEMPOTENT,
  once: CommandKind.ONCE,
};

/** The field of `HubFrame` that holds a command. */
const commandField = 2;

/** Writes one frame in its form in a `ConnectResponse`: a message is made by joining frames. */
export function encodeFrame(frame: MessageInitShape<typeof HubFrameSchema>['frame']): Buffer {
  return inMessage(toBinary(HubFrameSchema, create(HubFrameSchema, { frame })));
}

/** Writes a command's frame, as {@link encodeFrame} would. */
export function encodeCommand(
  id: string,
  kind: Kind,
  timeoutMs: number,
  trace: Trace | undefined,
  operation: Operation,
  journal = '',
): Buffer {
  const { traceparent = '', tracestate = '', span } = trace ?? {};
  const traced = span !== undefined;
  const head = { id, kind: kinds[kind], timeoutMs, traceparent, tracestate, traced };
  if (!isPlain(operation) || journal !== '') {
    const command = create(CommandSchema, { ...head, journal, operation: toWireOperation(operation) });
    return inMessage(asField(commandField, toBinary(CommandSchema, command)));
  }
  const place = textSize(traceparent) + textSize(tracestate) + (traced ? 2 : 0);
  const headSize = textSize(id) + 2 + numberSize(timeoutMs) + place;
  if (operation.case === 'noop') {
    const { echo } = operation.value;
    const inner = bytesSize(echo.length);
    const out = new FrameWriter(commandField, headSize + fieldSize(inner));
    writeHead(out, head);
    out.tag(10, inner);
    out.bytes(1, echo);
    return out.buffer;
  }
  const { serverId, tool, arguments: args, progress, caller = '' } = operation.value;
  const inner = textSize(serverId) + textSize(tool) + bytesSize(args.length) + (progress ? 2 : 0) + textSize(caller);
  const out = new FrameWriter(commandField, headSize + fieldSize(inner));
  writeHead(out, head);
  out.tag(11, inner);
  out.text(1, serverId);
  out.text(2, tool);
  out.bytes(3, args);
  if (progress) out.number(4, 1);
  out.text(9, caller);
  return out.buffer;
}

/** Whether an operation is written by hand. */
function isPlain(operation: Operation): operation is Extract<Operation, { case: 'callTool' | 'noop' }> {
  if (operation.case === 'noop') return true;
  if (operation.case !== 'callTool') return false;
  const { meta, instanceId, envelope, onlyLogs = false } = operation.value;
  return meta === undefined && instanceId === undefined && envelope === undefined && !onlyLogs;
}

/** Tells an agent how many bytes of a data stream were taken. */
export function encodeReceived(bytes: number): Buffer {
  const part = { case: 'received' as const, value: BigInt(bytes) };
  return Buffer.from(toBinary(TransferResponseSchema, create(TransferResponseSchema, { part })));
}

/** The fields of a command before its operation. */
type CommandHead = Pick<Command, 'id' | 'kind' | 'timeoutMs' | 'traceparent' | 'tracestate' | 'traced'>;

function writeHead(out: FrameWriter, { id, kind, timeoutMs, traceparent, tracestate, traced }: CommandHead): void {
  out.text(1, id);
  out.number(2, kind);
  out.number(3, timeoutMs);
  out.text(4, traceparent);
  out.text(6, tracestate);
  if (traced) out.number(7, 1);
}

/** A frame of an agent, and its size. */
export interface ReceivedFrame {
  readonly frame: AgentFrame['frame'];
  readonly bytes: number;
  /** Its fields, and those of the messages inside it. */
  readonly fields: number;
}

/** The most fields of a result that is read by hand. */
const fewFields = 8;

/**
 * Reads a `ConnectRequest`, one frame after the other as they are asked for. Byte fields are views of the message.
 * @throws Error if it is not a `ConnectRequest`, or has more fields than any agent sends.
 */
export function* readAgentFrames(message: Uint8Array): Generator<ReceivedFrame> {
  const reader = new BinaryReader(message);
  // The maximum holds for all frames of the message together, and for the fields next to them.
  for (let left = mostFields; reader.pos < reader.len; left -= 1) {
    if (left <= 0) throw tooManyFields();
    const [field, type] = reader.tag();
    if (field !== 1) {
      skipField(reader, type);
      continue;
    }
    if (type !== WireType.LengthDelimited) throw new Error('a frame is not written as a message');
    const bytes = reader.uint32();
    const start = reader.pos;
    const end = start + bytes;
    if (end > reader.len) throw new RangeError('frame ends beyond its message');
    const result = message[start] === lengthTag(2) ? readResult(reader, end) : undefined;
    if (result) {
      yield { frame: { case: 'result', value: result }, bytes, fields: fewFields };
    } else {
      reader.pos = end;
      const read = decodeBounded(AgentFrameSchema, message.subarray(start, end), left);
      left -= read.fields;
      yield { frame: read.message.frame, bytes, fields: read.fields };
    }
  }
}

/**
 * Reads one part of a data stream. A chunk is a view of the message.
 * @throws Error if it is not a part.
 */
export function decodeTransferPart(message: Uint8Array): TransferRequest['part'] {
  if (message[0] === lengthTag(2)) {
    const reader = new BinaryReader(message);
    reader.pos = 1;
    const value = reader.bytes();
    if (reader.pos === reader.len) return { case: 'chunk', value };
  }
  return decodeBounded(TransferRequestSchema, message, fewFields).message.part;
}

/**
 * Reads the first message of an agent's control stream.
 * @returns `undefined` if it is not a hello alone
 * @throws Error if it is not a `ConnectRequest`.
 */
export function decodeHello(message: Uint8Array): Hello | undefined {
  const { frames } = decodeBounded(ConnectRequestSchema, message).message;
  const frame = frames[0]?.frame;
  return frames.length === 1 && frame?.case === 'hello' ? frame.value : undefined;
}

/**
 * Reads a result that came on a data stream.
 * @throws Error if it is not a `Result`.
 */
export function decodeBareResult(encoded: Uint8Array): Result {
  return decodeBounded(ResultSchema, encoded).message;
}

/**
 * Reads a frame with a result of one of the two common forms and nothing else, each field once; `undefined` for any other, whose fields
 * have to be counted.
 */
function readResult(reader: BinaryReader, end: number): Result | undefined {
  reader.pos += 1;
  if (reader.uint32() !== end - reader.pos) return undefined;
  let commandId: string | undefined;
  let outcome: Result['outcome'] | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === lengthTag(1) && commandId === undefined) {
      commandId = reader.string(true);
    } else if (tag === lengthTag(2) && !outcome) {
      outcome = { case: 'json', value: reader.bytes() };
    } else if (tag === lengthTag(3) && !outcome) {
      const toolEnd = reader.uint32() + reader.pos;
      let json: Uint8Array | undefined;
      let isError: boolean | undefined;
      let durationUs: number | undefined;
      while (reader.pos < toolEnd) {
        const toolTag = reader.uint32();
        if (toolTag === lengthTag(1) && !json) json = reader.bytes();
        else if (toolTag === 2 << 3 && isError === undefined) isError = reader.bool();
        else if (toolTag === 3 << 3 && durationUs === undefined) durationUs = reader.uint32();
        else return undefined;
      }
      if (reader.pos !== toolEnd) return undefined;
      const tool = { json: json ?? new Uint8Array(), isError: isError ?? false, durationUs: durationUs ?? 0 };
      outcome = { case: 'tool', value: { $typeName: 'agent.v1.ToolResult', ...tool } };
    } else {
      return undefined;
    }
  }
  if (reader.pos !== end || !outcome) return undefined;
  return { $typeName: 'agent.v1.Result', commandId: commandId ?? '', outcome };
}
