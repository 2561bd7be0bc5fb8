import type { LoggingLevel, ServerNotification } from '@modelcontextprotocol/sdk/types.js';
import { handshakeBound, problemOf } from '@roundhouse/proto/bounds';
import { memberText, withMembersOf } from '@roundhouse/proto/json';
import { AgentFailure } from '../../../failure.js';
import type { LogEntry, LogSink } from '../../logs/entry.js';
import { hidden, type Secrets } from '../../net/secrets.js';
import type { StopOptions } from '../../process/group.js';
import { type CalledTool, type CallOptions, callParams } from '../call.js';
import type { McpLimits } from '../limits.js';
import { bytesOf, type ReadResult, type RequestOptions, type Settled } from '../session/pending.js';
import { Session, type SessionEvents } from '../session/session.js';
import { NO_TOOLS, type ToolListing } from '../tool-listing.js';
import { isHeaderMismatch, MODERN } from '../transports/eras/messages.js';
import type { Transport } from '../transports/transport.js';
import { answerReader, rawResultReader, toolResultReader } from './results.js';
import { listTools } from './tool-list.js';

/** The options of a connection, and its listeners. */
export interface ConnectionEvents {
  /** `false`: `initialize` is left to the caller. */
  readonly handshake?: boolean | undefined;
  /** The capabilities and the name of the only client of this connection (JSON objects). Default: no capabilities, and the agent's name. */
  readonly capabilities?: string | undefined;
  readonly info?: string | undefined;
  /** The server's tool list was read again. Without this listener the list is read by {@link Connection.readTools} only. */
  readonly onTools?: (() => void) | undefined;
  /** A call ended; see {@link Settled}. */
  readonly onCall?: Settled | undefined;
  /** A notification of the server for its listeners; `params` is the text of a JSON object, or empty. */
  readonly onNotice?: ((method: string, params: string) => void) | undefined;
  /** Gets every notification except progress, in place of the connection; see {@link SessionEvents.notification}. */
  readonly onNotification?: SessionEvents['notification'] | undefined;
  /** A request of the server; see {@link SessionEvents.asked}. Default: all are declined. */
  readonly onAsked?: ((method: string, id: string, text: string) => boolean) | undefined;
  /** Gets every message as it came in, valid or not. */
  readonly onMessage?: ((text: string) => void) | undefined;
  /** The connection ended by itself. `clean`: its process ended with exit code 0. */
  readonly onClosed?: ((reason: string, clean: boolean) => void) | undefined;
}

export interface ConnectionOptions extends ConnectionEvents {
  readonly log: LogSink;
  /** Removes the secrets of the server's registration, and those that the agent received for the server, from its failures. */
  readonly hide: Secrets['hide'];
  readonly limits: McpLimits;
  /** The largest result of a call, bytes. */
  readonly resultBytes: number;
  /** The agent's version, as told to servers. */
  readonly version: string;
}

/** One connection to an MCP server, from its handshake to its end: the connection of all clients, or that of one instance. */
export class Connection {
  /** JSON-RPC with the server. */
  readonly session: Session;
  #tools = NO_TOOLS;
  #initialized: Initialized | undefined;
  #relisting = false;
  #relistAgain = false;
  #ended: string | undefined;
  #relistTimer: NodeJS.Timeout | undefined;
  /** Called when the server has lost the session, and a new session has begun. */
  onRenewed: () => void = () => {};
  #readResult: ReadResult<CalledTool>;
  #resultBytes: number;

