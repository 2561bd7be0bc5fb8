import type { Caller } from '../../../domain/access/caller.js';
import { DomainError, notFound, ofUnknownOutcome } from '../../../domain/errors.js';
import type { McpClients } from '../../../domain/mcp/clients/clients.js';
import type { RequestState, RequestStates, StateOwner } from '../../../domain/mcp/clients/request-states.js';
import type { Mcp } from '../../../domain/mcp/mcp.js';
import { checkRole } from '../../../domain/people/creators.js';
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
  /** How long a client may take to send its answers, milliseconds. */
  readonly answerMs: number;
  /** The limits of the results of calls that end before their client comes back. */
  readonly kept: KeptLimits;
}

/** A request that starts a call which may ask its client. */
export interface Starting {
  readonly request: RpcRequest;
  readonly meta: RequestMeta;
  readonly owner: StateOwner;
  readonly around: Surroundings;
  readonly stateless: Stateless;
}

const DEFAULT_ANSWER_MS = 300_000;

/** Calls that may ask their clients before they end. */
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

  /** How many calls run, or have a result that their client has not fetched yet. */
  get size(): number {
    return this.#held.size;
  }

  /** @throws DomainError `unavailable` if too many calls are held */
  start({ request, meta, owner, around, stateless }: Starting): HeldCall {
    const { capabilities, info = {}, logLevel } = meta;
    const call = new HeldCall({
      owner,
      caller: around.view.caller,
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
    perform(this.#methods, given, mcpCall, around)
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

  /** Seals the state by which the client finds its call again. From now on the client has limited time to come back. */
  suspend(call: HeldCall): Promise<string> {
    call.round += 1;
    call.waits = true;
    call.carriedBy(undefined);
    call.timer = setTimeout(() => this.#drop(call, 'The client did not come back in time'), this.#answerMs).unref();
    // The call may have just ended: its client has yet to fetch the result.
    this.#held.set(call.id, call);
    return this.seal({ kind: 'held', callId: call.id, round: call.round, run: this.#states.run }, call.owner);
  }

  seal(state: RequestState, owner: StateOwner): Promise<string> {
    return this.#states.seal(state, owner, this.#answerMs);
  }

  /** @throws RpcError -32602 for a state of another caller or another request, or one that is too old */
  async open(sealed: unknown, owner: StateOwner): Promise<RequestState> {
    if (typeof sealed !== 'string') throw invalidParams('requestState', 'must be a string');
    const state = await this.#states.open(sealed, owner);
    if (!state) throw invalidParams('requestState', 'is not one that was given for this request, or is too old');
    return state;
  }

  /**
   * The call that waits for its client. It may have ended, for example because the server withdrew its question. A client that has lost the
   * rights of the call's beginning gets nothing of it.
   * @param caller the client's caller, with the rights that it has now
   * @param responses the client's answers, JSON texts
   * @throws RpcError -32602 for a state that was used before, or whose call is lost; DomainError `forbidden`, `not_found`.
   */
  resume(
    { callId, round, run }: Extract<RequestState, { kind: 'held' }>,
    caller: Caller,
    responses: ReadonlyMap<string, string> = new Map(),
  ): HeldCall {
    if (run !== this.#states.run) throw lost();
    const call = this.#held.get(callId);
    if (!call?.waits || call.round !== round)
      throw invalidParams('requestState', 'was used already, or its call has ended');
    this.#checkRights(call, caller);
    call.waits = false;
    clearTimeout(call.timer);
    call.answer(responses);
    if (call.hasEnded) this.#forget(call);
    return call;
  }

  /** Drops a call whose client may not have its outcome any more. @throws DomainError `forbidden`, `not_found` */
  #checkRights(call: HeldCall, caller: Caller): void {
    try {
      checkRole(call.caller, caller);
      const [lost] = this.#clients.lostServers(caller, call.servers);
      if (lost !== undefined) throw notFound('server', lost);
    } catch (error) {
      this.#drop(call, 'The client has lost its rights');
      throw ofUnknownOutcome(error);
    }
  }

  cancel(call: HeldCall, reason: string): void {
    call.cancel.abort(new DomainError('cancelled', reason));
  }

  close(): void {
    for (const call of [...this.#held.values()]) this.#drop(call, 'The hub is shutting down');
    this.statelessClients.close();
  }

  /** Cancels a call whose client did not come back. */
  #drop(call: HeldCall, reason: string): void {
    call.waits = false;
    clearTimeout(call.timer);
    if (call.hasEnded) this.#forget(call);
    else this.cancel(call, reason);
  }

  /** Forgets a call whose client has the result. Another call of the client carries the questions that are still open. */
  #forget(call: HeldCall): void {
    this.#held.delete(call.id);
    for (const ask of call.takeAsks()) this.#clientOf.get(call)?.ask(ask);
  }

  #keepSome(): void {
    const ended = [...this.#held.values()].filter(({ hasEnded }) => hasEnded);
    for (const call of beyondLimits(ended, this.#kept)) this.#drop(call, '');
  }
}

/** The error for a call that was held by a hub that has ended. */
function lost(): RpcError {
  const what = 'Invalid params: requestState belongs to a call that ended when its hub did, or that another hub holds';
  const advice = 'send the request again; the effects of the call before its question remain';
  return new RpcError(-32602, `${what}: ${advice}`, { field: 'requestState', code: 'call_lost', outcome: 'unknown' });
}

/** The size that counts for a call in addition to its result, characters. */
const CALL_SIZE = 16 * 1024;

/** The calls whose results exceed the limits. The newest results are kept. @param ended the oldest first */
function beyondLimits(ended: readonly HeldCall[], { ofCaller, all: most }: KeptLimits): HeldCall[] {
  const kept = new Map<string, number>();
  let all = 0;
  return [...ended].reverse().filter(({ size, payer }) => {
    const its = (kept.get(payer) ?? 0) + size + CALL_SIZE;
    if (its > ofCaller || all + size + CALL_SIZE > most) return true;
    kept.set(payer, its);
    all += size + CALL_SIZE;
    return false;
  });
}
