/** Counts of work at devices since the hub started; for metrics. */
export class DeviceTally {
  readonly #commands = new Map<string, number>();
  readonly #changes = new Map<string, number>();

  /** `kind`: `read` or `change`; `outcome`: `success` or `error`. */
  command(kind: string, outcome: string): void {
    bump(this.#commands, `${kind} ${outcome}`);
  }

  /** A configuration change that has come to an end. */
  change(kind: string, state: string): void {
    bump(this.#changes, `${kind} ${state}`);
  }

  commands(): { readonly kind: string; readonly outcome: string; readonly count: number }[] {
    return pairs(this.#commands).map(([kind, outcome, count]) => ({ kind, outcome, count }));
  }

  changes(): { readonly kind: string; readonly state: string; readonly count: number }[] {
    return pairs(this.#changes).map(([kind, state, count]) => ({ kind, state, count }));
  }
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function pairs(counts: ReadonlyMap<string, number>): [string, string, number][] {
  return Array.from(counts, ([key, count]) => {
    const [first = '', second = ''] = key.split(' ');
    return [first, second, count];
  });
}
