import { setTimeout as sleep } from 'node:timers/promises';
import { type HeaderArgument, headerArguments, headerText, valueAt } from '@roundhouse/proto/header-arguments';
import { eventsOf, type Heading, HubFailure, isStream, type McpEndpoint, unknown, wholeText } from './endpoint.js';
import { answeredBy, type ClientMessage, errorLine, isObject, onOneLine, type RequestId } from './message.js';
import { HubSession, textOf } from './session.js';

/** How long the bridge tries to take up a broken stream again, milliseconds. */
const RESUME_MS = 15_000;
/** How many successive attempts may bring no message. */
const MAX_FRUITLESS = 8;
/** The error code for headers that contradict the body. */
const HEADER_MISMATCH = -32020;
/** How many pages of a list of tools the bridge reads. */
const MAX_PAGES = 1000;

export interface BridgeOptions {
  /** Writes a line to the client. */
  readonly write: (line: string) => void;
  /** Tells the user about failures. */
  readonly log: (text: string) => void;
}

/** A message, and its requests that wait for an answer. */
interface Owed {
  readonly message: ClientMessage;
  readonly ids: Set<RequestId>;
  /** Closes the request to the hub. */
  readonly hangUp: AbortController;
}

/** Carries messages between a client that reads and writes lines, and a hub's `/mcp`. Every request gets an answer, even if the hub fails. */
export class Bridge {
  readonly #endpoint: McpEndpoint;
  readonly #session: HubSession;
  readonly #options: BridgeOptions;
  readonly #parameters = new ToolParameters();
  readonly #stop = new AbortController();
  /** The messages on their way. */
  readonly #running = new Set<Promise<void>>();
  /** The messages, by the ids of their requests that wait for an answer. */
  readonly #owed = new Map<RequestId, Owed>();
  /** Resolves once the session is open. Messages wait for it. */
  #gate: Promise<void> = Promise.resolve();
  #listening = false;

  constructor(endpoint: McpEndpoint, options: BridgeOptions) {
    this.#endpoint = endpoint;
    this.#session = new HubSession(endpoint);
    this.#options = options;
  }

