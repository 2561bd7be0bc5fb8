const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How deliveries are made. Times in milliseconds. */
export interface DeliverySettings {
  /** Pauses between attempts: after the last of them comes the last attempt. */
  readonly delaysMs: readonly number[];
  /** A pause is this part longer or shorter, at random. */
  readonly jitter: number;
  /** What `Retry-After` may ask for at most. */
  readonly mostRetryAfterMs: number;
  readonly timeoutMs: number;
  /** Attempts at once: to one webhook, to all of them. */
  readonly perWebhook: number;
  readonly overall: number;
  /** Deliveries that may wait for one webhook; what comes beyond is given up at once. */
  readonly mostPending: number;
  /** Finished deliveries that are remembered: so many of each webhook's successes, and as many failures. */
  readonly remembered: number;
  /** Attempts under way when the hub stops have so long to end. */
  readonly graceMs: number;
}

/** Ten attempts over about 32 hours. */
export const defaultDeliverySettings: DeliverySettings = {
  delaysMs: [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR],
  jitter: 0.2,
  mostRetryAfterMs: 24 * HOUR,
  timeoutMs: 15 * SECOND,
  perWebhook: 4,
  overall: 64,
  mostPending: 10_000,
  remembered: 1000,
  graceMs: 2 * SECOND,
};

/** When the next attempt is due after a failed attempt; `null` if that was the last. */
export function nextAttempt(
  { delaysMs, jitter, mostRetryAfterMs }: DeliverySettings,
  attempts: number,
  now: number,
  retryAfterMs: number | null,
): number | null {
  const delay = delaysMs[attempts - 1];
  if (delay === undefined) return null;
  const pause = delay * (1 + jitter * (2 * Math.random() - 1));
  const asked = Math.min(retryAfterMs ?? 0, mostRetryAfterMs);
  return Math.round(now + Math.max(pause, asked));
}
