import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Logger } from '@roundhouse/proto/log';
import { idsOf, type Trace, type Tracer, traceFrom } from '@roundhouse/proto/tracing';
import { type Caller, type Door, payerOf, type RequestOrigin } from '../../domain/access/caller.js';
import { type Cancellation, CancelSource } from '../../domain/cancellation.js';
import { DomainError } from '../../domain/errors.js';
import { newId } from '../../domain/ids.js';
import { isoNow } from '../../domain/moments.js';
import { addressSubject, forwardedFor, normalizeAddress, type TrustedProxies } from '../access/address.js';
import type { Cors } from '../access/cors.js';
import type { LimitState, Share, Shares } from '../access/limits.js';
import type { ReplyInfo } from '../api.js';
import type { AuditNote, Context } from '../endpoint.js';
import { BodyBytes } from './body-bytes.js';
import { isChunked } from './framing.js';
import type { Target } from './target.js';

/** The parts that all exchanges of a server share. */
export interface Shared {
  readonly proxies: TrustedProxies;
  readonly cors: Cors;
  readonly log: Logger;
  /** Records traces; absent: the hub passes on the traces of clients only. */
  readonly tracer: Tracer | undefined;
  /** Exchanges that were not answered at once. */
  readonly active: Set<Exchange>;
  /** The bytes of bodies, which each payer has a part of. */
  readonly bodyBytes: Shares;
  /** See {@link Context.countMore}. */
  countMore(x: Exchange, requests: number): void;
  /** Called once for each exchange, when nothing more will be sent. */
  ended(x: Exchange): void;
}

/**
 * One request and its response. The socket layer's request is valid only until its callback returns. If the exchange goes on after that, {@link
 * Exchange.detach} saves the values that it may still need. An exchange that is answered at once does not need this copy.
 */
export class Exchange implements Context, ReplyInfo, LimitState {
  /** The method as the socket layer has it: lower case. */
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly authorization: string;
  readonly apiKey: string;
  readonly requestId: string;
  readonly corsLines: string;
  readonly startedAt = performance.now();

  limit = 0;
  remaining = 0;
  resetAt = 0;

  target: Target | null = null;
  values: readonly string[] = [];
  /** The verified caller; `null` until there is one. */
  verified: Caller | null = null;
  /** Nothing more can be sent: answered in full, cut, or the client is gone. */
  ended = false;
  status = 0;
  /** The share in which the exchange has a place until it ends. */
  share: Share | null = null;
  /** Its answer ends the connection: see {@link isChunked}. */
  readonly isLast: boolean;
  /** A stream: a hub that stops ends it, and does not wait for it. */
  endless = false;
  /** Called when the work is cancelled, with the reason. */
  onAbort: ((reason: DomainError) => void) | null = null;
  /** Called when the exchange ends, for any reason. */
  onEnded: (() => void) | null = null;

  #req: HttpRequest | null;
  #ip: string | undefined;
  #userAgent: string | undefined;
  /** `null`: the request has no trace. */
  #trace: Trace | null | undefined;
  #lastEventId: string | undefined;
  #headers: Record<string, string> | undefined;
  #log: Logger | undefined;
  #note: AuditNote | undefined;
  #cancel: CancelSource | undefined;
  #forwardedFor = '';
  #abortReason: DomainError | undefined;
  #detached = false;
  #body: BodyBytes | undefined;
  #letBodyGo: (() => void) | undefined;

  constructor(
    readonly res: HttpResponse,
    req: HttpRequest,
    readonly shared: Shared,
  ) {
    this.#req = req;
    this.method = req.getMethod();
    this.path = req.getUrl();
    this.query = req.getQuery() ?? '';
    this.authorization = req.getHeader('authorization');
    this.apiKey = req.getHeader('x-api-key');
    this.requestId = requestIdOf(req.getHeader('x-request-id'));
    this.isLast = isChunked(req);
    this.corsLines = shared.cors.enabled ? shared.cors.lines(req.getHeader('origin')) : '';
  }

  get caller(): Caller {
    if (!this.verified) throw new Error('a public endpoint has no caller');
    return this.verified;
  }

  /** The payer whose places this request takes: that of the caller (`payerOf`), or the address of a request without a verified credential. */
  get payer(): string {
    return this.verified ? payerOf(this.verified) : addressSubject(this.ip);
  }

  get origin(): RequestOrigin {
    const { verified: caller, ip, userAgent, requestId, startedAt, door: api } = this;
    return { caller, ip, userAgent, requestId, startedAt, api };
  }

  /** The API that answers. */
  get door(): Door | null {
    return this.target?.api ?? null;
  }

  get timestamp(): string {
    return isoNow();
  }

  get ip(): string {
    if (this.#ip === undefined) {
      if (this.ended) return '';
      const remote = normalizeAddress(Buffer.from(this.res.getRemoteAddressAsText()).toString('latin1'));
      const { proxies } = this.shared;
      this.#ip = proxies.any ? proxies.client(remote, this.#forwarded) : remote;
    }
    return this.#ip;
  }

