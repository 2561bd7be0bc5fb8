import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import { ChunkJoiner } from './joined-chunks.js';

type Listener = (this: Socket, bytes: Buffer) => void;

/** How many bytes of an answer are read in one turn. An answer that has fewer rests before its next turn. */
const turnBytes = 64 * 1024;
/** How long an answer rests, milliseconds. The pieces that come meanwhile wait in the operating system, and are read together. */
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
      // The only listener is the parser's. Where Node works in another way, the answer is read as it comes.
      if (parse && others.length === 0) new ChattyAnswer(socket, parse, isFull, this.#turns).read();
    });
  }
}

/** Stands between the socket of an answer and Node's parser. */
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
    // The parser gets the last bytes before it hears of the end.
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
