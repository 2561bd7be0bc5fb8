import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';

type Listener = (this: Socket, bytes: Buffer) => void;

/** How many bytes of an answer are read in one turn. An answer with fewer bytes waits before its next turn. */
const turnBytes = 64 * 1024;
/** How long an answer waits, milliseconds. The pieces that come meanwhile stay in the operating system, and are read together. */
const restMs = 100;

/**
 * Reads HTTP answers that come in many small pieces, such as followed logs. A piece that comes after a pause is read at once. Pieces that
 * follow one another are read together, a few times a second. The answers take turns: one of them is read in each round of the event loop.
 */
export class ChunkedResponses {
  readonly #turns = new BulkScheduler();

  /** Reads the answer to a request that has no socket yet. */
  read(request: ClientRequest): void {
    let response: IncomingMessage | undefined;
    request.once('response', (begun: IncomingMessage) => {
      response = begun;
    });
    const isFull = (): boolean => response !== undefined && response.readableLength >= response.readableHighWaterMark;
    request.once('socket', (socket: Socket) => {
      const [parse, ...others] = socket.listeners('data') as Listener[];
      // The parser must be the only listener. If a version of Node differs, the answer is read without joining.
      if (parse && others.length === 0) new ChattyAnswer(socket, parse, isFull, this.#turns).read();
    });
  }
}

/** Passes the bytes of an answer's socket to Node's parser. */
class ChattyAnswer {
  readonly #socket: Socket;
  readonly #parse: Listener;
  /** Whether the answer's reader has to take bytes before more are parsed. Node resumes the socket then. */
  readonly #isFull: () => boolean;
  readonly #turns: BulkScheduler;
  readonly #joiner = new ChunkJoiner();
  /** The bytes that have come and are not parsed. */
  #pieces: Buffer[] = [];
  #size = 0;
  #rests = false;
  #restTimer: NodeJS.Timeout | undefined;
  #turnEnd: NodeJS.Immediate | undefined;

  constructor(socket: Socket, parse: Listener, isFull: () => boolean, turns: BulkScheduler) {
    this.#socket = socket;
    this.#parse = parse;
    this.#isFull = isFull;
    this.#turns = turns;
  }

  read(): void {
    this.#socket.off('data', this.#parse).on('data', this.#take);
    // The parser gets the last bytes before the `end` event.
    this.#socket.prependListener('end', this.#flush).once('close', this.#stop);
  }

