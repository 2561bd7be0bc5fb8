import type { AgentFailure } from '../../../failure.js';
import type { StopOptions } from '../../process/group.js';
import { memberText } from '../json.js';
import type { McpLimits } from '../limits.js';
import type { SendOptions, Transport, TransportEvents } from '../transport.js';
import { asInitialized, errorText, isModernError, MODERN, modernRequest, resultText } from './messages.js';
import { Translator } from './translator.js';

/** How long a server may take to say of which era it is, milliseconds. */
const PROBE_MS = 5000;
/** The id of a probe: beyond those of any session. */
const PROBE_ID = 8_000_000_000_000;

export interface EraOptions {
  readonly limits: McpLimits;
  /**
   * Each message is a request by itself. Then the newer era is asked for first: a server of the older one refuses that at once. A process
   * might not bear what it does not know; there `initialize` comes first, which one of the newer era refuses, by the specification.
   */
  readonly http: boolean;
}

/** The beginning of a connection, while nobody knows yet of which era the server is. */
interface Hello {
  readonly id: number;
  readonly text: string;
  readonly options: SendOptions;
  /** The server's refusal of `initialize`, where that came first. */
  readonly refused?: string;
}

/**
 * A server of either era, by way of any transport, as one of the older: what speaks through it knows sessions, and nothing of 2026-07-28.
 * Which era it is shows when hands are shaken; messages of the older one then pass untouched.
 */
export class EraTransport implements Transport {
  readonly #carrier: Transport;
  readonly #options: EraOptions;
  #events: TransportEvents | undefined;
  #hello: Hello | undefined;
  #probing: NodeJS.Timeout | undefined;
  #translator: Translator | undefined;
  /** The server has said that it is of the older era. */
  #legacy = false;

  constructor(carrier: Transport, options: EraOptions) {
    this.#carrier = carrier;
    this.#options = options;
  }

  get pid(): number {
    return this.#carrier.pid;
  }

  open(events: TransportEvents): Promise<void> {
    this.#events = events;
    return this.#carrier.open({
      message: (text, only) => this.#received(text, only),
      failed: (id, failure) => this.#failed(id, failure),
      waiting: (id) =>
        id === PROBE_ID ? this.#probing !== undefined : (this.#translator?.waiting(id) ?? events.waiting(id)),
      expired: () => events.expired(),
      closed: (reason) => {
        this.#rest();
        events.closed(reason);
      },
    });
  }

  send(text: string, options: SendOptions = {}): Promise<void> | undefined {
    const { id, handshake } = options;
    if (this.#translator !== undefined) return this.#translator.send(text, options);
    if (handshake === true && id !== undefined && !this.#legacy) {
      this.#hello = { id, text, options };
      if (this.#options.http) {
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

  #rest(): void {
    clearTimeout(this.#probing);
    this.#probing = undefined;
    this.#hello = undefined;
    this.#translator?.close();
  }

  #received(text: string, only: number | undefined): boolean {
    if (this.#translator !== undefined) return this.#translator.received(text, only);
    const hello = this.#hello;
    if (hello === undefined) return this.#events?.message(text, only) ?? true;
    const message = parsed(text);
    if (message?.id === PROBE_ID || only === PROBE_ID) {
      this.#probed(message ?? {}, text);
      return message !== undefined;
    }
    if (this.#probing === undefined && message?.id === hello.id && message.method === undefined) {
      if (message.error !== undefined && !this.#options.http) {
        this.#hello = { ...hello, refused: text };
        this.#probe();
        return true;
      }
      this.#settle();
    }
    return this.#events?.message(text, only) ?? true;
  }

  #failed(id: number, failure: AgentFailure): void {
    if (this.#translator !== undefined) this.#translator.failed(id, failure);
    else if (id !== PROBE_ID) this.#events?.failed(id, failure);
    else if (this.#probing !== undefined) this.#refused(failure);
  }

  #probe(): void {
    const { text } = this.#hello ?? { text: '{}' };
    const params = memberText(text, 'params') ?? '{}';
    const envelope = envelopeOf(params);
    this.#probing = setTimeout(() => {
      this.#carrier.release(PROBE_ID);
      this.#older();
    }, PROBE_MS).unref();
    const headers = { 'Mcp-Method': 'server/discover', 'MCP-Protocol-Version': MODERN };
    const options = { id: PROBE_ID, handshake: true, repeatable: true, headers };
    void this.#carrier.send(modernRequest(PROBE_ID, 'server/discover', '{}', envelope), options);
  }

  #probed({ result, error }: Message, text: string): void {
    if (this.#probing === undefined) return;
    const { supportedVersions } = (result ?? {}) as { readonly supportedVersions?: unknown };
    const discovered = Array.isArray(supportedVersions) ? memberText(text, 'result') : undefined;
    if (discovered !== undefined && (supportedVersions as unknown[]).includes(MODERN)) this.#newer(discovered);
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
    if (isModernError(jsonrpc?.code)) this.#neither(JSON.stringify(jsonrpc));
    else if (status !== undefined || this.#hello?.refused !== undefined) this.#older();
    else {
      const id = this.#hello?.id;
      this.#settle();
      if (id !== undefined) this.#events?.failed(id, failure);
    }
  }

  #newer(discovered: string): void {
    const { id = 0, text = '{}' } = this.#hello ?? {};
    const events = this.#events;
    this.#settle();
    if (events === undefined) return;
    const envelope = envelopeOf(memberText(text, 'params') ?? '{}');
    this.#translator = new Translator(this.#carrier, events, { ...this.#options, envelope, discovered });
    events.message(resultText(id, asInitialized(discovered)), id);
  }

  #older(): void {
    const hello = this.#hello;
    this.#settle();
    if (hello === undefined) return;
    this.#legacy = true;
    // What it said to `initialize` before stands.
    if (hello.refused !== undefined) this.#events?.message(hello.refused, hello.id);
    else void this.#carrier.send(hello.text, hello.options);
  }

  /** A server of the newer era that speaks none of its versions that are known here. */
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

/** Who speaks, from the params of `initialize`. */
function envelopeOf(params: string) {
  const info = memberText(params, 'clientInfo') ?? '{}';
  return { info, capabilities: memberText(params, 'capabilities') ?? '{}', logLevel: '' };
}

function told(versions: unknown): string {
  return `the server speaks none of the known versions, but ${JSON.stringify(versions).slice(0, 200)}`;
}
