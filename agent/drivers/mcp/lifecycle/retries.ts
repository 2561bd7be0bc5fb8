import { type Reconnect, RestartPolicy, type ServerSpec } from '@roundhouse/proto/agent/v1/server';
import { backoff } from '../../../backoff.js';
import type { AgentFailure } from '../../../failure.js';
import type { McpLimits } from '../limits.js';

/** A configured pause is shortened by up to this part of it, so that many servers do not come back at once; never lengthened. */
const jitter = 0.2;

/** When a server that failed is tried again. */
export class Retries {
  #failures = 0;
  #attempts = 0;
  #trying = false;
  /** Attempts in a row that came to nothing. */
  #vain = 0;
  /** The first attempt of all is no reconnect: it does not count. */
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

  /** When the next attempt comes, milliseconds since 1970; 0 for never. */
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
    this.#vain = 0;
    this.#uncounted = 0;
  }

  /** A caller asks for a connection: the count of attempts starts at zero. */
  askedFor(): void {
    this.#vain = 0;
    this.#uncounted = 1;
  }

  /**
   * Plans the next attempt after a failure, by the registration's `reconnect` or the agent's own policy. Returns false if no attempt
   * follows, because the policy wants none or too many have failed. A connection that breaks is no attempt: `maxAttempts` follow it.
   * @param policy `never` for a failure that no further attempt can mend.
   * @param stable the connection that broke had lasted: the pauses start from the beginning.
   */
  failed(policy: Reconnect | 'never' | undefined, stable = false): boolean {
    if (stable) this.#failures = 0;
    if (this.#trying) this.#vain += 1;
    this.#trying = false;
    this.#failures += 1;
    this.#attempts = this.#failures;
    this.cancel();
    if (policy === 'never' || policy?.enabled === false) return false;
    const most = (policy?.maxAttempts || Number.POSITIVE_INFINITY) + this.#uncounted;
    if (this.#vain >= most) return false;
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

  /** Starts the pauses from the beginning. */
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

/** Whether a server stays as it is after a failure, as its registration says. */
function isLeft({ restartPolicy }: ServerSpec, { details }: AgentFailure): boolean {
  return restartPolicy === RestartPolicy.NO || (restartPolicy === RestartPolicy.ON_FAILURE && details.clean === true);
}

/** How a server is to be reconnected after a failure: as its registration says, or `never` where only another registration would help, or a person. */
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
