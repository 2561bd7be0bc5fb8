import { elementTexts, memberText, onOneLine, withMember } from '@roundhouse/proto/json';
import { jsonCost } from '@roundhouse/proto/json-cost';
import type { Trace } from '@roundhouse/proto/tracing';
import { AgentFailure, asFailure } from '../../../failure.js';
import { hidden, hiddenJson, type Secrets } from '../../net/secrets.js';
import type { Transport } from '../transports/transport.js';
import { Pending, type ReadResult, type RequestOptions, type Settled } from './pending.js';

/** JSON-RPC's "method not found": the answer to every request of a server but `ping`. */
const methodNotFound = -32601;

/** The most messages in one batch. */
const mostOfBatch = 1000;

/** The most answers that wait for the server to take them: a server may ask for more than it reads. */
const mostAnswers = 256;

/** After this many texts that are no JSON, each text is checked before it is parsed: a failure of the parser costs 50 times as much. */
const mostUnreadable = 16;

/** How many cancelled requests are remembered. */
const maxAbandoned = 1000;

/** An error's `data` is left out if its message is longer than this, characters. */
const errorDataLimit = 65_536;

type Message = Record<string, unknown>;

export interface SessionEvents {
  /**
   * A notification arrived; `text` is the whole message. The session handles progress itself.
   * @param told a log message that went to the request that it belongs to
   */
  notification(method: string, params: unknown, text: string, told: boolean): void;
  /** A request of the server; `id` is JSON text. Returns true if {@link Session.respond} will answer it. Absent: all are declined. */
  readonly asked?: ((method: string, id: string, text: string) => boolean) | undefined;
  /** Writes a line to the server's log. */
  remark(message: string): void;
  /** The server makes the agent keep too much: the connection has to end. */
  broken(reason: string): void;
}

/** JSON-RPC with one MCP server over a transport: requests and their answers, cancellation, progress. */
export class Session {
  #nextId = 1;
  #closed: AgentFailure | undefined;
  #strays = 0;
  #heard = 0;
  #floods = 0;
  #unreadable = 0;
  /** Answers that the server has not taken. */
  #answers = 0;
  readonly #flood = new FloodMeter();
  readonly #pending = new Map<number, Pending<never>>();
  /** Cancelled requests without an answer since, and their callers: the server may still work on them. */
  readonly #abandoned = new Map<number, string | undefined>();
  readonly #logOwner = new LogOwner();

  constructor(
    private readonly transport: Transport,
    private readonly events: SessionEvents,
    /** Removes received secrets from the server's errors. */
    private readonly hide: Secrets['hide'],
  ) {}

  /** Answers to no open request: late, repeated, or with an unknown id. */
  get strays(): number {
    return this.#strays;
  }

  /** Messages received. */
  get heard(): number {
    return this.#heard;
  }

