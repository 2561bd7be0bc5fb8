import { payerOf } from '../../../domain/access/caller.js';
import { DomainError } from '../../../domain/errors.js';
import type { McpClients } from '../../../domain/mcp/clients/clients.js';
import type { RequestState, RequestStates, StateOwner } from '../../../domain/mcp/clients/request-states.js';
import type { Mcp } from '../../../domain/mcp/mcp.js';
import type { McpCall, Method, Stateless } from '../call.js';
import type { RpcRequest } from '../json-rpc.js';
import { invalidParams, RpcError } from '../json-rpc.js';
import { defaultKept, type KeptLimits } from '../kept-streams.js';
import { perform, progressTokenOf, type Surroundings } from '../requests.js';
import { HeldCall } from './held-call.js';
import { askingMethods } from './input-requests.js';
import { type RequestMeta, withoutOwnMeta } from './meta.js';
import { type StatelessClient, StatelessClients, type StatelessSettings } from './stateless-clients.js';

export interface HeldCallSettings extends StatelessSettings {
  /** How long a client may take to come back with its answers, milliseconds. */
  readonly answerMs: number;
  /** Results of calls that ended meanwhile. */
  readonly kept: KeptLimits;
}

/** A request that starts a call which may ask something. */
export interface Starting {
  readonly request: RpcRequest;
  readonly meta: RequestMeta;
  readonly owner: StateOwner;
  readonly around: Surroundings;
  readonly stateless: Stateless;
}

const DEFAULT_ANSWER_MS = 300_000;

/** Calls whose clients may be asked something on the way. */
export class HeldCalls {
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #clients: McpClients;
  readonly statelessClients: StatelessClients;
  readonly #states: RequestStates;
  readonly #answerMs: number;
  readonly #kept: KeptLimits;
  readonly #held = new Map<string, HeldCall>();
  readonly #clientOf = new WeakMap<HeldCall, StatelessClient>();

  constructor(
    methods: ReadonlyMap<string, Method>,
    { clients, states }: Pick<Mcp, 'clients' | 'states'>,
    { answerMs = DEFAULT_ANSWER_MS, kept = defaultKept, ...most }: Partial<HeldCallSettings> = {},
  ) {
    this.#methods = methods;
    this.#clients = clients;
    this.#states = states;
    this.statelessClients = new StatelessClients(clients, most);
    this.#answerMs = answerMs;
    this.#kept = kept;
  }

  /** Calls that go on, asked or not, and those whose clients have yet to come back for the result. */
  get size(): number {
    return this.#held.size;
  }

