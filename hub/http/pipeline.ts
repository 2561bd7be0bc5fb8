import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Span } from '@roundhouse/proto/tracing';
import type { ApiName, Caller, Door } from '../domain/access/caller.js';
import { DomainError, invalid, notFound } from '../domain/errors.js';
import { isTurnOver, nextTurn } from '../domain/event-loop.js';
import { TrustedProxies } from './access/address.js';
import { Cors } from './access/cors.js';
import { type CompiledClass, type Limits, Shares } from './access/limits.js';
import { UnreadBytes } from './access/unread.js';
import { answer, letGo } from './answer/answer.js';
import { FlowWatch } from './answer/flow.js';
import { Responder } from './answer/respond.js';
import { SseChannels } from './answer/sse.js';
import { openApiEndpoint, withBuiltins } from './builtins.js';
import type { Method } from './endpoint.js';
import { headerLine } from './headers.js';
import { recordFailure } from './request/audit.js';
import { Body } from './request/body.js';
import { credentialOf, recheckedCaller, verifiedCaller } from './request/credentials.js';
import { Exchange, type Shared } from './request/exchange.js';
import { byBody, byIssuer, decidedBy, formFor, Router } from './request/router.js';
import { compileTarget, type Mounted, mount, type Target } from './request/target.js';
import { propertiesOf } from './schemas.js';
import type { HttpPorts, HttpSettings } from './settings.js';

