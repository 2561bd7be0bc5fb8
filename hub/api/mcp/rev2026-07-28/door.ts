import { createHash } from 'node:crypto';
import { canonicalJson } from '@roundhouse/proto/json';
import { checkReadable } from '../../../domain/agents/answer.js';
import type { Domain } from '../../../domain/domain.js';
import { answers } from '../../../domain/mcp/clients/client.js';
import type { RequestState, StateOwner } from '../../../domain/mcp/clients/request-states.js';
import type { McpView } from '../../../domain/mcp/view.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import { type Context, RawReply, type SseReply } from '../../../http/endpoint.js';
import type { McpCall, Method, Stateless } from '../call.js';
import {
  errorText,
  methodNotFound,
  notificationText,
  type Outcome,
  type Params,
  RpcError,
  type RpcMessage,
  type RpcRequest,
  resultText,
  toRpcError,
} from '../json-rpc.js';
import { MessageStream } from '../message-stream.js';
import { ownerOf } from '../owners.js';
import { PostReply } from '../post-reply.js';
import { isLoud, perform, progressTeller, type Surroundings } from '../requests.js';
import { offerOf, serverInfoOf } from '../rev2025-11-25/initialize.js';
import { stateless, versions } from '../versions.js';
import { checkHeaders, checkParameters } from './headers.js';
import type { HeldCall } from './held-call.js';
import { type HeldCallSettings, HeldCalls } from './held-calls.js';
import { askingMethods, type InputRequest, pagesToVisit, readResponses } from './input-requests.js';
import { Listenings } from './listening.js';
import { claimedVersion, envelopeOf, type RequestMeta, readMeta, withoutOwnMeta } from './meta.js';
import { completed, passedOn } from './results.js';
import { LogLevels } from './stateless-clients.js';

/** Methods that this version does not have any more, because it has no sessions. */
const removedMethods = new Set(['ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe']);

export interface StatelessDoorOptions {
  readonly methods: ReadonlyMap<string, Method>;
  /** The version of the hub. */
  readonly version: string;
  readonly held?: Partial<HeldCallSettings> | undefined;
}

/** A request of this version, and the parts that its answer needs. */
interface Asked {
  readonly request: RpcRequest;
  readonly meta: RequestMeta;
  readonly context: Context;
  readonly around: Surroundings;
  readonly postReply: PostReply;
}

/** Protocol version 2026-07-28: each request describes itself and its client, and is answered by itself. */
export class StatelessDoor {
  readonly held: HeldCalls;
  readonly listenings: Listenings;
  readonly #levels: LogLevels;
  readonly #domain: Domain;
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #version: string;

  constructor(domain: Domain, { methods, version, held }: StatelessDoorOptions) {
    this.#domain = domain;
    this.#methods = methods;
    this.#version = version;
    this.held = new HeldCalls(methods, domain.mcp, held);
    this.listenings = new Listenings(domain, methods, this.held.statelessClients);
    this.#levels = new LogLevels(domain.mcp.clients);
  }

  close(): void {
    this.listenings.close();
    this.held.close();
    this.#levels.close();
  }

