import type { Credentials } from '../core/credentials.js';
import { failureIn, isObject, RoundhouseError } from '../core/errors.js';
import { Queue } from '../core/queue.js';
import { waitBefore } from '../core/retry.js';
import type { StreamOptions } from '../core/stream.js';
import { findWebSocket, type WebSocketConstructor, type WebSocketLike } from './web-socket.js';

export interface EventSocketOptions extends StreamOptions {
  /** Whether a lost connection is taken up again. Events in between are not told: see `onReconnect`. Default: true. */
  readonly reconnect?: boolean | undefined;
  /** Told each time that it was: the time to ask how things are. */
  readonly onReconnect?: (() => void) | undefined;
}

/** Where and as whom a socket is opened. */
export interface SocketParts {
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly WebSocket: WebSocketConstructor | undefined;
}

/** The words in which the two dialects differ. */
export interface Dialect {
  readonly path: string;
  readonly operation: string;
  readonly words: { readonly welcome: string; readonly pong: string; readonly error: string };
}

type Message = Readonly<Record<string, unknown>> & { readonly type: string };

/** Sockets cannot be read more slowly: a reader that is this far behind gets an error, so that its events do not fill the memory. */
const MOST_WAITING = 10_000;
/** Milliseconds. An answer that is missing by the next time means that the connection is dead. */
const PING_EVERY_MS = 25_000;
const OPEN_WITHIN_MS = 15_000;

/**
 * Events of a WebSocket, one by one. The socket opens when the reader asks for the first event, or by {@link open}. It closes when the
 * reader leaves it (`break`), or when it is closed or cancelled. It sends a renewed credential to the hub before the old one expires.
 * @throws RoundhouseError the hub's refusal; from `open` and from the iteration
 */
