import type { RequestOrigin } from '../../../domain/access/caller.js';
import type { CompiledClass, Limits } from '../../../http/access/limits.js';
import type { LimitClass } from '../../../http/api.js';

/** The classes of operations that the infrastructure API limits, too (`seeds/001`, "Rate Limiting"), with its figures. */
export const operationLimits = {
  kubernetes: { requests: 50, windowSeconds: 60, per: 'user' },
  network: { requests: 30, windowSeconds: 60, per: 'user' },
} as const satisfies Record<string, LimitClass>;
export type OperationLimit = keyof typeof operationLimits;

/** Counts operations in the classes of the infrastructure API, together with its requests. The key's tier is counted at the door itself. */
export class OperationLimits {
  readonly #limits: Limits;
  readonly #classes: ReadonlyMap<string, CompiledClass | null>;

  constructor(limits: Limits) {
    const api = { name: 'infrastructure', limits: operationLimits } as const;
    this.#limits = limits;
    this.#classes = new Map(Object.keys(operationLimits).map((name) => [name, limits.classOf(api, name)]));
  }

  /** @throws DomainError `rate_limited`. */
  count(name: OperationLimit, { caller, ip }: RequestOrigin): void {
    if (!caller) return;
    const state = { limit: 0, remaining: 0, resetAt: 0 };
    this.#limits.countCaller(state, this.#classes.get(name) ?? null, { ...caller, tier: null }, () => ip);
  }
}
