import type { Caller } from '../../domain/access/caller.js';
import { RawReply, SseReply } from '../../http/endpoint.js';
import { type Outcome, type RequestId, RpcError, responseText } from './json-rpc.js';
import type { MessageStream } from './message-stream.js';

/** An answer that takes longer becomes a stream, which its client can come back to, and no proxy takes for dead; milliseconds. */
const STREAM_AFTER_MS = 5000;
/** Bytes of the answers to the requests of one array: without a bound, fifty long results make a text that is longer than any text may be. */
const MOST_OF_BATCH = 16 * 1024 * 1024;

const tooLong = new RpcError(
  -32000,
  `The request was carried out, but its answer is left out: the answers to one array have ${MOST_OF_BATCH} bytes at most. Send the request by itself`,
  { code: 'payload_too_large', maxBytes: MOST_OF_BATCH },
);

export interface PostReplyOptions {
  /** How many requests it holds. */
  readonly requests: number;
  /** They came in an array, and are answered in one. */
  readonly isBatch: boolean;
  readonly caller: Caller;
  /** Makes the stream, should one be needed; absent where the client takes none. */
  readonly stream: (() => MessageStream) | undefined;
  /** The stream begins with an event that tells the client how to come back. */
  readonly priming?: boolean;
}

/**
 * The requests of one POST until they are answered: as plain JSON where nothing is to be said before the answer and it comes soon, as a
 * stream of events otherwise.
 */
export class PostReply {
  /** The answer to the POST. */
  readonly reply: Promise<RawReply | SseReply>;
  readonly #options: PostReplyOptions;
  readonly #answers: string[] = [];
  #left: number;
  /** Of the answers so far, as bytes. */
  #size = 0;
  #status = 200;
  #stream: MessageStream | undefined;
  #timer: NodeJS.Timeout | undefined;
  #resolve: (reply: RawReply | SseReply) => void = () => {};

  constructor(options: PostReplyOptions) {
    this.#options = options;
    this.#left = options.requests;
    this.reply = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (options.stream) this.#timer = setTimeout(() => this.#open(), STREAM_AFTER_MS).unref();
  }

  /** Whether something can be said before the answer. */
  get streams(): boolean {
    return this.#left > 0 && this.#options.stream !== undefined;
  }

  /** Sends a notification or a request that belongs to these requests. */
  send(json: string): void {
    if (this.streams) this.#open()?.send(json);
  }

  /** @param status of an answer that is plain JSON */
  answer(id: RequestId, outcome: Outcome, status = 200): void {
    if (this.#left === 0) return;
    this.#status = status;
    const json = this.#bounded(id, responseText(id, outcome));
    if (this.#stream) this.#stream.send(json);
    else this.#answers.push(json);
    this.#done();
  }

  /** One of the requests is not answered: its client has called it off. */
  drop(): void {
    if (this.#left > 0) this.#done();
  }

  /** The client does not wait for the answer any more. */
  abandon(): void {
    clearTimeout(this.#timer);
    if (!this.#stream) this.#left = 0;
  }

  /** An answer, or an error in its place if the array's answers get too long with it. */
  #bounded(id: RequestId, json: string): string {
    if (!this.#options.isBatch) return json;
    const size = this.#size + Buffer.byteLength(json);
    if (size > MOST_OF_BATCH) return responseText(id, { error: tooLong });
    this.#size = size;
    return json;
  }

  #done(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    clearTimeout(this.#timer);
    if (this.#stream) {
      this.#stream.finish();
      return;
    }
    const { isBatch } = this.#options;
    const [only] = this.#answers;
    if (only === undefined) this.#resolve(new RawReply(202, null));
    else this.#resolve(new RawReply(this.#status, isBatch ? `[${this.#answers.join(',')}]` : only));
  }

  #open(): MessageStream | undefined {
    const { stream, caller, priming = false } = this.#options;
    if (this.#stream || !stream || this.#left === 0) return this.#stream;
    clearTimeout(this.#timer);
    const opened = stream();
    this.#stream = opened;
    for (const json of this.#answers.splice(0)) opened.send(json);
    this.#resolve(new SseReply(opened.connect(caller, { priming }), { finite: true }));
    return opened;
  }
}

/** Requests that are answered on a stream that is there anyway. */
export class StreamReply {
  readonly streams = true;

  constructor(private readonly stream: MessageStream) {}

  send(json: string): void {
    this.stream.send(json);
  }

  answer(id: RequestId, outcome: Outcome): void {
    this.stream.send(responseText(id, outcome));
  }

  drop(): void {}
}

/** Takes the answer of a request, and the messages before it. */
export type Carrier = Pick<PostReply, 'streams' | 'send' | 'answer' | 'drop'>;