  /** Takes a message of the client. Returns at once. */
  take(message: ClientMessage): void {
    const { method, params } = message;
    if (method === 'notifications/cancelled' && this.#callOff(params.requestId as RequestId)) return;
    const gate = this.#gate;
    const run = gate.then(() => this.#carry(message));
    // The two messages of the handshake are sent one after the other, and all others after them.
    if (method === 'initialize' || method === 'notifications/initialized') this.#gate = run;
    this.#running.add(run);
    run.finally(() => this.#running.delete(run));
  }

  /** Waits for the running messages, up to `graceMs`, and ends the session. */
  async end(graceMs: number): Promise<void> {
    const over = new AbortController();
    const grace = pause(graceMs, over.signal).catch(() => {});
    while (this.#running.size > 0) {
      const done = Promise.allSettled([...this.#running]).then(() => false);
      if (await Promise.race([done, grace.then(() => true)])) break;
    }
    over.abort();
    this.#stop.abort();
    await this.#session.end(AbortSignal.timeout(1000)).catch(() => {});
  }

  /**
   * Cancels a request for the client.
   * @returns whether the request is cancelled: closing it cancels a request without a session. Otherwise the hub needs the notification
   */
  #callOff(id: RequestId): boolean {
    const owed = this.#owed.get(id);
    owed?.ids.delete(id);
    if (owed?.message.version === undefined) return false;
    owed.hangUp.abort();
    return true;
  }

  /** Sends a message and answers its requests. Never throws. */
  async #carry(message: ClientMessage): Promise<void> {
    const owed = { message, ids: new Set(message.ids), hangUp: new AbortController() };
    for (const id of owed.ids) this.#owed.set(id, owed);
    const signal = AbortSignal.any([owed.hangUp.signal, this.#stop.signal]);
    try {
      await this.#exchange(owed, signal);
      this.#session.done(message);
      if (message.method === 'notifications/initialized') this.#listen();
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof HubFailure ? error : broken(error);
      if (owed.ids.size === 0) this.#options.log(failure.message);
      for (const id of owed.ids) this.#options.write(errorLine(id, failure.toJSON()));
    } finally {
      for (const id of message.ids) if (this.#owed.get(id) === owed) this.#owed.delete(id);
    }
  }

  async #exchange(owed: Owed, signal: AbortSignal): Promise<void> {
    const { message } = owed;
    const response = await this.#post(message, signal);
    if (message.method === 'initialize' && message.ids.length === 1) {
      const answer = await textOf(response);
      this.#session.opened(message, response, answer);
      this.#options.write(answer);
    } else if (isStream(response)) await this.#follow(response, owed, signal);
    else {
      const text = onOneLine(await wholeText(response));
      if (text !== '') this.#deliver(text, owed);
      if (owed.ids.size > 0)
        throw new HubFailure(-32000, 'the hub left a request without an answer', response.status, unknown);
    }
  }

  /**
   * Sends a message. It sends the message again if the session is lost, or if a header is missing that a tool requires: in both cases the hub has not
   * run the request.
   */
  async #post(message: ClientMessage, signal: AbortSignal): Promise<Response> {
    const { text, version, method } = message;
    const heading = this.#headingOf(message);
    try {
      return await this.#endpoint.post(text, heading, signal);
    } catch (error) {
      const { session } = heading;
      if (!(error instanceof HubFailure)) throw error;
      if (error.isLost && session !== undefined && version === undefined) await this.#renew(session, signal);
      else if (error.code === HEADER_MISMATCH && version !== undefined && method === 'tools/call')
        await this.#relearn(message, version, signal);
      else throw error;
      return await this.#endpoint.post(text, this.#headingOf(message), signal);
    }
  }

  /** Reads the list of tools, which the client may not have read before it calls a tool. */
  async #relearn({ params: { _meta } }: ClientMessage, version: string, signal: AbortSignal): Promise<void> {
    const method = 'tools/list';
    // The list needs the `_meta` of the caller, without the progress token, which belongs to the client's request.
    const { progressToken: _, ...meta } = isObject(_meta) ? _meta : {};
    let cursor: string | undefined;
    for (let page = 1; page <= MAX_PAGES; page += 1) {
      const params = { ...(cursor === undefined ? {} : { cursor }), _meta: meta };
      const body = JSON.stringify({ jsonrpc: '2.0', id: `roundhouse-tools-${page}`, method, params });
      cursor = this.#parameters.learn(await textOf(await this.#endpoint.post(body, { version, method }, signal)));
      if (cursor === undefined) return;
    }
  }

  async #renew(session: string, signal: AbortSignal): Promise<void> {
    for (const notification of await this.#session.renew(session, signal)) this.#options.write(notification);
  }

  #headingOf({ method, params, version }: ClientMessage): Heading {
    if (method === 'initialize') return {};
    if (version === undefined) return this.#session.heading;
    const name = params.name ?? params.uri;
    const parameters = method === 'tools/call' ? this.#parameters.headersOf(params) : undefined;
    return { version, method, name: typeof name === 'string' ? headerText(name) : undefined, parameters };
  }

  /** Passes a stream on until its requests are answered. It resumes the stream if it breaks. */
  async #follow(first: Response, owed: Owed, signal: AbortSignal): Promise<void> {
    let response = first;
    let last: string | undefined;
    for (let fruitless = 0; ; fruitless += 1) {
      try {
        for await (const { id, data } of eventsOf(response)) {
          if (id !== undefined && id !== '') last = id;
          if (data === '') continue;
          fruitless = 0;
          this.#deliver(data, owed);
        }
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof HubFailure) throw error;
        this.#options.log(`a stream broke off: ${error instanceof Error ? error.message : error}`);
      }
      signal.throwIfAborted();
      if (owed.ids.size === 0) return;
      if (last === undefined || fruitless === MAX_FRUITLESS)
        throw new HubFailure(-32000, 'the connection to the hub broke before the answer came', 0, unknown);
      response = await this.#resume(last, signal);
    }
  }