  get #forwarded(): string {
    return this.#forwardedFor || (this.#req ? forwardedFor(this.#req) : '');
  }

  get userAgent(): string {
    this.#userAgent ??= this.header('user-agent').slice(0, 512);
    return this.#userAgent;
  }

  get trace(): Trace | undefined {
    if (this.#trace === undefined) {
      const traceparent = this.header('traceparent');
      const client = traceparent === '' ? undefined : traceFrom(traceparent, this.header('tracestate'));
      const method = this.method.toUpperCase();
      const attributes = { 'http.request.method': method };
      this.#trace = this.shared.tracer?.start(method, 'server', client, attributes, this.startedAt) ?? client ?? null;
    }
    return this.#trace ?? undefined;
  }

  get lastEventId(): string {
    if (!this.target?.spec.ticket) return '';
    this.#lastEventId ??= this.header('last-event-id').slice(0, 256);
    return this.#lastEventId;
  }

  get log(): Logger {
    if (!this.#log) {
      const span = this.trace?.span;
      this.#log = this.shared.log.child({ requestId: this.requestId, ...(span ? idsOf(span) : {}) });
    }
    return this.#log;
  }

  countMore(requests: number): void {
    this.shared.countMore(this, requests);
  }

  /**
   * Counts further bytes of the body until the request ends, since a handler may keep them so long. All its bytes count against the present
   * payer: before the credential is verified, that is the address. @throws DomainError `unavailable`; then none of them is counted.
   */
  keepBytes(bytes: number): void {
    if (!this.#body && bytes > 0) {
      this.#body = new BodyBytes(this.shared.bodyBytes);
      this.#letBodyGo = this.#body.keep();
    }
    this.#body?.add(this.payer, bytes);
  }

  get keepBody(): () => () => void {
    // The work must not keep the whole exchange.
    const body = this.#body;
    return () => body?.keep() ?? (() => {});
  }

  get audit(): AuditNote {
    this.#note ??= {};
    return this.#note;
  }

  get signal(): Cancellation {
    if (!this.#cancel) {
      this.#cancel = new CancelSource();
      this.#cancel.trace = this.trace;
      if (this.#abortReason) this.#cancel.abort(this.#abortReason);
    }
    return this.#cancel;
  }

  /** Why the work was cancelled, if it was. */
  get abortReason(): DomainError | undefined {
    return this.#abortReason;
  }

  /** A request header; once the socket layer's callback has returned, only headers that the endpoint's description names. */
  header(name: string): string {
    return this.#req ? this.#req.getHeader(name) : (this.#headers?.[name] ?? '');
  }

  #named(names: readonly string[]): Record<string, string> {
    const headers = Object.fromEntries(names.map((name) => [name, this.header(name)]));
    const prefixes = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
    if (prefixes.length === 0) return headers;
    const seen = new Set<string>();
    this.#req?.forEach((name, value) => {
      if (!Object.hasOwn(headers, name) && !prefixes.some((prefix) => name.startsWith(prefix))) return;
      // Several lines of one name are one list (RFC 9110, section 5.3): a proxy may have read another line than the first.
      headers[name] = seen.has(name) ? `${headers[name]}, ${value}` : value;
      seen.add(name);
    });
    return headers;
  }

  get detached(): boolean {
    return this.#detached;
  }

  /** Prepares for a later answer: saves the needed parts of the request, and listens for the end of the connection. */
  detach(): void {
    if (this.#detached || this.ended) return;
    this.#detached = true;
    // The address can be read only while the connection lives. An audit entry may need it later. Reading it costs more than the rest of this method,
    // so other requests do not read it.
    if (this.target?.spec.audit) void this.ip;
    else if (this.shared.proxies.any) this.#forwardedFor = this.#forwarded;
    void this.userAgent;
    void this.trace;
    void this.lastEventId;
    const names = this.target?.spec.headers;
    if (names) this.#headers = this.#named(names);
    this.res.onAborted(() => {
      this.abort(new DomainError('cancelled', 'The client went away'));
      this.end(this.status || 499);
    });
    this.shared.active.add(this);
  }

  /** The socket layer's callback returns: its request must not be read again. */
  release(): void {
    this.#req = null;
  }

  /** Cancels the work; the handler's signal holds the reason. */
  abort(reason: DomainError): void {
    if (this.#abortReason) return;
    this.#abortReason = reason;
    this.#cancel?.abort(reason);
    this.onAbort?.(reason);
  }

  /** Closes the connection without the end of the body, so that the client does not take a part for the whole. */
  cut(): void {
    if (this.ended) return;
    this.end(this.status);
    this.abort(new DomainError('cancelled', 'The connection was cut'));
    this.res.close();
  }

  /** Notes that nothing more will be sent. */
  end(status: number): void {
    if (this.ended) return;
    this.ended = true;
    this.status = status;
    if (this.#detached) this.shared.active.delete(this);
    this.share?.give();
    this.#letBodyGo?.();
    this.onEnded?.();
    this.shared.ended(this);
  }
}

/** Ids that may stand unchanged in logs and headers: no spaces, no quotes and no control characters. */
const SAFE_ID = /^[A-Za-z0-9._~:+/=@-]{1,128}$/;

/** The client's `X-Request-ID` if it is a safe token of 1–128 characters, otherwise a new UUID. */
export function requestIdOf(header: string): string {
  return header !== '' && SAFE_ID.test(header) ? header : newId();
}
