import type { Domain } from '../../domain/domain.js';
import type { McpView, ViewFilter } from '../../domain/mcp/view.js';
import type { Limits } from '../../http/access/limits.js';
import { type Context, RawReply, SseReply } from '../../http/endpoint.js';
import { OriginCheck, type OriginRules } from '../../http/websocket/origin.js';
import type { Method } from './call.js';
import {
  errorText,
  type Params,
  type RequestId,
  RpcError,
  type RpcMessage,
  type RpcRequest,
  readMessage,
  resultText,
} from './json-rpc.js';
import type { MessageStream } from './message-stream.js';
import { createMethods } from './methods/table.js';
import { OperationLimits, OperationRunner } from './operations/operation.js';
import { operations } from './operations/table.js';
import { type Carrier, PostReply } from './post-reply.js';
import { runInSession, type Surroundings } from './requests.js';
import { helloOf, initializeResult } from './rev2025-11-25/initialize.js';
import type { McpSession } from './rev2025-11-25/session.js';
import { answerAlone } from './rev2025-11-25/sessionless.js';
import { McpSessions, type SessionSettings } from './rev2025-11-25/sessions.js';
import { isStateless, StatelessDoor, unsupported } from './rev2026-07-28/door.js';
import { mismatch } from './rev2026-07-28/headers.js';
import type { HeldCallSettings } from './rev2026-07-28/held-calls.js';
import { assumedVersion, hasBatches, isVersion, negotiated, stateless } from './versions.js';

export interface DoorOptions {
  /** The rate limits of the APIs, which count operations, too. */
  readonly limits: Limits;
  /** The origins from which pages of browsers may send requests. */
  readonly origins: OriginRules;
  /** The version of the hub. */
  readonly version: string;
  readonly sessions?: Partial<SessionSettings>;
  readonly held?: Partial<HeldCallSettings> | undefined;
}

/** Messages in one array. */
const MAX_BATCH = 100;

/** The hub as an MCP server: streamable HTTP with sessions, and requests without a session. */
export class McpDoor {
  readonly sessions: McpSessions;
  readonly modern: StatelessDoor;
  readonly methods: ReadonlyMap<string, Method>;
  readonly #domain: Domain;
  readonly #options: DoorOptions;
  readonly #origins: OriginCheck;

  constructor(domain: Domain, options: DoorOptions) {
    this.#domain = domain;
    this.#options = options;
    this.#origins = new OriginCheck(options.origins);
    this.sessions = new McpSessions(domain.mcp.clients, options.sessions);
    const runner = new OperationRunner(domain, new OperationLimits(options.limits));
    this.methods = createMethods(domain, operations, runner);
    this.modern = new StatelessDoor(domain, { methods: this.methods, version: options.version, held: options.held });
  }

  /** Ends all sessions, and their instances and subscriptions at the agents. */
  close(): void {
    this.modern.close();
    this.sessions.closeAll();
  }

  /** @throws DomainError `forbidden` for a page of another origin */
  check(context: Context): void {
    this.#origins.check(context.header('host'), context.header('origin'));
  }

