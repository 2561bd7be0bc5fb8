import type { Command } from '@roundhouse/proto/agent/v1/command';
import { lengthTag } from '@roundhouse/proto/frames';

type CallTool = Extract<Command['operation'], { case: 'callTool' }>['value'];

/** For each message without bytes. */
export const noBytes: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
/** Stands in a text for bytes that are not UTF-8. */
const replacement = '\uFFFD';
/** The generated code leaves it out at the beginning of a text. */
const byteOrderMark = 0xfeff;

/**
 * Reads tool calls and noops, which are nearly all commands, without an object for each step. It gives up on any other field, on faults and on
 * texts that may not be UTF-8: the generated code then reads the frame, and names the fault.
 */
export class CommandReader {
  readonly #bytes: Buffer;
  #at = 0;
  #fits = true;

  constructor(message: Uint8Array) {
    this.#bytes = Buffer.isBuffer(message)
      ? message
      : Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  }

  /** The command between two places of the message; `undefined` if this reader gives up. */
  read(start: number, end: number): Command | undefined {
    this.#at = start;
    this.#fits = true;
    const command: Command = {
      $typeName: 'agent.v1.Command',
      id: '',
      kind: 0,
      timeoutMs: 0,
      traceparent: '',
      journal: '',
      tracestate: '',
      traced: false,
      operation: noOperation,
    };
    while (this.#fits && this.#at < end) this.#readField(command, end);
    return this.#fits && this.#at === end && command.operation.case !== undefined ? command : undefined;
  }

  #readField(command: Command, end: number): void {
    const tag = this.#number();
    if (tag === lengthTag(1)) command.id = this.#text(end);
    else if (tag === 2 << 3) command.kind = this.#number() | 0;
    else if (tag === 3 << 3) command.timeoutMs = this.#number();
    else if (tag === lengthTag(4)) command.traceparent = this.#text(end);
    else if (tag === lengthTag(6)) command.tracestate = this.#text(end);
    else if (tag === 7 << 3) command.traced = this.#number() !== 0;
    else if (command.operation.case !== undefined) this.#fits = false;
    else if (tag === lengthTag(10)) command.operation = this.#noop(end);
    else if (tag === lengthTag(11)) command.operation = { case: 'callTool', value: this.#callTool(end) };
    else this.#fits = false;
  }

  #noop(limit: number): Command['operation'] {
    const end = this.#end(limit);
    let echo = noBytes;
    while (this.#fits && this.#at < end) {
      if (this.#number() === lengthTag(1)) echo = this.#view(end);
      else this.#fits = false;
    }
    this.#endAt(end);
    return { case: 'noop', value: { $typeName: 'agent.v1.Noop', echo } };
  }

  #callTool(limit: number): CallTool {
    const end = this.#end(limit);
    const call: CallTool = {
      $typeName: 'agent.v1.CallTool',
      serverId: '',
      tool: '',
      arguments: noBytes,
      progress: false,
      meta: noBytes,
      instanceId: '',
      more: noBytes,
      caller: '',
      onlyLogs: false,
    };
    while (this.#fits && this.#at < end) {
      const tag = this.#number();
      if (tag === lengthTag(1)) call.serverId = this.#text(end);
      else if (tag === lengthTag(2)) call.tool = this.#text(end);
      else if (tag === lengthTag(3)) call.arguments = this.#view(end);
      else if (tag === 4 << 3) call.progress = this.#number() !== 0;
      else if (tag === lengthTag(9)) call.caller = this.#text(end);
      else this.#fits = false;
    }
    this.#endAt(end);
    return call;
  }

  /** The end of the field that begins here. */
  #end(limit: number): number {
    const length = this.#number();
    const end = this.#at + length;
    if (end > limit) this.#fits = false;
    return end;
  }

  /** Gives up if the last field of a message has not ended where the message ends. */
  #endAt(end: number): void {
    if (this.#at !== end) this.#fits = false;
  }

  /** A number of at most 32 bits. */
  #number(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.#bytes[this.#at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) {
        if (value > 0xffff_ffff) this.#fits = false;
        return value;
      }
    }
    this.#fits = false;
    return 0;
  }

  #text(limit: number): string {
    const end = this.#end(limit);
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    if (text.includes(replacement) || text.charCodeAt(0) === byteOrderMark) this.#fits = false;
    return text;
  }

  /** Bytes as a view of the message. */
  #view(limit: number): Uint8Array {
    const end = this.#end(limit);
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}

const noOperation: Command['operation'] = { case: undefined };