  readonly #take = (bytes: Buffer): void => {
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    if (this.#rests || this.#size >= turnBytes) this.#socket.pause();
    if (!this.#rests) this.#turnEnd ??= setImmediate(this.#endTurn);
  };

  readonly #endTurn = (): void => {
    this.#turnEnd = undefined;
    const hasMore = this.#size >= turnBytes;
    this.#flush();
    if (this.#joiner.over || this.#socket.destroyed) return;
    this.#rests = true;
    if (hasMore) void this.#beginTurn();
    else this.#restTimer = setTimeout(this.#beginTurn, restMs);
  };

  readonly #beginTurn = async (): Promise<void> => {
    await this.#turns.take();
    if (this.#joiner.over || this.#socket.destroyed) return;
    this.#rests = false;
    if (this.#size > 0) this.#turnEnd = setImmediate(this.#endTurn);
    if (!this.#isFull()) this.#socket.resume();
  };

  /** Hands the received bytes to the parser. */
  readonly #flush = (): void => {
    // The parser is gone with its socket.
    if (this.#size === 0 || this.#socket.destroyed) return;
    const joined = this.#joiner.take(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    // The parser removes its listener when the answer is complete, so its own listener has to be there at that time.
    if (this.#joiner.over) this.#leave();
    if (joined.length > 0) this.#parse.call(this.#socket, joined);
  };

  /** From now on Node reads the answer by itself. */
  #leave(): void {
    this.#stop();
    this.#socket.off('data', this.#take).off('end', this.#flush).off('close', this.#stop);
    this.#socket.on('data', this.#parse);
    if (!this.#isFull()) this.#socket.resume();
  }

  readonly #stop = (): void => {
    clearImmediate(this.#turnEnd);
    clearTimeout(this.#restTimer);
  };
}

const CR = 13;
const LF = 10;
/** The longest head of an answer. The parser gets a longer head, and refuses it. */
const longestHead = 64 * 1024;
/** The most digits of a chunk's size. */
const mostDigits = 8;
const nothing = Buffer.alloc(0);
/** The room before the joined data for their size, and after them for a line end. */
const sizeRoom = mostDigits + 2;
const endRoom = 2;

/**
 * Turns the bytes of an HTTP/1.1 answer into those of an equal answer with fewer chunks: one for the data of each piece of bytes. A followed
 * log has a chunk for each line. Node's parser calls JavaScript for each chunk, which costs ten times as much as all other work to read the
 * log. The joiner refuses nothing: from the first byte that it does not expect, the bytes stay as they are.
 */
export class ChunkJoiner {
  /** From now on the bytes stay as they are: the answer has no chunks, or the last one has come. */
  over = false;
  #head = '';
  #inHead = true;
  /** The start of a line between two chunks, as long as its end has not come. */
  #held: Buffer = nothing;
  /** How many bytes of the current chunk's data have not come. */
  #left = 0;
  /** The end of the current chunk has not come. */
  #inChunk = false;

  /** The next pieces of the answer. */
  take(pieces: readonly Buffer[]): Buffer {
    if (this.over) return Buffer.concat(pieces);
    return this.#inHead ? this.#takeHead(Buffer.concat(pieces)) : this.#join(pieces);
  }

  #takeHead(bytes: Buffer): Buffer {
    const before = this.#head.length;
    this.#head += bytes.toString('latin1');
    const length = this.#head.indexOf('\r\n\r\n') + 4;
    if (length < 4) {
      this.over = this.#head.length > longestHead;
      return bytes;
    }
    const head = this.#head.slice(0, length);
    this.#head = '';
    // After an interim answer comes the head of the real one.
    this.#inHead = /^HTTP\/1\.1 1/.test(head);
    this.over = !this.#inHead && !/\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n/i.test(head);
    const at = length - before;
    return Buffer.concat([bytes.subarray(0, at), this.take([bytes.subarray(at)])]);
  }

  #join(pieces: readonly Buffer[]): Buffer {
    const whole = withRoom([this.#held, ...pieces]);
    const bytes = whole.subarray(0, whole.length - endRoom);
    this.#held = nothing;
    let at = sizeRoom;
    /** The end of the joined data. */
    let end = sizeRoom;
    while (at < bytes.length) {
      if (this.#left === 0) {
        const next = this.#nextData(bytes, at);
        if (next === undefined) {
          this.#held = Buffer.from(bytes.subarray(at));
          break;
        }
        at = next;
        if (this.over) break;
      }
      const part = Math.min(this.#left, bytes.length - at);
      bytes.copyWithin(end, at, at + part);
      end += part;
      at += part;
      this.#left -= part;
    }
    const rest = this.over ? Buffer.from(bytes.subarray(at)) : nothing;
    if (end === sizeRoom) return rest;
    whole.write(`${(end - sizeRoom).toString(16).padStart(mostDigits, '0')}\r\n`);
    whole.write('\r\n', end);
    const joined = whole.subarray(0, end + endRoom);
    return rest.length === 0 ? joined : Buffer.concat([joined, rest]);
  }

  /** Reads up to the next data. Returns the start of the data, `undefined` if it has not come yet. */
  #nextData(bytes: Buffer, from: number): number | undefined {
    let at = from;
    if (this.#inChunk) {
      if (at + 1 >= bytes.length) return undefined;
      if (bytes[at] !== CR || bytes[at + 1] !== LF) return this.#leave(at);
      at += 2;
    }
    let size = 0;
    let end = at;
    for (let digit = hexDigit(bytes[end]); digit >= 0; digit = hexDigit(bytes[++end])) size = size * 16 + digit;
    if (end - at > mostDigits) return this.#leave(at);
    if (end + 1 >= bytes.length) return undefined;
    if (size === 0 || bytes[end] !== CR || bytes[end + 1] !== LF) return this.#leave(at);
    this.#inChunk = true;
    this.#left = size;
    return end + 2;
  }

  #leave(at: number): number {
    this.over = true;
    return at;
  }
}

/** The pieces in one buffer, with room before and after them. */
function withRoom(pieces: readonly Buffer[]): Buffer {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const whole = Buffer.allocUnsafe(sizeRoom + length + endRoom);
  let at = sizeRoom;
  for (const piece of pieces) at += piece.copy(whole, at);
  return whole;
}

/** The value of a digit; negative for other bytes. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
