import { AgentFailure } from '../../../../failure.js';
import type { McpLimits } from '../../limits.js';
import { type CarrierEvents, inOrder, ReadThrottle } from '../in-order.js';
import type { SendOptions, Transport, TransportEvents } from '../transport.js';
import type { UnfinishedMessage } from '../unfinished.js';
import type { HttpEndpoint } from './endpoint.js';
import { HttpRequest } from './request.js';
import { discard, isExpired, readExcerpt, refusal } from './response.js';
import { requestStream, StreamPosition, type StreamRequest } from './stream.js';

/** How long the server may take to accept a message, milliseconds: its answer comes on the stream. */
const acceptMs = 60_000;

interface Post {
  readonly text: string;
  readonly id: number | undefined;
  readonly handshake: boolean;
  readonly repeatable: boolean;
  /** The session expired under this message once already. */
  renewed: boolean;
  readonly done?: () => void;
}

/** One stream of events, and the address that it names for messages. */
interface Stream {
  readonly request: StreamRequest;
  readonly messages: HttpEndpoint;
}

/**
 * MCP over HTTP with server-sent events (protocol version 2024-11-05). One GET stays open, names the address for messages in its first
 * event, and carries all answers. Each message is a POST to that address.
 */
export class SseTransport implements Transport {
  readonly pid = 0;
  #events: CarrierEvents | undefined;
  #stream: Stream | undefined;
  #renewal: Promise<void> | undefined;
  #closing = false;
  readonly #posts = new Map<HttpRequest, number | undefined>();
  /** Requests that the server has taken. If there are many, the answered ones are dropped. */
  readonly #accepted = new Set<number>();
  #acceptedMost = 1000;
  readonly #throttle = new ReadThrottle();
  /** Gives up a stream that is being opened. */
  #abandon: (() => void) | undefined;

  constructor(
    private readonly endpoint: HttpEndpoint,
    private readonly limits: McpLimits,
    private readonly unfinished: () => UnfinishedMessage,
  ) {}

  async open(events: TransportEvents): Promise<void> {
    this.#events = inOrder(events, (ms) => this.hold(ms));
    this.#stream = await this.#connect();
  }

