import type { Caller } from '../../domain/access/caller.js';
import { RawReply, SseReply } from '../../http/endpoint.js';
import { type Outcome, type RequestId, RpcError, responseText } from './json-rpc.js';
import type { MessageStream } from './message-stream.js';

/** An answer that takes longer becomes a stream, milliseconds. A client can resume a stream, and no proxy closes it as idle. */
const STREAM_AFTER_MS = 5000;
/** The most bytes of the answers to one array. Without a limit, fifty long results would exceed the longest string of Node. */
const MOST_OF_BATCH = 16 * 1024 * 1024;

const tooLong = new RpcError(
  -32000,
  `The request was carried out, but its answer is left out: the answers to one array have ${MOST_OF_BATCH} bytes at most. Send the request by itself`,
  { code: 'payload_too_large', maxBytes: MOST_OF_BATCH },
);

export interface PostReplyOptions {
  /** How many requests it holds. */
  readonly requests: number;
  /** The requests came in an array, and the answers go into one. */
  readonly isBatch: boolean;
  readonly caller: Caller;
  /** Makes the stream if one is needed; absent if the client accepts no streams. */
  readonly stream: (() => MessageStream) | undefined;
  /** The stream begins with an event that tells the client how to resume it. */
  readonly priming?: boolean;
}

/**
 * The requests of one POST until they are answered. The answer is plain JSON if it comes soon and no other message comes before it; otherwise it is a
 * stream of events.
 */
export class PostReply {
  /** The answer to the POST. */
  readonly reply: Promise<RawReply | SseReply>;
  readonly #options: PostReplyOptions;
  readonly #answers: string[] = [];
  #left: number;
  /** The bytes of the answers so far. */
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

  /** Whether messages can be sent before the answer. */
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

  /** One of the requests gets no answer: its client has cancelled it. */
  drop(): void {
    if (this.#left > 0) this.#done();
  }

  /** The client no longer waits for the answer. */
  abandon(): void {
    clearTimeout(this.#timer);
    if (!this.#stream) this.#left = 0;
  }

  /** An answer, or an error in its place if it makes the answers of the array too long. */
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
    // The stream keeps few messages while no connection has begun or is about to begin.
    this.#resolve(new SseReply(opened.connect(caller, { priming }), { finite: true }));
    for (const json of this.#answers.splice(0)) opened.send(json);
    return opened;
  }
}

/** Requests that are answered on a stream that is open already. */
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
