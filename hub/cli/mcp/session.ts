import { eventsOf, type Heading, HubFailure, isStream, type McpEndpoint, wholeText } from './endpoint.js';
import { answeredBy, type ClientMessage, isObject, onOneLine } from './message.js';

/** How long a hub may take to open a session again, milliseconds. */
const OPEN_MS = 30_000;

/**
 * The session with the hub. The hub may end it (a restart, a long pause). The bridge then opens it again with the client's own
 * `initialize`, log level and subscriptions, and tells the client that all lists may have changed.
 */
export class HubSession {
  readonly #endpoint: McpEndpoint;
  /** The client's `initialize`. */
  #hello: ClientMessage | undefined;
  #id: string | undefined;
  #version: string | undefined;
  /** Requests that restore the session, by their subject. */
  readonly #kept = new Map<string, ClientMessage>();
  #opening: Promise<void> | undefined;
  #capabilities: Readonly<Record<string, unknown>> = {};

  constructor(endpoint: McpEndpoint) {
    this.#endpoint = endpoint;
  }

  /** The headers of a request of the session. */
  get heading(): Heading {
    return { session: this.#id, version: this.#version };
  }

  /** Whether there is a session, as far as the bridge knows. */
  get isOpen(): boolean {
    return this.#id !== undefined;
  }

  /** Takes note of the hub's answer to the client's `initialize`. */
  opened(hello: ClientMessage, response: Response, answer: string): void {
    this.#hello = hello;
    this.#kept.clear();
    this.#note(response, answer);
  }

  /** Records an answered request if a new session needs it again. */
  done(message: ClientMessage): void {
    const { method, params } = message;
    if (method === 'logging/setLevel') this.#kept.set(method, message);
    else if (method === 'resources/subscribe') this.#kept.set(`resource ${params.uri}`, message);
    else if (method === 'resources/unsubscribe') this.#kept.delete(`resource ${params.uri}`);
  }

  /**
   * Opens the session again, only once for all requests that find it lost.
   * @param lost the session that no longer exists
   * @returns notifications for the client
   */
  async renew(lost: string, signal: AbortSignal): Promise<readonly string[]> {
    if (this.#id !== lost && !this.#opening) return [];
    const first = this.#opening === undefined;
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
    return first ? this.#changes() : [];
  }

  /** Ends the session at the hub. */
  async end(signal: AbortSignal): Promise<void> {
    if (this.#id === undefined) return;
    const { heading } = this;
    this.#id = undefined;
    await this.#endpoint.end(heading, signal);
  }

  async #open(signal: AbortSignal): Promise<void> {
    const hello = this.#hello;
    if (!hello) throw new HubFailure(-32000, 'the session is lost', 404);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]);
    const response = await this.#endpoint.post(hello.text, {}, limited);
    this.#note(response, await textOf(response));
    const initialized = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' });
    for (const text of [initialized, ...[...this.#kept.values()].map((message) => message.text)]) {
      const answer = await this.#endpoint.post(text, this.heading, limited);
      await answer.body?.cancel();
    }
  }

  #note(response: Response, answer: string): void {
    const { result } = JSON.parse(answer) as { readonly result?: Readonly<Record<string, unknown>> };
    if (!result) return;
    this.#id = response.headers.get('mcp-session-id') ?? undefined;
    this.#version = typeof result.protocolVersion === 'string' ? result.protocolVersion : undefined;
    this.#capabilities = isObject(result.capabilities) ? result.capabilities : {};
  }

  #changes(): string[] {
    return ['tools', 'resources', 'prompts']
      .filter((kind) => isObject(this.#capabilities[kind]))
      .map((kind) => JSON.stringify({ jsonrpc: '2.0', method: `notifications/${kind}/list_changed` }));
  }
}

/** The message that answers a request. Messages before it are skipped. */
export async function textOf(response: Response): Promise<string> {
  if (!isStream(response)) return onOneLine(await wholeText(response));
  for await (const { data } of eventsOf(response))
    if (data !== '' && answeredBy(data).length > 0) return onOneLine(data);
  throw new HubFailure(-32000, 'the hub ended its answer early', 0);
}
