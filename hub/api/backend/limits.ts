import type { LimitClass } from '../../http/api.js';

/** `seeds/004`, "Rate Limiting". */
export const limits = {
  default: { requests: 100, windowSeconds: 60, per: 'address' },
} as const satisfies Record<string, LimitClass>;
