import type { IncomingMessage } from 'node:http';
import { backoff } from '../../../../backoff.js';
import { AgentFailure } from '../../../../failure.js';
import type { McpLimits } from '../../limits.js';
import { type CarrierEvents, inOrder, ReadThrottle } from '../in-order.js';
import type { SendOptions, Transport, TransportEvents } from '../transport.js';
import type { UnfinishedMessage } from '../unfinished.js';
import type { HttpEndpoint } from './endpoint.js';
import { HttpRequest } from './request.js';
import { discard, isExpired, mediaType, readBody, readExcerpt, refusal } from './response.js';
import { readStream, requestStream, StreamPosition, type StreamReader } from './stream.js';

/** How many times a stream that broke before its answer is resumed without an event between them. */
const maxResumes = 5;

/** After this many failures without a success, an unreachable server counts as gone. */
const maxListenFailures = 3;

/** How long the server may take to accept a notification, milliseconds. */
const notifyMs = 30_000;

/** The time between two looks for answered streams, milliseconds. A stream that is open at two looks after its answer is closed. */
const sweepMs = 5000;

/** How long the server may take to forget the session at the agent's request, milliseconds. */
const farewellMs = 2000;

interface Post {
  readonly text: string;
  readonly id: number | undefined;
  readonly handshake: boolean;
  readonly repeatable: boolean;
  readonly headers: SendOptions['headers'];
  /** The session expired under this request once already. */
  renewed: boolean;
  /** Called once the server has taken a notification, or has failed to. */
  readonly done?: () => void;
}

/**
 * MCP over streamable HTTP. Each message is a separate POST. Answers come as JSON or as a stream of events. One GET stays open for the
 * messages that the server sends by itself.
 */
