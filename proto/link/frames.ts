/*
 * The parts of the link's protocol that both ends need in addition to the generated code: names, limits, and a writer for the frames that make up
 * nearly all of the traffic. The generated code works by reflection and takes about ten times as long.
 * `test/stream/link/frames.test.ts` holds the two equal.
 */

/** The name in every hub's certificate, for every address that agents dial. */
export const hubName = 'roundhouse-hub';

/** The largest message of the control stream in either direction, bytes. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** The trailer with the time after which an agent dials again, milliseconds. A hub that refuses a stream sets it. */
export const returnAfterTrailer = 'return-after-ms';

/** The tag of a field whose value has a length: text, bytes, a message. */
export function lengthTag(field: number): number {
  return (field << 3) | 2;
}

/** Both `ConnectRequest` and `ConnectResponse` hold their frames in field 1. */
export const framesTag = lengthTag(1);

/** Size of a field with a value of this length: tag, length and value. */
export function fieldSize(length: number): number {
  return 1 + varintSize(length) + length;
}

/** Size of a text field; 0 if the text is empty, as such a field is not written. */
export function textSize(text: string): number {
  return bytesSize(Buffer.byteLength(text));
}

/** Size of a field of bytes of this length; 0 if there are none. */
export function bytesSize(length: number): number {
  return length === 0 ? 0 : fieldSize(length);
}

/** Size of a number field; 0 if the number is 0. */
export function numberSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

/** An encoded frame with its place in the message. Messages are made by joining such pieces. */
export function inMessage(frame: Uint8Array): Buffer {
  return asField(1, frame);
}

/** A field whose value comes in pieces. */
export function asField(field: number, ...pieces: readonly Uint8Array[]): Buffer {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const out = Buffer.allocUnsafe(fieldSize(length));
  out[0] = lengthTag(field);
  let at = writeVarint(out, length, 1);
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** Writes a message of known size, inside a frame with its place in the message. Fields with default values are left out. */
export class FrameWriter {
  readonly buffer: Buffer;
  #at: number;

  /** `member`: the field of the frame that holds the message; `size`: the sum of the sizes of the message's fields. */
  constructor(member: number, size: number) {
    const frameSize = fieldSize(size);
    this.buffer = Buffer.allocUnsafe(fieldSize(frameSize));
    this.buffer[0] = framesTag;
    this.#at = writeVarint(this.buffer, frameSize, 1);
    this.tag(member, size);
  }

  /** Begins a field of this length. Its value follows. */
  tag(field: number, length: number): void {
    this.buffer[this.#at++] = lengthTag(field);
    this.#at = writeVarint(this.buffer, length, this.#at);
  }

  text(field: number, text: string): void {
    if (text === '') return;
    this.tag(field, Buffer.byteLength(text));
    this.#at += this.buffer.write(text, this.#at);
  }

  bytes(field: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.member(field, bytes);
  }

  /** Bytes that are a member of a `oneof`: written even if they are empty. */
  member(field: number, bytes: Uint8Array): void {
    this.tag(field, bytes.length);
    this.buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  number(field: number, value: number): void {
    if (value === 0) return;
    this.buffer[this.#at++] = field << 3;
    this.#at = writeVarint(this.buffer, value, this.#at);
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeVarint(out: Buffer, value: number, at: number): number {
  let rest = value;
  let position = at;
  for (; rest > 127; rest = Math.floor(rest / 128)) out[position++] = (rest % 128) | 128;
  out[position++] = rest;
  return position;
}
