import type { Caller } from '../../domain/access/caller.js';
import { DomainError, invalid } from '../../domain/errors.js';
import { parseJson } from '../../domain/json-body.js';
import type { Envelope } from '../api.js';
import { closings, type SocketSession, type SocketSink } from './dialect.js';
import { closingFor } from './socket.js';

/** The hub drops a client with more waiting events, bytes. */
const MOST_BEHIND = 1024 * 1024;
const MAX_CREDENTIAL_LENGTH = 8192;

/** A client's message, in every dialect: a JSON object with a `type`. */
export interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The source of the events: it waits while the client has no room. */
export interface Subscription {
  resume(): void;
  close(): void;
}

/**
 * The common part of the dialects: credentials in messages (`{type: 'auth', token}`), errors for the client, and the client's pace. A
 * dialect defines its messages and the form of its events.
 */
export abstract class Conversation implements SocketSession {
  caller: Caller | null = null;
  protected readonly socket: SocketSink;
  readonly #failure: Envelope['failure'];
  #subscription: Subscription | undefined;
  /** Bytes of events that wait in the journal until this client has room. */
  #behind = 0;
  /** Messages that came while a token was being verified. */
  #waiting: string[] | undefined;
  #ended = false;

  constructor(socket: SocketSink, failure: Envelope['failure']) {
    this.socket = socket;
    this.#failure = failure;
  }

  /** A message of an authenticated client; `auth` does not come here. @throws DomainError */
  protected abstract take(message: Message): void;
  /** The client has authenticated, for the first time or again. */
  protected abstract welcome(caller: Caller): void;
  /** Sends an error, as the API's envelope has it. */
  protected abstract tellError(shown: Readonly<Record<string, unknown>>): void;

  get hearer(): Caller {
    if (!this.caller) throw new Error('the connection has no caller yet');
    return this.caller;
  }

  protected get subscription(): Subscription | undefined {
    return this.#subscription;
  }

  /** `undefined`: the client has no subscription. A subscription that comes after the end is closed at once. */
  protected set subscription(subscription: Subscription | undefined) {
    if (this.#ended) {
      subscription?.close();
      return;
    }
    if (!subscription) {
      this.#subscription?.close();
      this.#behind = 0;
    }
    this.#subscription = subscription;
  }

  message(text: string): void {
    if (this.#ended) return;
    if (this.#waiting) {
      this.#waiting.push(text);
      return;
    }
    try {
      const message = parseMessage(text);
      if (message.type === 'auth') this.#authenticate(message.token);
      else if (this.caller) this.take(message);
      else throw new DomainError('unauthenticated', "Authentication required: send {type: 'auth', token}");
    } catch (error) {
      this.#tell(error);
    }
  }

  drained(): void {
    this.#behind = 0;
    this.#subscription?.resume();
  }

  ended(): void {
    this.#ended = true;
    this.#waiting = undefined;
    this.#subscription?.close();
  }

  /** Notes that an event of this length waits for the client. */
  protected waits(length: number): void {
    this.#behind += length;
    if (this.#behind > MOST_BEHIND) this.socket.close(...closings.slowReader);
  }

  /** The client missed more than the hub keeps. The document has no message for that, so the hub makes the client connect again. */
  reset(): void {
    this.socket.close(...closings.slowReader);
  }

  /** The subscription ended by a failure. */
  failed({ code }: DomainError): void {
    const [status, reason] = code === 'unavailable' ? closings.shutdown : closings.failed;
    this.socket.close(status, reason);
  }

  #authenticate(token: unknown): void {
    if (typeof token !== 'string' || token === '') throw invalid('token', 'must be a JWT or an API key');
    if (token.length > MAX_CREDENTIAL_LENGTH) throw new DomainError('invalid_credential', 'Invalid credential');
    let caller: Caller | Promise<Caller>;
    try {
      caller = this.socket.authenticate(token);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (!(caller instanceof Promise)) {
      this.#accept(caller);
      return;
    }
    this.#waiting = [];
    caller
      .then((verified) => this.#accept(verified))
      .catch((error: unknown) => this.#refuse(error))
      .finally(() => {
        const waiting = this.#waiting ?? [];
        this.#waiting = undefined;
        for (const text of waiting) this.message(text);
      });
  }

  #accept(caller: Caller): void {
    if (this.#ended) return;
    this.caller = caller;
    this.welcome(caller);
  }

  /** An authenticated client stays authenticated. */
  #refuse(error: unknown): void {
    if (this.#ended) return;
    this.#tell(error);
    if (!this.caller) this.socket.close(...closingFor(error));
  }

  #tell(error: unknown): void {
    this.tellError(shownError(this.socket, this.#failure, error));
  }
}

/** An error as the API's envelope has it. An error that is no DomainError is logged, and its client learns nothing of it. */
export function shownError(
  { log, requestId }: Pick<SocketSink, 'log' | 'requestId'>,
  failure: Envelope['failure'],
  error: unknown,
): Readonly<Record<string, unknown>> {
  const isKnown = error instanceof DomainError && error.code !== 'internal';
  if (!isKnown) log.error({ event: 'websocket.message_failed', err: error }, 'websocket message failed');
  const told = isKnown ? error : new DomainError('internal', 'Internal server error');
  const { body } = failure(told, { requestId, timestamp: new Date().toISOString() });
  return (JSON.parse(body) as { error: Record<string, unknown> }).error;
}

/** Reads a message within the bounds of JSON bodies. @throws DomainError `malformed`, `payload_too_large`, `invalid_input` */
export function parseMessage(text: string): Message {
  const message = parseJson(text);
  if (typeof message !== 'object' || message === null || typeof (message as Message).type !== 'string')
    throw invalid('type', 'a message must be an object with a type');
  return message as Message;
}
