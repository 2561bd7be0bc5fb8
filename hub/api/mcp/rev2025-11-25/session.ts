import { randomBytes } from 'node:crypto';
import type { Trace } from '@roundhouse/proto/tracing';
import type { Caller } from '../../../domain/access/caller.js';
import { type Cancellation, CancelSource } from '../../../domain/cancellation.js';
import { DomainError } from '../../../domain/errors.js';
import type { ClientAsk, ClientListener, McpClient } from '../../../domain/mcp/clients/client.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import type { Share } from '../../../http/access/limits.js';
import { notificationText, type RequestId, requestText } from '../json-rpc.js';
import { MessageStream } from '../message-stream.js';
import type { Carrier } from '../post-reply.js';
import { hasPriming, type ProtocolVersion } from '../versions.js';

/** Requests of one session that are under way at once. */
const MAX_RUNNING = 256;
/** Streams of earlier requests that a client may still resume: their number, size (characters) and lifetime (milliseconds). */
const MAX_STREAMS = 32;
const MAX_KEPT = 4 * 1024 * 1024;
const KEEP_MS = 120_000;

/** A request of the client that is under way. */
export interface Running {
  readonly id: RequestId;
  readonly carrier: Carrier;
  readonly signal: Cancellation;
  /** The servers that the request went to. */
  readonly servers: Set<string>;
  /** Its place among the requests of the caller. */
  readonly place: Pick<Share, 'give'>;
}

interface OpenAsk {
  readonly askId: string;
  readonly carrier: Pick<Carrier, 'send'> & Partial<Pick<Carrier, 'streams'>>;
}

/** One session: streams to the client, its running requests, and the requests of servers that the client has to answer. */
export class McpSession implements ClientListener {
  readonly id = randomBytes(24).toString('base64url');
  /** The stream for messages that belong to no request. */
  readonly standalone: MessageStream;
  /** Set once, right after the session is made. */
  client: McpClient | undefined;
  /** The caller that the session counts against. */
  payer = '';
  /** Called with the present rights of the caller, every few seconds while the client is connected. */
  onCaller: (caller: Caller) => void = () => {};
  /** Takes a place for a request that begins. @throws DomainError `unavailable` if too many requests of the caller are under way */
  takePlace: () => Pick<Share, 'give'> = () => ({ give() {} });
  /** Called with the number of characters that the hub keeps of a stream for a client that may come back. */
  onKept: (stream: MessageStream, characters: number) => void = () => {};
  /** Called with a stream that the hub no longer keeps. */
  onForgotten: (stream: MessageStream) => void = () => {};
  /** The ids of the servers that its requests went to. */
  readonly reached = new Set<string>();
  /** When it was used last, `performance.now()`. */
  usedAt = performance.now();
  readonly #streams = new Map<number, MessageStream>();
  readonly #running = new Map<RequestId, Running & { readonly cancel: CancelSource }>();
  readonly #asks = new Map<string, OpenAsk>();
  #connections = 0;
  #nextStream = 1;
  #nextAsk = 1;

  /**
   * @param place the address and filters where it was opened: it is valid only there
   * @param standalone the stream for messages that belong to no request, if one is open already
   */
  constructor(
    readonly place: string,
    readonly version: ProtocolVersion,
    standalone?: MessageStream,
  ) {
    if (standalone) this.#streams.set(0, standalone);
    this.standalone = standalone ?? this.#makeStream(0);
  }

  get primes(): boolean {
    return hasPriming(this.version);
  }

  /** Whether the client has an open stream or waits for an answer. */
  get isPresent(): boolean {
    return this.#connections > 0;
  }

  stream(number: number): MessageStream | undefined {
    return this.#streams.get(number);
  }

  /** A stream for the answer to a request. */
  newStream(): MessageStream {
    const stream = this.#makeStream(this.#nextStream);
    this.#nextStream += 1;
    this.forgetStreams(performance.now());
    return stream;
  }

  #makeStream(number: number): MessageStream {
    const stream: MessageStream = new MessageStream(number, true, {
      connected: () => this.#connected(),
      disconnected: () => this.#disconnected(),
      caller: (caller) => this.onCaller(caller),
      kept: (characters) => {
        if (this.#streams.get(number) === stream) this.onKept(stream, characters);
      },
    });
    this.#streams.set(number, stream);
    return stream;
  }

