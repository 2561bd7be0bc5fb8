import type { LimitClass } from '../../http/api.js';

/** `seeds/002`, "Rate Limiting". */
export const limits = {
  standard: { requests: 60, windowSeconds: 60 },
  bulk: { requests: 10, windowSeconds: 60 },
  admin: { requests: 30, windowSeconds: 60 },
} as const satisfies Record<string, LimitClass>;