  /** @throws DomainError `unavailable` where too many are held. */
  start({ request, meta, owner, around, stateless }: Starting): HeldCall {
    const { capabilities, info = {}, logLevel } = meta;
    const call = new HeldCall({
      owner,
      payer: payerOf(around.view.caller),
      stateless,
      capabilities,
      logLevel,
      mayAsk: askingMethods.has(request.method),
      answer: (askId, answer) => this.#clients.answer(known.client, askId, answer),
    });
    const known = this.statelessClients.begin(around, { capabilities, info }, call);
    const { client } = known;
    if (logLevel !== undefined) client.logLevel = logLevel;
    this.#held.set(call.id, call);
    call.cancel.trace = around.trace;
    const mcpCall: McpCall = {
      origin: around.origin,
      view: around.view,
      client,
      stateless,
      signal: call.cancel,
      onProgress: progressTokenOf(request.params) === undefined ? undefined : (params) => call.progress(params),
      onLog: logLevel === undefined ? undefined : (params) => call.log(params),
      reaches: (server) => call.reaches(server),
    };
    const given = { method: request.method, params: withoutOwnMeta(request.params) };
    perform(this.#methods, given, mcpCall, around.onError)
      .then((outcome) => {
        call.ended(outcome);
        this.statelessClients.end(known, call);
        if (call.waits) this.#keepSome();
        else this.#forget(call);
      })
      .catch(around.onError);
    this.#clientOf.set(call, known);
    return call;
  }

  /** Seals the state that leads the client back to its call. The client's time to come back begins. */
  suspend(call: HeldCall): Promise<string> {
    call.round += 1;
    call.waits = true;
    call.carriedBy(undefined);
    call.timer = setTimeout(() => this.#drop(call, 'The client did not come back in time'), this.#answerMs).unref();
    // It may have ended a moment ago: its result is yet to be told.
    this.#held.set(call.id, call);
    return this.seal({ kind: 'held', callId: call.id, round: call.round, run: this.#states.run }, call.owner);
  }

  seal(state: RequestState, owner: StateOwner): Promise<string> {
    return this.#states.seal(state, owner, this.#answerMs);
  }

  /** @throws RpcError -32602 for a state that is not this caller's, not this request's, or too old. */
  async open(sealed: unknown, owner: StateOwner): Promise<RequestState> {
    if (typeof sealed !== 'string') throw invalidParams('requestState', 'must be a string');
    const state = await this.#states.open(sealed, owner);
    if (!state) throw invalidParams('requestState', 'is not one that was given for this request, or is too old');
    return state;
  }

  /**
   * The call that waits for its client; it may have ended, as one does whose server gave its question up.
   * @param responses the client's answers, JSON texts
   * @throws RpcError -32602 for a state that was used before, or whose call is lost.
   */
  resume(
    { callId, round, run }: Extract<RequestState, { kind: 'held' }>,
    responses: ReadonlyMap<string, string> = new Map(),
  ): HeldCall {
    if (run !== this.#states.run) throw lost();
    const call = this.#held.get(callId);
    if (!call?.waits || call.round !== round)
      throw invalidParams('requestState', 'was used already, or its call has ended');
    call.waits = false;
    clearTimeout(call.timer);
    call.answer(responses);
    if (call.hasEnded) this.#forget(call);
    return call;
  }

  cancel(call: HeldCall, reason: string): void {
    call.cancel.abort(new DomainError('cancelled', reason));
  }

  close(): void {
    for (const call of [...this.#held.values()]) this.#drop(call, 'The hub is shutting down');
    this.statelessClients.close();
  }

  /** The client did not come back to a call. */
  #drop(call: HeldCall, reason: string): void {
    call.waits = false;
    clearTimeout(call.timer);
    if (call.hasEnded) this.#forget(call);
    else this.cancel(call, reason);
  }

  /** The call is over, and told; questions that it carried and that are still open are put by way of another call of the client. */
  #forget(call: HeldCall): void {
    this.#held.delete(call.id);
    for (const ask of call.takeAsks()) this.#clientOf.get(call)?.ask(ask);
  }

  #keepSome(): void {
    const ended = [...this.#held.values()].filter(({ hasEnded }) => hasEnded);
    for (const call of tooMuch(ended, this.#kept)) this.#drop(call, '');
  }
}

/** A call that a hub held is gone once that hub is. */
function lost(): RpcError {
  const what = 'Invalid params: requestState belongs to a call that ended when its hub did, or that another hub holds';
  const advice = 'send the request again; the effects of the call before its question remain';
  return new RpcError(-32602, `${what}: ${advice}`, { field: 'requestState', code: 'call_lost', outcome: 'unknown' });
}

/** The size that counts for a call besides its result, characters. */
const BESIDE = 16 * 1024;

/** Those calls whose results are too much to be kept. The newest are kept first. @param ended the oldest first */
function tooMuch(ended: readonly HeldCall[], { ofCaller, all: most }: KeptLimits): HeldCall[] {
  const kept = new Map<string, number>();
  let all = 0;
  return [...ended].reverse().filter(({ size, payer }) => {
    const its = (kept.get(payer) ?? 0) + size + BESIDE;
    if (its > ofCaller || all + size + BESIDE > most) return true;
    kept.set(payer, its);
    all += size + BESIDE;
    return false;
  });
}
