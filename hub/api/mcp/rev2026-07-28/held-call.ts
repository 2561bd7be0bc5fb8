import { randomBytes } from 'node:crypto';
import { withMember } from '@roundhouse/proto/json';
import { type Caller, payerOf } from '../../../domain/access/caller.js';
import type { AskAnswer } from '../../../domain/agents/contract.js';
import { CancelSource } from '../../../domain/cancellation.js';
import type { ClientAsk, McpLogLevel } from '../../../domain/mcp/clients/client.js';
import type { StateOwner } from '../../../domain/mcp/clients/request-states.js';
import type { ServerRecord } from '../../../domain/servers/record.js';
import type { Stateless } from '../call.js';
import { notificationText, type Outcome, type Params, RpcError } from '../json-rpc.js';
import type { Carrier } from '../post-reply.js';
import { isLoud, progressTokenOf } from '../requests.js';
import { type InputRequest, inputRequest } from './input-requests.js';
import type { AskableCall } from './stateless-clients.js';

/** Questions that a server asks within this time, in milliseconds, go to the client together. */
const GATHER_MS = 15;
/** The most questions of one call. */
const MAX_ASKS = 256;

/** The next message to the client: the end of the call, or questions. */
export type Turn =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'input'; readonly requests: Readonly<Record<string, InputRequest>> };

export interface HeldCallOptions {
  readonly owner: StateOwner;
  /** The caller with the rights of the call's beginning. */
  readonly caller: Caller;
  readonly stateless: Stateless;
  /** The capabilities of the client. */
  readonly capabilities: Params;
  readonly logLevel: McpLogLevel | undefined;
  /** Whether the answer to this request may be a question. */
  readonly mayAsk: boolean;
  /** Passes an answer to the server that asked. */
  readonly answer: (askId: string, answer: AskAnswer) => void;
}

/** A call that runs across several requests: the client gets a question as the answer to one, and sends its answer with the next. */
export class HeldCall implements AskableCall {
  readonly id = randomBytes(18).toString('base64url');
  readonly owner: StateOwner;
  readonly caller: Caller;
  /** The caller that the call counts against. */
  readonly payer: string;
  readonly stateless: Stateless;
  /** The ids of the servers that it went to. */
  readonly servers = new Set<string>();
  readonly cancel = new CancelSource();
  /** How often the client was asked. */
  round = 0;
  /** The call waits for its client: none of the client's requests carries it now. */
  waits = false;
  timer: NodeJS.Timeout | undefined;
  readonly #options: HeldCallOptions;
  readonly #open = new Map<string, { readonly ask: ClientAsk; readonly request: InputRequest }>();
  #asked = 0;
  #outcome: Outcome | undefined;
  #carrier: Pick<Carrier, 'streams' | 'send'> | undefined;
  #progressToken: string | undefined;
  #wake: () => void = () => {};

  constructor(options: HeldCallOptions) {
    this.#options = options;
    this.owner = options.owner;
    this.caller = options.caller;
    this.payer = payerOf(options.caller);
    this.stateless = options.stateless;
  }

  get mayAsk(): boolean {
    return this.#options.mayAsk && !this.#outcome && !this.cancel.aborted;
  }

  reaches({ id }: ServerRecord): void {
    this.servers.add(id);
  }

  reached({ id }: ServerRecord): boolean {
    return this.servers.has(id);
  }

  /** Removes the open questions from this call, for another call of the client. */
  takeAsks(): ClientAsk[] {
    const asks = [...this.#open.values()].map(({ ask }) => ask);
    this.#open.clear();
    return asks;
  }

  get hasEnded(): boolean {
    return this.#outcome !== undefined;
  }

  /** The size of its result, characters. */
  get size(): number {
    return this.#outcome && 'result' in this.#outcome ? this.#outcome.result.length : 0;
  }

  /** Sends notifications to this carrier from now on. @param params of the request that the carrier answers */
  carriedBy(carrier: Pick<Carrier, 'streams' | 'send'> | undefined, params: Params = {}): void {
    this.#carrier = carrier;
    this.#progressToken = progressTokenOf(params);
  }

  ended(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#wake();
  }

  /** Resolves once the call has ended or its client is asked something. */
  async next(): Promise<Turn> {
    while (!this.#outcome && this.#open.size === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (!this.#outcome) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    }
    if (this.#outcome) return { kind: 'done', outcome: this.#outcome };
    const requests = Object.fromEntries([...this.#open].map(([key, { request }]) => [key, request]));
    return { kind: 'input', requests };
  }

  /** Takes the client's answers (JSON texts). Answers to unknown questions are ignored. */
  answer(responses: ReadonlyMap<string, string>): void {
    for (const [key, json] of responses) {
      const asked = this.#open.get(key);
      if (!asked) continue;
      this.#open.delete(key);
      this.#options.answer(asked.ask.id, { case: 'result', value: Buffer.from(json) });
    }
  }

  progress(params: string): void {
    if (this.#progressToken === undefined || !this.#carrier?.streams) return;
    const told = withMember(params, 'progressToken', this.#progressToken);
    this.#carrier.send(notificationText('notifications/progress', told));
  }

  log(params: string): void {
    const { logLevel } = this.#options;
    if (logLevel === undefined || !this.#carrier?.streams || !isLoud(params, logLevel)) return;
    this.#carrier.send(notificationText('notifications/message', params));
  }

  notify(method: string, params: string): void {
    if (method === 'notifications/message') this.log(params);
  }

  ask(ask: ClientAsk): void {
    const { capabilities } = this.#options;
    this.#asked += 1;
    try {
      if (!this.mayAsk || this.#asked > MAX_ASKS) throw new RpcError(-32601, 'The client cannot be asked');
      this.#open.set(`${ask.method.split('/')[0]}-${this.#asked}`, {
        ask,
        request: inputRequest(ask, capabilities),
      });
      this.#wake();
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.#options.answer(ask.id, { case: 'error', value: Buffer.from(JSON.stringify(error)) });
    }
  }

  unask(askId: string): void {
    for (const [key, asked] of this.#open) if (asked.ask.id === askId) this.#open.delete(key);
  }
}