const methods: Readonly<Record<string, Method>> = {
  get: 'GET',
  head: 'GET',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

/** The longest body of a sign-in or refresh at a path of several APIs. The hub parses it without a credential. */
const MAX_SIGN_IN_LENGTH = 16 * 1024;
/** How many such bodies the hub parses for one address. The rate limit of the API counts afterwards, since the body decides which API it is. */
const signInsOfAddress = { requests: 600, windowSeconds: 60, per: 'address' } as const;

/** The hub refuses a longer path with its query. */
const MAX_TARGET_LENGTH = 16 * 1024;

/**
 * The steps of a request, in order: its endpoint, its credential, rate limits, permission, validation, the handler, the answer. If no step has to
 * wait, they all run, and the answer is sent, within the callback of the socket layer.
 */
export class Pipeline implements Shared {
  readonly active = new Set<Exchange>();
  readonly log: HttpPorts['log'];
  readonly tracer: HttpPorts['tracer'];
  readonly proxies: TrustedProxies;
  readonly cors: Cors;
  readonly bodyBytes: Shares;
  /** Called each time an exchange has ended. */
  onEnded: (() => void) | null = null;

  readonly #ports: HttpPorts;
  readonly #settings: HttpSettings;
  readonly #limits: Limits;
  readonly #signIns: CompiledClass | null;
  readonly #router: Router<Target>;
  readonly #mounted = new Map<Door, Mounted>();
  readonly #names: readonly Door[];
  readonly #flows: FlowWatch;
  readonly #responder: Responder;
  readonly #channels: SseChannels;
  readonly #shares: Shares;
  readonly #stopListening: (() => void) | undefined;

  /** @throws Error for tables, origins or proxies that do not hold together. */
  constructor(ports: HttpPorts, settings: HttpSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.log = ports.log;
    this.tracer = ports.tracer;
    this.proxies = new TrustedProxies(settings.trustedProxies);
    this.cors = new Cors(settings.corsOrigins);
    const recheck = (x: Exchange, caller: Caller) => recheckedCaller(ports, x, caller);
    const unread = new UnreadBytes(settings.maxUnreadBytesPerCaller);
    this.#flows = new FlowWatch(settings.stallMs, recheck, unread);
    this.#responder = new Responder(this.#flows);
    const { maxRequestsPerCaller, maxEventStreams: most, maxEventStreamsPerCaller: mostOfCaller, stallMs } = settings;
    this.#shares = new Shares(maxRequestsPerCaller, 'Too many requests of this caller are under way', 1);
    this.bodyBytes = new Shares(
      settings.maxBodyBytesPerCaller,
      'Too many bytes of bodies of this caller are under way',
      1,
      { most: settings.maxBodyBytes, refusal: 'Too many bytes of bodies are under way' },
    );
    this.#channels = new SseChannels({ most, mostOfCaller, stallMs, recheck, unread });
    this.#stopListening = ports.authenticate.onEnded?.((concerns) => {
      this.#channels.recheckThose(concerns);
      this.#flows.recheckThose(concerns);
    });
    this.#limits = ports.limits;
    this.#signIns = ports.limits.classOf({ name: 'http', limits: { signIns: signInsOfAddress } }, 'signIns');
    const targets = ports.apis.flatMap((given) => {
      const api = withBuiltins(given, ports.health, ports.metrics);
      const mounted = mount(api, this.cors.varies);
      this.#mounted.set(api.name, mounted);
      return [
        ...api.endpoints.map((endpoint) => compileTarget(mounted, endpoint, this.#limits)),
        compileTarget(mounted, openApiEndpoint(api), this.#limits, true),
      ];
    });
    this.#names = [...this.#mounted.keys()];
    this.#router = new Router(targets);
  }

  /** From now on the hub refuses requests, and closes each connection after its response. */
  stop(): void {
    this.#responder.closing = true;
  }

  close(): void {
    this.#stopListening?.();
    this.#channels.close();
  }

  countMore(x: Exchange, requests: number): void {
    const { target, caller } = x;
    if (target && !target.unlimited) this.#limits.countCaller(x, target.limit, caller, () => x.ip, requests);
  }

  ended(x: Exchange): void {
    const { observe } = this.#ports;
    const span = this.tracer && x.trace?.span;
    if (span) endSpan(span, x);
    const isLogged = this.log.isLevelEnabled('debug');
    if (observe || isLogged) {
      const durationMs = performance.now() - x.startedAt;
      const { method, status, path, target } = x;
      observe?.({
        api: target?.api ?? null,
        path: target?.path ?? '',
        method: method.toUpperCase(),
        status,
        durationMs: x.endless ? null : durationMs,
        traceId: span?.traceId,
      });
      if (isLogged) x.log.debug({ event: 'http.request', method, path, status, durationMs }, 'request');
    }
    this.onEnded?.();
  }

  /** The socket layer's callback. Never throws. */
  handle(res: HttpResponse, req: HttpRequest): void {
    const x = new Exchange(res, req, this);
    try {
      this.#route(x);
    } catch (error) {
      this.#fail(x, error);
    }
    // The socket layer ends the process over a request that is neither answered nor listened to.
    if (!x.ended) x.detach();
    x.release();
  }

  #route(x: Exchange): void {
    if (this.#responder.closing) throw new DomainError('unavailable', 'The hub is shutting down', { retryAfter: 5 });
    if (this.active.size - this.#channels.size >= this.#settings.maxRequests)
      throw new DomainError('unavailable', 'Too many requests are under way', { retryAfter: 1 });
    if (x.path.length + x.query.length > MAX_TARGET_LENGTH)
      throw new DomainError('payload_too_large', `Path and query are longer than ${MAX_TARGET_LENGTH} characters`);
    const method = methods[x.method];
    const match = method && this.#router.match(method, x.path);
    if (!match) {
      this.#unmatched(x);
      return;
    }
    x.values = match.values;
    const { targets } = match;
    const [first] = targets;
    const issued = targets.length === 1 ? first : byIssuer(targets, this.#issuer(x));
    const decided = issued ? undefined : decidedBy(targets);
    const target = issued ?? first;
    if (!target) throw notFound('path', x.path);
    x.target = target;
    if (decided) this.#decide(x, targets, decided);
    else this.#authenticate(x, target);
  }

  /** Sign-in and refresh carry no credential: their body decides which API they belong to. */
  #decide(x: Exchange, targets: readonly Target[], decided: 'login' | 'refresh'): void {
    this.#limits.countAddress(x, this.#signIns, x.ip);
    const body = new Body(x, Math.min(MAX_SIGN_IN_LENGTH, this.#settings.bodyLimitBytes));
    x.detach();
    body.whenRead(() =>
      this.#guarded(x, () => {
        const value = body.value(this.#settings.depthLimit);
        const fields = (target: Target) => Object.keys(propertiesOf(target.spec.body));
        const { authenticate } = this.#ports;
        const chosen = byBody(targets, decided, value, fields, (token) => authenticate.issuer(token)) ?? x.target;
        if (!chosen) return;
        x.target = chosen;
        this.#authenticate(x, chosen, body);
      }),
    );
  }

  #authenticate(x: Exchange, target: Target, read?: Body): void {
    if (target.spec.permission === 'public') {
      x.share = this.#shares.take(x.payer);
      if (!target.unlimited) this.#limits.countAddress(x, target.limit, x.ip);
      this.#receive(x, target, read);
      return;
    }
    let caller: Caller | Promise<Caller>;
    try {
      caller = verifiedCaller(this.#ports, x, target);
    } catch (error) {
      this.#unauthenticated(x, target, error);
    }
    if (!(caller instanceof Promise)) {
      this.#authorize(x, target, caller, read);
      return;
    }
    // The body arrives during the verification. Its reader must be there before this callback returns.
    const body = read ?? (target.body ? new Body(x, this.#settings.bodyLimitBytes, target.spec.reads) : undefined);
    x.detach();
    caller.then(
      (verified) => this.#guarded(x, () => this.#authorize(x, target, verified, body)),
      (error: unknown) => this.#guarded(x, () => this.#unauthenticated(x, target, error)),
    );
  }

  /** A bad credential counts against the address of the client. @throws the error, or `rate_limited` in its place */
  #unauthenticated(x: Exchange, target: Target, error: unknown): never {
    if (!target.unlimited) this.#limits.countAddress(x, target.limit, x.ip);
    if (isMutating(target)) this.#audit(x, error);
    throw error;
  }

  #authorize(x: Exchange, target: Target, caller: Caller, body?: Body): void {
    x.verified = caller;
    this.countMore(x, 1);
    x.share = this.#shares.take(x.payer);
    // Bytes that came during the verification counted against the address.
    x.keepBytes(0);
    const { permission } = target.spec;
    try {
      if (permission !== 'authenticated' && permission !== 'public') this.#ports.authorize(caller, permission);
    } catch (error) {
      if (isMutating(target)) this.#audit(x, error);
      throw error;
    }
    this.#receive(x, target, body);
  }

  #receive(x: Exchange, target: Target, read?: Body): void {
    if (!target.body) {
      const run = () => this.#run(x, target, undefined);
      if (isMutating(target)) this.#once(x, target, run);
      else this.#inTurn(x, target, run);
      return;
    }
    const { bodyLimitBytes, depthLimit } = this.#settings;
    const { body: schema, spec } = target;
    const body = read ?? new Body(x, bodyLimitBytes, spec.reads);
    x.detach();
    body.whenRead(() =>
      this.#once(x, target, () => {
        let value: unknown;
        try {
          // A client may take a minute to send the body. Meanwhile its key may have been revoked, or its role lowered.
          if (x.verified) x.verified = recheckedCaller(this.#ports, x, x.verified);
          const given = body.value(depthLimit);
          if (given === undefined && !spec.bodyOptional) throw invalid('body', 'is required');
          value = given === undefined ? {} : given;
          schema.check(value);
        } catch (error) {
          this.#audit(x, error);
          throw error;
        }
        this.#run(x, target, value);
      }),
    );
  }

  /**
   * Runs a step that may change something once the socket layer has read all bytes of the request. The layer closes a connection
   * on which another request follows this one before its answer (pipelining). So nothing changes without an answer that reports it.
   */
  #once(x: Exchange, target: Target, step: () => void): void {
    x.detach();
    setImmediate(() => this.#guarded(x, () => this.#inTurn(x, target, step)));
  }

  /**
   * Runs a step at once, or in a later turn of the event loop if the requests of this round have taken their time: steps that are short by
   * themselves do not add up to one long block. Endpoints without limits, such as `health`, never wait.
   */
  #inTurn(x: Exchange, target: Target, step: () => void): void {
    if (target.unlimited || !isTurnOver()) {
      step();
      return;
    }
    x.detach();
    void nextTurn(x.payer).then(() =>
      this.#guarded(x, () => {
        try {
          // The turn may come late. Meanwhile the key may have been revoked, or its role lowered.
          if (x.verified) x.verified = recheckedCaller(this.#ports, x, x.verified);
        } catch (error) {
          this.#audit(x, error);
          throw error;
        }
        step();
      }),
    );
  }

  #run(x: Exchange, target: Target, body: unknown): void {
    let result: unknown;
    try {
      const input = { params: target.params(x.values), query: target.query(x.query), body };
      result = target.handle(input as never, x);
    } catch (error) {
      this.#audit(x, error);
      throw error;
    }
    if (!(result instanceof Promise)) {
      this.#answer(x, target, result);
      return;
    }
    x.detach();
    result.then(
      (value) => {
        if (x.ended) letGo(x, value);
        else this.#guarded(x, () => this.#answerReader(x, target, value));
      },
      (error: unknown) => {
        // This holds for clients that have gone away, too.
        this.#audit(x, error);
        this.#guarded(x, () => {
          throw error;
        });
      },
    );
  }

  /**
   * Answers a request that took a while. A caller who has lost its rights meanwhile reads nothing. It still gets the answer to a change: the change
   * is made, and may be what ended the rights, such as a sign-out.
   */
  #answerReader(x: Exchange, target: Target, result: unknown): void {
    try {
      if (x.verified && !isMutating(target)) this.#ports.authenticate.checkReader?.(x.verified);
    } catch (error) {
      letGo(x, result);
      this.#audit(x, error);
      throw error;
    }
    this.#answer(x, target, result);
  }

  #answer(x: Exchange, target: Target, result: unknown): void {
    const streaming = answer(x, target, result, this.#responder, this.#flows, this.#channels);
    streaming?.catch((error: unknown) => this.#fail(x, error));
  }

  #unmatched(x: Exchange): void {
    const candidates = this.#router.at(x.path);
    if (candidates.length === 0) throw notFound('path', x.path.slice(0, 200));
    const allow = [...new Set(candidates.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
    allow.push('OPTIONS');
    const issued = candidates.find((candidate) => candidate.api === this.#issuer(x)) ?? candidates[0];
    const lines = headerLine('Allow', allow.join(', '));
    const mounted = issued?.mounted ?? this.#form(x);
    if (x.method !== 'options') {
      const error = new DomainError('method_not_allowed', `${x.method.toUpperCase()} is not allowed here`, { allow });
      this.#responder.fail(x, error, mounted, lines);
      return;
    }
    const isPreflight = x.corsLines !== '' && x.header('access-control-request-method') !== '';
    const cors = isPreflight ? this.cors.preflight(allow, x.header('access-control-request-headers')) : '';
    this.#responder.send(x, 204, mounted, mounted.block + lines + cors, null);
  }

  /** Runs a later step of a request. An error of the step becomes the answer. */
  #guarded(x: Exchange, step: () => void): void {
    if (x.ended) return;
    try {
      step();
    } catch (error) {
      this.#fail(x, error);
    }
  }

  #fail(x: Exchange, error: unknown): void {
    if (x.ended) return;
    const mounted = x.target?.mounted ?? this.#form(x);
    try {
      this.#responder.fail(x, this.#told(x, error), mounted);
    } catch (failure) {
      x.log.error({ event: 'http.error_not_told', err: failure }, 'an error could not be told');
      x.detach();
      x.cut();
    }
  }

  /** The error for the client. The hub logs an unexpected error under the request's id, and hides its text from the client. */
  #told(x: Exchange, error: unknown): DomainError {
    // The signal was aborted because the hub stops. The client gets this reason, not the error that the handler made of it.
    if (x.abortReason && !x.ended) return x.abortReason;
    if (error instanceof DomainError && error.code !== 'internal') return error;
    x.log.error({ event: 'http.request_failed', err: error, method: x.method, path: x.path }, 'request failed');
    return new DomainError('internal', 'Internal server error');
  }

  #audit(x: Exchange, error: unknown): void {
    recordFailure(this.#ports.audit, x, error);
  }

  /** The API that issued the credential; `null` if there is no credential, or more than one. */
  #issuer(x: Exchange): ApiName | null {
    try {
      const credential = credentialOf(x.authorization, x.apiKey);
      return credential === null ? null : this.#ports.authenticate.issuer(credential);
    } catch {
      return null;
    }
  }

  #form(x: Exchange): Mounted {
    const mounted = this.#mounted.get(formFor(x.path, this.#issuer(x), this.#names));
    if (!mounted) throw new Error('no API is mounted');
    return mounted;
  }
}

/** Completes the span of a request. The path is that of the endpoint's table: the real one may hold the name of a private server. */
function endSpan(span: Span, { method, status, target }: Exchange): void {
  if (target) {
    span.rename(`${method.toUpperCase()} ${target.path}`);
    span.set({ 'http.route': target.path, 'roundhouse.api': target.api });
  }
  span.set({ 'http.response.status_code': status });
  span.end(status >= 500 ? String(status) : undefined);
}

function isMutating({ method }: Target): boolean {
  return method !== 'GET';
}