  async #resume(lastEvent: string, signal: AbortSignal): Promise<Response> {
    const until = performance.now() + RESUME_MS;
    for (let attempt = 0; ; attempt += 1) {
      await pause(backoff(attempt), signal);
      try {
        return await this.#endpoint.listen({ ...this.#session.heading, lastEvent }, signal);
      } catch (error) {
        if (!(error instanceof HubFailure)) throw error;
        if (error.isLost)
          throw new HubFailure(-32000, 'the hub has lost the session: what came of the call is unknown', 404, unknown);
        const { code, message, status } = error;
        if (status !== 0 || performance.now() > until) throw new HubFailure(code, message, status, unknown);
      }
    }
  }

  /** Reads messages that belong to no request, while there is a session. */
  #listen(): void {
    if (this.#listening || !this.#session.isOpen) return;
    this.#listening = true;
    this.#standalone()
      .catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#options.log(`server messages end: ${error instanceof Error ? error.message : error}`);
      })
      .finally(() => {
        this.#listening = false;
      });
  }

  async #standalone(): Promise<void> {
    const { signal } = this.#stop;
    let lastEvent: string | undefined;
    let attempt = 0;
    for (;;) {
      const { heading } = this.#session;
      try {
        const response = await this.#endpoint.listen({ ...heading, lastEvent }, signal);
        attempt = 0;
        for await (const { id, data } of eventsOf(response)) {
          if (id !== undefined && id !== '') lastEvent = id;
          if (data !== '') this.#options.write(onOneLine(data));
        }
      } catch (error) {
        signal.throwIfAborted();
        const status = error instanceof HubFailure ? error.status : 0;
        if ([401, 403, 405].includes(status)) throw error;
        if (status === 404 && heading.session !== undefined) {
          lastEvent = undefined;
          // If that fails, the next attempt finds the reason.
          await this.#renew(heading.session, signal).catch(() => {});
        }
      }
      await pause(backoff(attempt), signal);
      attempt += 1;
    }
  }

  #deliver(text: string, owed: Owed): void {
    const line = onOneLine(text);
    const answered = answeredBy(line);
    for (const id of answered) owed.ids.delete(id);
    const { method, version } = owed.message;
    if (answered.length > 0 && method === 'tools/list' && version !== undefined) this.#parameters.learn(line);
    this.#options.write(line);
  }
}

function broken(error: unknown): HubFailure {
  return new HubFailure(
    -32000,
    `the connection to the hub broke: ${error instanceof Error ? error.message : error}`,
    0,
    unknown,
  );
}

const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** How long to wait before the next attempt after this number of failures, milliseconds: exponential, with jitter. */
function backoff(failed: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** failed);
  return full / 2 + Math.random() * (full / 2);
}

/** @throws the signal's reason once it is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}

const MARK = '"x-mcp-header"';

/** The arguments that the tools of the hub want repeated in headers (2026-07-28), by the lists that passed through the bridge. */
class ToolParameters {
  readonly #tools = new Map<string, readonly HeaderArgument[]>();

  /**
   * Takes note of a page of tools.
   * @param answer to `tools/list` (JSON text)
   * @returns the cursor of the next page
   */
  learn(answer: string): string | undefined {
    if (this.#tools.size === 0 && !answer.includes(MARK) && !answer.includes('"nextCursor"')) return undefined;
    const { result } = JSON.parse(answer) as { readonly result?: unknown };
    if (!isObject(result)) return undefined;
    for (const tool of Array.isArray(result.tools) ? result.tools : []) {
      if (!isObject(tool) || typeof tool.name !== 'string') continue;
      const repeated = headerArguments(tool.inputSchema);
      if (repeated.length > 0) this.#tools.set(tool.name, repeated);
      else this.#tools.delete(tool.name);
    }
    return typeof result.nextCursor === 'string' ? result.nextCursor : undefined;
  }

  /** The headers of a tool call. @param params of `tools/call` */
  headersOf({ name, arguments: args }: Readonly<Record<string, unknown>>): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const repeated of this.#tools.get(String(name)) ?? []) {
      const value = valueAt(args, repeated);
      if (value !== undefined) headers[repeated.header] = headerText(String(value));
    }
    return headers;
  }
}
