import type { ClientRequest, IncomingMessage } from 'node:http';
import { AgentFailure } from '../../../../failure.js';
import { networkReason, neverSent } from '../../../net/site-lookup.js';
import type { Headers } from '../../authorization/credentials.js';
import { readChallenge } from '../../authorization/discovery.js';
import type { HttpEndpoint, RequestMethod } from './endpoint.js';

/** The most redirects of one request. */
const maxRedirects = 3;

/** How many idle connections of one request the server may close at the moment of their use. */
const maxStale = 5;

/** A request. */
export interface Outgoing {
  readonly method: RequestMethod;
  /** Called for each try. */
  readonly headers: () => Readonly<Record<string, string | number>>;
  readonly body?: Buffer;
  /** The request may be sent twice. */
  readonly repeatable: boolean;
}

export interface RequestHandlers {
  /** The answer. Redirects, and refusals that other credentials may end, are handled before. */
  response(response: IncomingMessage): void;
  /**
   * No answer came; `details.outcome` says whether the server can have acted on the request: `not_run` or `unknown`.
   * @param unreachable no server answers at the address.
   */
  failed(failure: AgentFailure, unreachable: boolean): void;
  /** The request has ended in any way. It is the last call, and is made once. */
  closed?(): void;
}

/**
 * One request until its answer. It renews the credentials once if they are refused (HTTP 401: the server did not act on the request),
 * follows redirects within the origin, and takes another connection if the server closed an idle one before anything was sent.
 */
export class HttpRequest {
  #current: ClientRequest | undefined;
  #over = false;
  #redirects = 0;
  #renewed = false;
  #widened = false;
  #stale = 0;
  #told = false;

  constructor(
    private readonly endpoint: HttpEndpoint,
    private readonly outgoing: Outgoing,
    private readonly handlers: RequestHandlers,
  ) {
    this.#try();
  }

  /** Closes the connection. Only `closed` is called from now on. */
  destroy(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#current === undefined) this.#finish();
    else this.#current.destroy();
  }

  #try(): void {
    this.#current = undefined;
    try {
      const headers = this.endpoint.credentials.headers();
      if (!(headers instanceof Promise)) this.#send(headers);
      else headers.then((fetched) => this.#send(fetched)).catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #send(credentials: Headers): void {
    if (this.#over) return;
    const { method, headers, body } = this.outgoing;
    const request = this.endpoint.request(method, { ...headers(), ...credentials });
    let sent = false;
    let answered = false;
    /** Another request takes over from this one. */
    let again = false;
    const next = (step: () => void) => {
      again = true;
      step();
    };
    const go = () => {
      if (request.destroyed) return;
      sent = true;
      request.end(body);
    };
    this.#current = request;
    request.once('socket', () => {
      // The server may have closed an idle connection: the event loop runs once more before anything is sent on it.
      if (request.reusedSocket) setImmediate(() => setImmediate(go));
      else go();
    });
    request.on('response', (response) => {
      // The server switched protocols: the error follows.
      if (request.destroyed) return;
      const status = response.statusCode ?? 0;
      answered = true;
      if (status >= 300 && status < 400 && status !== 304) next(() => this.#redirect(response, status));
      else if (status === 401 && this.endpoint.credentials.renewable && !this.#renewed && !this.#over)
        next(() => this.#renew(response, credentials));
      else if (status === 403 && this.endpoint.credentials.widen && !this.#widened && !this.#over)
        void this.#widen(response, credentials);
      else if (!this.#over) this.handlers.response(response);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (again || this.#over) return;
      const unsent = !sent || error.syscall === 'write' || neverSent(error);
      const mayRepeat = !sent || error.syscall === 'write' || this.outgoing.repeatable;
      if (request.reusedSocket && !answered && mayRepeat && this.#stale++ < maxStale) {
        next(() => this.#try());
        return;
      }
      const reason = networkReason(error, this.endpoint.shown);
      const outcome = unsent ? 'not_run' : 'unknown';
      this.handlers.failed(new AgentFailure('disconnected', reason, { reason, outcome }), neverSent(error));
    });
    request.on('close', () => {
      if (this.#current === request) this.#finish();
    });
  }

  #redirect(response: IncomingMessage, status: number): void {
    response.destroy();
    try {
      this.endpoint.redirect(status, response.headers.location);
      if (this.#redirects++ >= maxRedirects) throw circles();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#try();
  }

  #renew(response: IncomingMessage, refused: Headers): void {
    response.destroy();
    this.#renewed = true;
    this.#current = undefined;
    this.endpoint.credentials.renew(refused, response.headers['www-authenticate']).then(
      () => {
        if (!this.#over) this.#try();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  /** The credentials are valid, but do not suffice. */
  async #widen(response: IncomingMessage, refused: Headers): Promise<void> {
    this.#widened = true;
    const request = this.#current;
    const challenge = response.headers['www-authenticate'] ?? '';
    const { credentials } = this.endpoint;
    try {
      const isScope = readChallenge(challenge).error === 'insufficient_scope';
      const wider = isScope && (await credentials.widen?.(refused, challenge)) === true;
      if (this.#over || this.#current !== request) return;
      if (!wider) {
        this.handlers.response(response);
        return;
      }
      response.destroy();
      this.#try();
    } catch (error) {
      response.destroy();
      this.#fail(error);
    }
  }

  /** Nothing was sent that the server could act on. */
  #fail(error: unknown): void {
    if (this.#over) return;
    const failure =
      error instanceof AgentFailure
        ? error
        : new AgentFailure('internal', 'the request could not be made', { outcome: 'not_run' }, { cause: error });
    this.handlers.failed(failure, false);
    this.#finish();
  }

  #finish(): void {
    if (this.#told) return;
    this.#told = true;
    this.#over = true;
    this.#current = undefined;
    this.handlers.closed?.();
  }
}

function circles(): AgentFailure {
  const reason = 'the server redirects in circles';
  return new AgentFailure('upstream', `the server's HTTP answer is unusable: ${reason}`, {
    reason,
    outcome: 'not_run',
  });
}