  /** Messages of a client. @throws DomainError */
  async post(context: Context, filter: ViewFilter, body: unknown): Promise<RawReply | SseReply> {
    this.check(context);
    const accepts = acceptedOf(context);
    if (!accepts.json && !accepts.events) return notAcceptable('application/json, text/event-stream');
    let messages: RpcMessage[];
    try {
      messages = readAll(body);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return refusal(error);
    }
    // Each message of an array counts like a request.
    if (messages.length > 1) context.countMore(messages.length - 1);
    const [first] = messages;
    if (messages.some((message) => isStateless(context, message))) {
      if (Array.isArray(body) || !first) return refusal(noBatches());
      const form = { place: placeOf(filter), events: accepts.events };
      return this.modern.post(context, first, form, () => this.around(context, this.viewOf(context, filter)));
    }
    if (first?.kind === 'request' && first.method === 'initialize')
      return messages.length === 1
        ? this.#initialize(context, filter, first)
        : refusal(new RpcError(-32600, 'Invalid Request: initialize comes alone'));
    const wrong = versionProblem(context);
    if (wrong) return refusal(wrong, 400, idOf(messages));
    const sessionId = context.header('mcp-session-id');
    const isBatch = Array.isArray(body);
    if (sessionId === '') {
      const version = context.header('mcp-protocol-version') || assumedVersion;
      if (isBatch && !(isVersion(version) && hasBatches(version))) return refusal(noBatches());
      const view = this.viewOf(context, filter);
      return answerAlone(this.methods, messages, { isBatch, accepts }, context, this.around(context, view));
    }
    const session = this.sessions.get(sessionId, context.caller, placeOf(filter));
    if (isBatch && !hasBatches(session.version)) return refusal(noBatches());
    const requests = messages.filter((message) => message.kind === 'request');
    const postReply = new PostReply({
      requests: requests.length,
      isBatch,
      caller: context.caller,
      stream: accepts.events ? () => session.newStream() : undefined,
      priming: session.primes,
    });
    this.take(session, messages, postReply, this.around(context, session.client.view));
    if (requests.length === 0) {
      postReply.abandon();
      return new RawReply(202, null);
    }
    const stopWaiting = session.waits();
    context.signal.addEventListener('abort', stopWaiting, { once: true });
    return postReply.reply.finally(() => {
      context.signal.removeEventListener('abort', stopWaiting);
      stopWaiting();
    });
  }

  /** Takes the messages of a session's client; responses to its requests go to the carrier. */
  take(session: McpSession, messages: readonly RpcMessage[], carrier: Carrier, around: Surroundings): void {
    const { client } = session;
    if (!client) return;
    const { clients } = this.#domain.mcp;
    for (const message of messages) {
      if (message.kind === 'request') {
        runInSession(this.methods, message, session, carrier, around).catch(around.onError);
      } else if (message.kind === 'response') {
        const askId = session.answered(message.id);
        const { case: outcome, json } = message.answer;
        if (askId !== undefined) clients.answer(client, askId, { case: outcome, value: Buffer.from(json) });
      } else if (message.method === 'notifications/cancelled') {
        const { requestId, reason } = message.params;
        if (typeof requestId === 'string' || typeof requestId === 'number')
          session.cancel(requestId, typeof reason === 'string' ? reason : '');
      } else if (message.method !== 'notifications/initialized') {
        clients.notify(client, message.method, JSON.stringify(message.params));
      }
    }
  }

  /** The stream for messages that belong to no request, or the rest of a broken stream. @throws DomainError */
  get(context: Context, filter: ViewFilter): RawReply | SseReply {
    this.check(context);
    if (context.header('mcp-protocol-version') === stateless) return postOnly();
    if (!acceptedOf(context).events) return notAcceptable('text/event-stream');
    const wrong = versionProblem(context);
    if (wrong) return refusal(wrong);
    const session = this.#sessionOf(context, filter);
    if (!session) return refusal(noSession());
    this.#dropLost(session);
    const [number = 0, after] = lastEvent(context.header('last-event-id'));
    const stream = session.stream(number);
    // Lost events cannot be resumed; the client gets the events that come from now on.
    if (!stream || after === undefined) {
      return new SseReply(session.standalone.connect(context.caller, { priming: session.primes }));
    }
    return new SseReply(stream.connect(context.caller, { after }));
  }