  send(text: string, { id, handshake = false, repeatable = false }: SendOptions = {}): Promise<void> | undefined {
    const post = { text, id, handshake, repeatable, renewed: false };
    if (id === undefined) return new Promise((done) => this.#post({ ...post, done }));
    this.#post(post);
    return undefined;
  }

  release(id: number): void {
    for (const [request, of] of this.#posts) if (of === id) request.destroy();
  }

  negotiated(): void {}

  listen(): void {}

  hold(ms: number): void {
    this.#throttle.hold(ms);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#events = undefined;
    this.#throttle.release();
    for (const request of [...this.#posts.keys()]) request.destroy();
    const stream = this.#stream?.request;
    stream?.destroy();
    this.#abandon?.();
    await stream?.ended;
    this.endpoint.close();
  }

  /** Opens a stream; resolves once it has named the address for messages. @throws AgentFailure `upstream` */
  #connect(): Promise<Stream> {
    return new Promise((resolve, reject) => {
      if (this.#closing) throw new AgentFailure('cancelled', 'the server was stopped while it was being connected');
      let stream: Stream | undefined;
      const position = new StreamPosition(0);
      const request = requestStream(this.endpoint, () => ({}), position, {
        limits: this.limits,
        throttle: this.#throttle,
        unfinished: this.unfinished,
        message: (text) => {
          if (stream !== undefined && stream === this.#stream) this.#events?.message(text);
        },
        other: (type, data) => {
          if (type !== 'endpoint' || stream !== undefined) return;
          try {
            stream = { request, messages: this.endpoint.sibling(data) };
            resolve(stream);
          } catch (error) {
            reject(error);
            request.destroy();
          }
        },
      });
      const timer = setTimeout(() => {
        const reason = `the server did not name its endpoint within ${this.limits.initializeMs / 1000} s`;
        reject(new AgentFailure('timeout', reason, { reason }));
        request.destroy();
      }, this.limits.initializeMs);
      this.#abandon = () => request.destroy();
      void request.ended.then(({ status, failure }) => {
        clearTimeout(timer);
        const ended = failure ?? this.#noStream(status);
        reject(new AgentFailure('upstream', ended.message, ended.details));
        if (stream === undefined || stream !== this.#stream) return;
        this.#ended(failure === undefined ? 'the server closed the stream of events' : failure.message);
      });
    });
  }

  #noStream(status: number): AgentFailure {
    const { shown } = this.endpoint;
    if (status === 406 || status === 405) {
      const reason = `${shown} offers no stream of events`;
      return new AgentFailure('upstream', reason, { reason, status });
    }
    if (status >= 300) return refusal(status, '', shown, 'SSE');
    const reason = 'the server closed the stream of events before it named its endpoint';
    return new AgentFailure('upstream', reason, { reason });
  }

  #post(post: Post): void {
    if (this.#renewal !== undefined && !post.handshake) {
      void this.#renewal.then(() => this.#post(post));
      return;
    }
    const stream = this.#stream;
    const { id, handshake, repeatable } = post;
    if (stream === undefined || this.#events === undefined || (id !== undefined && !this.#events.waiting(id))) {
      post.done?.();
      return;
    }
    const body = Buffer.from(post.text);
    const headers = () => ({ 'Content-Type': 'application/json', 'Content-Length': body.length });
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    // A request to an address that the site does not allow closes before its constructor returns.
    let request: HttpRequest | undefined;
    request = new HttpRequest(
      stream.messages,
      { method: 'POST', headers, body, repeatable },
      {
        response: (response) => {
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) {
            this.#accept(id);
            discard(response);
          } else void readExcerpt(response).then((text) => this.#refused(post, stream, status, text));
        },
        failed: (failure, unreachable) => {
          this.#fail(post, handshake ? new AgentFailure('upstream', failure.message, failure.details) : failure);
          if (unreachable && !handshake) this.#ended(failure.message);
        },
        closed: () => {
          over = true;
          clearTimeout(timer);
          if (request) this.#posts.delete(request);
          post.done?.();
        },
      },
    );
    if (over) return;
    this.#posts.set(request, id);
    timer = setTimeout(() => {
      const reason = `the server did not accept the message within ${acceptMs / 1000} s`;
      this.#fail(post, new AgentFailure('disconnected', reason, { reason, outcome: 'unknown' }));
      request?.destroy();
    }, acceptMs);
  }

  #accept(id: number | undefined): void {
    if (id === undefined || this.#events?.waiting(id) !== true) return;
    this.#accepted.add(id);
    if (this.#accepted.size < this.#acceptedMost) return;
    for (const one of this.#accepted) if (!this.#events.waiting(one)) this.#accepted.delete(one);
    this.#acceptedMost = Math.max(1000, this.#accepted.size * 2);
  }

  #refused(post: Post, stream: Stream, status: number, text: string): void {
    const body = this.endpoint.credentials.hide(text);
    if (isExpired(status, body) && !post.handshake && !post.renewed && this.#events !== undefined) {
      post.renewed = true;
      // The server did not take this message. Another message may have opened a new session already.
      if (stream === this.#stream) this.#renew(stream);
      this.#post(post);
      return;
    }
    this.#fail(post, refusal(status, body, stream.messages.shown, 'SSE'));
  }

  /** The server has forgotten the session: opens another one, once for all waiting requests. Requests on the old one are lost. */
  #renew(old: Stream): void {
    const events = this.#events;
    if (this.#renewal !== undefined || events === undefined) return;
    this.#renewal = this.#connect()
      .then((stream) => {
        this.#stream = stream;
        old.request.destroy();
        return events.expired();
      })
      .catch((error: Error) => this.#ended(`the session expired and could not be renewed: ${error.message}`))
      .finally(() => {
        this.#renewal = undefined;
      });
    const reason = 'the session expired before the answer';
    for (const id of this.#accepted) {
      if (events.waiting(id))
        events.failed(id, new AgentFailure('disconnected', reason, { reason, outcome: 'unknown' }));
    }
    this.#accepted.clear();
  }

  #fail(post: Post, failure: AgentFailure): void {
    if (post.id !== undefined) this.#events?.failed(post.id, failure);
  }

  #ended(reason: string): void {
    const events = this.#events;
    this.#events = undefined;
    events?.closed(reason);
  }
}
