import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  circuitBreaker,
  handleWhen,
  type IBackoff,
  type IBreaker,
} from 'cockatiel';
import { DomainError } from '../errors.js';

/** When a circuit opens, and for how long. */
export interface BreakerSettings {
  /** The number of consecutive failures that open it. */
  readonly failures: number;
  /** How long it stays open before one call may try again, milliseconds. */
  readonly cooldownMs: number;
}

/** Five consecutive failures open it for a minute (the figures of `seeds/003`, `GET /api/monitor/circuit-breakers`). */
export const defaultBreakerSettings: BreakerSettings = { failures: 5, cooldownMs: 60_000 };

/** It also opens when more than half of the last 100 calls failed, after at least 20 calls. */
const RATIO = { threshold: 0.5, size: 100, minimumNumberOfCalls: 20 };
/** `Retry-After` for callers that come while the one probing call is under way, seconds. */
const PROBE_RETRY_AFTER = 1;

export type BreakerState = 'closed' | 'half-open' | 'open';

/** The state of a circuit; times in milliseconds since 1970. */
export interface BreakerView {
  readonly state: BreakerState;
  /** Consecutive failures; while the circuit is open, the failures that opened it. */
  readonly failures: number;
  /** Calls that succeeded since the last change of state. */
  readonly successCount: number;
  readonly lastFailure: number | null;
  readonly lastStateChange: number;
  /** `null` unless the circuit is open. */
  readonly cooldownEndsAt: number | null;
}

/** Called when a circuit opens (again) and when it closes. */
export type BreakerListener = (state: 'open' | 'closed', view: BreakerView) => void;

/** Opens when either of two breakers opens. */
class EitherBreaker implements IBreaker {
  readonly #consecutive: ConsecutiveBreaker;
  readonly #ratio = new CountBreaker(RATIO);
  state: unknown = null;

  constructor(failures: number) {
    this.#consecutive = new ConsecutiveBreaker(failures);
  }

  success(state: CircuitState): void {
    this.#consecutive.success();
    this.#ratio.success(state);
  }

  failure(state: CircuitState): boolean {
    const inARow = this.#consecutive.failure();
    return this.#ratio.failure(state) || inARow;
  }
}

/** Says whether a cooldown is over. The library compares the duration with the system's clock, which may be set back. */
class Cooldown implements IBackoff<unknown> {
  readonly #leftMs: () => number;

  constructor(leftMs: () => number) {
    this.#leftMs = leftMs;
  }

  get duration(): number {
    return this.#leftMs() > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  }

  next(): this {
    return this;
  }
}

/**
 * The circuit breaker of one server. While it is closed, all calls pass. While it is open, no call passes until the cooldown is over. Then it is
 * half-open, and only the next call passes. The circuit closes if the server answers that call in any way, and opens again if not.
 */
export class Breaker {
  readonly #policy: CircuitBreakerPolicy;
  readonly #outcomes: EitherBreaker;
  readonly #cooldownMs: number;
  readonly #listener: BreakerListener;
  #lastStateChange: number;
  /** By the clock that is never set back (`performance.now()`). */
  #opened = 0;
  #failures = 0;
  #successes = 0;
  #lastFailure: number | null = null;
  #probing = false;

