import type { LimitClass } from '../../http/api.js';

/** `seeds/001`, "Rate Limiting": a user's keys count as the user. */
export const limits = {
  default: { requests: 100, windowSeconds: 60, per: 'user' },
  kubernetes: { requests: 50, windowSeconds: 60, per: 'user' },
  network: { requests: 30, windowSeconds: 60, per: 'user' },
} as const satisfies Record<string, LimitClass>;
