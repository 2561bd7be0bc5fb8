import type { ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { memberText } from '@roundhouse/proto/json';
import { capabilityOf } from '@roundhouse/proto/unsolicited';
import type { Cancellation } from '../../../cancellation.js';
import { AgentFailure } from '../../../failure.js';
import type { LogSink } from '../../logs/entry.js';
import type { StopOptions } from '../../process/group.js';
import type { CalledTool, CallOptions } from '../call.js';
import { type Connection, messageEntry } from '../connection/connection.js';
import { redacting, redactor } from '../redact.js';
import { NO_TOOLS, type ToolListing } from '../tool-listing.js';
import type { SecondInstance, SecondInstanceOptions } from './second-instance.js';

/** The capabilities and the name of a client: JSON objects. */
export interface PrivateClient {
  readonly capabilities: string;
  readonly info: string;
}

/** Receives the unsolicited messages of an instance. Each function returns whether a client receives the message. */
export interface PrivateSink {
  /** `params`: the text of a JSON object, or empty. */
  notice(from: { readonly serverId: string; readonly instanceId: string }, method: string, params: string): boolean;
  ask(
    from: { readonly serverId: string; readonly instanceId: string },
    ask: { readonly id: string; readonly method: string; readonly params: string },
  ): boolean;
  ended(from: { readonly serverId: string; readonly instanceId: string }, reason: string): void;
}

export interface PrivateParts {
  readonly open: (options: SecondInstanceOptions) => Promise<SecondInstance>;
  /** The specification of the instance. */
  readonly spec: ServerSpec;
  /** Runs a call when the limits of the server's registration allow it. */
  readonly withinLimits: <T>(signal: Cancellation, call: () => Promise<T>) => Promise<T>;
  /** The server's log. */
  readonly log: LogSink;
  readonly sink: () => PrivateSink | undefined;
  /** No process of the instance is left. */
  readonly ended: (self: PrivateInstance) => void;
}

/** An instance of a server that belongs to one client. */
export class PrivateInstance {
  /** The specification of the instance, with the present limits. */
  spec: ServerSpec;
  /** Its answer to `initialize` and its tools, as JSON. */
  readonly opened: Promise<Uint8Array>;
  usedAt = performance.now();
  readonly #parts: PrivateParts;
  readonly #opening = new AbortController();
  readonly #asks: ServerAsks;
  #instance: SecondInstance | undefined;
  /** Its list of tools; `undefined` if the list has changed. */
  #tools: ToolListing | undefined;
  /** How many requests run; the opening counts as the first. */
  #running = 1;
  #closing: Promise<void> | undefined;

  constructor(
    readonly serverId: string,
    readonly id: string,
    client: PrivateClient,
    parts: PrivateParts,
  ) {
    this.#parts = parts;
    this.spec = parts.spec;
    const from = { serverId, instanceId: id };
    this.#asks = new ServerAsks(client.capabilities, {
      respond: (askedAs, outcome, json) => this.#instance?.connection.session.respond(askedAs, outcome, json),
      pass: (ask) => parts.sink()?.ask(from, ask) ?? false,
    });
    this.opened = this.#open(client);
    // The caller that asked for the instance learns of the failure.
    this.opened.then(
      () => this.#used(),
      () => this.close(),
    );
  }

  get isBusy(): boolean {
    return this.#running > 0;
  }

  get isEnding(): boolean {
    return this.#closing !== undefined;
  }

  /** See {@link Servers.callTool}. */
  async callTool(tool: string, args: Uint8Array, options: CallOptions): Promise<CalledTool> {
    return this.#use(options, async ({ connection }) => {
      const refused = await this.#refused(connection, options);
      if (refused !== undefined) throw refused;
      return connection.callTool(tool, args, this.#asCaller(options));
    });
  }

  /** See {@link Servers.request}. */
  async request(method: string, params: string, options: CallOptions): Promise<Uint8Array> {
    return this.#use(options, ({ connection }) => connection.request(method, params, this.#asCaller(options)));
  }

  /** Takes new limits of the registration. The rest of the specification leads to the same connection. */
  limit(spec: ServerSpec): void {
    this.spec = spec;
    this.#instance?.limit(spec);
  }

  /** Passes a notification of the client on. */
  notify(method: string, params: string): void {
    void this.#instance?.connection.session.notify(method, params === '' ? undefined : params);
  }

  /** Answers a request of the server. @throws AgentFailure `not_found` if the server does not wait for that answer. */
  answer(askId: string, outcome: 'result' | 'error', json: string): void {
    this.usedAt = performance.now();
    this.#asks.answer(askId, outcome, json);
  }

  /** Ends the instance although its client may still use it, and tells the client. */
  end(reason: string): void {
    this.#tellEnded(reason);
    void this.close();
  }

  /** Resolves once no process of the instance runs. It may be called twice: a second caller may force the end. */
  close(options: StopOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    if (options.force === true) void this.#instance?.close(options);
    return this.#closing;
  }

  async #close(options: StopOptions): Promise<void> {
    this.#asks.close();
    this.#opening.abort(new AgentFailure('cancelled', 'the instance is not wanted any more'));
    try {
      await this.opened.catch(() => {});
      await this.#instance?.close(options);
    } finally {
      this.#parts.ended(this);
    }
  }

  async #open(client: PrivateClient): Promise<Uint8Array> {
    const { open, spec, sink } = this.#parts;
    const redact = redactor(spec);
    const log = redacting(this.#parts.log, redact);
    const from = { serverId: this.serverId, instanceId: this.id };
    const instance = await open({
      signal: this.#opening.signal,
      capabilities: client.capabilities,
      info: client.info,
      onAsked: (method, id, text) => this.#asks.take(method, id, memberText(text, 'params') ?? ''),
      onNotification: (method, params, text, told) => {
        if (method === 'notifications/message') log.append(messageEntry(params));
        if (method === 'notifications/tools/list_changed') this.#tools = undefined;
        if (method === 'notifications/cancelled') {
          this.#cancelled(memberText(memberText(text, 'params') ?? '{}', 'requestId') ?? '', params);
        } else if (!told) sink()?.notice(from, method, memberText(text, 'params') ?? '');
      },
      onStderr: (message) => log.append({ level: 'info', source: 'stderr', message }),
      onRemark: (message) => log.append({ level: 'warning', source: 'agent', message }),
      onClosed: (reason) => {
        this.end(redact(reason));
      },
    });
    this.#instance = instance;
    instance.limit(this.spec);
    const { signal } = this.#opening;
    const initialize = Buffer.from(instance.initializeResult).toString();
    const { capabilities } = JSON.parse(initialize) as { readonly capabilities?: unknown };
    const hasTools = typeof capabilities === 'object' && capabilities !== null && 'tools' in capabilities;
    const listing = hasTools ? await instance.connection.readTools(signal) : NO_TOOLS;
    this.#tools = listing;
    const definitions = listing.tools.map(({ definition }) => Buffer.from(definition).toString());
    return Buffer.from(`{"initialize":${initialize},"tools":[${definitions.join(',')}]}`);
  }

  /**
   * Why the site refuses a call; `undefined` if it does not. The list of tools is read again after a change, if the site asks for the
   * tool's declaration at all.
   */
  async #refused(connection: Connection, { refused }: CallOptions): Promise<AgentFailure | undefined> {
    if (refused?.(NO_TOOLS) === undefined) return undefined;
    this.#tools ??= await connection.readTools();
    return refused(this.#tools);
  }

  /** The instance has one client, so the instance's id stands for the caller of all its requests. */
  #asCaller(options: CallOptions): CallOptions {
    return { ...options, caller: this.id };
  }

  async #use<T>({ signal }: CallOptions, work: (instance: SecondInstance) => Promise<T>): Promise<T> {
    this.usedAt = performance.now();
    this.#running += 1;
    try {
      await this.opened;
      return await this.#parts.withinLimits(signal, () => {
        if (!this.#instance) throw new AgentFailure('disconnected', 'the instance has ended', { outcome: 'not_run' });
        return work(this.#instance);
      });
    } finally {
      this.#used();
    }
  }

  #used(): void {
    this.#running -= 1;
    this.usedAt = performance.now();
  }

  #tellEnded(reason: string): void {
    if (!this.#closing) this.#parts.sink()?.ended({ serverId: this.serverId, instanceId: this.id }, reason);
  }

  /** The server does not want an answer any more. */
  #cancelled(askedAs: string, params: unknown): void {
    const id = this.#asks.cancelled(askedAs);
    if (id === undefined) return;
    const { reason } = (params ?? {}) as { readonly reason?: unknown };
    const told = JSON.stringify({ requestId: id, ...(typeof reason === 'string' ? { reason } : {}) });
    this.#parts.sink()?.notice({ serverId: this.serverId, instanceId: this.id }, 'notifications/cancelled', told);
  }
}

