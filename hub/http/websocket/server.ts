import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import type { Logger } from '@roundhouse/proto/log';
import { type ApiName, type Caller, payerOf } from '../../domain/access/caller.js';
import type { Permission } from '../../domain/access/permissions.js';
import { DomainError } from '../../domain/errors.js';
import { isoNow } from '../../domain/moments.js';
import { addressSubject, forwardedFor, normalizeAddress, TrustedProxies } from '../access/address.js';
import type { CompiledClass, LimitState, Limits } from '../access/limits.js';
import { headerLine, JSON_TYPE, staticBlock, statusLine } from '../headers.js';
import { credentialOf } from '../request/credentials.js';
import { requestIdOf } from '../request/exchange.js';
import type { Routes } from '../request/framing.js';
import type { Authenticator } from '../settings.js';
import { closings, type Dialect } from './dialect.js';
import { OriginCheck, type OriginRules } from './origin.js';
import { defaultWebSocketSettings, Socket, type SocketContext, type WebSocketSettings } from './socket.js';

/** Everything that the sockets need from outside. */
export interface WebSocketPorts {
  readonly dialect: Dialect;
  /** The dialect at `/<name>/ws` for every client, and at the plain paths for clients whose credential is of that API. */
  readonly others?: Readonly<Partial<Record<ApiName, Dialect>>> | undefined;
  /** The dialect at each of these further paths, for every client. */
  readonly at?: Readonly<Record<string, Dialect>> | undefined;
  readonly authenticate: Authenticator;
  /** @throws DomainError `forbidden` if the caller does not have the permission */
  readonly authorize: (caller: Caller, permission: Permission) => void;
  readonly origins: OriginRules;
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  readonly log: Logger;
  readonly settings?: Partial<WebSocketSettings> | undefined;
}

/** Each upgrade and each `auth` message of a caller counts here and against the caller's tier. */
const authentications = { requests: 100, windowSeconds: 60 } as const;
/** Upgrades without a credential: browsers cannot send one, and many may share an address. */
const unknownUpgrades = { requests: 600, windowSeconds: 60, per: 'address' } as const;

const BEAT_MS = 5000;
/** The socket layer cuts the connection of a message that is longer than the limit times this, and sends no reason. */
const HARD_LIMIT_FACTOR = 4;

