import type { ClientCapabilities, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { AgentFailure } from '../../../failure.js';

/** Requests that a client may be asked, by the capability that it must have offered. */
const capabilityOf: ReadonlyMap<string, string> = new Map<ServerRequest['method'], keyof ClientCapabilities>([
  ['sampling/createMessage', 'sampling'],
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
]);

/** The most open requests of one instance. */
const mostOpen = 64;
/** The longest time that a person has for an answer, milliseconds. */
const longestMs = 20 * 60_000;

export interface AskEvents {
  /** `id` and `json` are JSON text. */
  respond(id: string, outcome: 'result' | 'error', json: string): void;
  /** Passes a request on. Returns false if no client receives it. */
  pass(ask: { readonly id: string; readonly method: string; readonly params: string }): boolean;
}

/** The requests of a server to its client that are not answered yet. */
export class ServerAsks {
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