  /** @param view opens the caller's view; it is called only for a well-formed request */
  async post(
    context: Context,
    message: RpcMessage,
    form: { readonly place: string; readonly events: boolean },
    surroundings: () => Surroundings,
  ): Promise<RawReply | SseReply> {
    if (message.kind === 'response')
      return refused(null, new RpcError(-32600, 'Invalid Request: responses are part of the next request'));
    if (message.kind === 'notification') return new RawReply(202, null);
    const { method, params, id } = message;
    // A client may send these without the envelope of this version, as in a session.
    if (removedMethods.has(method)) return refused(id, methodNotFound(method), 404);
    let meta: RequestMeta;
    try {
      meta = readMeta(message.params);
      checkHeaders(context, message, meta.version);
      if (meta.version !== stateless) throw unsupported(meta.version, [stateless]);
    } catch (error) {
      return refused(message.id, toRpcError(error));
    }
    const isOwn = method === 'server/discover' || method === 'subscriptions/listen';
    if (!isOwn && !this.#methods.has(method)) return refused(id, methodNotFound(method), 404);
    const around = surroundings();
    if (method === 'server/discover') return new RawReply(200, resultText(id, this.#discover(around.view)));
    try {
      const { offers } = this.#domain.mcp;
      if (method === 'subscriptions/listen') {
        await offers.prepare(around.view, context.signal);
        return this.listenings.open(context, around, message, meta);
      }
      if (method === 'tools/call') checkParameters(context, params, await offers.prepare(around.view, context.signal));
    } catch (error) {
      const told = toRpcError(error);
      return refused(id, told, told.code === -32020 ? 400 : 200);
    }
    const postReply = new PostReply({
      requests: 1,
      isBatch: false,
      caller: context.caller,
      stream: form.events ? () => new MessageStream(0, false) : undefined,
    });
    const asked: Asked = { request: message, meta, context, around, postReply };
    const owner = stateOwner(ownerOf(context.caller), () => digestOf(form.place, method, params));
    this.#answer(asked, owner).catch((error: unknown) => {
      const told = toRpcError(error);
      if (told.code === -32603) around.onError(error);
      postReply.answer(id, { error: told });
    });
    return postReply.reply;
  }

  async #answer(asked: Asked, owner: StateOwner): Promise<void> {
    const { request, meta, context, around } = asked;
    const { params, method } = request;
    const given = askingMethods.has(method) ? params.requestState : undefined;
    // A state may be valid only once, so the answers that come with it are checked first.
    const responses = readResponses(params.inputResponses);
    const state = given === undefined ? undefined : await this.held.open(given, owner);
    if (state?.kind === 'held') {
      await this.#follow(asked, this.held.resume(state, around.view.caller, responses));
      return;
    }
    const { view } = around;
    const stateless = statelessOf(meta, state);
    await this.#checkThere(view, stateless);
    const lists = method === 'tools/list' && view.serverId !== undefined;
    const server = this.#serverOf(view, request);
    if (server) await this.#domain.mcp.stateless.look(view, server, stateless.envelope);
    // The hub does not hold calls to servers of this version.
    const direct = stateless.asked !== undefined || (server !== undefined && this.#domain.mcp.stateless.takes(server));
    if (!direct && answers(meta.capabilities) && (askingMethods.has(method) || lists)) {
      await this.#follow(asked, this.held.start({ request, meta, owner, around, stateless }));
      return;
    }
    const { capabilities, info = {} } = meta;
    const known = answers(capabilities) ? this.held.statelessClients.find(around, { capabilities, info }) : undefined;
    if (meta.logLevel !== undefined && !direct) this.#levels.want(view, meta.logLevel);
    const call: McpCall = {
      ...around,
      client: known?.client,
      stateless,
      signal: context.signal,
      onProgress: progressTeller(params, asked.postReply),
      onLog: logTeller(asked),
      reaches: () => {},
    };
    const plain = { method, params: withoutOwnMeta(params) };
    await this.#finish(asked, owner, await perform(this.#methods, plain, call, around), stateless);
  }

  /** Answers with the next outcome of a held call: its end, or a question. */
  async #follow(asked: Asked, held: HeldCall): Promise<void> {
    const { request, context, postReply } = asked;
    held.carriedBy(postReply, request.params);
    const hangUp = () => this.held.cancel(held, 'The client went away');
    context.signal.addEventListener('abort', hangUp, { once: true });
    if (context.signal.aborted) hangUp();
    const turn = await held.next();
    context.signal.removeEventListener('abort', hangUp);
    if (turn.kind === 'done') await this.#finish(asked, held.owner, turn.outcome, held.stateless);
    else
      postReply.answer(request.id, {
        result: this.#inputRequired(asked, turn.requests, await this.held.suspend(held)),
      });
  }

  async #finish(asked: Asked, owner: StateOwner, outcome: Outcome, { server }: Stateless): Promise<void> {
    const { request, meta, postReply, around } = asked;
    const { id, method } = request;
    if ('result' in outcome) {
      const info = this.#serverInfo(around.view);
      const seal = (state: string) => this.held.seal({ kind: 'server', serverId: server?.id ?? '', state }, owner);
      const { result } = outcome;
      await checkReadable(result);
      postReply.answer(id, {
        result: server ? await passedOn(method, result, info, seal) : completed(method, result, info),
      });
      return;
    }
    const pages = server ? undefined : pagesToVisit(outcome.error);
    if (!pages || !askingMethods.has(method)) {
      const { error } = outcome;
      postReply.answer(
        id,
        { error: server ? error : withCodesOfThisVersion(error) },
        error.code === -32021 ? 400 : 200,
      );
      return;
    }
    const { elicitation } = meta.capabilities;
    if (typeof elicitation !== 'object' || elicitation === null || !('url' in elicitation)) {
      const requiredCapabilities = { elicitation: { url: {} } };
      const error = new RpcError(-32021, 'A page must be visited first', { requiredCapabilities });
      postReply.answer(id, { error }, 400);
      return;
    }
    const requests = Object.fromEntries(pages.map((page, i) => [`page-${i + 1}`, page]));
    const state = await this.held.seal({ kind: 'again' }, owner);
    postReply.answer(id, { result: this.#inputRequired(asked, requests, state) });
  }

  #inputRequired(
    { around }: Asked,
    inputRequests: Readonly<Record<string, InputRequest>>,
    requestState: string,
  ): string {
    const _meta = `{"io.modelcontextprotocol/serverInfo":${this.#serverInfo(around.view)}}`;
    const told = JSON.stringify({ resultType: 'input_required', inputRequests, requestState });
    return `${told.slice(0, -1)},"_meta":${_meta}}`;
  }

