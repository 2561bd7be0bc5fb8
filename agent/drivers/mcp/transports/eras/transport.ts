import { memberText } from '@roundhouse/proto/json';
import type { AgentFailure } from '../../../../failure.js';
import type { StopOptions } from '../../../process/group.js';
import type { McpLimits } from '../../limits.js';
import type { SendOptions, Transport, TransportEvents } from '../transport.js';
import { asInitialized, errorText, isModernError, MODERN, modernRequest, resultText } from './messages.js';
import { Translator } from './translator.js';

/** How long the agent waits for the answer to one era's first request before it sends that of the other era, milliseconds. */
const PROBE_MS = 5000;
/** The id of a probe. A session does not reach such ids. */
const PROBE_ID = 8_000_000_000_000;

export interface EraOptions {
  readonly limits: McpLimits;
  /**
   * Each message is an HTTP request. The agent then asks in the newer era first, because a server of the older era refuses that at once.
   * A process may end at an unknown message, so it gets `initialize` first. By the specification, a server of the newer era refuses that.
   */
  readonly http: boolean;
  /**
   * The connection belongs to one client of the older era. If an HTTP server of both eras opens a session, the connection keeps to the older
   * era. Without this option the agent asks such a server for no session.
   */
  readonly wantsSession?: boolean;
  /** A process gets `server/discover` first: an earlier instance of its server has shown that it speaks the newer era. */
  readonly newerFirst?: boolean;
  /** Default: {@link PROBE_MS}. */
  readonly probeMs?: number;
}

/** The beginning of a connection, while the era of the server is unknown. */
interface Hello {
  readonly id: number;
  readonly text: string;
  readonly options: SendOptions;
  /** `initialize` was sent, too: the first good answer decides the era. */
  readonly both?: boolean;
  /** The refusal of `initialize`, while the agent waits for the other answer. */
  readonly refused?: string | AgentFailure;
  /** The answer to `server/discover`: the server speaks the newer era. It is not known yet whether it also opens sessions. */
  readonly discovered?: string;
}

/**
 * A server of either era, over any transport, in the form of the older era: the session does not know 2026-07-28. The handshake shows the
 * server's era. Messages of the older era then pass unchanged.
 *
 * On the connection that all clients share, the agent speaks the newer era to an HTTP server of both eras, and sends no `initialize`. A
 * client of the older era with a private connection gets a session.
 */
export class EraTransport implements Transport {
  readonly #carrier: Transport;
  readonly #options: EraOptions;
  #events: TransportEvents | undefined;
  #hello: Hello | undefined;
  #probing: NodeJS.Timeout | undefined;
  #translator: Translator | undefined;
  /** The server is of the older era, or has opened a session for the client. */
  #legacy = false;
  /** The agent has asked a second time, because the server refused a version that it lists. */
  #insisted = false;

  constructor(carrier: Transport, options: EraOptions) {
    this.#carrier = carrier;
    this.#options = options;
  }

  get pid(): number {
    return this.#carrier.pid;
  }

  get containerId(): string {
    return this.#carrier.containerId ?? '';
  }

