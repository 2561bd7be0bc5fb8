import type { ClientRequest, IncomingMessage } from 'node:http';
import { AgentFailure } from '../../failure.js';
import { backoff } from './backoff.js';
import { errorInBody, mediaType, readBody, readExcerpt } from './http-body.js';
import { type HttpEndpoint, networkReason, neverSent } from './http-endpoint.js';
import { readRequest, readStream, StreamPosition } from './http-stream.js';
import type { McpLimits } from './limits.js';
import type { SendOptions, Transport, TransportEvents } from './transport.js';

/** Redirects that one request may meet. */
const maxRedirects = 3;

/** A stream that broke off before its answer is resumed at most so many times in a row without an event. */
const maxResumes = 5;

/** Failures in a row after which a server that cannot be reached counts as gone. */
const maxListenFailures = 3;

/** What the server may take to accept a notification, milliseconds. */
const notifyMs = 30_000;

/** A stream whose answer has come is cut off if it is still open at the second look, milliseconds apart. */
const sweepMs = 5000;

/** What the server may take to forget the session at our request, milliseconds. */
const farewellMs = 2000;

interface Post {
  readonly text: string;
  readonly id: number | undefined;
  readonly handshake: boolean;
  redirects: number;
  /** The session expired under this request once already. */
  renewed: boolean;
  /** Called once the server has taken a notification, or has failed to. */
  readonly done?: () => void;
}

/**
 * MCP over streamable HTTP. Each message is a POST of its own; answers come as JSON or as a stream of events; one GET
 * stays open for what the server says by itself.
 */