/** All WebSockets of the hub. */
export class WebSockets {
  readonly #ports: WebSocketPorts;
  readonly #settings: WebSocketSettings;
  readonly #authentications: CompiledClass | null;
  readonly #unknownUpgrades: CompiledClass | null;
  readonly #contexts = new Map<Dialect, SocketContext>();
  readonly #origins: OriginCheck;
  readonly #proxies: TrustedProxies;
  readonly #open = new Set<Socket>();
  readonly #stopListening: (() => void) | undefined;
  /** Upgrades whose credential is being verified. */
  #upgrading = 0;
  #closing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: WebSocketPorts) {
    this.#ports = ports;
    const classes = { name: 'websocket', limits: { authentications, unknownUpgrades } };
    this.#authentications = ports.limits.classOf(classes, 'authentications');
    this.#unknownUpgrades = ports.limits.classOf(classes, 'unknownUpgrades');
    this.#settings = { ...defaultWebSocketSettings, ...ports.settings };
    this.#origins = new OriginCheck(ports.origins);
    this.#proxies = new TrustedProxies(ports.trustedProxies);
    this.#stopListening = ports.authenticate.onEnded?.((concerns) => {
      for (const socket of [...this.#open]) socket.recheck(concerns);
    });
  }

  /** How many sockets are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Adds the routes. */
  mount(routes: Routes, paths: readonly string[]): void {
    for (const path of paths)
      routes.ws<{ socket: Socket }>(path, {
        maxPayloadLength: HARD_LIMIT_FACTOR * this.#settings.maxMessageBytes,
        maxBackpressure: this.#settings.maxBufferedBytes,
        idleTimeout: this.#settings.idleSeconds,
        sendPingsAutomatically: true,
        upgrade: (res, req, context) => this.#upgrade(path, res, req, context),
        open: (ws) => {
          const { socket } = ws.getUserData();
          this.#open.add(socket);
          this.#timer ??= setInterval(() => this.#beat(), BEAT_MS).unref();
          socket.opened(ws);
        },
        message: (ws, message, isBinary) => ws.getUserData().socket.received(message, isBinary),
        drain: (ws) => ws.getUserData().socket.drained(),
        close: (ws) => {
          const { socket } = ws.getUserData();
          this.#open.delete(socket);
          socket.closed();
          if (this.#open.size > 0) return;
          clearInterval(this.#timer);
          this.#timer = undefined;
        },
      });
  }

  /** Accepts no more sockets, and closes the open ones with the reason. */
  close(): void {
    this.#closing = true;
    this.#stopListening?.();
    for (const socket of [...this.#open]) socket.close(...closings.shutdown);
  }

  #upgrade(path: string, res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    let dialect = this.#dialectOf(path, null);
    const requestId = requestIdOf(req.getHeader('x-request-id'));
    const key = req.getHeader('sec-websocket-key');
    const extensions = req.getHeader('sec-websocket-extensions');
    const log = this.#ports.log.child({ requestId });
    let gone = false;
    res.onAborted(() => {
      gone = true;
    });
    const refuse = (error: unknown) => {
      if (!gone) this.#refuse(res, error, { dialect, requestId, log });
    };
    let ip: string;
    let caller: Caller | Promise<Caller> | null;
    try {
      this.#checkRoom();
      this.#origins.check(req.getHeader('host'), req.getHeader('origin'));
      const remote = normalizeAddress(Buffer.from(res.getRemoteAddressAsText()).toString('latin1'));
      ip = this.#proxies.client(remote, forwardedFor(req));
      // A client that sends a header is authenticated before the first message.
      const credential = credentialOf(req.getHeader('authorization'), req.getHeader('x-api-key'));
      dialect = this.#dialectOf(path, credential);
      if (credential === null) this.#checkUnknown(ip);
      caller = credential === null ? null : this.#verify(dialect, credential, { ip, requestId });
    } catch (error) {
      refuse(error);
      return;
    }
    const accept = (verified: Caller | null) => {
      try {
        if (gone || this.#closing) throw shuttingDown();
        if (verified) this.#checkShare(verified);
      } catch (error) {
        refuse(error);
        return;
      }
      const socket = new Socket(this.#contextOf(dialect), { ip, requestId, log, caller: verified });
      // The hub has no subprotocols. Not corked: the upgrade turns the response into a socket in place. Uncorking would take the socket for a
      // finished response, and close it.
      res.upgrade({ socket }, key, '', extensions, context);
    };
    if (!(caller instanceof Promise)) {
      accept(caller);
      return;
    }
    this.#upgrading += 1;
    caller
      .then(
        (verified) => {
          this.#upgrading -= 1;
          accept(verified);
        },
        (error: unknown) => {
          this.#upgrading -= 1;
          refuse(error);
        },
      )
      .catch((error: unknown) =>
        log.error({ event: 'websocket.not_opened', err: error }, 'a WebSocket could not be opened'),
      );
  }

  #checkRoom(): void {
    if (this.#closing) throw shuttingDown();
    if (this.#open.size + this.#upgrading >= this.#settings.maxConnections)
      throw new DomainError('unavailable', 'Too many WebSockets are open', { retryAfter: 5 });
  }

  /** A client without a credential counts against its address. */
  #checkUnknown(ip: string): void {
    this.#ports.limits.countAddress(newState(), this.#unknownUpgrades, ip);
    const address = addressSubject(ip);
    if (
      this.#count((socket) => socket.payer === null && addressSubject(socket.ip) === address) >=
      this.#settings.maxUnknownPerAddress
    )
      throw new DomainError('unavailable', 'Too many WebSockets of this address have not signed in', { retryAfter: 5 });
  }

  /** @param own the caller's socket, if it is open already */
  #checkShare(caller: Caller, own?: Socket): void {
    const payer = payerOf(caller);
    if (this.#count((socket) => socket.payer === payer && socket !== own) >= this.#settings.maxPerCaller)
      throw new DomainError('unavailable', 'Too many WebSockets of this caller are open', { retryAfter: 5 });
  }

  #count(fits: (socket: Socket) => boolean): number {
    let count = 0;
    for (const socket of this.#open) if (fits(socket)) count += 1;
    return count;
  }

  /** The dialect of a socket: at an API's own path its dialect, elsewhere the dialect of the API that issued the credential. */
  #dialectOf(path: string, credential: string | null): Dialect {
    const { dialect, others = {}, at = {}, authenticate } = this.#ports;
    if (at[path]) return at[path];
    const base = /^\/([a-z]+)\/ws$/.exec(path)?.[1];
    const api = base ?? (credential === null ? null : authenticate.issuer(credential));
    return (api === null ? undefined : others[api as ApiName]) ?? dialect;
  }

  #contextOf(dialect: Dialect): SocketContext {
    let context = this.#contexts.get(dialect);
    if (!context) {
      const { authenticate } = this.#ports;
      const adopt = (caller: Caller, socket: Socket) => {
        this.#checkShare(caller, socket);
        socket.payer = payerOf(caller);
      };
      context = {
        dialect,
        settings: this.#settings,
        adopt,
        verify: (credential, socket) => {
          const take = (caller: Caller) => {
            adopt(caller, socket);
            return caller;
          };
          const caller = this.#verify(dialect, credential, socket);
          return caller instanceof Promise ? caller.then(take) : take(caller);
        },
        recheck: (caller) => this.#allowed(dialect, authenticate.recheck ? authenticate.recheck(caller) : caller),
      };
      this.#contexts.set(dialect, context);
    }
    return context;
  }

  /** A valid credential counts against its caller, an invalid one against the address of the client. */
  #verify(
    dialect: Dialect,
    credential: string,
    request: { readonly ip: string; readonly requestId: string },
  ): Caller | Promise<Caller> {
    const { authenticate, limits } = this.#ports;
    const accept = (caller: Caller) => {
      limits.countCaller(newState(), this.#authentications, caller, () => request.ip);
      return this.#allowed(dialect, caller);
    };
    const refuse = (error: unknown): never => {
      limits.countAddress(newState(), null, request.ip);
      throw error;
    };
    let caller: Caller | Promise<Caller>;
    try {
      caller = authenticate.verify(credential, request);
    } catch (error) {
      return refuse(error);
    }
    return caller instanceof Promise ? caller.then(accept, refuse) : accept(caller);
  }

  /** @throws DomainError `forbidden`. */
  #allowed({ permission }: Dialect, caller: Caller): Caller {
    if (permission !== null) this.#ports.authorize(caller, permission);
    return caller;
  }

  #refuse(
    res: HttpResponse,
    error: unknown,
    { dialect, requestId, log }: { readonly dialect: Dialect; readonly requestId: string; readonly log: Logger },
  ): void {
    const isKnown = error instanceof DomainError && error.code !== 'internal';
    if (!isKnown) log.error({ event: 'websocket.upgrade_failed', err: error }, 'upgrade failed');
    const told = isKnown ? error : new DomainError('internal', 'Internal server error');
    const { status, body } = dialect.failure(told, { requestId, timestamp: isoNow() });
    const { retryAfter } = told.details;
    const lines = [
      headerLine('Content-Type', JSON_TYPE),
      ...(typeof retryAfter === 'number' ? [headerLine('Retry-After', String(retryAfter))] : []),
    ];
    res.cork(() => {
      res.writeStatus(
        `${statusLine(status)}\r\n${staticBlock(dialect, false)}${lines.join('')}X-Request-ID: ${requestId}`,
      );
      res.end(body, true);
    });
  }

  #beat(): void {
    const now = performance.now();
    for (const socket of [...this.#open]) socket.beat(now);
  }
}

/** A WebSocket has no headers that tell its client how much of a limit is left. */
function newState(): LimitState {
  return { limit: 0, remaining: 0, resetAt: 0 };
}

function shuttingDown(): DomainError {
  return new DomainError('unavailable', 'The hub is shutting down', { retryAfter: 5 });
}
