import { DomainError } from '../../../domain/errors.js';
import type { McpClients } from '../../../domain/mcp/clients.js';
import type { McpCall, Method } from '../call.js';
import type { RpcRequest } from '../json-rpc.js';
import { perform, type Surroundings } from '../requests.js';
import { invalidParams } from '../rpc-error.js';
import { HeldCall } from './held-call.js';
import { askingMethods } from './input.js';
import { Lending, type LendingSettings } from './lending.js';
import { type RequestMeta, withoutOwnMeta } from './meta.js';
import { type RequestState, RequestStates, type StateOwner } from './request-state.js';

export interface HeldCallSettings extends LendingSettings {
  /** How long a client may take to come back with its answers, milliseconds. */
  readonly answerMs: number;
}

/** A request that starts a call which may ask something. */
export interface Starting {
  readonly request: RpcRequest;
  readonly meta: RequestMeta;
  readonly owner: StateOwner;
  readonly around: Surroundings;
  /** The server that it will go to, where that is known. */
  readonly serverId: string | undefined;
}

const DEFAULT_ANSWER_MS = 300_000;

/** Calls whose clients may be asked something on the way: each has a client of its own, which keeps its instances while it waits. */
export class HeldCalls {
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #clients: McpClients;
  readonly #lending: Lending;
  readonly #states = new RequestStates();
  readonly #answerMs: number;
  readonly #held = new Map<string, HeldCall>();

  constructor(
    methods: ReadonlyMap<string, Method>,
    clients: McpClients,
    { answerMs = DEFAULT_ANSWER_MS, ...lending }: Partial<HeldCallSettings> = {},
  ) {
    this.#methods = methods;
    this.#clients = clients;
    this.#lending = new Lending(clients, lending);
    this.#answerMs = answerMs;
  }

  /** Calls that go on, asked or not. */
  get size(): number {
    return this.#held.size;
  }

  /** @throws DomainError `unavailable` where too many are held. */
  start({ request, meta, owner, around, serverId }: Starting): HeldCall {
    const { capabilities, info, logLevel } = meta;
    const call = new HeldCall({
      owner,
      capabilities,
      logLevel,
      mayAsk: askingMethods.has(request.method),
      answer: (askId, answer) => this.#clients.answer(lent.client, askId, answer),
    });
    const lent = this.#lending.borrow(around.view, { capabilities, info }, call, serverId);
    lent.client.logLevel = logLevel;
    this.#held.set(call.id, call);
    const mcpCall: McpCall = {
      origin: around.origin,
      view: around.view,
      client: lent.client,
      signal: call.cancel,
      traceparent: around.traceparent,
      onProgress: (params) => call.progress(params),
      onLog: logLevel === undefined ? undefined : (params) => call.log(params),
      reaches: () => {},
    };
    const given = { method: request.method, params: withoutOwnMeta(withoutAnswers(request.params)) };
    perform(this.#methods, given, mcpCall, around.onError).then((outcome) => {
      call.ended(outcome);
      this.#held.delete(call.id);
      clearTimeout(call.timer);
      // An instance that was told nobody answers, or still waits for somebody, is good for no other request.
      lent.giveBack(!call.declined && !call.isAsking && !call.cancel.aborted);
    }, around.onError);
    return call;
  }

  /** Seals what brings the client back to its call; from now on it has so long to come back. */
  suspend(call: HeldCall): Promise<string> {
    call.round += 1;
    call.waits = true;
    call.carriedBy(undefined);
    call.timer = setTimeout(() => this.cancel(call, 'The client did not come back in time'), this.#answerMs).unref();
    return this.seal({ callId: call.id, round: call.round }, call.owner);
  }

  seal(state: RequestState, owner: StateOwner): Promise<string> {
    return this.#states.seal(state, owner, Math.ceil(this.#answerMs / 1000));
  }

  /**
   * The call that a state belongs to; `undefined` where the request is to be made again.
   * @throws RpcError -32602 for a state that is not this caller's, not this request's, too old, or was used before.
   */
  async resume(state: unknown, owner: StateOwner): Promise<HeldCall | undefined> {
    const { callId, round } = await this.#states.open(state, owner);
    if (callId === '') return undefined;
    const call = this.#held.get(callId);
    if (!call?.waits || call.round !== round)
      throw invalidParams('requestState', 'was used already, or its call has ended');
    call.waits = false;
    clearTimeout(call.timer);
    return call;
  }

  cancel(call: HeldCall, reason: string): void {
    call.cancel.abort(new DomainError('cancelled', reason));
  }

  close(): void {
    for (const call of [...this.#held.values()]) this.cancel(call, 'The hub is shutting down');
    this.#lending.close();
  }
}

function withoutAnswers({ inputResponses, requestState, ...params }: RpcRequest['params']): RpcRequest['params'] {
  return params;
}
