import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type {
  AppsV1Api,
  Configuration,
  CoreV1Api,
  RequestContext,
  ResponseContext,
  VersionApi,
} from '@kubernetes/client-node';
import { tooManyValues } from '@roundhouse/proto/work';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { ChunkedResponses } from '../../net/chunked-responses.js';
import { siteLookup } from '../../net/site-lookup.js';
import type { ClusterConfig, Library } from './config.js';
import { clusterFailure, notKubernetes } from './failure.js';
import { exchange, readText } from './transport.js';

/** The library's clients, for one command. */
export interface Apis {
  readonly core: CoreV1Api;
  readonly apps: AppsV1Api;
  readonly version: VersionApi;
}

/** The credentials and connections for requests. */
export interface Access {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Keeps connections for further requests. */
  readonly kept: HttpAgent;
  /** A new connection for each request: for requests that must not be sent twice, and for long ones. */
  readonly single: HttpAgent;
}

/** The largest answer, bytes. Lists are read in parts, which are far smaller. */
const answerBytes = 16 * 1024 * 1024;
/** The most values of an answer: the parser takes about 30 ms for them. */
const mostValues = 300_000;
/** The most values of an answer to the library's clients, which make an object for each value: they take about 50 ms. */
const mostLibraryValues = 5000;
/** Kept connections are closed after this time without a request, milliseconds. */
const idleSocketMs = 20_000;
const maxSockets = 64;

/** A registered cluster: its address, its credentials, and the connections to it. */
export class Client {
  readonly library: Library;
  readonly timeoutMs: number;
  readonly #config: ClusterConfig;
  readonly #chatty: ChunkedResponses;
  #access: (Access & { readonly print: string }) | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param chatty Reads the followed logs of all clusters. */
  constructor(library: Library, config: ClusterConfig, timeoutMs: number, chatty: ChunkedResponses) {
    this.library = library;
    this.timeoutMs = timeoutMs;
    this.#config = config;
    this.#chatty = chatty;
  }

  /** Host and port, for people. */
  get address(): string {
    return this.#config.server.host;
  }

  /** The addresses that the hub chose. */
  get fromHub(): readonly URL[] {
    return this.#config.fromHub;
  }

