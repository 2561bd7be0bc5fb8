import type { Logger } from '@roundhouse/proto/log';
import type { Caller } from '../../domain/access/caller.js';
import type { Permission } from '../../domain/access/permissions.js';
import type { DomainError } from '../../domain/errors.js';
import type { ReplyInfo } from '../api.js';

/** The messages of a socket. */
export interface Dialect {
  /** The permission that the caller on the socket must have; `null` if the conversation itself checks its caller's rights. */
  readonly permission: Permission | null;
  /** More messages within a second end the connection; absent: the limit of the settings. */
  readonly messagesPerSecond?: number;
  /** The headers of the answer to a refused upgrade: those of all answers of its API. */
  readonly headers: Readonly<Record<string, string>>;
  /** Begins a conversation. `caller`: the caller of the upgrade's header; `null` if the client has yet to authenticate. */
  open(socket: SocketSink, caller: Caller | null): SocketSession;
  /** The answer to a refused upgrade. */
  failure(error: DomainError, info: ReplyInfo): { readonly status: number; readonly body: string };
}

/** One client's conversation. One object per socket: it is kept small, since very many may be idle. */
export interface SocketSession {
  /** The client's caller, verified again every few seconds; `null` until the client has authenticated. */
  caller: Caller | null;
  /** A text message came. Never throws. */
  message(text: string): void;
  /** There is room again, after a `send` that returned `false`. */
  drained(): void;
  /** The socket is closed, for any reason. The session must send nothing more. */
  ended(): void;
}

/** The socket as its session sees it. */
export interface SocketSink {
  readonly requestId: string;
  readonly log: Logger;
  /**
   * Sends messages, in one write: the system takes far more time for a write than for a short message. `false`: the client is behind. The
   * messages will be sent; further messages that can wait should wait for {@link SocketSession.drained}.
   */
  send(...texts: readonly string[]): boolean;
  /** Ends the connection: a code (RFC 6455; 4000 to 4999 are our own) and the reason for programs, at most 123 bytes. */
  close(code: number, reason: string): void;
  /** The caller behind a credential that came in a message, if the caller may use the socket. @throws DomainError, also by way of the promise. */
  authenticate(credential: string): Caller | Promise<Caller>;
  /** Gives the place of this socket to the caller of a ticket. @throws DomainError `unavailable` if the caller has too many sockets */
  adopt(caller: Caller): void;
}

/** Why the hub closes a socket: code and reason. */
export const closings = {
  ended: [1000, 'ended'],
  shutdown: [1001, 'shutdown'],
  tooBig: [1009, 'message_too_big'],
  tooMany: [1008, 'too_many_messages'],
  slowReader: [1013, 'slow_reader'],
  failed: [1011, 'failed'],
  credential: [4401, 'credential'],
  forbidden: [4403, 'forbidden'],
  rateLimited: [1008, 'rate_limited'],
  authenticationTimeout: [4408, 'authentication_timeout'],
} as const satisfies Readonly<Record<string, readonly [code: number, reason: string]>>;