  /** Drops finished streams whose client did not come back in time, and the oldest ones if there are too many. */
  forgetStreams(now: number): void {
    let kept = 0;
    for (const { size } of this.#streams.values()) kept += size;
    for (const [number, { finished, finishedAt, live, size }] of this.#streams) {
      if (number === 0 || !finished || live) continue;
      const isTooMuch = this.#streams.size > MAX_STREAMS || kept > MAX_KEPT;
      if (!isTooMuch && now - finishedAt < KEEP_MS) continue;
      this.forget(number);
      kept -= size;
    }
  }

  /** Drops the messages of all streams, and the streams that are finished: the client has lost the rights that it had when it got them. */
  dropStreams(): void {
    for (const stream of [...this.#streams.values()]) this.dropStream(stream);
  }

  /** Drops the messages of a stream, and the stream if it is finished. */
  dropStream(stream: MessageStream): void {
    stream.drop();
    if (stream.finished && stream.number !== 0) this.forget(stream.number);
  }

  /** The client cannot come back to the stream from now on. */
  forget(number: number): void {
    const stream = this.#streams.get(number);
    if (!stream) return;
    this.#streams.delete(number);
    this.onForgotten(stream);
  }

  /** The client counts as present while it waits for an answer. @returns ends the wait */
  waits(): () => void {
    this.#connected();
    let waiting = true;
    return () => {
      if (waiting) this.#disconnected();
      waiting = false;
    };
  }

  /** @throws DomainError `conflict`, `unavailable`. */
  begin(id: RequestId, carrier: Carrier, trace: Trace | undefined): Running {
    if (this.#running.has(id)) throw new DomainError('conflict', `a request with the id '${id}' is under way`);
    if (this.#running.size >= MAX_RUNNING)
      throw new DomainError('unavailable', `${MAX_RUNNING} requests are under way`, { retryAfter: 1 });
    const cancel = new CancelSource();
    cancel.trace = trace;
    const place = this.takePlace();
    const running = { id, carrier, signal: cancel, cancel, servers: new Set<string>(), place };
    this.#running.set(id, running);
    return running;
  }

  /**
   * Ends a request, once its work has ended. @returns whether the client gets the answer: it does not if it has cancelled the request, whose id another request may have by
   * now
   */
  end(running: Running): boolean {
    running.place.give();
    return this.#running.get(running.id) === running && this.#running.delete(running.id);
  }

  /** Cancels a request: the client no longer wants the answer. */
  cancel(id: RequestId, reason: string): void {
    const running = this.#running.get(id);
    if (!running) return;
    this.#running.delete(id);
    running.cancel.abort(new DomainError('cancelled', reason || 'Cancelled by the client'));
    running.carrier.drop();
  }

  /** Cancels the requests that run. */
  close(): void {
    const streams = [...this.#streams.values()];
    for (const { number } of streams) this.forget(number);
    for (const { id } of [...this.#running.values()]) this.cancel(id, 'The session has ended');
    for (const stream of streams) stream.finish();
  }

  notify(method: string, params: string): void {
    this.#carrier().send(notificationText(method, params));
  }

  ask({ id: askId, server, method, params }: ClientAsk): void {
    const id = `rh-${this.#nextAsk}`;
    this.#nextAsk += 1;
    const carrier = this.#carrier(server);
    this.#asks.set(id, { askId, carrier });
    carrier.send(requestText(id, method, params));
  }

  unask(askId: string, reason: string): void {
    for (const [id, ask] of this.#asks) {
      if (ask.askId !== askId) continue;
      this.#asks.delete(id);
      // The stream on which the client was asked may be over, if it was the stream of a request.
      const carrier = ask.carrier.streams === false ? this.#carrier() : ask.carrier;
      carrier.send(notificationText('notifications/cancelled', JSON.stringify({ requestId: id, reason })));
    }
  }

  /** The id of the server's request that a response of the client answers. */
  answered(id: RequestId): string | undefined {
    const ask = this.#asks.get(String(id));
    this.#asks.delete(String(id));
    return ask?.askId;
  }

  /** The stream of a request that went to the server; without such a request the session's own stream, or any stream with a reader. */
  #carrier(server?: ServerRecord): OpenAsk['carrier'] {
    const running = [...this.#running.values()].reverse().filter(({ carrier }) => carrier.streams);
    const reaching = server && running.find(({ servers }) => servers.has(server.id));
    if (reaching) return reaching.carrier;
    return this.standalone.live ? this.standalone : (running[0]?.carrier ?? this.standalone);
  }

  readonly #connected = (): void => {
    this.#connections += 1;
    this.usedAt = performance.now();
    if (this.client) this.client.awaySince = undefined;
  };

  readonly #disconnected = (): void => {
    this.#connections -= 1;
    this.usedAt = performance.now();
    if (this.client && this.#connections === 0) this.client.awaySince = this.usedAt;
  };
}