  /** The library's clients, whose requests end with the signal and fail as `kubernetes.proto` says. */
  apis(signal: Cancellation): Apis {
    const { createConfiguration, ServerConfiguration, wrapHttpLibrary, CoreV1Api, AppsV1Api, VersionApi } =
      this.library;
    const configuration: Configuration = createConfiguration({
      baseServer: new ServerConfiguration(this.#config.server.href.replace(/(?<!\/)\/+$/, ''), {}),
      httpApi: wrapHttpLibrary({ send: (request) => this.#send(request, signal) }),
    });
    return {
      core: new CoreV1Api(configuration) as unknown as CoreV1Api,
      apps: new AppsV1Api(configuration) as unknown as AppsV1Api,
      version: new VersionApi(configuration) as unknown as VersionApi,
    };
  }

  /**
   * Reads a JSON value as Kubernetes wrote it, with times as texts. The library's clients would copy each value of a list into a new object.
   * @throws AgentFailure as {@link exchange} and {@link readText}; `failed` for an answer of too many values
   */
  async read<T>(path: string, signal: Cancellation, query: object = {}): Promise<T> {
    const { kept, single, headers } = await this.access();
    const fields = Object.entries(query).map(([name, value]) => [name, String(value)] as [string, string]);
    const url = this.url(path, new URLSearchParams(fields));
    const asked = { url, method: 'GET', signal, timeoutMs: this.timeoutMs };
    const response = await exchange({ ...asked, headers, agent: kept, freshAgent: single });
    const text = await readText(response, { ...asked, limit: answerBytes });
    await this.#checkValues(text, mostValues);
    return this.understand(() => JSON.parse(text) as T);
  }

  /** Opens an answer that lasts and may come in many small chunks. Time is limited until it begins. */
  async open(path: string, query: URLSearchParams, signal: Cancellation): Promise<IncomingMessage> {
    const { single, headers } = await this.access();
    const asked = { url: this.url(path, query), method: 'GET', headers, signal, timeoutMs: this.timeoutMs };
    return exchange({ ...asked, agent: single, freshAgent: single, chatty: this.#chatty });
  }

  /** The address of a path at this cluster. */
  url(path: string, query?: URLSearchParams): URL {
    const url = new URL(this.#config.server.href.replace(/(?<!\/)\/+$/, '') + path);
    if (query !== undefined) url.search = query.toString();
    return url;
  }

  /** Runs a reader of an answer. An answer of another shape must not look like a fault of this program. */
  async understand<T>(read: () => T | Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof AgentFailure) throw error;
      throw notKubernetes(this.address, 'the answer is another object');
    }
  }

  /** The current credentials. Credentials that have expired are read again, and connections made with old credentials are closed. */
  access(): Promise<Access> {
    // One call after the other: two calls at once would make connections for both.
    const access = this.#turn.then(() => this.#open());
    this.#turn = access.catch(() => {});
    return access;
  }

  /** Closes the connections, for good. Running requests fail. */
  close(): void {
    this.#closed = true;
    this.#hangUp();
  }

  async #open(): Promise<Access> {
    const options: RequestOptions = { headers: {} };
    try {
      await this.#config.kubeconfig.applyToHTTPSOptions(options);
    } catch {
      // The error comes from a program or a file that the kubeconfig names. Its message may hold secrets.
      throw clusterFailure('disconnected', 'unauthorized', "the credentials of the agent's kubeconfig cannot be read");
    }
    const headers = { ...(options.headers as Record<string, string>) };
    if (options.auth) headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    const { ca, cert, key, servername } = options;
    const print = JSON.stringify([ca, cert, key, servername].map((part) => part?.toString()));
    if (this.#access?.print !== print) {
      this.#hangUp();
      const agents = this.#agents(options);
      this.#access = { print, headers, ...agents };
    }
    if (this.#closed) {
      this.#hangUp();
      throw new AgentFailure('cancelled', 'the connection to the cluster was closed');
    }
    return { ...this.#access, headers };
  }

  /** Counts the values of an answer. The parser reports faults in the JSON. @throws AgentFailure `failed` */
  async #checkValues(text: string, most: number): Promise<void> {
    const problem = await tooManyValues(text, most);
    if (problem !== undefined) throw clusterFailure('upstream', 'failed', `the answer of ${this.address} ${problem}`);
  }

  #hangUp(): void {
    this.#access?.kept.destroy();
    this.#access?.single.destroy();
    this.#access = undefined;
  }

  #agents({ ca, cert, key, servername, agent }: RequestOptions): Pick<Access, 'kept' | 'single'> {
    const { server, verify, kubeconfig } = this.#config;
    const fromHub = this.fromHub.length > 0;
    const proxy = kubeconfig.getCurrentCluster()?.proxyUrl;
    if (proxy !== undefined && agent instanceof HttpAgent) {
      // The library's proxy agent takes no look-up function when it is made.
      if (fromHub && 'connectOpts' in agent) Object.assign(agent.connectOpts as object, { lookup: siteLookup });
      return { kept: agent, single: agent };
    }
    const lookup = fromHub ? { lookup: siteLookup } : {};
    const trust = { ca, cert, key, servername, rejectUnauthorized: verify };
    const Kind = server.protocol === 'http:' ? HttpAgent : HttpsAgent;
    const options = server.protocol === 'http:' ? lookup : { ...trust, ...lookup };
    return {
      kept: new Kind({ ...options, keepAlive: true, timeout: idleSocketMs, maxSockets }),
      single: new Kind({ ...options, keepAlive: false }),
    };
  }

  async #send(request: RequestContext, signal: Cancellation): Promise<ResponseContext> {
    const { kept, single, headers } = await this.access();
    const method = request.getHttpMethod().toString();
    const body = request.getBody();
    const asked = { url: new URL(request.getUrl()), method, signal, timeoutMs: this.timeoutMs };
    const response = await exchange({
      ...asked,
      headers: { ...request.getHeaders(), ...headers },
      ...(typeof body === 'string' ? { body } : {}),
      agent: method === 'GET' ? kept : single,
      freshAgent: single,
    });
    const text = await readText(response, { ...asked, limit: answerBytes });
    await this.#checkValues(text, mostLibraryValues);
    const answer = { text: async () => text, binary: async () => Buffer.from(text) };
    const type = response.headers['content-type'] ?? '';
    return new this.library.ResponseContext(response.statusCode ?? 0, { 'content-type': type }, answer);
  }
}