  /**
   * Sends a request. `params` is the text of a JSON object without line breaks; `read` checks the result and turns it into the value of the
   * promise. `settled` is called once with the outcome, whatever it is.
   * @throws AgentFailure `upstream`, `disconnected`, `timeout`, `cancelled`, `overloaded`, or the error of `read`.
   */
  request<T>(
    method: string,
    params: string,
    read: ReadResult<T>,
    options: RequestOptions = {},
    settled?: Settled,
  ): Promise<T> {
    const refusal = this.#closed ?? (options.signal?.aborted ? asFailure(options.signal.reason) : undefined);
    if (refusal !== undefined) {
      settled?.(refusal, 0);
      // This request is not sent. The failure of the session is about requests that were.
      const { kind, message, details } = refusal;
      return Promise.reject(new AgentFailure(kind, message, { ...details, outcome: 'not_run' }));
    }
    const id = this.#nextId++;
    const { trace } = options.signal ?? {};
    const span = trace?.span?.begin(method, 'client', { 'mcp.method.name': method, 'jsonrpc.request.id': id });
    const place = span ?? trace;
    const ended: Settled | undefined = span
      ? (failure, tookMs) => {
          span.end(failure === undefined ? undefined : asFailure(failure).kind);
          settled?.(failure, tookMs);
        }
      : settled;
    const pending = new Pending<T>(id, read, options, this.#gaveUp, ended, callerOf(method, options.caller));
    this.#pending.set(id, pending as unknown as Pending<never>);
    const meta = place ? placedMeta(options.meta, place) : options.meta;
    const sent = withMeta(params, meta, options.onProgress === undefined ? undefined : id);
    this.transport.send(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${sent}}`, {
      id,
      handshake: options.handshake,
      repeatable: method !== 'tools/call',
      envelope: options.envelope,
      headers: place && headersOf(place),
    });
    return pending.answer;
  }

  /** Sends a notification; `params` is the text of a JSON object. */
  notify(method: string, params?: string, handshake = false): Promise<void> | undefined {
    if (this.#closed !== undefined) return undefined;
    const tail = params === undefined ? '' : `,"params":${params}`;
    return this.transport.send(`{"jsonrpc":"2.0","method":"${method}"${tail}}`, { handshake });
  }

  /** Answers a request of the server. `id` and `json` are JSON text without line breaks. */
  respond(id: string, outcome: 'result' | 'error', json: string): void {
    if (this.#closed !== undefined) return;
    if (this.#answers >= mostAnswers) {
      this.events.broken(`the server does not take the answers to its requests: ${mostAnswers} of them wait`);
      return;
    }
    const taken = this.transport.send(`{"jsonrpc":"2.0","id":${id},"${outcome}":${json}}`);
    if (taken === undefined) return;
    this.#answers += 1;
    void taken.then(() => {
      this.#answers -= 1;
    });
  }

  waiting(id: number): boolean {
    return this.#pending.has(id);
  }

  /** Whether the answer to this request may be a question. */
  takesQuestions(id: number): boolean {
    return this.#pending.get(id)?.options.envelope !== undefined;
  }

  /** Fails one open request. */
  fail(id: number, failure: AgentFailure): void {
    this.#take(id)?.reject(failure);
  }

  /** Fails all open requests and every later one. */
  close(failure: AgentFailure): void {
    this.#closed ??= failure;
    for (const id of [...this.#pending.keys()]) this.fail(id, failure);
  }

  /**
   * Handles one message. Returns false if it is no JSON-RPC message.
   * @param only the one request that may be answered here, if the transport knows it.
   * @param body see {@link TransportEvents.message}
   */
  message(received: string, only?: number, body?: Uint8Array): boolean {
    this.#heard += 1;
    const parsed = this.#parsed(received);
    if (parsed === undefined) {
      this.#countUnsolicited(received);
      return false;
    }
    const text = onOneLine(received);
    if (!Array.isArray(parsed)) return this.#dispatch(parsed, text, only, body);
    // Batches exist in protocol version 2025-03-26 only.
    if (parsed.length > mostOfBatch) {
      this.events.broken(`the server sent ${parsed.length} messages in one batch; the limit is ${mostOfBatch}`);
      return true;
    }
    const texts = elementTexts(text);
    return parsed.map((message, i) => this.#dispatch(message, texts[i] ?? '', only)).includes(true);
  }

  /** The value of a JSON text; `undefined` if the text is not JSON. */
  #parsed(text: string): unknown {
    if (this.#unreadable >= mostUnreadable && jsonCost(text) === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      this.#unreadable += 1;
      return undefined;
    }
  }

  #dispatch(parsed: unknown, text: string, only: number | undefined, body?: Uint8Array): boolean {
    const message = (parsed ?? {}) as Message;
    if (typeof message === 'object' && typeof message.method === 'string') {
      if (message.id === undefined) this.#notified(message.method, message.params, text, only);
      else this.#asked(message.method, memberText(text, 'id') ?? 'null', text);
      return true;
    }
    if (typeof message !== 'object' || !('result' in message || 'error' in message)) {
      this.#countUnsolicited(text);
      return false;
    }
    this.#answered(message, text, only, body);
    return true;
  }

  #answered(message: Message, text: string, only: number | undefined, body: Uint8Array | undefined): void {
    const id = requestId(message.id);
    const pending = only === undefined || only === id ? this.#take(id) : undefined;
    if (pending === undefined) {
      this.#countUnsolicited(text, body);
      this.#logOwner.ended(this.#abandoned.get(id));
      this.#abandoned.delete(id);
      if (message.id !== undefined && message.id !== null) this.#stray();
      return;
    }
    this.#flood.answered();
    const { error } = message;
    if (typeof error === 'object' && error !== null) pending.reject(rpcFailure(hidden(this.hide, error), text));
    else if ('result' in message) pending.accept(message.result, body ?? memberText(text, 'result') ?? 'null');
    else pending.reject(new AgentFailure('upstream', 'the server sent an answer with neither result nor error'));
  }

  /** A server's own requests belong to no caller here: all but `ping` are declined at once. */
  #asked(method: string, id: string, text: string): void {
    const tooMany = this.#countUnsolicited(text);
    if (method === 'ping') {
      this.respond(id, 'result', '{}');
      return;
    }
    if (!tooMany && this.events.asked?.(method, id, text)) return;
    if (!tooMany) {
      this.events.remark(`the server asked for ${JSON.stringify(method.slice(0, 100))}, which is declined`);
    }
    this.respond(id, 'error', `{"code":${methodNotFound},"message":"Method not found"}`);
  }

  #notified(method: string, params: unknown, text: string, only: number | undefined): void {
    if (method !== 'notifications/progress') {
      const tooMany = this.#countUnsolicited(text);
      if (tooMany && method === 'notifications/message') return;
      const told = method === 'notifications/message' && this.#logged(text, only);
      this.events.notification(method, params, text, told);
      return;
    }
    const token = requestId((params as Message | undefined)?.progressToken);
    const onProgress = this.#pending.get(token)?.options.onProgress;
    if (onProgress === undefined) {
      this.#countUnsolicited(text);
      return;
    }
    const progress = this.#shown(memberText(text, 'params'));
    if (progress !== undefined) onProgress(Buffer.from(progress));
  }

  /**
   * A log message names no request. It belongs to a request if the transport says so, or if the server has no other request now and had no
   * request of another caller shortly before: a caller must not see log messages about another caller's request.
   */
  #logged(text: string, only: number | undefined): boolean {
    const pending = only === undefined ? this.#alone() : this.#pending.get(only);
    const onLog = pending?.options.onLog;
    const params = onLog && this.#shown(memberText(text, 'params'));
    if (params === undefined) return false;
    onLog?.(Buffer.from(params));
    return true;
  }

  /** The params of a message without secrets: the hub does not know the tokens. `undefined` if they are no object. */
  #shown(params: string | undefined): string | undefined {
    const shown = params && hiddenJson(this.hide, params);
    return shown?.startsWith('{') ? shown : undefined;
  }

  /** The only request that the server's log messages can be about; `undefined` if they may be about others. */
  #alone(): Pending<never> | undefined {
    if (this.#pending.size !== 1 || this.#abandoned.size > 0) return undefined;
    const [pending] = this.#pending.values();
    return pending && this.#logOwner.mayBeOfOthers(pending.caller) ? undefined : pending;
  }

  /** A caller no longer waits: tells the server, and forgets the request. */
  readonly #gaveUp = (pending: Pending<never>, failure: AgentFailure): void => {
    const { id, options } = pending;
    if (this.#take(id) === undefined) return;
    this.#abandon(pending);
    if (options.handshake !== true) {
      const reason = JSON.stringify(failure.message);
      this.notify('notifications/cancelled', `{"requestId":${id},"reason":${reason}}`);
    }
    this.transport.release(id);
  };

  /** Remembers a cancelled request. Only their existence matters, so a server that never answers costs little memory. */
  #abandon({ id, caller }: Pending<never>): void {
    if (this.#abandoned.size < maxAbandoned) this.#abandoned.set(id, caller);
  }

  #take(id: number): Pending<never> | undefined {
    const pending = this.#pending.get(id);
    if (pending !== undefined) {
      this.#pending.delete(id);
      this.#logOwner.ended(pending.caller);
      pending.settle();
    }
    return pending;
  }

  /** Counts an unsolicited message. A server that floods the agent is not read for a while. Returns whether the message is too many. */
  #countUnsolicited(text: string, body?: Uint8Array): boolean {
    const pauseMs = this.#flood.count(text.length + (body?.length ?? 0));
    if (pauseMs === 0) return false;
    this.transport.hold(pauseMs);
    this.#floods++;
    if ((this.#floods & (this.#floods - 1)) === 0) {
      this.events.remark(
        `the server sends too many unsolicited messages, and is read slowly; ${this.#floods} messages too many so far`,
      );
    }
    return true;
  }

