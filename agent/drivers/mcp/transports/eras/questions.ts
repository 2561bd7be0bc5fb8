import { randomUUID } from 'node:crypto';
import { memberText, withMembers } from '@roundhouse/proto/json';
import { errorText, isObject, splitMeta } from './messages.js';

/** How often one request may be answered with a question. */
const MAX_ROUNDS = 64;
const MAX_QUESTIONS = 64;
/** The pause before a request is repeated whose answer had only a state, milliseconds. */
const AGAIN_MS = 250;

const PREFIX = 'era-';

/** A request that may be answered with a question. It is then repeated with the answers. */
interface Open {
  readonly method: string;
  /** The text of a JSON object. */
  readonly params: string;
  rounds: number;
  /** The client's results by key; `undefined` until one has come. */
  answers: Map<string, string | undefined>;
  state: string | undefined;
}

/** One of the requests in an answer that has them in place of a result. */
interface Question {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | null;
}

export interface QuestionEvents {
  /** Passes a message to the session, in the form of a server of an earlier version. */
  say(text: string, only?: number): void;
  /** Whether the answer to a request is still awaited. */
  waiting(id: number): boolean;
  /** Repeats a request with new `params`. */
  again(id: number, method: string, params: string): void;
}

/** Turns questions that come in place of results (2026-07-28) into requests of the server (earlier versions). */
export class Questions {
  readonly #events: QuestionEvents;
  readonly #open = new Map<number, Open>();
  readonly #asked = new Map<string, { readonly id: number; readonly key: string }>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #next = 1;

  constructor(events: QuestionEvents) {
    this.#events = events;
  }

  /** Remembers a request, in case it is answered with a question. */
  remember(id: number, method: string, params: string): void {
    // Answers do not pass through this class. So it looks for finished requests now and then.
    if (this.#open.size >= 64)
      for (const known of this.#open.keys()) if (!this.#events.waiting(known)) this.forget(known);
    this.#open.set(id, { method, params, rounds: 0, answers: new Map(), state: undefined });
  }

  /** A request is over. Its open questions are withdrawn. */
  forget(id: number): void {
    this.#open.delete(id);
    for (const [name, asked] of this.#asked) {
      if (asked.id !== id) continue;
      this.#asked.delete(name);
      const params = { requestId: name, reason: 'the request that it was asked for is over' };
      this.#events.say(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params }));
    }
  }

  /** Takes a result that is a question. @param result JSON text */
  take(id: number, result: string): void {
    const open = this.#open.get(id);
    if (!this.#events.waiting(id)) {
      this.forget(id);
      return;
    }
    if (!open) {
      this.#fail(id, 'the server asks a question outside a call, and no client is there to answer it');
      return;
    }
    open.rounds += 1;
    const requests: unknown = JSON.parse(memberText(result, 'inputRequests') ?? '{}');
    const entries = isObject(requests) ? Object.entries(requests) : undefined;
    if (!entries?.every(isQuestion) || open.rounds > MAX_ROUNDS || entries.length > MAX_QUESTIONS) {
      this.#fail(id, 'the server asks too much, or in no usable form');
      return;
    }
    open.state = memberText(result, 'requestState');
    open.answers = new Map(entries.map(([key]) => [key, undefined]));
    if (entries.length === 0) {
      this.#later(() => this.#again(id, open));
      return;
    }
    for (const [key, request] of entries) {
      this.#ask(id, key, request);
      // The client may have declined the question at once, which ends the request.
      if (this.#open.get(id) !== open) return;
    }
  }

  /** Takes the session's answer to a server's request. Returns false if it answers no question. @param name the id of the request */
  answered(name: string, message: string): boolean {
    if (!name.startsWith(PREFIX)) return false;
    const asked = this.#asked.get(name);
    const open = asked && this.#open.get(asked.id);
    if (!asked || !open) return true;
    this.#asked.delete(name);
    const error = memberText(message, 'error');
    if (error !== undefined) {
      // The protocol has no way to decline a question, except not to repeat the request.
      this.forget(asked.id);
      this.#events.say(errorText(asked.id, error), asked.id);
      return true;
    }
    open.answers.set(asked.key, memberText(message, 'result') ?? 'null');
    if (![...open.answers.values()].includes(undefined)) this.#again(asked.id, open);
    return true;
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#open.clear();
    this.#asked.clear();
  }

  #ask(id: number, key: string, { method, params }: Question): void {
    const name = `${PREFIX}${id}-${this.#next}`;
    this.#next += 1;
    this.#asked.set(name, { id, key });
    // Earlier versions have an id for each page that a person is to visit.
    const isPage = method === 'elicitation/create' && params?.mode === 'url';
    const told = isPage ? { ...params, elicitationId: randomUUID() } : (params ?? {});
    this.#events.say(JSON.stringify({ jsonrpc: '2.0', id: name, method, params: told }));
  }

  #again(id: number, { method, params, answers, state }: Open): void {
    if (!this.#events.waiting(id)) {
      this.forget(id);
      return;
    }
    const responses = [...answers].map(([key, answer]) => `${JSON.stringify(key)}:${answer ?? 'null'}`).join(',');
    const members = [
      ...(answers.size === 0 ? [] : [`"inputResponses":{${responses}}`]),
      ...(state === undefined ? [] : [`"requestState":${state}`]),
    ];
    const { bare, meta } = splitMeta(params);
    const all = meta === undefined ? members : [...members, `"_meta":${meta}`];
    this.#events.again(id, method, all.length === 0 ? bare : withMembers(bare, all.join(',')));
  }

  #fail(id: number, message: string): void {
    this.forget(id);
    this.#events.say(errorText(id, JSON.stringify({ code: -32603, message })), id);
  }

  #later(act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, AGAIN_MS).unref();
    this.#timers.add(timer);
  }
}

function isQuestion(entry: [string, unknown]): entry is [string, Question] {
  const [, request] = entry;
  return isObject(request) && typeof request.method === 'string' && isObject(request.params ?? {});
}
