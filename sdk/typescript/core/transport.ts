import { readAnswer } from './answer.js';
import type { Caller, CallOptions, Operation } from './caller.js';
import type { Credentials } from './credentials.js';
import { Deadline, ownTimeoutOf, sleep } from './deadline.js';
import { connectionFailed, errorOf, RoundhouseError } from './errors.js';
import { acceptOf, addressOf } from './request.js';
import { mayRetry, waitBefore } from './retry.js';

/** Told once of each operation that the hub means to give up. */
export interface Deprecation {
  readonly operation: string;
  /** `X-API-Deprecation`: since when. */
  readonly deprecation: string;
  /** `X-API-Sunset`: until when it is answered. */
  readonly sunset: string | undefined;
}

/** A call that is sent again. */
export interface Retry {
  /** The operation that was called, such as `connect.invokeTool`. */
  readonly operation: string;
  /** The attempt that failed, from 1 on. */
  readonly attempt: number;
  /** Milliseconds before the next one. */
  readonly waitMs: number;
  /** Why the attempt failed. */
  readonly error: RoundhouseError;
}

/** Sends a request and gives its answer, redirects included: the part of `fetch` that a client needs. */
export type Fetch = (
  url: URL,
  request: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
  },
) => Promise<Response>;

/** Takes lines; `console` is one. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly credentials: Credentials;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly maxRetryWaitMs: number;
  readonly maxAnswerBytes: number;
  readonly logger: Logger | undefined;
  readonly onRetry: ((retry: Retry) => void) | undefined;
  /** The token of a browser's session, which goes with each change. */
  readonly csrfToken: (() => string | undefined) | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly onDeprecation: ((deprecation: Deprecation) => void) | undefined;
}

/** Sends calls: address, credential, time-out, and retries. */
export class Transport implements Caller {
  readonly #options: TransportOptions;
  readonly #deprecated = new Set<string>();

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get baseUrl(): string {
    return this.#options.baseUrl;
  }

  get maxAnswerBytes(): number {
    return this.#options.maxAnswerBytes;
  }

  get credentials(): Credentials {
    return this.#options.credentials;
  }

  async call<T>(
    operation: Operation,
    params: readonly string[],
    body: unknown,
    query: object | undefined,
    options: CallOptions = {},
  ): Promise<T> {
    const { answer } = operation;
    if (answer === 'response' || answer === 'bytes') {
      const response = await this.open(operation, params, body, query, options);
      options.onAnswer?.({ status: response.status, headers: response.headers, body: undefined });
      return (answer === 'bytes' ? (response.body ?? new ReadableStream()) : response) as T;
    }
    const deadline = this.#deadline(operation, body, options);
    try {
      const response = await this.#send(operation, params, body, query, options, deadline);
      return (await readAnswer(response, operation, { ...this.#options, onAnswer: options.onAnswer })) as T;
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      deadline.clear();
    }
  }

  async open(
    operation: Operation,
    params: readonly string[],
    body: unknown,
    query: object | undefined,
    options: CallOptions = {},
  ): Promise<Response> {
    const deadline = this.#deadline(operation, body, options);
    try {
      const response = await this.#send(operation, params, body, query, options, deadline);
      deadline.stopClock();
      return response;
    } catch (error) {
      deadline.clear();
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    }
  }

  #deadline({ id }: Operation, body: unknown, { signal, timeoutMs }: CallOptions): Deadline {
    const standard = this.#options.timeoutMs;
    return new Deadline(
      signal,
      timeoutMs ?? (standard === 0 ? 0 : Math.max(standard, ownTimeoutOf(body))),
      id,
      `answer from ${this.baseUrl}`,
    );
  }

  async #send(
    operation: Operation,
    params: readonly string[],
    body: unknown,
    query: object | undefined,
    options: CallOptions,
    deadline: Deadline,
  ): Promise<Response> {
    const { retries = this.#options.retries } = options;
    const url = addressOf(this.#options.baseUrl, operation, params, query);
    const text = body === undefined ? undefined : JSON.stringify(body);
    let isRenewed = false;
    for (let attempt = 0; ; ) {
      const { signal } = deadline;
      const token = operation.isPublic ? undefined : await this.credentials.token(signal);
      if (signal.aborted) throw signal.reason;
      const sent = await this.#once(operation, url, text, token, options, signal);
      if (!(sent instanceof RoundhouseError)) return sent;
      if (sent.status === 401 && token !== undefined && !isRenewed) {
        isRenewed = true;
        if (await this.credentials.renew(token, signal)) continue;
      }
      if (attempt >= retries || !mayRetry(operation.verb, sent)) throw sent;
      const wait = waitBefore(attempt, sent);
      // A caller that cannot wait so long gets the failure at once. It says when to try again.
      if (wait >= deadline.left || (sent.retryAfterMs ?? 0) > this.#options.maxRetryWaitMs) throw sent;
      this.#tellRetry({ operation: operation.id, attempt: attempt + 1, waitMs: Math.round(wait), error: sent });
      await sleep(wait, signal);
      attempt += 1;
    }
  }

  #tellRetry(retry: Retry): void {
    const { operation, waitMs, error } = retry;
    this.#options.logger?.info(
      `roundhouse: ${operation} is sent again in ${waitMs} ms: ${error.code} ${error.message}`,
    );
    this.#options.onRetry?.(retry);
  }

  /** @returns the answer where it is a success, else the error that it stands for */
  async #once(
    operation: Operation,
    url: URL,
    body: string | undefined,
    token: string | undefined,
    { headers: more }: CallOptions,
    signal: AbortSignal,
  ): Promise<Response | RoundhouseError> {
    const { id, verb, answer } = operation;
    const headers: Record<string, string> = { Accept: acceptOf(operation), ...this.#options.headers, ...more };
    if (token !== undefined) headers.Authorization = `Bearer ${token}`;
    const csrfToken = verb === 'GET' ? undefined : this.#options.csrfToken?.();
    if (csrfToken !== undefined) headers['X-CSRF-Token'] = csrfToken;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const began = Date.now();
    let response: Response;
    try {
      response = await this.#options.fetch(url, {
        method: verb,
        headers,
        // Another host would get the body, and may get the credential.
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return connectionFailed(error, operation, this.baseUrl);
    }
    this.#options.logger?.debug(
      `roundhouse: ${id}: ${verb} ${url.pathname}: ${response.status} in ${Date.now() - began} ms`,
    );
    this.#note(id, response.headers);
    const isLocation = answer === 'location' && (response.type === 'opaqueredirect' || response.status === 302);
    return response.ok || isLocation ? response : errorOf(response, id);
  }

  #note(operation: string, headers: Headers): void {
    const deprecation = headers.get('x-api-deprecation');
    if (deprecation === null || this.#deprecated.has(operation)) return;
    this.#deprecated.add(operation);
    this.#options.onDeprecation?.({ operation, deprecation, sunset: headers.get('x-api-sunset') ?? undefined });
  }
}