/** The most open requests of one instance. */
const mostOpen = 64;
/** The longest time that a person has for an answer, milliseconds. */
const longestMs = 20 * 60_000;

interface AskEvents {
  /** `id` and `json` are JSON text. */
  respond(id: string, outcome: 'result' | 'error', json: string): void;
  /** Passes a request on. Returns false if no client receives it. */
  pass(ask: { readonly id: string; readonly method: string; readonly params: string }): boolean;
}

/** The requests of a server to its client that are not answered yet. */
class ServerAsks {
  readonly #offered: ReadonlySet<string>;
  readonly #events: AskEvents;
  /** The server's id of each request (JSON text), by the agent's id. */
  readonly #open = new Map<string, { readonly askedAs: string; readonly timer: NodeJS.Timeout }>();
  #next = 1;

  /** @param capabilities the client's capabilities, a JSON object */
  constructor(capabilities: string, events: AskEvents) {
    const offered = JSON.parse(capabilities) as Readonly<Record<string, unknown>>;
    this.#offered = new Set(Object.keys(offered));
    this.#events = events;
  }

  /** Takes a request of the server. Returns false for a request that this client does not answer. */
  take(method: string, askedAs: string, params: string): boolean {
    const capability = capabilityOf.get(method);
    if (capability === undefined || !this.#offered.has(capability)) return false;
    if (this.#open.size >= mostOpen) {
      this.#fail(askedAs, -32000, 'too many requests are open');
      return true;
    }
    const id = String(this.#next);
    this.#next += 1;
    const timer = setTimeout(() => {
      this.#open.delete(id);
      this.#fail(askedAs, -32001, 'the client did not answer in time');
    }, longestMs).unref();
    this.#open.set(id, { askedAs, timer });
    if (!this.#events.pass({ id, method, params })) {
      this.#take(id);
      this.#fail(askedAs, -32001, 'the client cannot be reached');
    }
    return true;
  }

  /** @throws AgentFailure `not_found`. */
  answer(id: string, outcome: 'result' | 'error', json: string): void {
    const askedAs = this.#take(id);
    if (askedAs === undefined) throw new AgentFailure('not_found', `nothing was asked under the id '${id}'`);
    this.#events.respond(askedAs, outcome, json);
  }

  /** The server has cancelled a request. Returns the agent's id of it. */
  cancelled(askedAs: string): string | undefined {
    for (const [id, ask] of this.#open) {
      if (ask.askedAs !== askedAs) continue;
      this.#take(id);
      return id;
    }
    return undefined;
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.#take(id);
  }

  #take(id: string): string | undefined {
    const ask = this.#open.get(id);
    if (ask) clearTimeout(ask.timer);
    this.#open.delete(id);
    return ask?.askedAs;
  }

  #fail(askedAs: string, code: number, message: string): void {
    this.#events.respond(askedAs, 'error', JSON.stringify({ code, message }));
  }
}
