import { ParseError } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { isUnsent, send, textWithin } from '../frame/http.js';
import { defined } from '../frame/values.js';
import { isObject } from './message.js';

/** The headers of a request besides its body. */
export interface Heading {
  readonly session?: string | undefined;
  /** The protocol's version. */
  readonly version?: string | undefined;
  readonly method?: string | undefined;
  readonly name?: string | undefined;
  /** Arguments of a tool that it wants repeated, by the names of their headers. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly lastEvent?: string | undefined;
}

/** A failure of a request to the hub, as a JSON-RPC error. */
export class HubFailure extends Error {
  override readonly name = 'HubFailure';

  /**
   * @param code the code of JSON-RPC
   * @param status the status of HTTP; 0 if the hub did not answer
   */
  constructor(
    readonly code: number,
    message: string,
    readonly status: number,
    readonly data?: unknown,
  ) {
    super(message);
  }

  /** Whether the hub does not know the session. */
  get isLost(): boolean {
    return this.status === 404;
  }

  toJSON() {
    const { code, message, data } = this;
    return data === undefined ? { code, message } : { code, message, data };
  }
}

export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

const UNREACHED = -32000;
/** The longest message that the bridge takes from a hub, characters. */
const MAX_ANSWER = 64 * 1024 * 1024;

/** The request got no answer: only the hub knows its outcome. */
export const unknown = { outcome: 'unknown' };
const notRun = { outcome: 'not_run' };

/** The hub's `/mcp` over streamable HTTP. Every method throws {@link HubFailure} if the hub refuses, or is out of reach. */
export class McpEndpoint {
  readonly #url: URL;
  readonly #key: string;

  /** @param key an API key, or an access token */
  constructor(url: URL, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** The address, without secrets. */
  get address(): string {
    return `${this.#url.origin}${this.#url.pathname}`;
  }

  /** Sends messages (JSON text). */
  post(body: string, heading: Heading, signal: AbortSignal): Promise<Response> {
    const accept = 'application/json, text/event-stream';
    return this.#request('POST', { ...heading, accept }, signal, body);
  }

  /** Listens to a session, or to the rest of a stream that broke off. */
  listen(heading: Heading, signal: AbortSignal): Promise<Response> {
    return this.#request('GET', { ...heading, accept: 'text/event-stream' }, signal);
  }

  /** Ends a session. */
  async end(heading: Heading, signal: AbortSignal): Promise<void> {
    const response = await this.#request('DELETE', { ...heading, accept: 'application/json' }, signal);
    await response.body?.cancel();
  }

  async #request(
    method: string,
    { accept, ...heading }: Heading & { readonly accept: string },
    signal: AbortSignal,
    body?: string,
  ): Promise<Response> {
    const named = {
      Authorization: `Bearer ${this.#key}`,
      Accept: accept,
      'Content-Type': body === undefined ? undefined : 'application/json',
      'Mcp-Session-Id': heading.session,
      'MCP-Protocol-Version': heading.version,
      'Mcp-Method': heading.method,
      'Mcp-Name': heading.name,
      'Last-Event-ID': heading.lastEvent,
      ...heading.parameters,
    };
    let response: Response;
    try {
      response = await send(this.#url, { method, headers: defined(named), signal, body });
    } catch (error) {
      signal.throwIfAborted();
      const data = isUnsent(error) ? notRun : unknown;
      const reason = error instanceof Error ? error.message : error;
      throw new HubFailure(UNREACHED, `no hub answers at ${this.address}: ${reason}`, 0, data);
    }
    if (response.ok) return response;
    throw await refusal(response);
  }
}

/** The events of an answer that is a stream. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  if (!response.body) return;
  const parser = new EventSourceParserStream({ maxBufferSize: MAX_ANSWER });
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(parser);
  try {
    for await (const { id, data, event } of events) if (event === undefined || event === 'message') yield { id, data };
  } catch (error) {
    throw error instanceof ParseError ? overlong(response) : error;
  }
}

/** The text of an answer other than a stream. @throws HubFailure if it is too long */
export async function wholeText(response: Response): Promise<string> {
  const text = await textWithin(response, MAX_ANSWER);
  if (text === undefined) throw overlong(response);
  return text;
}

function overlong({ status }: Response): HubFailure {
  return new HubFailure(UNREACHED, `the hub sent a message of more than ${MAX_ANSWER} characters`, status, unknown);
}

export function isStream(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
}

async function refusal(response: Response): Promise<HubFailure> {
  const { status } = response;
  const body: unknown = await wholeText(response)
    .then((text) => JSON.parse(text) as unknown)
    .catch(() => undefined);
  const error = isObject(body) && isObject(body.error) ? body.error : {};
  const message = typeof error.message === 'string' ? error.message : `the hub answered ${status}`;
  return new HubFailure(typeof error.code === 'number' ? error.code : UNREACHED, message, status, error.data);
}