  #discover(view: McpView): string {
    const result = { supportedVersions: [stateless], ...offerOf(this.#domain, view) };
    return completed(
      'server/discover',
      JSON.stringify(result),
      JSON.stringify(serverInfoOf(this.#domain, view, this.#version)),
    );
  }

  /** The description of the server for a result: its name and version, and in the result of `server/discover` all members. */
  #serverInfo(view: McpView): string {
    const { name, title, version } = serverInfoOf(this.#domain, view, this.#version);
    return JSON.stringify({ name, title, version });
  }

  /** After a restart of the hub, the tools of the server that gets the answers may not be known yet. @throws DomainError `server_disconnected` */
  async #checkThere(view: McpView, { asked }: Stateless): Promise<void> {
    const server = asked && this.#domain.registry.byId(asked.serverId);
    if (server && view.covers(server)) await this.#domain.mcp.passThrough.awaitConnected(server);
  }

  /** The server that a request is for, if the method and the name tell. */
  #serverOf(view: McpView, { method, params }: RpcRequest): ServerRecord | undefined {
    if (view.serverId !== undefined) return this.#domain.registry.byId(view.serverId);
    if (method !== 'tools/call') return undefined;
    return this.#domain.mcp.offers.of(view).find(String(params.name))?.entry.server;
  }
}

function statelessOf(meta: RequestMeta, state: RequestState | undefined): Stateless {
  return { envelope: envelopeOf(meta), asked: state?.kind === 'server' ? state : undefined, server: undefined };
}

/** Whether a message has this version or a later one, according to the message or to its headers. */
export function isStateless(context: Pick<Context, 'header'>, message: RpcMessage): boolean {
  const claimed = message.kind === 'response' ? undefined : claimedVersion(message.params);
  if (claimed !== undefined) return !versions.some((version) => version === claimed);
  const isHello = message.kind === 'request' && message.method === 'initialize';
  return !isHello && context.header('mcp-protocol-version') === stateless;
}

/** The error of a version that the hub does not speak. @param supported the versions that the client may name in its place */
export function unsupported(requested: string, supported: readonly string[] = [stateless, ...versions]): RpcError {
  return new RpcError(-32022, 'Unsupported protocol version', { supported, requested: requested.slice(0, 40) });
}

/** An error with the codes of this version in place of those of earlier versions. */
function withCodesOfThisVersion(error: RpcError): RpcError {
  return error.code === -32002 ? new RpcError(-32602, error.message, error.data) : error;
}

function logTeller({ meta: { logLevel }, postReply }: Asked): McpCall['onLog'] {
  if (logLevel === undefined || !postReply.streams) return undefined;
  return (params) => {
    if (isLoud(params, logLevel)) postReply.send(notificationText('notifications/message', params));
  };
}

function refused(id: RpcRequest['id'] | null, error: RpcError, status = 400): RawReply {
  return new RawReply(status, errorText(id, error));
}

/** The owner of a request's states. The digest of large parameters takes long, and most requests have no state: the first state makes it. */
function stateOwner(caller: string, makeDigest: () => string): StateOwner {
  // A held call keeps its owner: without the function, the parameters can be freed.
  let make: (() => string) | undefined = makeDigest;
  let made = '';
  return {
    caller,
    get digest() {
      if (make) made = make();
      make = undefined;
      return made;
    },
  };
}

/** A hash of a request's place, method and parameters. The order of members does not change it. */
export function digestOf(place: string, method: string, params: Params): string {
  const { _meta, inputResponses, requestState, ...asked } = params;
  return createHash('sha256')
    .update(canonicalJson([place, method, asked]))
    .digest('base64url');
}
