import { backoff } from '../../../backoff.js';
import type { AgentFailure } from '../../../failure.js';
import { reasonOf } from '../failure.js';
import type { NetworkLimits } from '../spec.js';

/** Failures that a further attempt does not repair. It might lock the account. */
const hopeless = new Set([
  'auth_failed',
  'key_unreadable',
  'host_key_changed',
  'password_change_required',
  'enable_failed',
  'no_common_algorithm',
]);

export function isHopeless(failure: AgentFailure): boolean {
  return hopeless.has(reasonOf(failure) ?? '') || failure.kind === 'unimplemented';
}

/** Plans the next attempt for a device that could not be connected. */
export class Retry {
  /** Attempts since the last success. */
  failures = 0;
  /** When the next attempt begins, milliseconds since 1970; 0 if none is planned. */
  nextMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: NetworkLimits,
    private readonly due: () => void,
  ) {}

  /** Counts a failure, and plans the next attempt if it is `wanted`. */
  failed(failure: AgentFailure, wanted: boolean): void {
    this.failures += 1;
    this.cancel();
    if (!wanted) return;
    const { backoffFirstMs, backoffMaxMs, hopelessMs } = this.limits;
    this.plan(isHopeless(failure) ? hopelessMs : backoff(this.failures, backoffFirstMs, backoffMaxMs));
  }

  plan(pauseMs: number): void {
    this.cancel();
    this.nextMs = Date.now() + pauseMs;
    this.#timer = setTimeout(() => {
      this.nextMs = 0;
      this.due();
    }, pauseMs);
  }

  /** A connection was made. */
  succeeded(): void {
    this.failures = 0;
    this.cancel();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.nextMs = 0;
  }
}
