import type { Logger } from '@roundhouse/proto/log';
import type { Trace } from '@roundhouse/proto/tracing';
import type { Static, TSchema } from 'typebox';
import type { Caller, RequestOrigin } from '../domain/access/caller.js';
import type { Permission } from '../domain/access/permissions.js';
import type { Cancellation } from '../domain/cancellation.js';

/** The right that a request needs: see {@link EndpointSpec.permission}. */
export type Requirement = Permission | 'authenticated' | 'public';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The description of one endpoint. Routing, validation, authorization, limits, audit, OpenAPI and tests all read this. */
export interface EndpointSpec {
  readonly method: Method;
  /** As the API's document prints it, `{name}` for a parameter; below the API's plain root, so `/api/v1/…` is part of it. */
  readonly path: string;
  readonly summary: string;
  /** The details that the summary leaves out, in one to three sentences: the answer, the hub's action, its refusals, the required role. Markdown. */
  readonly description: string;
  /**
   * The permission that the caller's role must include. `authenticated`: any valid credential will do. `public`: none is needed (a test asserts the
   * closed list), and the handler has no `caller`.
   */
  readonly permission: Requirement;
  /** One of the API's rate-limit classes; default: its class for reads (GET) or writes. `none`: never limited (`health`). */
  readonly limit?: string;
  /** Audit action, such as `server.create`; absent for endpoints without an audit entry. */
  readonly audit?: string;
  /** Path parameters, by name (object schema). Default: every parameter a non-empty string. */
  readonly params?: TSchema;
  /** Query parameters (object schema); values arrive as text and are coerced to the schema's types. */
  readonly query?: TSchema;
  /** Request body. Unknown fields are refused. */
  readonly body?: TSchema;
  /** A body that the hub takes, for readers of OpenAPI; a test sends it. */
  readonly example?: unknown;
  /** Further media types of the body, each with a function that turns its text into plain JSON. A text that it returns is the body's value. If the function throws, the client gets `malformed`. */
  readonly reads?: Readonly<Record<string, (text: string) => Promise<unknown>>>;
  /** An absent body counts as `{}`. */
  readonly bodyOptional?: boolean;
  /** The payload: the content of the API's envelope (its `data`). Absent for answers without a payload. */
  readonly response?: TSchema;
  /** Members of the envelope besides the payload (`metadata`, `message`); the handler then returns `reply(data, extra)`. */
  readonly extra?: TSchema;
  /** The payload is the whole body: no envelope (`health`, `auth/token`, everything of `portal` and `backend`). */
  readonly bare?: boolean;
  /** Success status; default 200. 204 sends no body. */
  readonly status?: 200 | 201 | 202 | 204 | 302;
  /** Other media types that the handler may answer with by returning {@link StreamReply}, {@link SseReply}, {@link TextReply} or {@link RawReply}. */
  readonly produces?: readonly string[];
  /** The media type of the answers with status 400 that the handler gives by itself. */
  readonly refusesAs?: string;
  /** The events of a stream (`text/event-stream`): a union of objects with `type` and `data`. For OpenAPI alone. */
  readonly events?: TSchema;
  /** A single-use ticket in the query parameter `ticket` may stand for the credential: browsers' EventSource and WebSocket send no headers. */
  readonly ticket?: boolean;
  /**
   * The endpoint will be removed (`seeds/000`, "Version Headers"). Both dates are `YYYY-MM-DD`: `since` is the day of the announcement, at least six
   * months before `sunset`, the day of the removal.
   */
  readonly deprecated?: { readonly since: string; readonly sunset: string };
  /**
   * Request headers that the handler reads by {@link Context.header}, in lower case. A name that ends in `*` stands for all with this
   * prefix.
   */
  readonly headers?: readonly string[];
  /** The endpoint is not in the API's document: `x-extension` in OpenAPI. */
  readonly extension?: boolean;
}

type Input<S, Default> = S extends TSchema ? Static<S> : Default;

/** The parts of a request that a handler gets besides its input. */
export interface Context {
  /** The caller. The handler of a `public` endpoint must not read it: that throws. */
  readonly caller: Caller;
  /** The caller, or `null` in a `public` endpoint, and where the request came from: as the domain's functions want it. */
  readonly origin: RequestOrigin;
  /** Aborted when the client goes away or the hub shuts down. */
  readonly signal: Cancellation;
  readonly log: Logger;
  readonly requestId: string;
  /** When the request came, as `performance.now()` has it. */
  readonly startedAt: number;
  /** `Last-Event-ID` of a reader that reconnects to an event stream; empty if the request has none, or if the endpoint takes no tickets. */
  readonly lastEventId: string;
  /** The place of the request in a trace; absent if the client named none, and the hub records none. */
  readonly trace: Trace | undefined;
  /** The client's address, with trusted proxies taken off. */
  readonly ip: string;
  readonly userAgent: string;
  /** Counts further requests that this request holds against its rate limits. @throws DomainError `rate_limited`; then none of them is counted. */
  countMore(requests: number): void;
  /** Work that may outlive the request keeps its body: the body's bytes count against the payer until the work lets it go. @returns lets the body go */
  readonly keepBody: () => () => void;
  /** One of the request headers that the endpoint's description names; empty if the request does not have it. */
  header(name: string): string;
  /** The audit entry's resource and details; handlers of audited endpoints fill it in. */
  readonly audit: AuditNote;
}