  /** Drops the messages of a session whose client may not see a server any more that the session's requests went to. */
  #dropLost(session: McpSession): void {
    const { client, reached } = session;
    const lost = client ? this.#domain.mcp.clients.lostServers(client.view.caller, reached) : [];
    if (lost.length > 0) session.dropStreams();
    for (const id of lost) reached.delete(id);
  }

  /** Ends a session. @throws DomainError */
  delete(context: Context, filter: ViewFilter): RawReply {
    this.check(context);
    if (context.header('mcp-protocol-version') === stateless) return postOnly();
    const wrong = versionProblem(context);
    if (wrong) return refusal(wrong);
    const session = this.#sessionOf(context, filter);
    if (!session) return refusal(noSession());
    this.sessions.close(session);
    return new RawReply(200, null);
  }

  /** Opens a session for a client that introduces itself. @throws RpcError -32602, DomainError `unavailable`, `not_found`. */
  open(context: Context, filter: ViewFilter, params: Params, standalone?: MessageStream): McpSession {
    const view = this.viewOf(context, filter);
    const { capabilities, clientInfo, protocolVersion } = params;
    const hello = helloOf(capabilities, clientInfo);
    return this.sessions.open(view, hello, {
      place: placeOf(filter),
      version: negotiated(protocolVersion),
      standalone,
    });
  }

  /** The answer to its `initialize`, as JSON text. */
  welcome({ version, client }: McpSession): string {
    if (!client) throw new Error('a session without a client');
    return JSON.stringify(initializeResult(this.#domain, client.view, version, this.#options.version));
  }

  /** @throws DomainError `not_found` for a server or group that is not there. */
  viewOf({ caller }: Context, filter: ViewFilter): McpView {
    return this.#domain.mcp.view(caller, filter);
  }

  #initialize(context: Context, filter: ViewFilter, { id, params }: RpcRequest): RawReply {
    let session: McpSession;
    try {
      session = this.open(context, filter, params);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return refusal(error, 400, id);
    }
    return new RawReply(200, resultText(id, this.welcome(session)), { 'Mcp-Session-Id': session.id });
  }

  #sessionOf(context: Context, filter: ViewFilter): McpSession | undefined {
    const id = context.header('mcp-session-id');
    return id === '' ? undefined : this.sessions.get(id, context.caller, placeOf(filter));
  }

  /** The context of a request besides its message. */
  around(context: Context, view: McpView): Surroundings {
    const { keepBody, log, trace } = context;
    const onError = (error: unknown) => log.error({ event: 'mcp.request_failed', err: error }, 'an MCP request failed');
    return { origin: context.origin, view, trace, keepBody, onError };
  }
}

function readAll(body: unknown): RpcMessage[] {
  if (!Array.isArray(body)) return [readMessage(body)];
  if (body.length === 0) throw new RpcError(-32600, 'Invalid Request: an empty array');
  if (body.length > MAX_BATCH) throw new RpcError(-32600, `Invalid Request: more than ${MAX_BATCH} messages`);
  return body.map(readMessage);
}

/** The place of a session. It is valid only at the address and with the filters where it was opened. */
function placeOf({ server = '', group = '', site = '', tag = '', operations = false }: ViewFilter): string {
  return JSON.stringify([server.toLowerCase(), group, site, tag, operations]);
}

function versionProblem(context: Context): RpcError | undefined {
  const version = context.header('mcp-protocol-version');
  if (version === '' || isVersion(version)) return undefined;
  // Requests whose header names that version do not reach this function.
  if (version === stateless) return mismatch(`MCP-Protocol-Version says '${version}', and the body an earlier version`);
  return unsupported(version);
}

/** The id of the request, if there is exactly one; otherwise `null`. */
function idOf(messages: readonly RpcMessage[]): RequestId | null {
  const [only, ...more] = messages;
  return only?.kind === 'request' && more.length === 0 ? only.id : null;
}

function acceptedOf(context: Context): { readonly json: boolean; readonly events: boolean } {
  const accept = context.header('accept').toLowerCase();
  const all = accept === '' || accept.includes('*/*');
  return {
    json: all || accept.includes('application/json') || accept.includes('application/*'),
    // A client gets only forms of answers that it accepts.
    events: accept.includes('text/event-stream'),
  };
}

/** `STREAM-NUMBER`. */
function lastEvent(id: string): [stream?: number, after?: number] {
  const match = /^(\d{1,10})-(\d{1,15})$/.exec(id);
  return match ? [Number(match[1]), Number(match[2])] : [];
}

function refusal(error: RpcError, status = 400, id: RequestId | null = null): RawReply {
  return new RawReply(status, errorText(id, error));
}

function notAcceptable(types: string): RawReply {
  return refusal(new RpcError(-32000, `Not Acceptable: the client must accept ${types}`), 406);
}

function postOnly(): RawReply {
  const error = new RpcError(-32000, 'Method Not Allowed: there are no sessions');
  return new RawReply(405, errorText(null, error), { Allow: 'POST' });
}

function noBatches(): RpcError {
  return new RpcError(-32600, 'Invalid Request: this protocol version has no batches');
}

function noSession(): RpcError {
  return new RpcError(-32000, 'Bad Request: Mcp-Session-Id is missing');
}