export class EventSocket<Event> implements AsyncIterableIterator<Event, undefined, undefined> {
  readonly #parts: SocketParts;
  readonly #dialect: Dialect;
  readonly #options: EventSocketOptions;
  readonly #queue = new Queue<Event>(MOST_WAITING);
  readonly #onAbort = () => this.#finish(this.#options.signal?.reason);
  #opened: Promise<void> | undefined;
  #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  #socket: WebSocketLike | undefined;
  #token = '';
  #wasOpen = false;
  #isWelcome = false;
  #awaitsPong = false;
  #attempt = 0;
  #isRenewed = false;
  #failure: RoundhouseError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: SocketParts, dialect: Dialect, options: EventSocketOptions = {}) {
    this.#parts = parts;
    this.#dialect = dialect;
    this.#options = options;
  }

  /** Resolves once the hub has accepted the credential: from then on it sends every event. */
  open(): Promise<void> {
    this.#opened ??= new Promise<void>((resolve, reject) => {
      this.#settle = { resolve, reject };
      const { signal } = this.#options;
      if (signal?.aborted) {
        this.#finish(signal.reason);
        return;
      }
      signal?.addEventListener('abort', this.#onAbort, { once: true });
      this.#connect().catch((error: unknown) => this.#finish(error));
    });
    return this.#opened;
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    // The queue reports the failure.
    if (!this.#opened && !this.#queue.isEnded) await this.open().catch(() => undefined);
    return this.#queue.next();
  }

  /** Ends the connection, from anywhere. A reader that waits for its next event gets the end of the stream. */
  close(): void {
    this.#queue.drop();
    this.#finish();
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether messages can be sent now. */
  protected get isWelcome(): boolean {
    return this.#isWelcome;
  }

  protected send(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  /** Called after each sign-in, also after a reconnect. `done` opens the connection; it may have to wait for other answers. */
  protected welcomed(done: () => void): void {
    done();
  }

  /** Whether the message is an answer to one of ours, and no event. */
  protected answered(_message: Message): boolean {
    return false;
  }

  /** Ends the socket with an error. */
  protected fail(error: unknown): void {
    this.#finish(error);
  }

  /** Called when the connection is lost: requests without an answer get none. */
  protected lost(_error: RoundhouseError): void {}

  async #connect(): Promise<void> {
    const { baseUrl, credentials, WebSocket } = this.#parts;
    const Socket = await findWebSocket(WebSocket);
    const signal = this.#options.signal ?? new AbortController().signal;
    const token = await credentials.token(signal);
    if (token === undefined)
      throw new TypeError('A socket needs a credential: give apiKey, token, or username and password');
    if (this.#queue.isEnded) return;
    this.#token = token;
    this.#failure = undefined;
    const socket = new Socket(baseUrl.replace(/^http/, 'ws') + this.#dialect.path);
    this.#socket = socket;
    // A hub that accepts the connection and says nothing counts as unreachable.
    this.#after(OPEN_WITHIN_MS, () => this.#gone(socket, 1006, 'no answer'));
    socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token }));
    socket.onmessage = ({ data }) => this.#take(String(data));
    socket.onclose = ({ code, reason }) => this.#gone(socket, code, reason);
    // The close that follows says all there is to say.
    socket.onerror = () => {};
  }

  #take(text: string): void {
    const message = JSON.parse(text) as Message;
    const { welcome, pong, error } = this.#dialect.words;
    if (message.type === pong) this.#awaitsPong = false;
    else if (message.type === welcome) this.#welcome();
    else if (this.answered(message)) return;
    else if (message.type === error) {
      // Before it is known who listens, the end of the connection follows.
      this.#failure = this.errorIn(message);
    } else if (this.#queue.size >= MOST_WAITING)
      this.#finish(this.#error('SLOW_READER', `More than ${MOST_WAITING} events wait to be taken`));
    else this.#queue.push(message as Event);
  }

  protected errorIn(message: Message): RoundhouseError {
    const shown = isObject(message.data) ? message.data : message;
    const { code = 'INTERNAL_ERROR', message: text = 'The hub refused the message', details = {} } = failureIn(shown);
    return new RoundhouseError({ code, status: 0, message: text, details, operation: this.#dialect.operation });
  }

  #welcome(): void {
    // A fresh token of a connection that is open already.
    if (this.#isWelcome) return;
    this.#isWelcome = true;
    this.#isRenewed = false;
    this.#attempt = 0;
    this.#awaitsPong = false;
    this.#beat();
    this.welcomed(() => {
      if (this.#wasOpen) this.#options.onReconnect?.();
      this.#wasOpen = true;
      this.#settle?.resolve();
    });
  }

  #beat(): void {
    this.#after(PING_EVERY_MS, () => {
      const socket = this.#socket;
      if (!socket) return;
      if (this.#awaitsPong) {
        this.#gone(socket, 1006, 'no answer to a ping');
        return;
      }
      this.#awaitsPong = true;
      this.send({ type: 'ping' });
      this.#beat();
      void this.#reauthenticate();
    });
  }

  async #reauthenticate(): Promise<void> {
    const token = await this.#parts.credentials.token(new AbortController().signal).catch(() => undefined);
    if (token === undefined || token === this.#token || !this.#isWelcome) return;
    this.#token = token;
    this.send({ type: 'auth', token });
  }

  #gone(socket: WebSocketLike, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#leave();
    const error =
      this.#failure ??
      this.#error('STREAM_CLOSED', `The hub closed the socket: ${code} ${reason}`.trim(), { code, reason });
    this.lost(error);
    this.#again(code, error).catch((failure: unknown) => this.#finish(failure));
  }

  async #again(code: number, error: RoundhouseError): Promise<void> {
    const { reconnect = true, signal } = this.#options;
    if (code === 4401 && !this.#isRenewed) {
      this.#isRenewed = true;
      const isFresh = await this.#parts.credentials.renew(this.#token, signal ?? new AbortController().signal);
      if (!isFresh || (this.#wasOpen && !reconnect)) throw error;
    } else if (code === 4401 || code === 4403 || !this.#wasOpen || !reconnect) throw error;
    if (this.#queue.isEnded) return;
    this.#after(waitBefore(this.#attempt, { retryAfterMs: undefined }), () => {
      this.#attempt += 1;
      this.#connect().catch((failure: unknown) => this.#finish(failure));
    });
  }

  /** Lets go of the connection. */
  #leave(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isWelcome = false;
    if (!socket) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }

  #finish(error?: unknown): void {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#leave();
    this.lost(this.#error('STREAM_CLOSED', 'The socket is closed'));
    this.#queue.end(error);
    if (error === undefined) this.#settle?.resolve();
    else this.#settle?.reject(error);
    this.#opened?.catch(() => undefined);
  }

  /** Sets the timer. There is one timer at a time. */
  #after(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, ms);
  }

  #error(code: string, message: string, details: Readonly<Record<string, unknown>> = {}): RoundhouseError {
    return new RoundhouseError({ code, status: 0, message, details, operation: this.#dialect.operation });
  }
}
