import { type Reconnect, RestartPolicy, type ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { backoff } from '../../../backoff.js';
import type { AgentFailure } from '../../../failure.js';
import type { McpLimits } from '../limits.js';

/** A configured pause is shortened by up to this part of it, and never lengthened, so that many servers do not come back at once. */
const jitter = 0.2;

/** When a server that failed is tried again. */
export class Retries {
  #failures = 0;
  #attempts = 0;
  #trying = false;
  /** Failed attempts without a success between them. */
  #failedAttempts = 0;
  /** The first attempt is no reconnect, and does not count. */
  #uncounted = 1;
  #nextMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: Pick<McpLimits, 'backoffFirstMs' | 'backoffMaxMs'>,
    private readonly due: () => void,
  ) {}

  /** Attempts to connect since the last success, including the running one. */
  get attempts(): number {
    return this.#attempts;
  }

  /** When the next attempt begins, milliseconds since 1970; 0 if none is planned. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** An attempt begins. */
  began(): void {
    this.cancel();
    this.#attempts = this.#failures + 1;
    this.#trying = true;
  }

  connected(): void {
    this.#attempts = 0;
    this.#trying = false;
    this.#failedAttempts = 0;
    this.#uncounted = 0;
  }

  /** A caller asks for a connection: the count of attempts starts at zero. */
  askedFor(): void {
    this.#failedAttempts = 0;
    this.#uncounted = 1;
  }

  /**
   * Plans the next attempt after a failure, by the registration's `reconnect` or the agent's own policy. Returns false if no attempt
   * follows, because the policy allows none or too many have failed. A connection that breaks is no attempt: `maxAttempts` follow it.
   * @param policy `never` for a failure that no further attempt can repair.
   * @param stable the broken connection had lasted: the pauses start from the shortest again.
   */
  failed(policy: Reconnect | 'never' | undefined, stable = false): boolean {
    if (stable) this.#failures = 0;
    if (this.#trying) this.#failedAttempts += 1;
    this.#trying = false;
    this.#failures += 1;
    this.#attempts = this.#failures;
    this.cancel();
    if (policy === 'never' || policy?.enabled === false) return false;
    const most = (policy?.maxAttempts || Number.POSITIVE_INFINITY) + this.#uncounted;
    if (this.#failedAttempts >= most) return false;
    const pause = policy === undefined ? this.#own() : configured(policy, this.#failures);
    this.#nextMs = Date.now() + pause;
    this.#timer = setTimeout(() => {
      this.#nextMs = 0;
      this.due();
    }, pause);
    return true;
  }

  /**
   * Like {@link failed}, with the registration's policy. Returns a note for the reason if no attempt follows where a user might expect one.
   */
  failedAs(spec: ServerSpec, failure: AgentFailure, stable: boolean): string {
    if (isLeft(spec, failure)) {
      this.failed('never', stable);
      return ' (its restart policy leaves it so)';
    }
    if (failure.details.missing === true) {
      this.failed('never', stable);
      return ' (it is not tried again until a caller starts the server or changes its registration)';
    }
    const policy = reconnectPolicy(spec, failure);
    if (this.failed(policy, stable) || policy === 'never') return '';
    return policy?.enabled === false ? ' (it is not reconnected)' : ' (no further attempts are made)';
  }

  /** The pauses start from the shortest again. */
  reset(): void {
    this.#failures = 0;
    this.#attempts = 0;
    this.#trying = false;
    this.askedFor();
    this.cancel();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#nextMs = 0;
  }

  #own(): number {
    return backoff(this.#failures, this.limits.backoffFirstMs, this.limits.backoffMaxMs);
  }
}

/** Whether the registration's restart policy leaves a server as it is after a failure. */
function isLeft({ restartPolicy }: ServerSpec, { details }: AgentFailure): boolean {
  return restartPolicy === RestartPolicy.NO || (restartPolicy === RestartPolicy.ON_FAILURE && details.clean === true);
}

/** How a server is reconnected after a failure: by its registration, or `never` if only another registration or a person can help. */
function reconnectPolicy({ transport }: ServerSpec, { kind, details }: AgentFailure): Reconnect | 'never' | undefined {
  if (kind === 'invalid_argument' || kind === 'unimplemented' || details.consent === true) return 'never';
  return transport.case === 'websocket' ? transport.value.reconnect : undefined;
}

function configured(policy: Reconnect, failures: number): number {
  const first = policy.initialDelayMs || 1000;
  const most = Math.max(first, policy.maxDelayMs || 30_000);
  const multiplier = policy.backoffMultiplier >= 1 ? policy.backoffMultiplier : 2;
  const ceiling = Math.min(most, first * multiplier ** Math.min(failures - 1, 1000));
  return Math.round(ceiling * (1 - Math.random() * jitter));
}