  constructor(settings: BreakerSettings, since: number, listener: BreakerListener) {
    this.#cooldownMs = settings.cooldownMs;
    this.#lastStateChange = since;
    this.#listener = listener;
    this.#outcomes = new EitherBreaker(settings.failures);
    this.#policy = circuitBreaker(
      // A probe that was cancelled, or did not reach the server, proves nothing: the circuit opens again.
      handleWhen((error) => this.#counts(error)),
      { halfOpenAfter: new Cooldown(() => this.#leftMs), breaker: this.#outcomes },
    );
    this.#policy.onBreak(() => this.#onOpened());
    this.#policy.onReset(() => this.#closed());
  }

  /** @throws DomainError `circuit_open` where no call may pass now. */
  check(server: { readonly id: string; readonly name: string }): void {
    const { state } = this.#policy;
    if (state === CircuitState.Closed) return;
    const leftMs = this.#leftMs;
    if (state === CircuitState.Open && leftMs <= 0) return;
    const retryAfter = state === CircuitState.Open ? Math.max(1, Math.ceil(leftMs / 1000)) : PROBE_RETRY_AFTER;
    const message = `Circuit breaker of server '${server.name}' is open. Please retry after ${retryAfter} seconds`;
    throw new DomainError('circuit_open', message, { retryAfter, serverId: server.id, serverName: server.name });
  }

  /** Makes a call that {@link check} let pass in the same turn of the event loop; its outcome counts. */
  run<T>(call: () => Promise<T>): Promise<T> {
    // While the circuit is closed, the policy is asked about failures only: passing each call through it costs as much as sending the call.
    return this.#policy.state === CircuitState.Closed ? call().then(this.#passed, this.#failed) : this.#probe(call);
  }

  readonly #passed = <T>(result: T): T => {
    this.#outcomes.success(CircuitState.Closed);
    this.#succeeded();
    return result;
  };

  readonly #failed = (error: unknown): Promise<never> => {
    // Another call has opened the circuit meanwhile. The policy would refuse this call in place of counting it.
    if (this.#policy.state !== CircuitState.Closed) {
      if (this.#counts(error)) this.#outcomes.failure(CircuitState.Closed);
      return Promise.reject(error);
    }
    return this.#policy.execute(() => Promise.reject(error));
  };

  async #probe<T>(call: () => Promise<T>): Promise<T> {
    this.#probing = true;
    try {
      const result = await this.#policy.execute(call);
      this.#succeeded();
      return result;
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw new Error('a call passed an open circuit', { cause: error });
      throw error;
    } finally {
      this.#probing = false;
    }
  }

  view(): BreakerView {
    const leftMs = this.#leftMs;
    const cooldownEndsAt = Math.round(Date.now() + leftMs);
    const open = this.#policy.state === CircuitState.Open;
    const ready = open && leftMs <= 0;
    const closed = this.#policy.state === CircuitState.Closed;
    return {
      state: closed ? 'closed' : open && !ready ? 'open' : 'half-open',
      failures: this.#failures,
      successCount: this.#successes,
      lastFailure: this.#lastFailure,
      lastStateChange: closed || (open && !ready) ? this.#lastStateChange : cooldownEndsAt,
      cooldownEndsAt: open && !ready ? cooldownEndsAt : null,
    };
  }

  #counts(error: unknown): boolean {
    const failed = isServerFailure(error);
    if (failed) {
      this.#failures += 1;
      this.#lastFailure = Date.now();
    }
    return failed || (this.#probing && !serverAnswered(error));
  }

  #succeeded(): void {
    this.#successes += 1;
    if (this.#policy.state === CircuitState.Closed) this.#failures = 0;
  }

  /** The rest of the cooldown, milliseconds. */
  get #leftMs(): number {
    return this.#opened + this.#cooldownMs - performance.now();
  }

  #onOpened(): void {
    this.#changed();
    this.#opened = performance.now();
    this.#listener('open', this.view());
  }

  #closed(): void {
    this.#changed();
    this.#failures = 0;
    this.#listener('closed', this.view());
  }

  #changed(): void {
    this.#lastStateChange = Date.now();
    this.#successes = 0;
  }
}

/** Codes of JSON-RPC for a wrong request of the caller; the server itself works. */
const callersFault = new Set([-32700, -32600, -32601, -32602]);

const withShortLimit = new WeakSet<DomainError>();

/** Notes that the caller's own limit caused a timeout, and was too short for the server: the timeout says nothing about the server. */
export function noteShortLimit(timeout: DomainError): void {
  withShortLimit.add(timeout);
}

/**
 * The failures that a server's circuit breaker counts: no answer in time, no way to the server, an answer that breaks the protocol, an
 * internal error of the server. These do not count: a tool's own error (`isError`, which is an answer), a caller's mistake, a cancelled call, a
 * refusal by the site's policy, a full queue, and an agent out of reach. A call to an agent out of reach fails at once and says nothing about
 * the server: when the agent is back, the next call succeeds.
 */
export function isServerFailure(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  switch (error.code) {
    case 'timeout':
      return !withShortLimit.has(error);
    case 'server_disconnected':
      return true;
    case 'upstream_failed':
      return !blamesCaller(error);
    default:
      return false;
  }
}

/** Whether an error shows that the server is there and answers. */
export function serverAnswered(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'upstream_failed' && blamesCaller(error);
}

function blamesCaller({ details }: DomainError): boolean {
  const code = (details.jsonrpc as { readonly code?: unknown } | undefined)?.code;
  return typeof code === 'number' && callersFault.has(code);
}
