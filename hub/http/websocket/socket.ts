import type { WebSocket } from 'uWebSockets.js';
import type { Logger } from '@roundhouse/proto/log';
import { type Caller, payerOf } from '../../domain/access/caller.js';
import { DomainError } from '../../domain/errors.js';
import { closings, type Dialect, type SocketSession, type SocketSink } from './dialect.js';

/** The parts of its server that a socket needs. */
export interface SocketContext {
  readonly dialect: Dialect;
  readonly settings: WebSocketSettings;
  /** The caller behind a credential; the socket takes a place of that caller. @throws DomainError, also by way of the promise. */
  verify(credential: string, socket: Socket): Caller | Promise<Caller>;
  /** As {@link SocketSink.adopt}. */
  adopt(caller: Caller, socket: Socket): void;
  recheck(caller: Caller): Caller;
}

/** The client, as far as the upgrade identifies it. */
interface Visitor {
  readonly ip: string;
  readonly requestId: string;
  readonly log: Logger;
  readonly caller: Caller | null;
}

/** One open WebSocket. It enforces the limits of its settings on a client that sends too much or reads too little. */
export class Socket implements SocketSink {
  readonly requestId: string;
  readonly ip: string;
  readonly log: Logger;
  /** The caller whose place this is (`payerOf`); `null` until the client has authenticated. */
  payer: string | null;
  readonly #context: SocketContext;
  readonly #visitor: Visitor;
  #ws: WebSocket<unknown> | undefined;
  #session: SocketSession | undefined;
  #authTimer: NodeJS.Timeout | undefined;
  #blockedSince = 0;
  #messages = 0;
  #secondEndsAt = 0;

  constructor(context: SocketContext, visitor: Visitor) {
    this.#context = context;
    this.#visitor = visitor;
    this.requestId = visitor.requestId;
    this.ip = visitor.ip;
    this.log = visitor.log;
    this.payer = visitor.caller && payerOf(visitor.caller);
  }

  opened(ws: WebSocket<unknown>): void {
    this.#ws = ws;
    const { dialect, settings } = this.#context;
    if (this.#visitor.caller === null)
      this.#authTimer = setTimeout(() => {
        if (this.#session?.caller === null) this.close(...closings.authenticationTimeout);
      }, settings.authMs).unref();
    this.#session = dialect.open(this, this.#visitor.caller);
  }

  /** Takes a message, which is valid only until this returns. */
  received(message: ArrayBuffer, isBinary: boolean): void {
    const { maxMessageBytes, maxMessagesPerSecond } = this.#context.settings;
    const most = this.#context.dialect.messagesPerSecond ?? maxMessagesPerSecond;
    if (message.byteLength > maxMessageBytes) {
      this.close(...closings.tooBig);
      return;
    }
    const now = performance.now();
    if (now >= this.#secondEndsAt) {
      this.#secondEndsAt = now + 1000;
      this.#messages = 0;
    }
    this.#messages += 1;
    if (this.#messages > most) this.close(...closings.tooMany);
    // No dialect has binary messages: it refuses the empty text.
    else this.#session?.message(isBinary ? '' : Buffer.from(message).toString('utf8'));
  }

  drained(): void {
    if (!this.#ws || this.#blockedSince === 0 || this.#ws.getBufferedAmount() > 0) return;
    this.#blockedSince = 0;
    this.#session?.drained();
  }

  closed(): void {
    this.#ws = undefined;
    clearTimeout(this.#authTimer);
    const session = this.#session;
    this.#session = undefined;
    session?.ended();
  }

  send(...texts: readonly string[]): boolean {
    const ws = this.#ws;
    if (!ws || texts.length === 0) return ws !== undefined;
    let status = 1;
    ws.cork(() => {
      for (const text of texts) {
        const sent = ws.send(text);
        if (sent !== 1) status = sent;
        if (sent === 2) break;
      }
    });
    // 2: the message was dropped, because too much waits already. The client would miss it, so the socket is closed.
    if (status === 2) this.close(...closings.slowReader);
    if (status === 0 && this.#blockedSince === 0) this.#blockedSince = performance.now();
    return status === 1;
  }

  close(code: number, reason: string): void {
    const ws = this.#ws;
    if (!ws) return;
    this.log[code === 1001 ? 'debug' : 'info']({ event: 'websocket.closed', code, reason }, 'websocket closed');
    // This calls `closed` before it returns.
    ws.end(code, reason);
  }

  authenticate(credential: string): Caller | Promise<Caller> {
    return this.#context.verify(credential, this);
  }

  adopt(caller: Caller): void {
    this.#context.adopt(caller, this);
  }

  /** Called every few seconds: ends the socket if its caller has lost the right to it, or if its client does not read. */
  beat(now: number): void {
    const session = this.#session;
    if (!session) return;
    if (this.#blockedSince !== 0 && now - this.#blockedSince >= this.#context.settings.stallMs) {
      this.close(...closings.slowReader);
      return;
    }
    this.recheck();
  }

  /** Ends the conversation if its caller has lost the right to it. @param concerns the callers to look at; absent: all */
  recheck(concerns?: (caller: Caller) => boolean): void {
    const session = this.#session;
    if (!session?.caller || concerns?.(session.caller) === false) return;
    try {
      session.caller = this.#context.recheck(session.caller);
    } catch (error) {
      this.close(...closingFor(error));
    }
  }
}

/** The code and reason with which a failure closes a socket. */
export function closingFor(error: unknown): readonly [code: number, reason: string] {
  const code = error instanceof DomainError ? error.code : 'internal';
  if (code === 'invalid_credential' || code === 'expired_credential' || code === 'unauthenticated')
    return closings.credential;
  if (code === 'rate_limited') return closings.rateLimited;
  return code === 'forbidden' ? closings.forbidden : closings.failed;
}

/** Bounds of WebSockets. */
export interface WebSocketSettings {
  /** How many sockets may be open (`seeds/000`, `GET /api/v1/info`: `max_websocket_connections`); the hub tells further clients to try again later. */
  readonly maxConnections: number;
  /** The same for one caller, together with the keys that it made for itself: so one caller cannot keep all others out. */
  readonly maxPerCaller: number;
  /** The same for one address, for sockets that have not authenticated: so one address cannot keep all other clients out. */
  readonly maxUnknownPerAddress: number;
  /** How long a client may take to authenticate, milliseconds. */
  readonly authMs: number;
  /** A longer message ends the connection, bytes. */
  readonly maxMessageBytes: number;
  /** More messages within a second end the connection. */
  readonly maxMessagesPerSecond: number;
  /** How many bytes may wait for a client; the hub cuts off a client that is further behind. */
  readonly maxBufferedBytes: number;
  /** A client that takes nothing for this time is cut off, milliseconds. */
  readonly stallMs: number;
  /** The hub pings a silent client some seconds before this time, and cuts it off if no answer comes; 8 to 960. */
  readonly idleSeconds: number;
}

export const defaultWebSocketSettings: WebSocketSettings = {
  maxConnections: 1000,
  maxPerCaller: 200,
  maxUnknownPerAddress: 100,
  authMs: 10_000,
  maxMessageBytes: 16 * 1024,
  maxMessagesPerSecond: 50,
  maxBufferedBytes: 2 * 1024 * 1024,
  stallMs: 60_000,
  idleSeconds: 30,
};
