import { memberText } from '@roundhouse/proto/json';
import { capabilityOf } from '@roundhouse/proto/unsolicited';
import type { AgentFailure } from '../../../../failure.js';
import type { Envelope } from '../../call.js';
import type { McpLimits } from '../../limits.js';
import type { SendOptions, Transport, TransportEvents } from '../transport.js';
import { RepeatedHeaders } from './headers.js';
import { Listening } from './listening.js';
import { errorText, modernRequest, resultText, subscriptionOf, withoutSubscription } from './messages.js';
import { Questions } from './questions.js';

/** The first id of requests that the translator makes itself. A session does not reach such ids. */
const FIRST_ID = 9_000_000_000_000;
/** A message that concerns the translator contains one of these texts. */
const marks = ['900000', '"input_required"', 'subscriptionId', '"x-mcp-header"'];

/** Requests whose answer may be a question. */
const asking = new Set(['tools/call', 'prompts/get', 'resources/read']);
/** Notifications that the newer era does not have. */
const dropped = new Set(['notifications/initialized', 'notifications/roots/list_changed']);

export interface TranslatorOptions {
  readonly limits: McpLimits;
  /** A request is cancelled only by closing its connection. */
  readonly http: boolean;
  readonly envelope: Envelope;
  /** The server's answer to `server/discover` (JSON text). */
  readonly discovered: string;
}

/** A request that the translator makes itself. */
type Own = { readonly kind: 'again'; readonly id: number } | { readonly kind: 'listen' };

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly error?: { readonly code?: unknown };
  readonly result?: { readonly resultType?: unknown };
}

/** Translates between 2025-11-25, which the session speaks, and 2026-07-28, which the server speaks. */
export class Translator {
  readonly #carrier: Transport;
  readonly #events: TransportEvents;
  readonly #headers = new RepeatedHeaders();
  readonly #questions: Questions;
  readonly #listening: Listening;
  readonly #capabilities: Readonly<Record<string, unknown>>;
  /** The translator's open requests, by id. */
  readonly #own = new Map<number, Own>();
  /** The session's requests that are open under another id now. */
  readonly #again = new Map<number, number>();
  /** The session's requests whose first message was answered with a question. */
  readonly #moved = new Set<number>();
  readonly #canAnswer: boolean;
  readonly #http: boolean;
  #envelope: Envelope;
  #nextId = FIRST_ID;
  #closed = false;