  /** Counts an answer to no open request, and logs the count at each power of two: many must not make many log entries. */
  #stray(): void {
    this.#strays++;
    if ((this.#strays & (this.#strays - 1)) === 0) {
      this.events.remark(`the server answered requests that were not open; ${this.#strays} so far`);
    }
  }
}

/** Some servers answer with the id as a string. */
function requestId(id: unknown): number {
  if (typeof id === 'number') return id;
  return typeof id === 'string' && /^[0-9]{1,15}$/.test(id) ? Number(id) : Number.NaN;
}

/** Adds `_meta` to params that have none. */
function withMeta(params: string, meta: string | undefined, token: number | undefined): string {
  if (meta === undefined && token === undefined) return params;
  const own = meta === undefined || meta.length <= 2 ? '' : meta.slice(1, -1);
  const progress = token === undefined ? '' : `${own === '' ? '' : ','}"progressToken":${token}`;
  return `${params.slice(0, -1)}${params.length > 2 ? ',' : ''}"_meta":{${own}${progress}}}`;
}

/** A request's `_meta` with its place in a trace. The place that the client named stays if the trace is not recorded. */
function placedMeta(meta: string | undefined, { traceparent, tracestate, span }: Trace): string {
  const own = meta ?? '{}';
  if (!span && memberText(own, 'traceparent') !== undefined) return own;
  const placed = withMember(own, 'traceparent', JSON.stringify(traceparent));
  return tracestate === '' ? placed : withMember(placed, 'tracestate', JSON.stringify(tracestate));
}