export class HttpTransport implements Transport {
  readonly pid = 0;
  #events: TransportEvents | undefined;
  #sessionId: string | undefined;
  #version: string | undefined;
  #renewal: Promise<void> | undefined;
  #listening = false;
  #closing: Promise<void> | undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #answeredBefore = new Set<number>();
  readonly #requests = new Map<number, ClientRequest>();
  readonly #others = new Set<ClientRequest>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly endpoint: HttpEndpoint,
    private readonly limits: McpLimits,
  ) {}

  async open(events: TransportEvents): Promise<void> {
    this.#events = events;
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  send(text: string, { id, handshake = false }: SendOptions = {}): Promise<void> | undefined {
    if (id !== undefined) {
      this.#post({ text, id, handshake, redirects: 0, renewed: false });
      return undefined;
    }
    return new Promise((done) => this.#post({ text, id, handshake, redirects: 0, renewed: false, done }));
  }

  release(id: number): void {
    this.#requests.get(id)?.destroy();
    this.#requests.delete(id);
  }

  negotiated(version: string): void {
    this.#version = version;
  }

  listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#listen(new StreamPosition(0), 0);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#events = undefined;
    clearInterval(this.#sweeper);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const request of [...this.#requests.values(), ...this.#others]) request.destroy();
    if (this.#sessionId !== undefined) await this.#farewell();
    this.endpoint.close();
  }

  /** Asks the server to forget the session; whether it does is its own affair. */
  #farewell(): Promise<void> {
    return new Promise((resolve) => {
      const request = this.endpoint.request('DELETE', this.#sessionHeaders());
      const timer = setTimeout(() => request.destroy(), farewellMs);
      request.on('response', (response) => response.resume());
      request.on('error', () => {});
      request.on('close', () => {
        clearTimeout(timer);
        resolve();
      });
      request.end();
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
    const sessionId = this.#sessionId;
    const body = Buffer.from(post.text);
    const { id } = post;
    const request = this.endpoint.request('POST', {
      // `initialize` asks for a session: it names none.
      ...(post.handshake && id !== undefined ? {} : this.#sessionHeaders()),
      Accept: 'application/json, text/event-stream',
      'Content-Type': 'application/json',
      'Content-Length': body.length,
    });
    const timer = id === undefined ? setTimeout(() => request.destroy(), notifyMs) : undefined;
    if (id === undefined) this.#others.add(request);
    else this.#requests.set(id, request);
    request.on('response', (response) => void this.#answered(post, response, sessionId));
    request.on('error', (error) => this.#broken(post, error));
    request.on('close', () => {
      clearTimeout(timer);
      this.#others.delete(request);
      if (id !== undefined && this.#requests.get(id) === request) this.#requests.delete(id);
      post.done?.();
    });
    request.end(body);
  }

  async #answered(post: Post, response: IncomingMessage, sessionId: string | undefined): Promise<void> {
    const status = response.statusCode ?? 0;
    try {
      if (status >= 200 && status < 300) await this.#succeeded(post, response);
      else if (status >= 300 && status < 400) this.#redirected(post, response, status);
      else await this.#refused(post, response, status, sessionId);
    } catch (error) {
      this.#fail(post, asUpstream(error as Error));
    }
  }

  async #succeeded(post: Post, response: IncomingMessage): Promise<void> {
    if (post.handshake && post.id !== undefined) this.#sessionId = sessionIdOf(response);
    const type = mediaType(response);
    if (post.id === undefined) {
      // Nothing is expected; the close handler tells that it arrived.
      response.resume();
    } else if (type === 'text/event-stream') {
      const position = new StreamPosition(1000);
      await readStream(response, position, this.limits, this.#received);
      this.#resume(post.id, position, 0);
    } else if (type === 'application/json') {
      const body = await readBody(response, this.limits.messageBytes);
      if (this.#events?.message(body) === false) throw unusable('the answer is no JSON-RPC message');
      if (this.#events?.waiting(post.id) === true) throw unusable('the answer belongs to another request');
    } else {
      response.resume();
      throw unusable(
        `the answer is ${type === '' ? 'empty' : `of type ${type.slice(0, 100)}`} (HTTP ${response.statusCode})`,
      );
    }
  }

  #redirected(post: Post, response: IncomingMessage, status: number): void {
    response.resume();
    this.endpoint.redirect(status, response.headers.location);
    if (post.redirects++ >= maxRedirects) throw unusable('the server redirects in circles');
    this.#post(post);
  }

  async #refused(post: Post, response: IncomingMessage, status: number, sessionId: string | undefined): Promise<void> {
    const body = await readExcerpt(response);
    if (sessionId !== undefined && !post.handshake && isExpired(status, body) && !post.renewed) {
      post.renewed = true;
      // The server did not run this request. If someone else noticed first, there is a new session already.
      if (sessionId === this.#sessionId) this.#renew();
      this.#post(post);
      return;
    }
    const { message, jsonrpc } = errorInBody(body);
    const reasons: Record<number, string> = {
      401: 'the server asks for credentials (HTTP 401)',
      403: 'the server refuses these credentials (HTTP 403)',
      404: `${this.endpoint.shown} does not exist (HTTP 404)`,
      405: `${this.endpoint.shown} is no streamable HTTP endpoint (HTTP 405)`,
    };
    const reason = reasons[status] ?? `the server answered HTTP ${status}`;
    const details = jsonrpc === undefined ? { reason, status } : { reason, status, jsonrpc };
    this.#fail(post, new AgentFailure('upstream', message === '' ? reason : `${reason}: ${message}`, details));
  }

  /** Initializes again, once for all who wait. */
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

  #broken(post: Post, error: NodeJS.ErrnoException): void {
    const reason = networkReason(error, this.endpoint.shown);
    const outcome = neverSent(error) ? 'not_run' : 'unknown';
    const kind = post.handshake ? 'upstream' : 'disconnected';
    this.#fail(post, new AgentFailure(kind, reason, { reason, outcome }));
    // Nobody is there any more: time to say so, and to try again in the background.
    if (outcome === 'not_run' && !post.handshake) this.#ended(reason);
  }

  readonly #received = (text: string): void => {
    this.#events?.message(text);
  };

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
      const request = this.#get(position.lastId);
      this.#requests.set(id, request);
      const before = position.messages;
      void readRequest(request, position, this.limits, this.#received).then(() => {
        if (this.#requests.get(id) === request) this.#requests.delete(id);
        this.#resume(id, position, position.messages > before ? 0 : attempt + 1);
      });
    });
  }

  /** Keeps one stream open for what the server says by itself; a server that offers none is left in peace. */
  #listen(position: StreamPosition, failures: number): void {
    if (this.#events === undefined) return;
    const sessionId = this.#sessionId;
    const request = this.#get(position.lastId);
    this.#others.add(request);
    readRequest(request, position, this.limits, this.#received).then((ended) => {
      this.#others.delete(request);
      if (this.#events === undefined) return;
      if (ended.status === 404 && sessionId !== undefined) {
        if (sessionId === this.#sessionId) this.#renew();
        void Promise.resolve(this.#renewal).then(() => this.#listen(new StreamPosition(0), failures));
        return;
      }
      if (ended.status >= 400 && ended.status < 500) return;
      const failed = ended.status === 200 ? 0 : failures + 1;
      if (ended.error !== undefined && neverSent(ended.error) && failed >= maxListenFailures) {
        this.#ended(networkReason(ended.error, this.endpoint.shown));
        return;
      }
      const pause = backoff(failed + 1, this.limits.backoffFirstMs, this.limits.backoffMaxMs);
      this.#later(Math.max(position.retryMs, pause), () => this.#listen(position, failed));
    });
  }

  #get(lastId: string): ClientRequest {
    const headers = { ...this.#sessionHeaders(), Accept: 'text/event-stream' };
    return this.endpoint.request('GET', lastId === '' ? headers : { ...headers, 'Last-Event-ID': lastId });
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

/** What says that a session is gone: 404 by the specification, 400 with such words by many servers. */
function isExpired(status: number, body: string): boolean {
  return status === 404 || (status === 400 && /session/i.test(errorInBody(body).message));
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
