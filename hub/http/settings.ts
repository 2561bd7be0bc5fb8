import type { Logger } from '@roundhouse/proto/log';
import type { Tracer } from '@roundhouse/proto/tracing';
import type { ApiName, Caller, Door } from '../domain/access/caller.js';
import type { Permission } from '../domain/access/permissions.js';
import { BODY_DEPTH } from '../domain/json-body.js';
import type { Limits } from './access/limits.js';
import type { Api } from './api.js';
import type { ReportHealth } from './builtins.js';
import type { Metrics } from './metrics.js';
import type { AuditSink } from './request/audit.js';
import type { SessionCookies } from './request/session-cookies.js';

/** Verifies credentials; implemented by the domain. */
export interface Authenticator {
  /**
   * The caller behind a JWT or an API key; synchronous for API keys, and for tokens that need no request to an issuer.
   * @param request `door`: the API at which the request arrives, if that is known
   * @throws DomainError `invalid_credential`, `expired_credential`.
   */
  verify(
    credential: string,
    request: { readonly ip: string; readonly requestId: string; readonly door?: Door | null },
  ): Caller | Promise<Caller>;
  /** The API that issued a credential or a refresh token, unverified. It decides the form of an answer. */
  issuer(credential: string): ApiName | null;
  /** The caller who made a single-use ticket, which is used up by this. Absent: there are no tickets. @throws as {@link Authenticator.verify}. */
  redeem?(ticket: string): Caller;
  /**
   * The caller with its present rights, for streams that last longer than their first check. Absent: a valid caller stays valid. @throws as {@link
   * Authenticator.verify}.
   */
  recheck?(caller: Caller): Caller;
  /** Checks that a caller may still have an answer that took a while. Absent: as long as {@link Authenticator.recheck}. @throws DomainError */
  checkReader?(caller: Caller): void;
  /**
   * Calls the listener at once when credentials have ended or their rights have changed; returns a function that stops this. Absent: credentials
   * never end.
   */
  onEnded?(listener: (concerns: (caller: Caller) => boolean) => void): () => void;
}

export interface HttpSettings {
  /** Addresses and CIDR ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Web origins that may read answers; `*` for all. */
  readonly corsOrigins: readonly string[];
  readonly bodyLimitBytes: number;
  /** How many bytes of bodies the hub keeps for all requests that are under way; it tells further clients to try again later. */
  readonly maxBodyBytes: number;
  /** The same for one caller, together with the keys that it made for itself, or for one address of clients that have not signed in. */
  readonly maxBodyBytesPerCaller: number;
  /** How deep a JSON body may nest. */
  readonly depthLimit: number;
  /** How many requests may be under way at once, streams included, event streams excluded; the hub tells further clients to try again later. */
  readonly maxRequests: number;
  /** The same for one caller, together with the keys that it made for itself: so one caller cannot keep all others out. */
  readonly maxRequestsPerCaller: number;
  /** How many event streams may be open at once. */
  readonly maxEventStreams: number;
  /** The same for one caller. */
  readonly maxEventStreamsPerCaller: number;
  /** How many bytes of output the hub keeps for the clients of one caller that are behind. One answer or event may be larger. */
  readonly maxUnreadBytesPerCaller: number;
  /** A client that takes nothing of an answer for this time is cut off, milliseconds. */
  readonly stallMs: number;
  /** Files with the certificate chain and its key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

export const defaultSettings: HttpSettings = {
  trustedProxies: [],
  corsOrigins: [],
  bodyLimitBytes: 1024 * 1024,
  maxBodyBytes: 256 * 1024 * 1024,
  maxBodyBytesPerCaller: 32 * 1024 * 1024,
  depthLimit: BODY_DEPTH,
  maxRequests: 10_000,
  maxRequestsPerCaller: 2000,
  maxEventStreams: 20_000,
  maxEventStreamsPerCaller: 10_000,
  maxUnreadBytesPerCaller: 128 * 1024 * 1024,
  stallMs: 60_000,
};

/** A finished response, for metrics. */
export interface Observation {
  /** `null` where no endpoint was found. */
  readonly api: string | null;
  /** The endpoint's path as its table prints it; `''` where none was found. */
  readonly path: string;
  readonly method: string;
  readonly status: number;
  /** `null` for streams: they last as long as their client listens, which says nothing about the hub. */
  readonly durationMs: number | null;
  /** The trace in which the request is recorded; absent if it is not. */
  readonly traceId?: string | undefined;
}

/** Sign-ins of browsers by cookie. */
export interface Browsers {
  readonly cookies: SessionCookies;
  /** The session of a cookie. @throws as {@link Authenticator.verify}. */
  verify(cookie: string): { readonly caller: Caller; readonly csrfToken: string };
}

/** Everything the server needs from outside. */
export interface HttpPorts {
  readonly apis: readonly Api[];
  readonly authenticate: Authenticator;
  /** Browsers that are signed in; absent: cookies are no credentials. */
  readonly browsers?: Browsers | undefined;
  /** Refuses a request before the domain does. @throws DomainError `forbidden` if the caller does not have the permission. */
  readonly authorize: (caller: Caller, permission: Permission) => void;
  readonly audit: AuditSink;
  readonly log: Logger;
  /** Records traces; absent: the hub passes on the traces of clients only. */
  readonly tracer?: Tracer | undefined;
  /** Served at the health path of every API whose table has none. */
  readonly health?: ReportHealth | undefined;
  /** Served at the metrics path of every API whose table has none. */
  readonly metrics?: Metrics | undefined;
  readonly limits: Limits;
  /** Called once for every response. */
  readonly observe?: ((observation: Observation) => void) | undefined;
}
