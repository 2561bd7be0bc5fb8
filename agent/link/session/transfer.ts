import type { MessageInitShape } from '@bufbuild/protobuf';
import { type StatusObject, status } from '@grpc/grpc-js';
import type { FailureSchema } from '@roundhouse/proto/agent/v1/command';
import type { BulkScheduler } from '@roundhouse/proto/bulk-scheduler';
import { AgentFailure } from '../../failure.js';
import type { Output } from '../../operations/operation.js';
import type { Stream } from './channel.js';
import { decodeReceived, encodeChunk, encodePart } from './frames.js';

const maxChunk = 64 * 1024;
/** How many bytes may be written in one turn. */
const turnBytes = 16 * 1024;
/** How much output is kept until the hub acknowledges it. */
const keepBytes = 4 * 1024 * 1024;
/**
 * Pieces that follow a message within this time, milliseconds, are sent together: each message costs both ends as much as 20 kB. The time
 * is longer if there are more streams: 30 streams send 200 messages a second, as 10 streams do. A driver may hold a busy log back for
 * another 100 ms (`chunked-responses.ts`), and people notice a delay of more than 250 ms.
 */
const gatherMs = { least: 50, ofEach: 5, most: 150 };
/** How long after a break the stream is opened again. */
const reopenMs = 250;
/** The statuses of a broken stream. With any other status the hub has ended the stream. */
const broken = new Set([status.UNAVAILABLE, status.ABORTED, status.INTERNAL, status.UNKNOWN]);

/** How a data stream gets to the hub. */
export interface TransferLink {
  /** Opens a gRPC stream; `undefined` while there is no link. */
  openTransfer(): Stream | undefined;
  /** Whether the hub can go on with a stream that broke. */
  readonly resumes: boolean;
}

interface Kept {
  readonly frame: Buffer;
  /** The position in the output where the frame ends. */
  readonly end: number;
}

/**
 * A data stream to the hub. The first write opens it, also of an empty chunk, so that an operation that fails at once opens no stream. A
 * broken stream is opened again, and goes on where the hub stopped reading.
 */
export class OutgoingTransfer implements Output {
  readonly #commandId: string;
  readonly #link: TransferLink;
  readonly #turns: BulkScheduler;
  readonly #streams: { readonly size: number };
  readonly #events: { opened(): void; gone(failure: AgentFailure): void };
  #stream: Stream | undefined;
  #opened = false;
  /** How many bytes may still be written in this turn. */
  #credit = turnBytes;
  /** The hub has said where to go on. */
  #ready = false;
  #blocked = false;
  /** The pieces of the next message. */
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  /** Runs for {@link gatherMs} after each message. */
  #gathering: NodeJS.Timeout | undefined;
  #kept: Kept[] = [];
  /** The next of `#kept` to be written to this stream. */
  #next = 0;
  #written = 0;
  #received = 0;
  /** The last part: the announced end, or a failure. */
  #last: Buffer | undefined;
  #lastWritten = false;
  #failure: AgentFailure | undefined;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  #waiting = new Set<() => void>();

  /**
   * `opened`: the stream has begun; `gone`: the stream has no reader left.
   * @param streams All streams of the agent.
   */
  constructor(
    commandId: string,
    link: TransferLink,
    turns: BulkScheduler,
    streams: { readonly size: number },
    events: { opened(): void; gone(failure: AgentFailure): void },
  ) {
    this.#commandId = commandId;
    this.#link = link;
    this.#turns = turns;
    this.#streams = streams;
    this.#events = events;
  }

  /** Whether the stream has ended, or was never opened. */
  get isOver(): boolean {
    return this.#over || !this.#opened;
  }

