/** Milliseconds since 1970; 0 for an absent or invalid time. */
export function msOf(time: Date | string | undefined | null): number {
  if (time === undefined || time === null) return 0;
  const ms = new Date(time).getTime();
  return Number.isFinite(ms) ? ms : 0;
}

/** An object with the time under a name, or an empty object without a time. */
export function timed<N extends string>(
  name: N,
  time: Date | string | undefined | null,
): { readonly [K in N]?: number } {
  const ms = msOf(time);
  return (ms === 0 ? {} : { [name]: ms }) as { readonly [K in N]?: number };
}

/** An object with the text under a name, or an empty object without a text. */
export function named<N extends string>(name: N, text: string | undefined | null): { readonly [K in N]?: string } {
  return (text ? { [name]: text } : {}) as { readonly [K in N]?: string };
}

const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** Whether a text is a quantity as Kubernetes writes them. Kubernetes refuses an unknown quantity without naming the field. */
export function isQuantity(text: string): boolean {
  const unit = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+|([A-Za-z]*))$/.exec(text);
  return unit !== null && Object.hasOwn(units, unit[1] ?? '');
}

/** A quantity of Kubernetes (`250m`, `64Mi`, `1e3`) as a number; 0 for text that is not a quantity. */
export function quantityOf(text: unknown): number {
  if (typeof text !== 'string' && typeof text !== 'number') return 0;
  const [, number = '', unit = ''] = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const value = Number(number) * (units[unit] ?? Number.NaN);
  return Number.isFinite(value) ? value : 0;
}

/** An amount of processor time and memory: thousandths of a processor, bytes. */
export interface Amount {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
}

/** @param resources as Kubernetes has it: `cpu` and `memory` are quantities. */
export function amountOf(resources: Readonly<Record<string, unknown>> | undefined): Amount {
  return {
    cpuMillis: Math.round(quantityOf(resources?.cpu) * 1000),
    memoryBytes: Math.round(quantityOf(resources?.memory)),
  };
}
