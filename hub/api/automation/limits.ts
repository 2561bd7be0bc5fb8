import type { LimitClass } from '../../http/api.js';

/** `seeds/000`, "Default Limits". */
export const limits = {
  authentication: { requests: 5, windowSeconds: 60, per: 'address' },
  read: { requests: 100, windowSeconds: 60 },
  write: { requests: 20, windowSeconds: 60 },
  update: { requests: 5, windowSeconds: 300 },
  cleanup: { requests: 2, windowSeconds: 600 },
} as const satisfies Record<string, LimitClass>;