  /** Whether the stream was opened: failures are then sent through it. */
  get isOpen(): boolean {
    return this.#opened;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#open();
    for (let at = 0; at < chunk.length; at += maxChunk) {
      const piece = chunk.subarray(at, at + maxChunk);
      await this.#room();
      this.#gather(piece);
      this.#credit -= piece.length;
      if (this.#credit > 0) continue;
      await this.#turns.take();
      this.#credit = turnBytes;
    }
    await this.#room();
  }

  /** Ends the stream cleanly, and resolves when the hub has it all. */
  async end(): Promise<void> {
    this.#open();
    this.#flush();
    this.#last = encodePart({ case: 'end', value: BigInt(this.#written) });
    this.#pump();
    while (!this.#over) await this.#change();
    if (this.#failure) throw this.#failure;
  }

  /** Resolves when the stream has ended. */
  async over(): Promise<void> {
    while (!this.isOver) await this.#change();
  }

  /** Ends the stream with the failure that cut it short. */
  fail(failure: MessageInitShape<typeof FailureSchema>): void {
    if (!this.#opened || this.#over || this.#last) return;
    this.#flush();
    this.#last = encodePart({ case: 'failure', value: failure });
    // Data that was not sent yet is dropped.
    this.#kept.length = this.#next;
    this.#failure ??= new AgentFailure('cancelled', 'the stream has ended');
    this.#pump();
    this.#tell();
  }

  /** Tells the writer to stop: the command was cancelled. */
  stop(reason: AgentFailure): void {
    this.#failure ??= reason;
    // Without a stream the hub cannot be told the reason.
    if (!this.#stream && !this.#last) this.#finish();
    this.#tell();
  }

  /** The link is down: the stream is opened again when it is back. */
  suspend(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    clearTimeout(this.#timer);
    stream?.cancel();
    // The writer has stopped, and there is no last part to send.
    if (this.#failure && !this.#last) this.#finish();
  }

  /** The link is back, and the hub waits for this stream. */
  reopen(): void {
    if (this.#opened && !this.#stream && !this.#over) this.#dial();
  }

  /** Sends a piece at once after a pause, and with others while pieces follow one another. */
  #gather(piece: Uint8Array): void {
    if (this.#gatheredBytes + piece.length > maxChunk) this.#flush();
    this.#gathered.push(piece);
    this.#gatheredBytes += piece.length;
    if (!this.#gathering || this.#gatheredBytes === maxChunk) this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#gatheredBytes === 0) return;
    this.#written += this.#gatheredBytes;
    this.#kept.push({ frame: encodeChunk(...this.#gathered), end: this.#written });
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const { least, ofEach, most } = gatherMs;
    const ms = Math.min(Math.max(least, ofEach * this.#streams.size), most);
    this.#gathering = setTimeout(() => this.#flush(), ms);
    this.#pump();
  }

  #open(): void {
    if (this.#failure) throw this.#failure;
    if (this.#opened) return;
    if (!this.#dial()) {
      if (!this.#link.resumes) {
        this.#failure = new AgentFailure('cancelled', 'the link to the hub is down');
        throw this.#failure;
      }
    }
    this.#opened = true;
    this.#events.opened();
  }

  #dial(): boolean {
    clearTimeout(this.#timer);
    const stream = this.#link.openTransfer();
    if (!stream) return false;
    this.#stream = stream;
    this.#blocked = false;
    this.#lastWritten = false;
    // A stream that is opened for the first time begins at the beginning.
    this.#ready = !this.#opened;
    stream.once('status', (ended: StatusObject) => this.#ended(stream, ended));
    // The `status` event has the reason.
    stream.on('error', () => {});
    stream.on('drain', () => {
      if (stream !== this.#stream) return;
      this.#blocked = false;
      this.#pump();
    });
    stream.on('data', (message: Buffer) => {
      if (stream === this.#stream) this.#hear(message);
    });
    stream.write(encodePart({ case: 'commandId', value: this.#commandId }));
    return true;
  }

  /** The hub says how much it has. */
  #hear(message: Buffer): void {
    const received = decodeReceived(message);
    if (received === undefined || received < this.#received || received > this.#written) return;
    this.#received = received;
    const keep = this.#kept.findIndex(({ end }) => end > received);
    const gone = keep === -1 ? this.#kept.length : keep;
    this.#kept.splice(0, gone);
    this.#next = this.#ready ? Math.max(0, this.#next - gone) : 0;
    this.#ready = true;
    this.#pump();
  }

  /** Writes the waiting data until the stream is full. */
  #pump(): void {
    const stream = this.#stream;
    if (stream && this.#ready && !this.#over) {
      while (this.#next < this.#kept.length && !this.#blocked) {
        const { frame } = this.#kept[this.#next++] as Kept;
        this.#blocked = !stream.write(frame);
      }
      if (!this.#link.resumes) {
        this.#kept = this.#kept.slice(this.#next);
        this.#next = 0;
        this.#received = this.#written;
      }
      if (this.#last && !this.#lastWritten && this.#next === this.#kept.length) {
        this.#lastWritten = true;
        stream.write(this.#last);
        stream.end();
      }
    }
    this.#tell();
  }

  #ended(stream: Stream, { code, details }: StatusObject): void {
    if (stream !== this.#stream) return;
    this.#stream = undefined;
    if (code === status.OK && this.#last) {
      this.#finish();
    } else if (this.#link.resumes && broken.has(code) && !(this.#failure && !this.#last)) {
      this.#reopenSoon();
    } else {
      this.#failure ??= new AgentFailure('cancelled', `the hub ended the stream: ${details}`);
      this.#finish();
      this.#events.gone(this.#failure);
    }
    this.#tell();
  }

  #reopenSoon(): void {
    this.#timer = setTimeout(() => {
      // Without a link it is opened when the link is back.
      if (!this.#over && !this.#stream) this.#dial();
    }, reopenMs);
  }

  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#gathering);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#kept = [];
    this.#tell();
  }

  /** Waits until there is room to write. @throws AgentFailure once the stream has no reader. */
  async #room(): Promise<void> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      const kept = this.#written - this.#received;
      if (this.#next === this.#kept.length && !this.#blocked && (kept < keepBytes || !this.#link.resumes)) return;
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #tell(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