  constructor(
    private readonly transport: Transport,
    private readonly options: ConnectionOptions,
  ) {
    this.#resultBytes = options.resultBytes;
    this.#readResult = toolResultReader(this.#resultBytes, options.hide);
    const notification: SessionEvents['notification'] =
      options.onNotification ?? ((method, params, text) => this.#notified(method, params, text));
    const events = {
      // A log message goes into logs that others read.
      notification: (method, params, text, told) =>
        notification(method, method === 'notifications/message' ? hidden(options.hide, params) : params, text, told),
      asked: options.onAsked,
      remark: this.#remark,
      broken: (reason) => this.#lost(reason),
    } satisfies SessionEvents;
    this.session = new Session(transport, events, options.hide);
  }

  get pid(): number {
    return this.transport.pid;
  }

  /** The container that the server runs in; empty for none. */
  get containerId(): string {
    return this.transport.containerId ?? '';
  }

  /** Why the connection has ended; `undefined` while it is open. */
  get ended(): string | undefined {
    return this.#ended;
  }

  get tools(): ToolListing {
    return this.#tools;
  }

  /** The server's answer to `initialize`; empty before it. */
  get initializeResult(): Uint8Array {
    return this.#initialized?.json ?? new Uint8Array();
  }

  /** The agent speaks 2026-07-28 to the server. */
  get isNewer(): boolean {
    return this.#initialized?.version === MODERN;
  }

  /** @throws AgentFailure when the server cannot be reached, does not speak MCP, or has no usable tool list. */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { session } = this;
    const { onMessage, onTools } = this.options;
    // A remote server may take long to accept the client. The code that waits for the opening gets its failure.
    const abandon = () => void this.transport.close().catch(() => {});
    signal.addEventListener('abort', abandon, { once: true });
    const opened = this.transport.open({
      message: onMessage
        ? (text, only, body) => {
            onMessage(body === undefined ? text : `${text} ${Buffer.from(body).toString()}`);
            return session.message(text, only, body);
          }
        : (text, only, body) => session.message(text, only, body),
      failed: (id, failure) => session.fail(id, failure),
      waiting: (id) => session.waiting(id),
      takesQuestions: (id) => session.takesQuestions(id),
      expired: () => this.#renew(),
      closed: (reason, clean) => this.#lost(reason, clean),
    });
    await opened.finally(() => signal.removeEventListener('abort', abandon));
    signal.throwIfAborted();
    if (this.options.handshake === false) return;
    // A change that the server announces before the first list is read is handled after it.
    this.#relisting = true;
    await this.#shakeHands(signal);
    if (onTools && this.#initialized?.hasTools) this.#tools = await this.readTools(signal);
    this.transport.listen();
    this.#relisted();
  }

  /** Reads the server's tool list to its last page. @throws AgentFailure */
  readTools(signal?: AbortSignal): Promise<ToolListing> {
    return listTools(this.session, this.options.limits, this.#remark, signal);
  }

  /** Sends one line as it is, even if it is no message. It must not contain a line break. */
  send(text: string): void {
    void this.transport.send(text);
  }

  /** Calls a tool; see {@link Servers.callTool}. */
  callTool(tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    let params: string;
    try {
      params = callParams(tool, args);
    } catch (error) {
      this.options.onCall?.(error, 0);
      return Promise.reject(error);
    }
    const { envelope, more = '{}' } = options;
    if (this.isNewer) {
      const read = envelope === undefined ? this.#readResult : answerReader(this.#resultBytes, this.options.hide);
      return this.#callNewer(withMembersOf(params, more), read, options);
    }
    const refusal = this.#refusal(options);
    if (refusal === undefined)
      return this.session.request('tools/call', params, this.#readResult, options, this.options.onCall);
    this.options.onCall?.(refusal, 0);
    return Promise.reject(refusal);
  }

  /** Passes a request on; see {@link Servers.request}. */
  request(method: string, params: string, options: RequestOptions): Promise<Uint8Array> {
    const refusal = this.#refusal(options);
    if (refusal !== undefined) return Promise.reject(refusal);
    return this.session.request(method, params, rawResultReader(this.#resultBytes), options);
  }

  /** The largest result that is taken from now on, bytes. */
  limitResults(bytes: number): void {
    this.#resultBytes = bytes;
    this.#readResult = toolResultReader(bytes, this.options.hide);
  }

  /** Messages received from the server so far. */
  get heard(): number {
    return this.session.heard;
  }

  /** Resolves when the server answers a ping, even with an error: not every server knows pings. @throws AgentFailure */
  async ping(timeoutMs: number): Promise<void> {
    try {
      await this.session.request('ping', '{}', () => undefined, { timeoutMs });
    } catch (error) {
      if (!(error instanceof AgentFailure && 'jsonrpc' in error.details)) throw error;
    }
  }

  /** The server does not answer any more: the connection counts as broken. */
  giveUp(reason: string): void {
    this.#lost(reason);
  }

  /** Ends the connection; resolves when no process of it is left. Open calls fail with `disconnected`. */
  close(reason: string, options?: StopOptions): Promise<void> {
    this.#end(reason);
    return this.transport.close(options);
  }

  /**
   * A server of 2026-07-28 refuses a call that lacks a header, if its tools have changed. It has not run the call, so the agent reads the
   * tools and calls again.
   */
  async #callNewer(params: string, read: ReadResult<CalledTool>, options: CallOptions): Promise<CalledTool> {
    const begun = performance.now();
    const send = () => this.session.request('tools/call', params, read, options);
    try {
      const called = await send().catch(async (error: unknown) => {
        if (!isHeaderMismatch(error)) throw error;
        const tools = await this.readTools();
        this.#relist();
        const refused = options.refused?.(tools);
        if (refused !== undefined) throw refused;
        return send();
      });
      this.options.onCall?.(undefined, 0);
      return called;
    } catch (error) {
      this.options.onCall?.(error, performance.now() - begun);
      throw error;
    }
  }

  /** Why a request of 2026-07-28 cannot be passed on as it is; `undefined` if it can. */
  #refusal({ envelope }: RequestOptions): AgentFailure | undefined {
    if (envelope === undefined || this.isNewer) return undefined;
    const reason = 'the server speaks an earlier version of the protocol than it did';
    return new AgentFailure('disconnected', reason, { reason, outcome: 'not_run' });
  }

  readonly #remark = (message: string): void => {
    this.options.log.append({ level: 'warning', source: 'agent', message });
  };

  async #shakeHands(signal?: AbortSignal): Promise<void> {
    const { version, limits, capabilities, info } = this.options;
    const client = { version, timeoutMs: limits.initializeMs, signal, capabilities, info };
    this.#initialized = await handshake(this.session, this.transport, client);
  }

  /** The server lost the session, perhaps by a restart: its tools may have changed. */
  async #renew(): Promise<void> {
    this.#remark('the session expired; initializing again');
    await this.#shakeHands();
    this.#relist();
    this.onRenewed();
  }