  open(events: TransportEvents): Promise<void> {
    this.#events = events;
    return this.#carrier.open({
      message: (text, only, body) => this.#received(text, only, body),
      failed: (id, failure) => this.#failed(id, failure),
      waiting: (id) => (id === PROBE_ID ? this.#isProbing : (this.#translator?.waiting(id) ?? events.waiting(id))),
      takesQuestions: (id) => events.takesQuestions?.(id) ?? false,
      expired: () => events.expired(),
      closed: (reason, clean) => {
        this.#rest();
        events.closed(reason, clean);
      },
    });
  }

  send(text: string, options: SendOptions = {}): Promise<void> | undefined {
    const { id, handshake } = options;
    if (this.#translator !== undefined) return this.#translator.send(text, options);
    if (handshake === true && id !== undefined && !this.#legacy) {
      this.#hello = { id, text, options };
      if (this.#options.http || this.#options.newerFirst === true) {
        this.#probe();
        return undefined;
      }
    }
    return this.#carrier.send(text, options);
  }

  release(id: number): void {
    if (this.#hello?.id === id) this.#rest();
    if (this.#translator === undefined) this.#carrier.release(id);
    else this.#translator.release(id);
  }

  negotiated(version: string): void {
    this.#carrier.negotiated(version);
  }

  listen(): void {
    if (this.#translator === undefined) this.#carrier.listen();
    else this.#translator.listen();
  }

  hold(ms: number): void {
    this.#carrier.hold(ms);
  }

  close(options?: StopOptions): Promise<void> {
    this.#rest();
    return this.#carrier.close(options);
  }

  /** The answer to `server/discover` is awaited. */
  get #isProbing(): boolean {
    return this.#probing !== undefined && this.#hello?.discovered === undefined;
  }

  #rest(): void {
    clearTimeout(this.#probing);
    this.#probing = undefined;
    this.#hello = undefined;
    this.#translator?.close();
  }

  #received(text: string, only: number | undefined, body: Uint8Array | undefined): boolean {
    if (this.#translator !== undefined) return this.#translator.received(text, only, body);
    const hello = this.#hello;
    if (hello === undefined) return this.#events?.message(text, only, body) ?? true;
    const message = parsed(text);
    if (message?.id === PROBE_ID || only === PROBE_ID) {
      this.#probed(message ?? {}, text);
      return message !== undefined;
    }
    const isOpen = this.#probing === undefined || hello.both === true;
    if (isOpen && message?.id === hello.id && message.method === undefined) {
      if (hello.discovered !== undefined && !this.#hasOpenedSession(message.result)) {
        this.#speakNewer(hello.discovered);
        return true;
      }
      if (message.error !== undefined && hello.both === true) {
        this.#refusedToo(text);
        return true;
      }
      if (message.error !== undefined && !this.#options.http) {
        this.#hello = { ...hello, refused: text };
        this.#probe();
        return true;
      }
      if (hello.both === true) {
        this.#legacy = true;
        this.#carrier.release(PROBE_ID);
      }
      this.#settle();
    }
    return this.#events?.message(text, only, body) ?? true;
  }

  #failed(id: number, failure: AgentFailure): void {
    if (this.#translator !== undefined) this.#translator.failed(id, failure);
    else if (id !== PROBE_ID) this.#helloFailed(id, failure);
    else if (this.#isProbing) this.#refused(failure);
  }

  #helloFailed(id: number, failure: AgentFailure): void {
    if (this.#hello?.id === id && this.#hello.both === true) this.#refusedToo(failure);
    else this.#events?.failed(id, failure);
  }

  /** The older era's refusal counts only if the newer era's answer never comes. */
  #refusedToo(refused: string | AgentFailure): void {
    if (this.#hello?.discovered !== undefined) {
      this.#speakNewer(this.#hello.discovered);
      return;
    }
    if (this.#hello !== undefined) this.#hello = { ...this.#hello, refused };
    clearTimeout(this.#probing);
    this.#probing = this.#timer();
  }

  #timer(): NodeJS.Timeout {
    return setTimeout(() => this.#late(), this.#options.probeMs ?? PROBE_MS).unref();
  }

  #probe(): void {
    const { text } = this.#hello ?? { text: '{}' };
    const params = memberText(text, 'params') ?? '{}';
    const envelope = envelopeOf(params);
    this.#probing = this.#timer();
    const headers = { 'Mcp-Method': 'server/discover', 'MCP-Protocol-Version': MODERN };
    const options = { id: PROBE_ID, handshake: true, repeatable: true, headers };
    void this.#carrier.send(modernRequest(PROBE_ID, 'server/discover', '{}', envelope), options);
  }

  /** No answer in time: the server may be of the older era and not understand the request, or it may be slow. */
  #late(): void {
    const hello = this.#hello;
    if (hello?.discovered !== undefined) {
      this.#speakNewer(hello.discovered);
      return;
    }
    if (hello === undefined || hello.refused !== undefined || !this.#options.http) {
      this.#carrier.release(PROBE_ID);
      this.#older();
      return;
    }
    if (hello.both !== true) this.#sayHello(hello);
  }

  #sayHello(hello: Hello): void {
    this.#hello = { ...hello, both: true };
    void this.#carrier.send(hello.text, hello.options);
  }

  #probed({ result, error }: Message, text: string): void {
    if (!this.#isProbing) return;
    const { supportedVersions } = (result ?? {}) as { readonly supportedVersions?: unknown };
    const discovered = Array.isArray(supportedVersions) ? memberText(text, 'result') : undefined;
    if (discovered !== undefined && (supportedVersions as unknown[]).includes(MODERN)) this.#newer(discovered);
    else if (this.#insists(error)) return;
    else if (discovered !== undefined || isModernError((error as { readonly code?: unknown } | undefined)?.code))
      this.#neither(memberText(text, 'error') ?? JSON.stringify({ code: -32022, message: told(supportedVersions) }));
    else this.#older();
  }

  /** The probe got no answer of JSON-RPC. */
  #refused(failure: AgentFailure): void {
    const { status, jsonrpc } = failure.details as {
      readonly status?: unknown;
      readonly jsonrpc?: { readonly code?: unknown };
    };
    if (this.#insists(jsonrpc)) return;
    if (isModernError(jsonrpc?.code)) this.#neither(JSON.stringify(jsonrpc));
    else if (status !== undefined || this.#hello?.refused !== undefined) this.#older();
    else {
      const id = this.#hello?.id;
      this.#settle();
      if (id !== undefined) this.#events?.failed(id, failure);
    }
  }

  /** Asks once more if a server refuses a version that it lists itself. */
  #insists(error: unknown): boolean {
    const { code, data } = (error ?? {}) as { readonly code?: unknown; readonly data?: unknown };
    const { supported } = (data ?? {}) as { readonly supported?: unknown };
    if (this.#insisted || code !== -32022 || !Array.isArray(supported) || !supported.includes(MODERN)) return false;
    this.#insisted = true;
    clearTimeout(this.#probing);
    this.#probe();
    return true;
  }

  /** A client of the older era gets a session if the server opens one, and so keeps the features of its era. */
  #newer(discovered: string): void {
    const hello = this.#hello;
    const asksToo = this.#options.http && this.#options.wantsSession === true;
    if (hello === undefined || !asksToo || hello.refused !== undefined) {
      this.#speakNewer(discovered);
      return;
    }
    clearTimeout(this.#probing);
    this.#probing = this.#timer();
    const known = { ...hello, discovered };
    if (hello.both === true) this.#hello = known;
    else this.#sayHello(known);
  }

  #speakNewer(discovered: string): void {
    const { id = 0, text = '{}', both } = this.#hello ?? {};
    const events = this.#events;
    if (both === true) this.#carrier.release(id);
    this.#settle();
    if (events === undefined) return;
    const envelope = envelopeOf(memberText(text, 'params') ?? '{}');
    this.#translator = new Translator(this.#carrier, events, { ...this.#options, envelope, discovered });
    events.message(resultText(id, asInitialized(discovered)), id);
  }

  /** Whether this answer to `initialize` begins a session of the older era. */
  #hasOpenedSession(result: unknown): boolean {
    const { protocolVersion } = (result ?? {}) as { readonly protocolVersion?: unknown };
    return result !== undefined && protocolVersion !== MODERN && this.#carrier.hasSession === true;
  }

  #older(): void {
    const hello = this.#hello;
    this.#settle();
    if (hello === undefined) return;
    this.#legacy = true;
    // The refusal of `initialize` counts.
    const { id, refused, both } = hello;
    if (typeof refused === 'string') this.#events?.message(refused, id);
    else if (refused !== undefined) this.#events?.failed(id, refused);
    else if (both !== true) void this.#carrier.send(hello.text, hello.options);
  }

  /** The server is of the newer era, but speaks no version that the agent knows. */
  #neither(error: string): void {
    const id = this.#hello?.id;
    this.#settle();
    if (id !== undefined) this.#events?.message(errorText(id, error), id);
  }

  #settle(): void {
    clearTimeout(this.#probing);
    this.#probing = undefined;
    this.#hello = undefined;
  }
}

type Message = Readonly<Record<string, unknown>>;

function parsed(text: string): Message | undefined {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === 'object' && message !== null && !Array.isArray(message)
      ? (message as Message)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The envelope of the client, from the params of `initialize`. */
function envelopeOf(params: string) {
  const info = memberText(params, 'clientInfo') ?? '{}';
  return { info, capabilities: memberText(params, 'capabilities') ?? '{}', logLevel: '' };
}

function told(versions: unknown): string {
  return `the server speaks none of the known versions, but ${JSON.stringify(versions).slice(0, 200)}`;
}