  constructor(carrier: Transport, events: TransportEvents, { limits, http, envelope, discovered }: TranslatorOptions) {
    this.#carrier = carrier;
    this.#http = http;
    this.#events = events;
    const { capabilities } = JSON.parse(discovered) as { readonly capabilities?: Readonly<Record<string, unknown>> };
    this.#capabilities = typeof capabilities === 'object' && capabilities !== null ? capabilities : {};
    const offered = Object.keys(JSON.parse(envelope.capabilities) as object);
    this.#canAnswer = [...capabilityOf.values()].some((name) => offered.includes(name));
    // Servers of the newer era send log messages only if the client asks for them.
    this.#envelope = { ...envelope, logLevel: 'logging' in this.#capabilities ? 'info' : '' };
    this.#questions = new Questions({
      say: (text, only) => {
        if (only !== undefined) this.#moved.delete(only);
        events.message(text, only);
      },
      waiting: (id) => events.waiting(id),
      again: (id, method, params) => this.#makeAgain(id, method, params),
    });
    this.#listening = new Listening(
      {
        open: (notifications) => this.#listen(notifications),
        end: (id) => this.#cancel(id),
      },
      limits,
    );
  }

  listen(): void {
    this.#listening.begin(this.#capabilities);
  }

  waiting(id: number): boolean {
    const own = this.#own.get(id);
    if (this.#moved.has(id)) return false;
    return own === undefined ? this.#events.waiting(id) : own.kind === 'listen' || this.#events.waiting(own.id);
  }

  send(text: string, options: SendOptions): Promise<void> | undefined {
    const method = stringOf(memberText(text, 'method'));
    if (method === undefined) {
      this.#questions.answered(stringOf(memberText(text, 'id')) ?? '', text);
      return undefined;
    }
    const params = memberText(text, 'params') ?? '{}';
    if (options.id !== undefined) {
      this.#request(options.id, method, params, options);
      return undefined;
    }
    if (dropped.has(method)) return Promise.resolve();
    if (method === 'notifications/cancelled') return this.#cancelled(params);
    return this.#carrier.send(text, { ...options, headers: { 'Mcp-Method': method } });
  }

  release(id: number): void {
    this.#questions.forget(id);
    this.#moved.delete(id);
    const wire = this.#again.get(id);
    this.#carrier.release(wire ?? id);
    if (wire === undefined) return;
    this.#again.delete(id);
    this.#own.delete(wire);
  }

  failed(id: number, failure: AgentFailure): void {
    const own = this.#own.get(id);
    this.#own.delete(id);
    if (own === undefined) this.#events.failed(id, failure);
    else if (own.kind === 'listen') {
      const { jsonrpc } = failure.details as { readonly jsonrpc?: { readonly code?: unknown } };
      this.#listening.ended(id, jsonrpc?.code === -32601);
    } else {
      this.#again.delete(own.id);
      this.#moved.delete(own.id);
      this.#events.failed(own.id, failure);
    }
  }

  /** See {@link TransportEvents.message}. */
  received(text: string, only: number | undefined, body?: Uint8Array): boolean {
    if (!marks.some((mark) => text.includes(mark))) return this.#pass(text, only, body);
    let message: Message | null;
    try {
      message = JSON.parse(text) as Message | null;
    } catch {
      return this.#pass(text, only);
    }
    if (typeof message !== 'object' || message === null) return this.#pass(text, only);
    if (typeof message.method === 'string') return this.#notified(message, text, only);
    return this.#answered(message, text, only, body);
  }

  close(): void {
    this.#closed = true;
    this.#questions.close();
    this.#listening.close();
    this.#own.clear();
  }

  #pass(text: string, only: number | undefined, body?: Uint8Array): boolean {
    const own = only === undefined ? undefined : this.#own.get(only);
    return this.#events.message(text, own?.kind === 'again' ? own.id : only, body);
  }

  #request(id: number, method: string, params: string, options: SendOptions): void {
    const say = (answer: string) => queueMicrotask(() => this.#closed || this.#events.message(answer, id));
    switch (method) {
      case 'ping':
        // The newer era has no ping. Any answer is a sign of life.
        this.#make(id, 'server/discover', '{}', options);
        break;
      case 'logging/setLevel': {
        const level = stringOf(memberText(params, 'level')) ?? '';
        if ('logging' in this.#capabilities) this.#envelope = { ...this.#envelope, logLevel: level };
        say(resultText(id, '{}'));
        break;
      }
      case 'resources/subscribe':
        this.#listening.subscribe(stringOf(memberText(params, 'uri')) ?? '', (agreed) => {
          const error = '{"code":-32602,"message":"the server has not agreed to tell of changes of this resource"}';
          say(agreed ? resultText(id, '{}') : errorText(id, error));
        });
        break;
      case 'resources/unsubscribe':
        this.#listening.unsubscribe(stringOf(memberText(params, 'uri')) ?? '');
        say(resultText(id, '{}'));
        break;
      default:
        if (options.envelope === undefined && this.#canAnswer && asking.has(method))
          this.#questions.remember(id, method, params);
        this.#make(id, method, params, options);
    }
  }

  #make(id: number, method: string, params: string, options: SendOptions): void {
    const headers = this.#headers.of(method, params);
    const text = modernRequest(id, method, params, this.#envelopeOf(options.envelope));
    void this.#carrier.send(text, { ...options, id, headers: { ...options.headers, ...headers } });
  }

  /** A caller that names no log level gets no log messages. The server's log still gets them. */
  #envelopeOf(given: Envelope | undefined): Envelope {
    if (given === undefined) return this.#envelope;
    return given.logLevel === '' ? { ...given, logLevel: this.#envelope.logLevel } : given;
  }

  #makeAgain(id: number, method: string, params: string): void {
    const wire = this.#nextId++;
    const before = this.#again.get(id);
    if (before !== undefined) this.#own.delete(before);
    this.#own.set(wire, { kind: 'again', id });
    this.#again.set(id, wire);
    this.#make(wire, method, params, { repeatable: false });
  }

  #listen(notifications: string): number {
    const id = this.#nextId++;
    this.#own.set(id, { kind: 'listen' });
    this.#make(id, 'subscriptions/listen', `{"notifications":${notifications}}`, { repeatable: true });
    return id;
  }

  #cancel(id: number): void {
    this.#own.delete(id);
    if (!this.#http) void this.#carrier.send(cancelText(id));
    this.#carrier.release(id);
  }

  #cancelled(params: string): Promise<void> | undefined {
    if (this.#http) return undefined;
    const id = Number(memberText(params, 'requestId'));
    return this.#carrier.send(cancelText(this.#again.get(id) ?? id, stringOf(memberText(params, 'reason'))));
  }

  /** Notes in the server's log that a tool was left out. */
  #leftOut(name: string, reason: string): void {
    const data = `the tool ${JSON.stringify(name.slice(0, 200))} was left out: ${reason}`;
    const params = { level: 'warning', logger: 'roundhouse', data };
    this.#events.message(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params }));
  }

  #notified({ method, params }: Message, text: string, only: number | undefined): boolean {
    const subscription = subscriptionOf(params);
    if (subscription === undefined) return this.#pass(text, only);
    const told = (params ?? {}) as Readonly<Record<string, unknown>>;
    if (method === 'notifications/subscriptions/acknowledged') {
      const { resourceSubscriptions } = (told.notifications ?? {}) as { readonly resourceSubscriptions?: unknown };
      this.#listening.acknowledged(subscription, Array.isArray(resourceSubscriptions) ? resourceSubscriptions : []);
    } else if (method === 'notifications/cancelled') {
      this.#own.delete(Number(told.requestId));
      this.#listening.ended(Number(told.requestId));
    } else if (this.#listening.hears(subscription)) {
      this.#events.message(JSON.stringify({ jsonrpc: '2.0', method, params: withoutSubscription(told) }));
    }
    return true;
  }

  #answered(message: Message, text: string, only: number | undefined, body: Uint8Array | undefined): boolean {
    const wire = Number(message.id ?? Number.NaN);
    const own = this.#own.get(wire);
    if (own?.kind === 'listen') {
      this.#own.delete(wire);
      this.#listening.ended(wire, message.error?.code === -32601);
      return true;
    }
    const id = own?.id ?? wire;
    if (own !== undefined) {
      this.#own.delete(wire);
      this.#again.delete(id);
    }
    const result = memberText(text, 'result');
    const isQuestion = message.result?.resultType === 'input_required' && result !== undefined;
    if (isQuestion && !this.#events.takesQuestions?.(id)) {
      if (this.#events.waiting(id)) this.#moved.add(id);
      this.#questions.take(id, result);
      return true;
    }
    this.#moved.delete(id);
    if (result !== undefined && this.#http && text.includes('"x-mcp-header"')) {
      const usable = this.#headers.learn(result, (name, reason) => this.#leftOut(name, reason));
      if (usable !== result) return this.#events.message(resultText(id, usable), only);
    }
    if (own === undefined) return this.#pass(text, only, body);
    this.#questions.forget(id);
    const said = result === undefined ? errorText(id, memberText(text, 'error') ?? '{}') : resultText(id, result);
    return this.#events.message(said, id, body);
  }
}

function cancelText(requestId: number, reason?: string): string {
  return JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId, reason } });
}

/** The value of a JSON text that is a string; `undefined` for any other text. */
function stringOf(json: string | undefined): string | undefined {
  return json?.startsWith('"') ? (JSON.parse(json) as string) : undefined;
}
