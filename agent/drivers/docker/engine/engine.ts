import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { AgentFailure } from '../../../failure.js';
import type { Meter } from '../../../meter.js';

/** The time limit of a request, milliseconds. Pulls and attached streams have none. */
const requestMs = 30_000;

/** The engine's answer to a request that it refuses. */
interface EngineError extends Error {
  readonly statusCode?: number;
  readonly code?: string;
  readonly json?: { readonly message?: string } | Buffer;
}

/** The Docker Engine of this site: the one that `DOCKER_HOST` names, or the local one. */
export class Engine {
  /** The address, for people. */
  readonly address: string;
  readonly #socketPath: string | undefined;
  #client: Promise<Dockerode> | undefined;

  /** @param host in the form of `DOCKER_HOST`, such as `unix:///run/docker.sock`. @param meter counts the requests */
  constructor(
    host = process.env.DOCKER_HOST ?? '',
    private readonly meter?: Meter,
  ) {
    this.address = host === '' ? 'unix:///var/run/docker.sock' : host;
    this.#socketPath = /^unix:\/\/(.+)$/.exec(this.address)?.[1];
  }

  /** Whether there may be an engine: its socket exists, or it is reached over the network. */
  get mayExist(): boolean {
    return this.#socketPath === undefined || existsSync(this.#socketPath);
  }

  /** The client library, loaded when the engine is first asked: most sites have no Docker. */
  client(): Promise<Dockerode> {
    this.#client ??= this.#load();
    return this.#client;
  }

  async #load(): Promise<Dockerode> {
    const { default: Client } = await import('dockerode');
    // An address that names no socket is left to the library: it knows TLS (`DOCKER_CERT_PATH`) and SSH.
    return this.#socketPath === undefined ? new Client() : new Client({ socketPath: this.#socketPath });
  }

  /**
   * Makes a request to the engine, within a time limit (milliseconds).
   * @throws AgentFailure `upstream` with the name of the request, `timeout`, or the signal's reason.
   */
  async ask<T>(
    what: string,
    request: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
    limitMs = requestMs,
  ): Promise<T> {
    const limit = AbortSignal.timeout(limitMs);
    const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    try {
      const answer = await unlessAborted(request(both), both);
      this.meter?.add('dockerRequests', ['answered']);
      return answer;
    } catch (error) {
      signal?.throwIfAborted();
      // A refusal is an answer, too.
      this.meter?.add('dockerRequests', [statusOf(error) === undefined ? 'failed' : 'answered']);
      if (limit.aborted) {
        const reason = `the Docker Engine at ${this.address} took more than ${limitMs / 1000} s to ${what}`;
        throw new AgentFailure('timeout', reason, { reason });
      }
      throw this.failure(what, error);
    }
  }

  /** The failure for an error of the engine, or of the connection to it. */
  failure(what: string, error: unknown): AgentFailure {
    if (error instanceof AgentFailure) return error;
    const { statusCode, json, code, message } = error as EngineError;
    const said = json === undefined || json === null || Buffer.isBuffer(json) ? undefined : json.message;
    const reason =
      statusCode === undefined
        ? `the Docker Engine at ${this.address} cannot be reached: ${unreachable[code ?? ''] ?? message}`
        : `the Docker Engine cannot ${what}: ${(said ?? message.replace(/^\(HTTP code \d+\) [^-]*- /, '')).trim()}`;
    return new AgentFailure(
      'upstream',
      reason,
      { reason, ...(statusCode && { status: statusCode }) },
      { cause: error },
    );
  }
}

/**
 * Settles as a request of the library does, and rejects once the signal aborts. The library waits forever for the rest of an answer that
 * broke off, also after an abort. An engine that ends while a request waits for a container breaks its answer off.
 */
function unlessAborted<T>(request: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    void request.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const unreachable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket',
  EACCES: 'the agent’s user may not use the socket',
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection broke',
};

/** Whether the engine answered that the object does not exist. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404;
}

/** The status of the engine's answer, if it gave one. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof AgentFailure) return error.details.status as number | undefined;
  return (error as EngineError | undefined)?.statusCode;
}

/** The library's `dial` takes any request; its types leave it out. */
interface Dialling {
  dial(options: object, callback: (error: unknown, stream: Readable) => void): void;
}

/** A request that is answered with a stream. */
interface Dialled {
  /** For people, such as `attach to the container`. */
  readonly what: string;
  /** As the library takes it. */
  readonly request: object;
  readonly statusCodes: Readonly<Record<number, string | true>>;
}

/**
 * Makes a request of the engine that the library's own methods cannot make. The signal ends the request only, not its connection.
 * @throws AgentFailure
 */
export function dial<S extends Readable>(
  engine: Engine,
  { what, request, statusCodes }: Dialled,
  signal?: AbortSignal,
) {
  const asked = async (both: AbortSignal): Promise<S> => {
    const { modem } = await engine.client();
    return new Promise((resolve, reject) => {
      const abort = () => reject(both.reason);
      both.addEventListener('abort', abort, { once: true });
      (modem as Dialling).dial({ isStream: true, statusCodes, ...request }, (error, stream) => {
        both.removeEventListener('abort', abort);
        if (both.aborted) stream?.destroy();
        else if (error) reject(error);
        else resolve(stream as S);
      });
    });
  };
  return engine.ask(what, asked, signal);
}

/**
 * The two-way stream to a container's standard input and output, not yet started. The library's own `attach` also sends its options as the
 * request's body, which a server would read as its first input. So this request has an empty body.
 * @throws AgentFailure
 */
export function attach(engine: Engine, id: string, signal?: AbortSignal): Promise<Socket> {
  const request = {
    path: `/containers/${id}/attach?`,
    method: 'POST',
    hijack: true,
    openStdin: true,
    file: Buffer.alloc(0),
    headers: { 'Content-Type': 'application/vnd.docker.raw-stream' },
    options: { _query: { stream: 1, stdin: 1, stdout: 1, stderr: 1 } },
  };
  const statusCodes = { 101: true, 404: 'no such container', 500: 'server error' } as const;
  return dial(engine, { what: 'attach to the container', request, statusCodes }, signal);
}