export class HttpTransport implements Transport {
  readonly pid = 0;
  #events: CarrierEvents | undefined;
  #sessionId: string | undefined;
  #version: string | undefined;
  #renewal: Promise<void> | undefined;
  #listening = false;
  #closing: Promise<void> | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #answeredBefore = new Set<number>();
  readonly #requests = new Map<number, { destroy(): void }>();
  readonly #others = new Set<{ destroy(): void }>();
  readonly #throttle = new ReadThrottle();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly endpoint: HttpEndpoint,
    private readonly limits: McpLimits,
    private readonly unfinished: () => UnfinishedMessage,
  ) {}

  async open(events: TransportEvents): Promise<void> {
    this.#events = inOrder(events, (ms) => this.hold(ms));
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  send(
    text: string,
    { id, handshake = false, repeatable = false, headers }: SendOptions = {},
  ): Promise<void> | undefined {
    const post = { text, id, handshake, repeatable, headers, renewed: false };
    if (id === undefined) return new Promise((done) => this.#post({ ...post, done }));
    this.#post(post);
    return undefined;
  }

  release(id: number): void {
    this.#requests.get(id)?.destroy();
    this.#requests.delete(id);
  }

  get hasSession(): boolean {
    return this.#sessionId !== undefined;
  }

  negotiated(version: string): void {
    this.#version = version;
  }

  listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#listen(new StreamPosition(0), 0);
  }

  hold(ms: number): void {
    this.#throttle.hold(ms);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#events = undefined;
    clearInterval(this.#sweeper);
    this.#throttle.release();
    for (const timer of this.#timers) clearTimeout(timer);
    for (const request of [...this.#requests.values(), ...this.#others]) request.destroy();
    if (this.#sessionId !== undefined) await this.#farewell();
    this.endpoint.close();
  }

  /** Asks the server to forget the session, and ignores the answer. */
  #farewell(): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const outgoing = { method: 'DELETE', headers: () => this.#sessionHeaders(), repeatable: true } as const;
      const request = new HttpRequest(this.endpoint, outgoing, {
        response: discard,
        failed: () => {},
        closed: () => {
          clearTimeout(timer);
          resolve();
        },
      });
      timer = setTimeout(() => request.destroy(), farewellMs);
    });
  }

  #sessionHeaders(): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.#sessionId !== undefined) headers['Mcp-Session-Id'] = this.#sessionId;
    if (this.#version !== undefined) headers['MCP-Protocol-Version'] = this.#version;
    return headers;
  }

  #post(post: Post): void {
    if (this.#renewal !== undefined && !post.handshake) {
      void this.#renewal.then(() => this.#post(post));
      return;
    }
    if (this.#events === undefined || (post.id !== undefined && !this.#events.waiting(post.id))) {
      post.done?.();
      return;
    }
    const { id, handshake, repeatable } = post;
    const body = Buffer.from(post.text);
    let sessionId: string | undefined;
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    /** Absent if the request fails before its constructor returns. */
    let request: HttpRequest | undefined;
    const headers = () => {
      sessionId = this.#sessionId;
      return {
        // `initialize` asks for a session: it names none.
        ...(handshake && id !== undefined ? {} : this.#sessionHeaders()),
        Accept: 'application/json, text/event-stream',
        'Content-Type': 'application/json',
        'Content-Length': body.length,
        ...post.headers,
      };
    };
    const posted = new HttpRequest(
      this.endpoint,
      { method: 'POST', headers, body, repeatable },
      {
        response: (response) => void this.#answered(post, response, sessionId),
        failed: (failure, unreachable) => this.#broken(post, failure, unreachable),
        closed: () => {
          over = true;
          clearTimeout(timer);
          if (request) this.#others.delete(request);
          if (id !== undefined && request && this.#requests.get(id) === request) this.#requests.delete(id);
          post.done?.();
        },
      },
    );
    if (over) return;
    request = posted;
    if (id !== undefined) this.#requests.set(id, posted);
    else {
      this.#others.add(posted);
      timer = setTimeout(() => posted.destroy(), notifyMs);
    }
  }

  async #answered(post: Post, response: IncomingMessage, sessionId: string | undefined): Promise<void> {
    const status = response.statusCode ?? 0;
    try {
      if (status >= 200 && status < 300) await this.#succeeded(post, response);
      else await this.#refused(post, response, status, sessionId);
    } catch (error) {
      this.#fail(post, asUpstream(error as Error));
    }
  }

  async #succeeded(post: Post, response: IncomingMessage): Promise<void> {
    if (post.handshake && post.id !== undefined) this.#sessionId = sessionIdOf(response);
    const type = mediaType(response);
    if (post.id === undefined) {
      // No answer is expected. The close handler reports that the message arrived.
      discard(response);
    } else if (type === 'text/event-stream') {
      const position = new StreamPosition(1000);
      await readStream(response, position, this.#reader(post.id));
      this.#resume(post.id, position, 0);
    } else if (type === 'application/json') {
      const body = await readBody(response, this.limits.messageBytes, this.unfinished());
      if ((await this.#events?.message(body, post.id)) === false) throw unusable('the answer is no JSON-RPC message');
      if (this.#events?.waiting(post.id) === true) throw unusable('the answer belongs to another request');
    } else {
      discard(response);
      throw unusable(
        `the answer is ${type === '' ? 'empty' : `of type ${type.slice(0, 100)}`} (HTTP ${response.statusCode})`,
      );
    }
  }

  async #refused(post: Post, response: IncomingMessage, status: number, sessionId: string | undefined): Promise<void> {
    const body = this.endpoint.credentials.hide(await readExcerpt(response));
    if (sessionId !== undefined && !post.handshake && isExpired(status, body) && !post.renewed) {
      post.renewed = true;
      // The server did not run this request. Another request may have opened a new session already.
      if (sessionId === this.#sessionId) this.#renew();
      this.#post(post);
      return;
    }
    this.#fail(post, refusal(status, body, this.endpoint.shown, 'streamable HTTP'));
  }

  /** Initializes again, once for all waiting requests. */
  #renew(): void {
    if (this.#renewal !== undefined || this.#events === undefined) return;
    this.#sessionId = undefined;
    this.#renewal = this.#events
      .expired()
      .catch((error: Error) => this.#ended(`the session expired and could not be renewed: ${error.message}`))
      .finally(() => {
        this.#renewal = undefined;
      });
  }

  #broken(post: Post, failure: AgentFailure, unreachable: boolean): void {
    const { kind, message, details } = failure;
    this.#fail(
      post,
      post.handshake && kind === 'disconnected' ? new AgentFailure('upstream', message, details) : failure,
    );
    // The server is unreachable: report that, and connect again in the background.
    if (unreachable && !post.handshake) this.#ended(message);
  }

  /** Reads a stream that answers one request, or no known request. */
  #reader(only?: number): StreamReader {
    return {
      limits: this.limits,
      throttle: this.#throttle,
      unfinished: this.unfinished,
      message: (text) => this.#events?.message(text, only),
    };
  }

  #fail(post: Post, failure: AgentFailure): void {
    if (post.id !== undefined) this.#events?.failed(post.id, failure);
  }

  #ended(reason: string): void {
    const events = this.#events;
    this.#events = undefined;
    events?.closed(reason);
  }

  /** A stream ended: if its answer is still missing, asks for the rest of it. */
  #resume(id: number, position: StreamPosition, attempt: number): void {
    if (this.#events?.waiting(id) !== true) return;
    if (position.lastId === '' || attempt >= maxResumes) {
      const reason = 'the stream ended before the answer';
      this.#events.failed(id, new AgentFailure('upstream', reason, { reason, outcome: 'unknown' }));
      return;
    }
    this.#later(position.retryMs, () => {
      if (this.#events?.waiting(id) !== true) return;
      const before = position.messages;
      const request = requestStream(this.endpoint, this.#from(position.lastId), position, this.#reader(id));
      this.#requests.set(id, request);
      void request.ended.then(() => {
        if (this.#requests.get(id) === request) this.#requests.delete(id);
        this.#resume(id, position, position.messages > before ? 0 : attempt + 1);
      });
    });
  }

  /**
   * Keeps one stream open for the messages that the server sends by itself. If the server has no such stream, the agent does not ask again.
   */
  #listen(position: StreamPosition, failures: number): void {
    if (this.#events === undefined) return;
    const sessionId = this.#sessionId;
    const request = requestStream(this.endpoint, this.#from(position.lastId), position, this.#reader());
    this.#others.add(request);
    void request.ended.then(({ status, failure, unreachable }) => {
      this.#others.delete(request);
      if (this.#events === undefined) return;
      const failed = status === 200 ? 0 : failures + 1;
      if (status === 404 && sessionId !== undefined && failed < maxListenFailures) {
        if (sessionId === this.#sessionId) this.#renew();
        const pause = failed === 1 ? 0 : backoff(failed, this.limits.backoffFirstMs, this.limits.backoffMaxMs);
        void Promise.resolve(this.#renewal).then(() =>
          this.#later(pause, () => this.#listen(new StreamPosition(0), failed)),
        );
        return;
      }
      // A session that was just begun has not expired: the server has no such stream.
      if (status >= 400 && status < 500) return;
      if (failure !== undefined && unreachable === true && failed >= maxListenFailures) {
        this.#ended(failure.message);
        return;
      }
      const pause = backoff(failed + 1, this.limits.backoffFirstMs, this.limits.backoffMaxMs);
      this.#later(Math.max(position.retryMs, pause), () => this.#listen(position, failed));
    });
  }

  #from(lastId: string): () => Record<string, string> {
    return () => (lastId === '' ? this.#sessionHeaders() : { ...this.#sessionHeaders(), 'Last-Event-ID': lastId });
  }

  #sweep(): void {
    const answered = new Set<number>();
    for (const [id, request] of this.#requests) {
      if (this.#events?.waiting(id) === true) continue;
      if (this.#answeredBefore.has(id)) request.destroy();
      else answered.add(id);
    }
    this.#answeredBefore = answered;
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }
}

function sessionIdOf(response: IncomingMessage): string | undefined {
  const id = response.headers['mcp-session-id'];
  if (id === undefined) return undefined;
  if (typeof id === 'string' && /^[\x21-\x7e]{1,1024}$/.test(id)) return id;
  throw unusable('the session id is not visible ASCII');
}

function unusable(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the server's HTTP answer is unusable: ${reason}`, { reason });
}

function asUpstream(error: Error): AgentFailure {
  if (error instanceof AgentFailure) return error;
  return new AgentFailure('upstream', error.message, { reason: error.message, outcome: 'unknown' });
}