function headersOf({ traceparent, tracestate }: Trace): Record<string, string> {
  return { traceparent, ...(tracestate === '' ? {} : { tracestate }) };
}

function rpcFailure(told: unknown, text: string): AgentFailure {
  const error = (typeof told === 'object' ? told : { message: told }) as Message;
  const code = Number.isInteger(error.code) ? (error.code as number) : -32603;
  const message = typeof error.message === 'string' ? error.message.slice(0, 4096) : 'unknown error';
  const jsonrpc: Message = { code, message };
  if (error.data !== undefined) {
    if (text.length <= errorDataLimit) jsonrpc.data = error.data;
    else jsonrpc.dataOmitted = true;
  }
  return new AgentFailure('upstream', message, { jsonrpc });
}

/** The length of the window in which messages are counted, milliseconds. */
const windowMs = 250;
/** The most unsolicited messages of a server in one window, and the most characters in them. */
const mostMessages = 250;
const mostCharacters = 4 * 1024 * 1024;

/** Each answer that a caller waits for allows this many further messages: servers log while they work. */
const withAnswer = 4;

/**
 * Counts the unsolicited messages of a server: notifications, requests of its own, answers without a request, text that is no message.
 * Answers and progress that a caller waits for do not count, however many there are.
 */
class FloodMeter {
  #since = 0;
  #messages = 0;
  #characters = 0;

  /** An answer came that a caller waits for. */
  answered(): void {
    this.#messages -= withAnswer;
  }

  /** Counts a message. Returns for how many milliseconds the server should not be read; 0 while it is within its bounds. */
  count(characters: number): number {
    const now = performance.now();
    if (now - this.#since >= windowMs) {
      this.#since = now;
      this.#messages = 0;
      this.#characters = 0;
    }
    this.#messages += 1;
    this.#characters += characters;
    if (this.#messages <= mostMessages && this.#characters <= mostCharacters) return 0;
    return Math.max(1, windowMs - (now - this.#since));
  }
}

/** How long a server may go on logging about a request after its end, milliseconds. */
const lateLogMs = 5000;

/** Requests that the agent or the hub makes itself. A server's log lines about them belong to no caller. */
const impersonal = new Set([
  'initialize',
  'server/discover',
  'ping',
  'logging/setLevel',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'prompts/list',
]);

/** The caller of a request: empty if the caller is unknown, `undefined` if the request has no caller. */
export function callerOf(method: string, caller = ''): string | undefined {
  return caller === '' && impersonal.has(method) ? undefined : caller;
}

/**
 * Remembers the callers whose requests have just ended. A server often logs about a request after its answer. Such a line must not go to the
 * caller of the next request.
 */
export class LogOwner {
  #last = '';
  #lastAt = Number.NEGATIVE_INFINITY;
  /** When the last request of a caller other than {@link #last} ended. */
  #othersAt = Number.NEGATIVE_INFINITY;

  /** A request has ended. */
  ended(caller: string | undefined, now = performance.now()): void {
    if (caller === undefined) return;
    if (caller === '' || caller !== this.#last) this.#othersAt = this.#lastAt;
    this.#last = caller;
    this.#lastAt = now;
  }

  /** Whether a line that the server logs now may be about the request of another caller. */
  mayBeOfOthers(caller: string | undefined, now = performance.now()): boolean {
    const isLast = caller !== '' && caller === this.#last;
    return now - (isLast ? this.#othersAt : this.#lastAt) < lateLogMs;
  }
}