export interface AuditNote {
  /** The domain itself writes the entry of this request, of a success and of a failure. */
  written?: boolean;
  resource?: { readonly type: string; readonly id: string; readonly serverId?: string };
  details?: Record<string, unknown>;
}

/** JSON text that is already finished: the envelope splices it in as it is. The type parameter is the type of its parsed value. */
export class Json<T = unknown> {
  declare readonly type: T;
  constructor(readonly text: string | Uint8Array) {}
}

/** The same, where many requests get the same text. */
export class RepeatedJson<T = unknown> extends Json<T> {
  constructor(override readonly text: string) {
    super(text);
  }
}

/** A payload with further members of the envelope, and further headers of the response. */
export class Reply<Data, Extra> {
  constructor(
    readonly data: Data,
    readonly extra: Extra,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

export function reply<Data, Extra>(
  data: Data,
  extra: Extra,
  headers?: Readonly<Record<string, string>>,
): Reply<Data, Extra> {
  return new Reply(data, extra, headers);
}

/** A payload with further headers of the response. */
export function withHeaders<Data>(data: Data, headers: Readonly<Record<string, string>>): Reply<Data, undefined> {
  return new Reply(data, undefined, headers);
}

/** A whole body that is not JSON. */
export class TextReply {
  constructor(
    readonly contentType: string,
    readonly text: string,
  ) {}
}

/** A body of unknown length, sent chunk by chunk no faster than the client takes it. */
export class StreamReply {
  constructor(
    readonly contentType: string,
    readonly chunks: AsyncIterable<Uint8Array>,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** The content of an event stream, and its caller. One object per stream: it is kept small, since thousands of them may be idle. */
export interface SseSource {
  /** The client's caller. The hub verifies it again with every heartbeat. */
  caller: Caller;
  /** The head is sent. From now on the source may send text. */
  start(channel: SseSink): void;
  /** There is room again, after a `send` that returned `false`. */
  drained(): void;
  /** The stream is over, for any reason. It may never have begun, because its client went away or because there was no room. */
  ended(): void;
  /** The text to send every 5 s while nothing else waits; default: a comment. */
  heartbeat?(): string;
}

/** The stream as its source sees it. */
export interface SseSink {
  /** Sends finished event-stream text. `false`: the client is behind, and nothing more may be sent until {@link SseSource.drained}. */
  send(text: string): boolean;
  /** States how many bytes the source itself keeps for this client because the client is behind. They count against the caller's unread output. */
  keeps(bytes: number): void;
  /** Ends the stream with an event `close` that tells the reason. */
  close(end: { readonly reason: string; readonly message: string }): void;
  /** Ends the stream without a last event. */
  end(): void;
}

/** An endless stream of events (`text/event-stream`), made for very many readers that get few events. */
export class SseReply {
  constructor(
    readonly source: SseSource,
    readonly options: {
      readonly headers?: Readonly<Record<string, string>>;
      /** The stream ends by itself, as any answer does. A hub that stops waits for that. */
      readonly finite?: boolean;
    } = {},
  ) {}
}

/** A finished answer with its status. `null`: no body. */
export class RawReply {
  constructor(
    readonly status: number,
    readonly body: string | Uint8Array | null,
    readonly headers: Readonly<Record<string, string>> = {},
    readonly contentType = 'application/json',
  ) {}
}

/** An answer that redirects (portal's sign-in). */
export class RedirectReply {
  constructor(readonly location: string) {}
}

type Payload<E extends EndpointSpec> = E['response'] extends TSchema
  ? Static<E['response']> | Json<Static<E['response']>>
  : undefined;

type Answer<E extends EndpointSpec> =
  | (E['extra'] extends TSchema ? Reply<Payload<E>, Static<E['extra']>> : Payload<E> | Reply<Payload<E>, undefined>)
  | (E['produces'] extends readonly string[] ? TextReply | StreamReply | SseReply | RedirectReply | RawReply : never);

/** The handler that an endpoint's description asks for. */
export type Handler<E extends EndpointSpec> = (
  input: {
    readonly params: Input<E['params'], Readonly<Record<string, string>>>;
    readonly query: Input<E['query'], Readonly<Record<string, never>>>;
    readonly body: Input<E['body'], undefined>;
  },
  context: Context,
) => Answer<E> | Promise<Answer<E>>;

/** One handler for each endpoint of a table; a missing or wrongly typed one is a compile error. */
export type Handlers<T extends Readonly<Record<string, EndpointSpec>>> = { readonly [K in keyof T]: Handler<T[K]> };

/** Declares an endpoint, keeping its literal types. */
export function endpoint<const E extends EndpointSpec>(spec: E): E {
  return spec;
}

/** An endpoint with its handler, types erased, for the router. */
export interface BoundEndpoint {
  readonly name: string;
  readonly spec: EndpointSpec;
  readonly handle: (input: { params: never; query: never; body: never }, context: Context) => unknown;
}

/** Joins a table of descriptions with its handlers. */
export function bind<T extends Readonly<Record<string, EndpointSpec>>>(
  table: T,
  handlers: Handlers<T>,
): BoundEndpoint[] {
  return Object.entries(table).map(([name, spec]) => ({
    name,
    spec,
    handle: handlers[name] as unknown as BoundEndpoint['handle'],
  }));
}