  #lost(reason: string, clean = false): void {
    if (this.#ended !== undefined) return;
    this.#end(reason);
    this.options.onClosed?.(reason, clean);
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    clearTimeout(this.#relistTimer);
    this.session.close(new AgentFailure('disconnected', reason, { reason, outcome: 'unknown' }));
  }

  #notified(method: string, params: unknown, text: string): void {
    if (method === 'notifications/tools/list_changed') this.#relist();
    else if (method === 'notifications/message') this.options.log.append(messageEntry(params));
    else if (toldToAll.has(method)) this.options.onNotice?.(method, memberText(text, 'params') ?? '');
  }

  /** Reads the list once at a time, and once more if changes were announced meanwhile. */
  #relist(): void {
    this.#relistAgain = true;
    if (this.options.onTools === undefined || this.#relisting || this.#ended !== undefined) return;
    this.#relisting = true;
    this.#relistAgain = false;
    this.readTools()
      .then((tools) => {
        const changed = !sameTools(tools, this.#tools);
        this.#tools = tools;
        if (changed && this.#ended === undefined) this.options.onTools?.();
      })
      .catch((error: Error) => {
        if (this.#ended === undefined) this.#remark(`the changed tool list could not be read: ${error.message}`);
      })
      .finally(() => {
        if (this.#ended !== undefined) return;
        this.#relistTimer = setTimeout(() => this.#relisted(), this.options.limits.relistMs).unref();
      });
  }

  #relisted(): void {
    this.#relisting = false;
    if (this.#relistAgain) this.#relist();
  }
}

function sameTools({ tools: a, meta }: ToolListing, { tools: b, meta: other }: ToolListing): boolean {
  return (
    meta === other &&
    a.length === b.length &&
    a.every((tool, i) => Buffer.compare(tool.definition, b[i]?.definition ?? empty) === 0)
  );
}

/** Notifications that concern all callers. */
const toldToAll: ReadonlySet<string> = new Set<ServerNotification['method']>([
  'notifications/resources/list_changed',
  'notifications/resources/updated',
  'notifications/prompts/list_changed',
]);

const empty = new Uint8Array();

const levels: ReadonlySet<string> = new Set<LoggingLevel>([
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
]);

/** The log entry for the params of a server's `notifications/message`. */
export function messageEntry(params: unknown): LogEntry {
  const { level, logger, data } = (params ?? {}) as { level?: unknown; logger?: unknown; data?: unknown };
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
  return {
    level: typeof level === 'string' && levels.has(level) ? level : 'info',
    source: 'mcp',
    message: typeof logger === 'string' && logger !== '' ? `${logger}: ${text}` : text,
  };
}

/** The version that this agent offers, and the versions that it accepts. */
const newest = '2025-11-25';
const known = new Set([MODERN, newest, '2025-06-18', '2025-03-26', '2024-11-05']);

/** The server's answer to `initialize`. */
interface Initialized {
  /** As the server sent it (a JSON object). */
  readonly json: Uint8Array;
  readonly hasTools: boolean;
  /** The protocol version that both sides speak. */
  readonly version: string;
}

/**
 * Agrees with a server on a protocol version. The agent does not offer sampling, elicitation and roots: many callers share a session, so a
 * server's request would belong to no single caller.
 * @throws AgentFailure `upstream`, `timeout`
 */
export async function handshake(
  session: Session,
  transport: Transport,
  client: {
    readonly version: string;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal;
    /** The capabilities and the name of the only client of this session: JSON objects. Default: no capabilities, and the agent's name. */
    readonly capabilities?: string | undefined;
    readonly info?: string | undefined;
  },
): Promise<Initialized> {
  const { capabilities = '{}' } = client;
  const info =
    client.info ?? JSON.stringify({ name: 'roundhouse-agent', title: 'Roundhouse', version: client.version });
  const initialized = await session
    .request(
      'initialize',
      `{"protocolVersion":"${newest}","capabilities":${capabilities},"clientInfo":${info}}`,
      readAnswer,
      {
        handshake: true,
        timeoutMs: client.timeoutMs,
        signal: client.signal,
      },
    )
    .catch((error: AgentFailure) => {
      if (error.kind === 'timeout' && !client.signal?.aborted) {
        const reason = `the server did not answer \`initialize\` within ${client.timeoutMs / 1000} s`;
        throw new AgentFailure('timeout', reason, { reason });
      }
      if ('jsonrpc' in error.details) {
        throw new AgentFailure('upstream', `the server refused \`initialize\`: ${error.message}`, error.details);
      }
      throw error;
    });
  transport.negotiated(initialized.version);
  await session.notify('notifications/initialized', undefined, true);
  return initialized;
}

function readAnswer(result: unknown, text: string | Uint8Array): Initialized {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    throw refused('the result is not an object');
  }
  const { protocolVersion, capabilities } = result as { protocolVersion?: unknown; capabilities?: unknown };
  if (typeof protocolVersion !== 'string') throw refused('`protocolVersion` is missing');
  if (!known.has(protocolVersion)) {
    throw refused(
      `protocol version ${JSON.stringify(protocolVersion.slice(0, 40))} is not one of ${[...known].join(', ')}`,
    );
  }
  const hasTools = typeof capabilities === 'object' && capabilities !== null && 'tools' in capabilities;
  const json = bytesOf(text);
  const problem = problemOf(json, handshakeBound);
  if (problem !== undefined) throw refused(`it ${problem}`);
  return { json, hasTools, version: protocolVersion };
}

function refused(reason: string): AgentFailure {
  return new AgentFailure('upstream', `the answer to \`initialize\` is unusable: ${reason}`, { reason });
}
